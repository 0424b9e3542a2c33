/**
 * Which session gets which instance, and what it is handed: grants and queue entries (docs/architecture.md, "Who owns an instance";
 * docs/failure-model.md, 4.3).
 */
import type { DeliveredEntry, GrantedInstance, StoredMessage } from '../protocol/frames.ts';
import type { Blame } from './blame.ts';
import type { Grant, Holdings } from './holdings.ts';
import { moveTo } from './moving.ts';
import type { RoutedMessage } from './records.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Entry, Instance } from './state.ts';
import type { Store } from './store.ts';

/** Entries handed out at a time; more follow as these are consumed, so one long queue cannot fill a host instance. */
const DELIVERED_AT_ONCE = 64;
/** Characters of saved states in one grant frame. */
const GRANTED_CHARACTERS = 1024 * 1024;

interface Batch {
  /** Before the first grant of the batch. */
  readonly credit: number;
  readonly grants: GrantedInstance[];
}

export class Dispatch {
  readonly #store: Store;
  readonly #sessions: Sessions;
  readonly #blame: Blame;
  readonly #holdings: Holdings;
  /** Instances that cannot go over to a version, with its id. */
  readonly #staying = new WeakMap<Instance, string>();
  #locks = 0;
  #grants = 0;

  constructor(store: Store, sessions: Sessions, blame: Blame) {
    this.#store = store;
    this.#sessions = sessions;
    this.#blame = blame;
    this.#holdings = store.holdings;
  }

