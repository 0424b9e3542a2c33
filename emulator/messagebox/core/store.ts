/**
 * The durable state with everything derived from it: subscription index, ready queues, timers. `record` is the one way to change it:
 * append to the journal, apply, update what is derived.
 */
import type { TimeSource } from '../../clock.ts';
import type { Activation, Service } from '../protocol/frames.ts';
import { apply } from './apply.ts';
import type { SessionEnd } from '../../control/events.ts';
import type { ServiceInstanceState } from '../../control/status.ts';
import { MessageBoxTime } from './messageBoxTime.ts';
import type { JournalRecord } from './records.ts';
import { ReadyQueue } from './readyQueue.ts';
import { enlistedAs, type Instance, type InstanceSubscription, type MessageBoxState, type Timer } from './state.ts';
import type { ApplyHooks } from './steps.ts';
import { isCondemned } from './attempts.ts';
import { Counts } from './counts.ts';
import { Holdings } from './holdings.ts';
import { stateOf } from './instanceState.ts';
import { SubscriptionIndex } from './subscriptionIndex.ts';
import { TimerQueue } from './timerQueue.ts';
import { Versions } from './versions.ts';

/** What the store needs of the journal. */
export interface RecordSink {
  append(record: JournalRecord): number;
}

export type Subscriber =
  | { readonly kind: 'activation'; readonly service: Service; readonly activation: Activation }
  | { readonly kind: 'instance'; readonly instance: Instance; readonly subscription: InstanceSubscription };

/** Instances that watchers are told of when nobody has their version any more, or somebody again; the counts tell of all. */
const TOLD_OF_A_VERSION = 200;

/** What watchers of the group are told; set while somebody watches. */
export interface Watcher {
  instanceChanged(instance: Instance): void;
  instanceGone(instance: Instance, how: 'completed' | 'terminated'): void;
  /** A session ended and left these instances behind. */
  ownerLost(hostInstance: string, reason: SessionEnd, instances: readonly string[]): void;
  suspended(instance: Instance): void;
}

export class Store {
  readonly state: MessageBoxState;
  readonly subscribers = new SubscriptionIndex<Subscriber>();
  readonly timers = new TimerQueue();
  readonly holdings = new Holdings();
  readonly counts = new Counts();
  readonly time: MessageBoxTime;
  readonly versions: Versions;
  /** Services with instances that may be granted. */
  readonly dispatchable = new Set<string>();
  watcher: Watcher | undefined;
  /** Last record whose loss would make a frame untrue; frames wait for it. Grant records are not among them. */
  gate = 0;

  /** Instances so far, of this generation. */
  #begun = 0;
  readonly #queues = new Map<string, ReadyQueue>();
  readonly #bySubscription = new Map<InstanceSubscription, Subscriber>();
  /** By `enlistedAs`. */
  readonly #activations = new Map<string, Subscriber[]>();
  /** Services whose instances wait for their version. */
  #away: ReadonlySet<string> = new Set();
  readonly #journal: RecordSink;
  readonly #clock: TimeSource;
  readonly #hooks: ApplyHooks;
  /** Live messages by the hash of their body out of line. */
  readonly #bodies = new Map<string, number>();
  readonly #bodyGone: (hash: string) => void;

  /**
   * @param state as recovered; everything derived is built from it.
   * @param latest the latest time (UTC ms) this MessageBox is known to have had, if that is later than its last record
   */
  constructor(state: MessageBoxState, journal: RecordSink, clock: TimeSource, bodyGone: (hash: string) => void, latest = 0) {
    this.state = state;
    this.#journal = journal;
    this.#clock = clock;
    this.time = new MessageBoxTime(clock, Math.max(state.at, latest));
    this.#bodyGone = bodyGone;
    this.#hooks = this.#makeHooks();
    this.gate = state.sequence;
    this.versions = new Versions(state, () => {
      this.#versionsChanged();
    });
    for (const id of state.enlisted.values()) {
      const service = state.services.get(id);
      if (service) this.#enlist(service);
    }
    for (const { bodyHash } of state.messages.values()) if (bodyHash !== undefined) this.#hooks.bodyReferred(bodyHash);
    for (const instance of state.instances.values()) {
      for (const subscription of instance.subscriptions) this.#hooks.subscribed(instance, subscription);
      for (const timer of instance.timers) this.timers.add(instance, timer);
      this.enqueue(instance);
      this.counts.update(instance, false);
    }
  }

  /**
   * Unique for ever: the generation never repeats in a data folder, and another folder has another origin, of one length always. Short,
   * because half of what is said and written of a commit is ids: two characters more cost 1.5 % of all CPU time.
   */
  newInstanceId(): string {
    const { generation, origin } = this.state;
    return `${(++this.#begun).toString(36)}-${generation.toString(36)}${origin}`;
  }

  /** True while a live message has this body out of line. */
  refersToBody(hash: string): boolean {
    return this.#bodies.has(hash);
  }

  /** UTC ms; never goes back and never stands still (docs/failure-model.md, P17). */
  get now(): number {
    return this.time.now();
  }

  /** ms, for leases; only differences count. */
  get monotonic(): number {
    return this.#clock.monotonic();
  }

