/**
 * The journal as ownership lanes: for the newest orchestration instances who owned them when, for every host instance its sessions. Fed
 * record by record; bounded in instances and in time; tells what changed since a revision.
 */
import type { HostInstanceLane, LanesFrame } from '../control/lanes.ts';
import type { Service } from '../messagebox/protocol/frames.ts';
import type { SessionEnd } from '../control/events.ts';
import type { CommitRecord, JournalRecord, RoutedMessage } from '../messagebox/core/records.ts';
import type { ReadRecord } from './history.ts';
import { Lane } from './lane.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface HostLane extends Omit<HostInstanceLane, 'sessions'> {
  readonly sessions: Mutable<HostInstanceLane['sessions'][number]>[];
}

export interface LanesOptions {
  /** Instances kept; the oldest that ended go first, those that changed their owner last. */
  readonly instances: number;
  /** Instances that ended longer ago are not kept (ms). */
  readonly windowMs: number;
  /** First revision; anything that never was one for another projection. */
  readonly revision: number;
}

/** Sessions and generations kept of each host instance and of the MessageBox. */
const SESSIONS = 200;

export class Lanes {
  readonly #options: LanesOptions;
  #revision: number;
  readonly #lanes = new Map<string, { readonly lane: Lane; changed: number }>();
  /** Oldest first; complete from this revision on. */
  #goneSince: number;
  #gone: { readonly instance: string; readonly revision: number }[] = [];
  readonly #services = new Map<string, Service>();
  readonly #hostInstances = new Map<string, HostLane>();
  readonly #generations: { generation: number; at: number }[] = [];
  readonly #changed = { hostInstances: 0, generations: 0, services: 0 };
  #generation: number | undefined;
  #from: number | null = null;

  constructor(options: LanesOptions) {
    this.#options = options;
    this.#revision = options.revision;
    this.#goneSince = options.revision;
  }

  get revision(): number {
    return this.#revision;
  }

  has(instance: string): boolean {
    return this.#lanes.has(instance);
  }

  /** Services known before the first record that is read. */
  enlist(services: readonly Service[]): void {
    for (const service of services) this.#services.set(service.id, service);
    this.#changed.services = ++this.#revision;
  }

  add({ record }: Pick<ReadRecord, 'record'>): void {
    this.#revision++;
    this.#from ??= record.at;
    switch (record.kind) {
      case 'submit':
        return this.#routed(record.message, record.at, null);
      case 'commit':
        return this.#committed(record);
      case 'grant': {
        const restartedAt = this.#generations.at(-1)?.at ?? 0;
        for (const id of record.instances) this.#of(id)?.granted(record.hostInstance, record.credit, record.at, restartedAt);
        return;
      }
      case 'timer':
        return this.#of(record.instance)?.queued(record.entry, record.timer, record.at);
      case 'move':
        return this.#of(record.instance)?.moved(record);
      case 'suspend':
        if (record.routed) this.#routed(record.routed, record.at, null);
        return this.#of(record.instance)?.suspended(record.at);
      case 'operate':
        return this.#operated(record);
      case 'enlist':
        return this.enlist(record.services);
      default:
        return this.#session(record);
    }
  }