  /**
   * Gives ready instances to sessions that know their service, by free credit, then least recently granted. What already began comes
   * first; services take turns, so a flood of one does not keep another waiting.
   */
  handOut(): void {
    if (this.#store.dispatchable.size === 0) return;
    for (const service of this.#store.dispatchable) this.#move(service);
    const services = [...this.#store.dispatchable];
    this.#store.dispatchable.clear();
    const batches = new Map<Session, Batch>();
    for (const which of ['begun', 'activation'] as const) {
      while (services.filter((service) => this.#dispatchOne(service, which, batches)).length > 0);
    }
    for (const [session, { credit, grants }] of batches) this.#sendGrants(session, credit, grants);
    for (const service of services) this.#dispatchSuspect(service);
  }

  /** What has not begun in a version that takes no activations any more. */
  #move(service: string): void {
    const { versions } = this.#store;
    const queue = this.#store.queue(service);
    const current = queue.length === 0 ? undefined : versions.current(service);
    if (!current || current.id === service) return;
    for (const instance of queue.unbegun()) {
      if (this.#staying.get(instance) === current.id) continue;
      const record = moveTo(this.#store, instance, current);
      if (record) this.#store.record(record);
      else this.#staying.set(instance, current.id);
    }
  }

  #dispatchOne(service: string, which: 'begun' | 'activation', batches: Map<Session, Batch>): boolean {
    const queue = this.#store.queue(service);
    if (queue.length === 0) return false;
    const session = this.#sessions.withMostCredit(service);
    const instance = session && queue.next(which);
    if (!instance) return false;
    let batch = batches.get(session);
    if (!batch) batches.set(session, (batch = { credit: session.credit, grants: [] }));
    session.credit--;
    session.lastGrant = ++this.#grants;
    batch.grants.push(this.#grant(session, instance, false));
    return true;
  }

  /**
   * A suspect runs alone: a session takes no other work until it is empty, then gets only the suspect, so that the next crash can be
   * blamed (docs/failure-model.md, P6).
   */
  #dispatchSuspect(service: string): void {
    const sessions = this.#sessions.knowing(service);
    if (sessions.length === 0 || sessions.some((session) => session.alone)) return;
    const suspect = this.#store.queue(service).next('suspect');
    if (!suspect) return;
    const session = sessions.reduce((a, b) => (b.held.size < a.held.size ? b : a));
    session.alone = suspect;
    this.#tryAlone(session);
  }

  #tryAlone(session: Session): void {
    const suspect = session.alone;
    if (!suspect || session.held.size > 0) return;
    if (suspect.status !== 'ready' || this.#holdings.isHeld(suspect)) {
      this.endAlone(session);
      return;
    }
    session.credit--;
    this.#sendGrants(session, session.credit + 1, [this.#grant(session, suspect, true)]);
  }

  /** The session takes all kinds of work again. */
  endAlone(session: Session): void {
    session.alone = null;
    this.offer(session);
  }

  /** There may be work for this session: it has room again, or is new. */
  offer(session: Session): void {
    for (const service of session.services) if (this.#store.queue(service).length > 0) this.#store.dispatchable.add(service);
  }

  #sendGrants(session: Session, credit: number, grants: readonly GrantedInstance[]): void {
    const at = this.#store.now;
    this.#store.record(
      { kind: 'grant', at, hostInstance: session.hostInstance, credit, instances: grants.map((grant) => grant.instance) },
      true,
    );
    for (const instances of inFrames(grants)) session.connection.send({ kind: 'grant', now: at, instances });
    for (const { instance: id } of grants) {
      const instance = this.#store.state.instances.get(id);
      if (instance) this.remind(session, instance);
    }
  }

  /** Tells a new owner of an operation that is pending: the one before it may have left without having heard of it. */
  remind(session: Session, { id: instance, operation }: Instance): void {
    if (operation) session.connection.send({ kind: 'operate', instance, operation });
  }

  #grant(session: Session, instance: Instance, alone: boolean): GrantedInstance {
    const grant = this.take(session, instance);
    const queue = instance.queue.slice(0, DELIVERED_AT_ONCE);
    grant.delivered = queue.length;
    return {
      instance: instance.id,
      service: instance.service,
      lock: grant.lock,
      version: instance.version,
      state: instance.state,
      queue: queue.map((entry) => this.#handOver(session, entry)),
      held: instance.holds.flatMap((id) => this.#stored(id) ?? []),
      timers: instance.timers,
      alone,
      tellAhead: instance.attempt > 0,
      takeovers: instance.takeovers,
    };
  }

  /** The session owns the instance from now on, under a new lock. */
  take(session: Session, instance: Instance): Grant {
    const grant: Grant = { session, lock: this.#newLock(), delivered: 0 };
    this.#holdings.hold(instance, grant);
    this.#blame.granted(instance);
    // When it is resumed its place in the queue is void, or it would come back to that place and not to its own.
    this.#store.queue(instance.service).remove(instance);
    session.held.add(instance);
    this.#store.touched(instance);
    return grant;
  }

  /** Hands new queue entries to the owner that has the instance in memory. */
  deliver(instance: Instance): void {
    const grant = this.#holdings.grantOf(instance);
    if (!grant || grant.delivered >= DELIVERED_AT_ONCE || grant.delivered >= instance.queue.length) return;
    const { session } = grant;
    const entries = instance.queue.slice(grant.delivered, DELIVERED_AT_ONCE).map((entry) => this.#handOver(session, entry));
    grant.delivered += entries.length;
    session.connection.send({ kind: 'deliver', instance: instance.id, lock: grant.lock, entries });
  }

  #newLock(): string {
    return `${String(this.#store.state.generation)}.${String(++this.#locks)}`;
  }

  /** Tells the owners of instances that got new entries. */
  deliverRoutes(published: readonly RoutedMessage[], except?: Instance): void {
    for (const message of published) {
      for (const { instance: id } of message.to) {
        const target = this.#store.state.instances.get(id);
        if (target && target !== except) this.deliver(target);
      }
    }
    if (except) this.deliver(except);
  }

  /** Ends the ownership of one instance without a judgement. */
  letGo(instance: Instance): void {
    const session = this.#holdings.release(instance)?.session;
    if (!session) return;
    session.held.delete(instance);
    if (session.alone) {
      if (session.alone === instance) this.endAlone(session);
      else this.#tryAlone(session);
    }
  }

  #handOver({ traffic }: Session, entry: Entry): DeliveredEntry {
    if (entry.timer !== undefined) return { id: entry.id, subscription: entry.subscription, timer: entry.timer };
    traffic.delivered++;
    const message = entry.message === undefined ? undefined : this.#stored(entry.message);
    return message ? { id: entry.id, subscription: entry.subscription, message } : { id: entry.id, subscription: entry.subscription };
  }

  #stored(id: string): StoredMessage | undefined {
    const message = this.#store.state.messages.get(id);
    if (!message) return undefined;
    const { type, properties, body, bodyHash } = message;
    const stored: { -readonly [K in keyof StoredMessage]: StoredMessage[K] } = { id, type, properties };
    if (body !== undefined) stored.body = body;
    if (bodyHash !== undefined) stored.bodyHash = bodyHash;
    return stored;
  }
}

/** Large states are handed out one by one: together they could be more than one frame may hold. */
function inFrames(grants: readonly GrantedInstance[]): readonly (readonly GrantedInstance[])[] {
  const frames: GrantedInstance[][] = [];
  let room = 0;
  for (const grant of grants) {
    const size = grant.state?.length ?? 0;
    if (frames.length === 0 || size > room) {
      frames.push([]);
      room = GRANTED_CHARACTERS;
    }
    room -= size;
    frames.at(-1)?.push(grant);
  }
  return frames;
}
