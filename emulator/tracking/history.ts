/** The history of one instance from the records of the journal: who ran which part, persistence points, takeovers, what ran again. */
import type { HistoryEvent } from '../control/instances.ts';
import { isoTime } from '../control/isoTime.ts';
import type { Service } from '../messagebox/protocol/frames.ts';
import type { CommitRecord, JournalRecord, RoutedMessage, SessionEndRecord } from '../messagebox/core/records.ts';
import { conclusionOf, isTakeover, startedBy } from '../messagebox/core/recordRules.ts';
import { versionIn } from '../messagebox/core/versions.ts';
import type { KnownMessage } from '../messagebox/view/savedState.ts';

export interface ReadRecord {
  readonly sequence: number;
  readonly record: JournalRecord;
}

type EventBody = HistoryEvent extends infer E ? (E extends HistoryEvent ? Omit<E, 'at' | 'sequence'> : never) : never;

/** Collects the events of one instance; feed it the journal's records in order. */
export class InstanceHistory {
  readonly events: HistoryEvent[] = [];
  /** Last saved state, as JSON text. */
  state: string | undefined;
  service: string | undefined;
  startedBy: string | undefined;
  /** Instances that it started, in order. */
  readonly started: string[] = [];
  commits = 0;
  takeovers = 0;
  owner: string | null = null;
  readonly #instance: string;
  readonly #outline: (service: string) => Service['outline'];
  /** Shapes that ran under an owner that was lost, since the last commit. */
  #atRisk = new Set<number>();
  #lostBy: string | undefined;
  /** Which shape of a name ran last: called orchestrations may have shapes of one name. */
  readonly #ranLast = new Map<string, number>();
  /** What was routed to it, by id. */
  readonly #received = new Map<string, RoutedMessage>();

  /** @param outline shapes of a service, for their names */
  constructor(instance: string, outline: (service: string) => Service['outline']) {
    this.#instance = instance;
    this.#outline = outline;
  }

  /** A message that was routed to it. A body out of line went with the message, so it is not there any more. */
  received(id: string): KnownMessage | undefined {
    const message = this.#received.get(id);
    return message && { ...message, body: message.body };
  }

  add({ sequence, record }: ReadRecord): void {
    const event = (body: EventBody): void => {
      this.events.push({ sequence, at: isoTime(record.at), ...body });
    };
    switch (record.kind) {
      case 'submit':
        this.#routed(record.message, event);
        if (record.suspended?.instance === this.#instance) {
          this.service = record.suspended.service ?? record.location;
          event({ kind: 'suspended', error: record.suspended.error });
        }
        if (record.waiting?.instance === this.#instance) this.service = record.waiting.service;
        return;
      case 'unrouted':
        if (record.instance === this.#instance) event({ kind: 'suspended', error: record.error });
        if (record.sender !== this.#instance) return;
        event({
          ...{ kind: 'refused', hostInstance: record.hostInstance, messageType: record.message.type, shape: record.error.shape ?? '' },
          ...(record.message.shape !== undefined && { number: record.message.shape }),
        });
        return;
      case 'commit':
        for (const message of record.published ?? []) this.#routed(message, event);
        if (record.instance === this.#instance) this.#committed(record, event);
        return;
      case 'grant':
        if (!record.instances.includes(this.#instance)) return;
        event({
          kind: 'granted',
          hostInstance: record.hostInstance,
          version: this.commits,
          credit: record.credit,
          takeover: isTakeover(this.#lostBy, record.hostInstance),
        });
        return;
      case 'sessionEnd':
        this.#lost(record, event);
        return;
      case 'move':
        if (record.instance !== this.#instance) return;
        this.service = record.service;
        event({ kind: 'moved', version: versionIn(record.service) });
        return;
      case 'timer':
        if (record.instance === this.#instance) event({ kind: 'timerFired', timer: record.timer });
        return;
      case 'operate':
        if (record.routed) this.#routed(record.routed, event);
        if (record.instance === this.#instance) event({ kind: 'operated', operation: record.operation, applied: record.applied });
        return;
      case 'suspend':
        if (record.routed) this.#routed(record.routed, event);
        if (record.instance === this.#instance) event(this.#suspended(record.error));
        return;
      default:
        return;
    }
  }

  #lost({ hostInstance, reason, lost: all }: SessionEndRecord, event: (body: EventBody) => void): void {
    const lost = all.find(({ instance }) => instance === this.#instance);
    if (!lost) return;
    this.#lostBy = hostInstance;
    for (const [shape] of lost.atRisk) this.#atRisk.add(shape);
    const { version, attempt, running } = lost;
    this.#ran(lost.atRisk);
    if (running !== undefined) this.#ran([[running, 0]]);
    event({
      ...{ kind: 'ownerLost', hostInstance, reason, version, attempt },
      ...{ atRisk: lost.atRisk.map(([shape]) => this.#name(shape)), atRiskShapes: lost.atRisk.map(([shape]) => shape) },
      ...(running === undefined ? {} : { running: this.#name(running), runningShape: running }),
    });
  }

  #routed(message: RoutedMessage, event: (body: EventBody) => void): void {
    for (const route of message.to) {
      if (route.instance !== this.#instance) continue;
      this.#received.set(message.id, message);
      if ('service' in route) {
        this.service = route.service;
        this.startedBy = startedBy(message);
        const by = this.startedBy === undefined ? {} : { startedBy: this.startedBy };
        event({ kind: 'activated', message: message.id, messageType: message.type, ...by });
      } else
        event({
          kind: 'delivered',
          message: message.id,
          messageType: message.type,
          receive: this.#name(Number.parseInt(route.subscription, 10)),
        });
    }
  }

  #committed(record: CommitRecord, event: (body: EventBody) => void): void {
    const conclusion = conclusionOf(record);
    this.#ran(record.trace ?? []);
    this.commits = record.version;
    if (isTakeover(this.#lostBy, record.hostInstance)) this.takeovers++;
    this.#lostBy = undefined;
    this.owner = record.hostInstance;
    this.state = record.state ?? this.state;
    for (const message of record.published ?? [])
      if (startedBy(message) === this.#instance) this.started.push(...message.to.map(({ instance }) => instance));
    event({
      kind: 'committed',
      hostInstance: record.hostInstance,
      version: record.version,
      points: record.points,
      shapes: (record.trace ?? []).map(([shape, atMs]) => ({ shape, name: this.#name(shape), atMs, again: this.#atRisk.has(shape) })),
      consumed: record.consumed ?? [],
      published: (record.published ?? []).map((message) => ({
        message: message.id,
        messageType: message.type,
        shape: this.#name(message.shape),
        to: message.to.map((route) => route.instance),
        ...(startedBy(message) === this.#instance && { starts: true }),
      })),
      outcome: conclusion,
    });
    this.#atRisk.clear();
    if (record.error && (conclusion !== 'terminated' || record.discarded !== undefined)) event(this.#suspended(record.error));
  }

  #ran(trace: NonNullable<CommitRecord['trace']>): void {
    for (const [shape] of trace) this.#ranLast.set(this.#name(shape), shape);
  }

  #suspended(error: NonNullable<CommitRecord['error']>): Extract<EventBody, { kind: 'suspended' }> {
    const number = this.#ranLast.get(error.shape ?? '');
    return { kind: 'suspended', error, ...(number !== undefined && { number }) };
  }

  #name(shape: number | undefined): string {
    const entry = shape === undefined || this.service === undefined ? undefined : this.#outline(this.service)[shape];
    return entry?.name ?? (shape === undefined ? '' : String(shape));
  }
}