  /** Everything new since a revision; everything at all where that revision is not one of this projection, or too long ago. */
  frame(since: number | undefined, now: number): Omit<LanesFrame, 'unseen'> {
    this.#forgetOld(now);
    const reset = since === undefined || since < this.#goneSince || since > this.#revision;
    const after = reset ? -1 : since;
    return {
      revision: this.#revision,
      reset,
      now,
      from: this.#from,
      lanes: [...this.#lanes.values()].filter(({ changed }) => changed > after).map(({ lane }) => lane),
      gone: reset ? [] : this.#gone.filter(({ revision }) => revision > after).map(({ instance }) => instance),
      ...(this.#changed.hostInstances > after ? { hostInstances: [...this.#hostInstances.values()] } : {}),
      ...(this.#changed.generations > after ? { generations: this.#generations } : {}),
      ...(this.#changed.services > after ? { shapes: this.#shapes() } : {}),
    };
  }

  #shapes(): Record<string, readonly string[]> {
    const orchestrations = [...this.#services.values()].filter(({ kind }) => kind === 'orchestration');
    return Object.fromEntries(orchestrations.map(({ id, outline }) => [id, outline.map(({ name }) => name)]));
  }

  /** The lane, about to change. */
  #of(instance: string): Lane | undefined {
    const entry = this.#lanes.get(instance);
    if (entry) entry.changed = this.#revision;
    return entry?.lane;
  }

  #begin(instance: string, service: string, parent: string | null, at: number): Lane {
    const lane = new Lane({ instance, orchestration: this.#services.get(service)?.name ?? '', service, parent, begun: at });
    this.#lanes.set(instance, { lane, changed: this.#revision });
    if (this.#lanes.size > this.#options.instances) this.#forgetOne();
    return lane;
  }

  #routed({ to }: RoutedMessage, at: number, sender: string | null): void {
    for (const route of to) {
      const begins = 'service' in route && this.#services.get(route.service)?.kind === 'orchestration';
      const parent = sender !== null && this.#lanes.has(sender) ? sender : null;
      const lane = begins ? this.#begin(route.instance, route.service, parent, at) : this.#of(route.instance);
      lane?.queued(route.entry, route.subscription, at);
    }
  }

  #committed(record: CommitRecord): void {
    // Only orchestrations have a trace: one that began before the first record that was read gets its lane here.
    const known = this.#of(record.instance);
    const lane = known ?? (record.trace === undefined ? undefined : this.#begin(record.instance, '', null, record.at));
    for (const message of record.published ?? []) this.#routed(message, record.at, record.instance);
    lane?.committed(record);
  }

  #operated({ operation, applied, routed, instance, at }: Extract<JournalRecord, { kind: 'operate' }>): void {
    if (routed) this.#routed(routed, at, null);
    if (!applied) return;
    const lane = this.#of(instance);
    if (operation === 'terminate') lane?.end('terminated', at);
    else if (operation === 'suspend') lane?.suspended(at);
    else lane?.resumed(at);
  }

  #session(record: JournalRecord): void {
    if (record.kind === 'session') {
      const { hostInstance, host, computer, pid, at } = record;
      const known = this.#hostInstances.get(hostInstance) ?? { hostInstance, host, computer, sessions: [] };
      // `generation.number` (docs/architecture.md).
      this.#generation ??= Number(record.session.split('.')[0]);
      known.sessions.push({ session: record.session, pid, from: at, to: null, end: null, lost: 0 });
      if (known.sessions.length > SESSIONS) known.sessions.shift();
      this.#hostInstances.set(hostInstance, known);
      this.#changed.hostInstances = this.#revision;
    } else if (record.kind === 'sessionEnd') {
      const { hostInstance, reason, lost, at } = record;
      for (const one of lost) this.#of(one.instance)?.lost(one, hostInstance, reason, at);
      this.#endSessions(reason, at, lost.length, ({ session }) => session === record.session);
    } else if (record.kind === 'generation') this.#restarted(record.generation, record.at);
  }

  /** Every segment begins with such a record; only one with a new number is a start of the MessageBox. */
  #restarted(generation: number, at: number): void {
    const known = this.#generation;
    this.#generation = generation;
    if (known === generation) return;
    this.#generations.push({ generation, at });
    if (this.#generations.length > SESSIONS) this.#generations.shift();
    this.#changed.generations = this.#revision;
    this.#endSessions('messagebox restarted', at, 0, () => true);
  }

  #endSessions(end: SessionEnd, at: number, lost: number, which: (session: HostLane['sessions'][number]) => boolean): void {
    for (const { sessions } of this.#hostInstances.values()) {
      const open = sessions.find((session) => session.to === null && which(session));
      if (open) Object.assign(open, { to: at, end, lost });
    }
    this.#changed.hostInstances = this.#revision;
  }

  #forgetOne(): void {
    let oldestEnded: Lane | undefined;
    for (const { lane } of this.#lanes.values()) {
      if (lane.ended === null) continue;
      if (lane.takeovers.length === 0) return this.#forget(lane.instance);
      oldestEnded ??= lane;
    }
    const [oldest] = this.#lanes.keys();
    this.#forget(oldestEnded?.instance ?? oldest ?? '');
  }

  #forgetOld(now: number): void {
    for (const { lane } of this.#lanes.values()) {
      if (lane.ended !== null && lane.ended < now - this.#options.windowMs) this.#forget(lane.instance, ++this.#revision);
    }
  }

  #forget(instance: string, revision = this.#revision): void {
    this.#lanes.delete(instance);
    this.#gone.push({ instance, revision });
    if (this.#gone.length <= 4 * this.#options.instances) return;
    this.#goneSince = this.#gone[2 * this.#options.instances]?.revision ?? revision;
    this.#gone = this.#gone.slice(2 * this.#options.instances + 1);
  }
}
