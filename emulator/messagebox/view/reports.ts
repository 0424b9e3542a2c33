/** What the supervisor is told: status at once, changes at most every 100 ms. Bounded, however much happens. */
import { SERVICE_INSTANCE_STATES, SERVICE_KINDS } from '../../control/commandArguments.ts';
import type { GroupEvent } from '../../control/events.ts';
import type { InstanceSummary } from '../../control/instances.ts';
import { isoTime } from '../../control/isoTime.ts';
import type { MessageBoxStatus, OrchestrationStatus, ServiceInstanceState } from '../../control/status.ts';
import type { MessageBox } from '../core/messageBox.ts';
import { isTakeover } from '../core/recordRules.ts';
import type { SessionEnd } from '../../control/events.ts';
import type { Instance } from '../core/state.ts';
import type { Watcher } from '../core/store.ts';
import { noCounts } from '../core/instanceState.ts';
import { enlistedAs } from '../core/state.ts';
import { versionIn } from '../core/versions.ts';
import { summaryOf } from './summaries.ts';
import type { MessageBoxReport, NamedService, SessionReport } from '../protocol/supervisorFrames.ts';

/** Changed instances a report carries; when more changed, the newest count, and the counters tell the rest. */
const INSTANCES_PER_REPORT = 200;
const EVENTS_PER_REPORT = 200;

type EventBody = GroupEvent extends infer E ? (E extends GroupEvent ? Omit<E, 'at' | 'sequence'> : never) : never;

/** What only the process knows, and a recorded run does not. */
export type ProcessReport = Pick<MessageBoxStatus, 'journalBytes' | 'batch' | 'full' | 'clock'>;

export class Reports implements Watcher {
  readonly #messageBox: MessageBox;
  readonly #process: () => ProcessReport;
  readonly #changed = new Map<string, Instance>();
  /** Described when a report is made: most that end between two reports are not in it. */
  readonly #gone = new Map<string, { readonly instance: Instance; readonly how: 'completed' | 'terminated' }>();
  #events: GroupEvent[] = [];
  /** When the owner of an instance was lost, until somebody commits it. */
  readonly #lostAt = new Map<string, { readonly hostInstance: string; readonly at: number }>();

  /** @param process asked for each status */
  constructor(messageBox: MessageBox, process: () => ProcessReport) {
    this.#messageBox = messageBox;
    this.#process = process;
  }