  /** Appends and applies. A note is kept for the history only: no frame waits for it. */
  record(record: JournalRecord, note = false): number {
    const sequence = this.#journal.append(record);
    apply(this.state, record, sequence, this.#hooks);
    if (record.kind === 'enlist') {
      for (const service of record.services) this.#enlist(service);
      this.#versionsChanged();
    } else if (record.kind === 'unenlist') {
      for (const service of record.services) this.#unenlist(enlistedAs(service));
      this.#versionsChanged();
    }
    if (!note) this.gate = sequence;
    return sequence;
  }

  queue(service: string): ReadyQueue {
    let queue = this.#queues.get(service);
    if (!queue) this.#queues.set(service, (queue = new ReadyQueue((instance) => this.holdings.isHeld(instance))));
    return queue;
  }

  /** Puts an instance that can run into the queue of its service. */
  enqueue(instance: Instance, held = this.holdings.isHeld(instance)): void {
    if (instance.status !== 'ready' || isCondemned(instance) || held) return;
    this.queue(instance.service).add(instance);
    this.dispatchable.add(instance.service);
  }

  /** The state of an instance changed, or who owns it. */
  touched(instance: Instance, held = this.holdings.isHeld(instance)): void {
    this.counts.update(instance, held);
    this.watcher?.instanceChanged(instance);
  }

  stateOf(instance: Instance): ServiceInstanceState {
    return stateOf(instance, this.holdings.isHeld(instance), this.versions.isAway(instance.service));
  }

  /** Live instances of a service by state. */
  countsOf(service: string): Readonly<Record<ServiceInstanceState, number>> {
    const counts = this.counts.of(service);
    return this.versions.isAway(service) ? asAway(counts) : counts;
  }

  /** Instances ready to run, by host. */
  queueDepths(): Record<string, number> {
    const depths: Record<string, number> = {};
    for (const id of this.counts.services()) {
      const host = this.state.services.get(id)?.host ?? '';
      depths[host] = (depths[host] ?? 0) + this.countsOf(id)['Ready to run'];
    }
    return depths;
  }

  /** A newer version of a service replaces the activation subscriptions of the older one; instances of both go on (docs/failure-model.md, P14). */
  #enlist(service: Service): void {
    this.#unenlist(enlistedAs(service));
    // What did not begin yet in another version may go over to this one.
    for (const other of this.state.services.values()) if (enlistedAs(other) === enlistedAs(service)) this.dispatchable.add(other.id);
    const subscribers = service.activations.map((activation): Subscriber => ({ kind: 'activation', service, activation }));
    for (const [index, activation] of service.activations.entries()) {
      const subscriber = subscribers[index];
      if (subscriber) this.subscribers.add(subscriber, activation.filter);
    }
    this.#activations.set(enlistedAs(service), subscribers);
  }

  #unenlist(name: string): void {
    for (const subscriber of this.#activations.get(name) ?? []) this.subscribers.remove(subscriber);
    this.#activations.delete(name);
  }

  /** The state of all instances of a service may be another one now. */
  #versionsChanged(): void {
    const away = new Set([...this.counts.services()].filter((id) => this.versions.isAway(id)));
    const changed = new Set([...away].filter((id) => !this.#away.has(id)));
    for (const id of this.#away) if (!away.has(id)) changed.add(id);
    this.#away = away;
    if (changed.size === 0 || !this.watcher) return;
    let told = 0;
    for (const instance of this.state.instances.values()) {
      if (!changed.has(instance.service)) continue;
      this.watcher.instanceChanged(instance);
      if (++told === TOLD_OF_A_VERSION) return;
    }
  }

  #makeHooks(): ApplyHooks {
    return {
      subscribed: (instance, subscription) => {
        const subscriber: Subscriber = { kind: 'instance', instance, subscription };
        this.#bySubscription.set(subscription, subscriber);
        this.subscribers.add(subscriber, subscription.filter);
      },
      unsubscribed: (_instance, subscription) => {
        const subscriber = this.#bySubscription.get(subscription);
        if (subscriber) this.subscribers.remove(subscriber);
        this.#bySubscription.delete(subscription);
      },
      consumed: (instance, index) => {
        this.holdings.consumed(instance, index);
      },
      timerSet: (instance: Instance, timer: Timer) => {
        this.timers.add(instance, timer);
      },
      changed: (instance) => {
        const held = this.holdings.isHeld(instance);
        this.enqueue(instance, held);
        this.touched(instance, held);
      },
      suspended: (instance) => {
        this.watcher?.suspended(instance);
      },
      moving: (instance) => {
        this.counts.remove(instance);
        this.queue(instance.service).remove(instance);
      },
      gone: (instance, how) => {
        this.counts.remove(instance);
        this.watcher?.instanceGone(instance, how);
      },
      bodyReferred: (hash) => {
        this.#bodies.set(hash, (this.#bodies.get(hash) ?? 0) + 1);
      },
      bodyReleased: (hash) => {
        const references = (this.#bodies.get(hash) ?? 1) - 1;
        if (references > 0) this.#bodies.set(hash, references);
        else {
          this.#bodies.delete(hash);
          this.#bodyGone(hash);
        }
      },
    };
  }
}

function asAway(counts: Readonly<Record<ServiceInstanceState, number>>): Record<ServiceInstanceState, number> {
  const waiting = counts['Ready to run'] + counts.Dehydrated + counts.Scheduled;
  return { ...counts, 'Ready to run': 0, Dehydrated: 0, Scheduled: 0, 'Waits for version': waiting };
}