  instanceChanged(instance: Instance): void {
    this.#note(this.#changed, instance.id, instance);
    if (this.#lostAt.size > 0) this.#noticeTakeover(instance);
  }

  instanceGone(instance: Instance, how: 'completed' | 'terminated'): void {
    if (this.#lostAt.size > 0) this.#noticeTakeover(instance);
    this.#changed.delete(instance.id);
    this.#note(this.#gone, instance.id, { instance, how });
  }

  /** A session ended and left these behind. */
  ownerLost(hostInstance: string, reason: SessionEnd, instances: readonly string[]): void {
    const at = this.#messageBox.store.now;
    for (const id of instances) this.#lostAt.set(id, { hostInstance, at });
    this.#event({ kind: 'ownerLost', hostInstance, reason, instances: instances.slice(0, INSTANCES_PER_REPORT) });
  }

  suspended(instance: Instance): void {
    if (!instance.error) return;
    const { orchestration } = summaryOf(this.#messageBox.store, instance);
    this.#event({ kind: 'instanceSuspended', instance: instance.id, orchestration, error: instance.error });
  }

  /** What changed since the last call; `undefined` when nothing did. */
  takeChanges(): { instances: InstanceSummary[]; events: GroupEvent[] } | undefined {
    if (this.#changed.size === 0 && this.#gone.size === 0 && this.#events.length === 0) return undefined;
    const { store } = this.#messageBox;
    const gone = [...this.#gone.values()].map(({ instance, how }) => summaryOf(store, instance, how));
    const instances = [...gone, ...[...this.#changed.values()].map((instance) => summaryOf(store, instance))];
    this.#changed.clear();
    this.#gone.clear();
    return { instances, events: this.takeEvents() };
  }

  /** Only the events since the last call; the changed instances wait for {@link takeChanges}. */
  takeEvents(): GroupEvent[] {
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return events;
  }

  status(): MessageBoxReport {
    const { store } = this.#messageBox;
    const services = this.#services();
    const counts = noCounts();
    for (const service of services) for (const state of SERVICE_INSTANCE_STATES) counts[state] += service.counts[state];
    return {
      status: {
        generation: store.state.generation,
        sequence: store.gate,
        messages: store.state.messages.size,
        subscriptions: store.subscribers.size,
        counts,
        queueDepth: store.queueDepths(),
        ...this.#process(),
      },
      sessions: this.#sessions(),
      services,
      receiveEnabled: this.#messageBox.enlistment.receiveEnabled,
    };
  }

  #sessions(): SessionReport[] {
    const { store, sessions } = this.#messageBox;
    const names = new Set([...store.state.committed.keys(), ...sessions.known()]);
    return [...names].map((hostInstance) => {
      const session = sessions.of(hostInstance);
      const { delivered, published } = sessions.trafficOf(hostInstance);
      return {
        hostInstance,
        pid: session?.pid ?? null,
        active: session?.held.size ?? 0,
        credit: Math.max(0, session?.credit ?? 0),
        committed: store.state.committed.get(hostInstance) ?? 0,
        delivered,
        published,
        leaseAgeMs: session ? Math.round(store.monotonic - session.lastSeen) : null,
        rssMb: session?.rssMb ?? null,
        draining: session?.draining ?? false,
        onHold: session?.onHold ?? false,
      };
    });
  }

  /**
   * One line per service: versions of an orchestration are added up. Of what the group file does not have any more only what left something
   * behind. Suspended messages stand under their location's name. In an order that does not depend on who came first.
   */
  #services(): OrchestrationStatus[] {
    const { store, enlistment } = this.#messageBox;
    const { state } = store;
    const lines = new Map(enlistment.named.map((service) => [enlistedAs(service), lineOf(service)]));
    for (const id of new Set([...state.services.keys(), ...store.counts.services(), ...state.finished.keys()])) {
      const service = state.services.get(id) ?? { kind: 'receiveLocation' as const, name: id, host: '' };
      const key = enlistedAs(service);
      const line = lines.get(key) ?? lineOf(service);
      lines.set(key, line);
      const version = service.kind === 'orchestration' ? { version: versionIn(id) } : {};
      if (state.enlisted.get(key) === id) Object.assign(line, { enlisted: true, host: service.host, ...version });
      const live = store.countsOf(id);
      for (const name of SERVICE_INSTANCE_STATES) line.counts[name] += live[name];
      line.counts.Completed += state.finished.get(id)?.completed ?? 0;
      line.counts.Terminated += state.finished.get(id)?.terminated ?? 0;
      const waiting = live['Waits for version'];
      if (waiting > 0) line.waiting = [...(line.waiting ?? []), { ...version, instances: waiting }];
    }
    const known = new Set(enlistment.named.map(enlistedAs));
    const told = [...lines].flatMap(([key, line]) => {
      if (line.enlisted || known.has(key)) return line;
      return SERVICE_INSTANCE_STATES.some((name) => line.counts[name] > 0) ? { ...line, removed: true as const } : [];
    });
    return told.sort((a, b) => SERVICE_KINDS.indexOf(a.kind) - SERVICE_KINDS.indexOf(b.kind) || (a.name < b.name ? -1 : 1));
  }

  #noticeTakeover(instance: Instance): void {
    const lost = this.#lostAt.get(instance.id);
    if (!lost || instance.orphaned) return;
    this.#lostAt.delete(instance.id);
    const to = instance.owner ?? '';
    if (!isTakeover(lost.hostInstance, to)) return;
    const { orchestration } = summaryOf(this.#messageBox.store, instance);
    const resumedAfterMs = instance.changed - lost.at;
    this.#event({
      kind: 'takenOver',
      instance: instance.id,
      orchestration,
      from: lost.hostInstance,
      to,
      version: instance.version - 1,
      resumedAfterMs,
    });
  }

  #event(body: EventBody): void {
    if (this.#events.length >= EVENTS_PER_REPORT) this.#events.shift();
    const { store } = this.#messageBox;
    this.#events.push({ at: isoTime(store.now), sequence: store.gate, ...body });
  }

  #note<T>(map: Map<string, T>, id: string, value: T): void {
    map.delete(id);
    map.set(id, value);
    if (map.size > INSTANCES_PER_REPORT)
      for (const [oldest] of map) {
        map.delete(oldest);
        break;
      }
  }
}

/** A line of the status, while it is counted. */
type Line = { -readonly [K in keyof OrchestrationStatus]: OrchestrationStatus[K] } & {
  readonly counts: Record<ServiceInstanceState, number>;
};

function lineOf({ kind, name, host }: NamedService): Line {
  return { name, kind, host, enlisted: false, counts: noCounts() };
}
