/**
 * Who owns an instance: grants, commits, releases (docs/architecture.md, "Who owns an instance"; docs/failure-model.md, 4.3-4.6). Safety never
 * depends on time: a commit counts only with the current lock and from the current version.
 */
import { catalogue } from '../../errorCatalogue.ts';
import { fillIn } from '../../errors.ts';
import type { InstanceError, TraceEntry } from '../../engine/door.ts';
import type { CommitFrame, DeliveredEntry, GrantedInstance, StoredMessage } from '../protocol/frames.ts';
import type { SessionEnd } from '../../control/events.ts';
import { isCondemned } from './attempts.ts';
import type { Blame } from './blame.ts';
import { commitRecord, discardedError, discardedMessages } from './commitRecord.ts';
import type { RoutedMessage, SessionEndRecord } from './records.ts';
import { STATE_LIMIT_CHARACTERS } from '../protocol/limits.ts';
import { moveTo } from './moving.ts';
import { conclusionOf } from './recordRules.ts';
import { route } from './routing.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Grant, Holdings } from './holdings.ts';
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

export class Ownership {
  readonly #store: Store;
  readonly #sessions: Sessions;
  /** Instances that cannot go over to a version, with its id. */
  readonly #staying = new WeakMap<Instance, string>();
  readonly #holdings: Holdings;
  #locks = 0;
  #instances = 0;
  #grants = 0;
  readonly blame: Blame;

  constructor(store: Store, sessions: Sessions, blame: Blame) {
    this.#store = store;
    this.blame = blame;
    this.#holdings = store.holdings;
    this.#sessions = sessions;
  }

  newLock(): string {
    return `${String(this.#store.state.generation)}.${String(++this.#locks)}`;
  }

  /**
   * Unique for ever: the generation never repeats in a data folder, and another folder has another origin, of one length always. Short,
   * because half of what is said and written of a commit is ids: two characters more cost 1.5 % of all CPU time.
   */
  readonly newInstanceId = (): string => {
    const { generation, origin } = this.#store.state;
    return `${(++this.#instances).toString(36)}-${generation.toString(36)}${origin}`;
  };

  /**
   * Gives ready instances to sessions that know their service, by free credit, then least recently granted. What already began comes
   * first; services take turns, so a flood of one does not keep another waiting.
   */
  dispatch(): void {
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
      this.#endAlone(session);
      return;
    }
    session.credit--;
    this.#sendGrants(session, session.credit + 1, [this.#grant(session, suspect, true)]);
  }

  #endAlone(session: Session): void {
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
    const grant: Grant = { session, lock: this.newLock(), delivered: 0 };
    this.#holdings.hold(instance, grant);
    this.blame.granted(instance);
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

  /** Steps 1-7 of docs/failure-model.md, 4.4; the journal makes step 6 durable before the acknowledgement leaves. */
  commit(session: Session, frame: CommitFrame): void {
    const { state } = this.#store;
    const instance = state.instances.get(frame.instance);
    const grant = instance && this.#holdings.grantOf(instance);
    const last = instance ? instance.lastCommit : state.lastCommits.get(frame.instance);
    if (last === frame.id) {
      this.#acknowledge(session, frame.id, frame.instance, frame.base + 1, !grant, this.#store.now);
      return;
    }
    const owned = grant?.session === session && grant.lock === frame.lock && this.#sessions.live.has(session.id);
    if (!instance || !owned) {
      session.connection.send({ kind: 'fenced', instance: frame.instance, id: frame.id });
      return;
    }
    if (instance.version !== frame.base) {
      this.#reject(session, frame, 'stale', `version ${String(frame.base)} is not the current ${String(instance.version)}`);
      this.#reclaim(instance);
      return;
    }
    const fault = this.#invalid(instance, frame);
    if (!fault) {
      this.#accept(session, instance, frame);
      return;
    }
    this.#reject(session, frame, fault.code, fault.reason);
    if (frame.outcome === 'suspended') this.#reclaim(instance, frame.error ?? { code: fault.code, message: fault.reason });
  }

  /** The owner wanted to suspend an instance and could not even say so: then that is done here. */
  suspendFor(session: Session, id: string, error: InstanceError): void {
    const instance = this.#store.state.instances.get(id);
    if (instance && this.#holdings.grantOf(instance)?.session === session) this.#reclaim(instance, error);
  }

  /** Its owner has nothing left to commit: it runs again from the last commit, or is suspended if its owner could not go on with it. */
  #reclaim(instance: Instance, error?: InstanceError): void {
    this.letGo(instance);
    if (error) this.#store.record({ kind: 'suspend', at: this.#store.now, instance: instance.id, error, resumable: true });
    else this.#store.enqueue(instance);
  }

  #invalid(instance: Instance, frame: CommitFrame): { code: string; reason: string } | undefined {
    if ((frame.state?.length ?? 0) > STATE_LIMIT_CHARACTERS) {
      const values = { id: instance.id, size: frame.state?.length ?? 0, limit: STATE_LIMIT_CHARACTERS };
      return { code: 'messageBox.stateTooLarge', reason: fillIn(catalogue['messageBox.stateTooLarge'].message, values) };
    }
    const missing = frame.consumed.find((id) => !instance.queue.some((entry) => entry.id === id));
    return missing === undefined ? undefined : { code: 'messageBox.protocol', reason: `entry ${missing} is not in the queue` };
  }

  #reject(session: Session, frame: CommitFrame, code: string, reason: string): void {
    session.connection.send({ kind: 'rejected', instance: frame.instance, id: frame.id, code, reason });
  }

  #accept(session: Session, instance: Instance, frame: CommitFrame): void {
    const version = instance.version + 1;
    const published: RoutedMessage[] = [];
    const unrouted: { message: string; instance: string }[] = [];
    for (const message of frame.published) {
      const id = `${instance.id}/${String(version)}/${String(published.length)}`;
      const routed = route(this.#store, id, message, this.newInstanceId, message.shape);
      published.push(routed);
      if (routed.to.length === 0) unrouted.push({ message: routed.id, instance: this.newInstanceId() });
    }
    const ends = frame.outcome === 'completed' || frame.outcome === 'terminated';
    const accepted = commitRecord(
      frame,
      session.hostInstance,
      version,
      this.#store.now,
      published,
      unrouted,
      ends ? null : instance.operation,
    );
    const discarded = frame.outcome === 'completed' ? discardedMessages(instance, frame, published) : 0;
    const record = discarded === 0 ? accepted : { ...accepted, discarded, error: discardedError(discarded) };
    const released = conclusionOf(record) !== 'running';
    if (released) this.letGo(instance);
    this.#store.record(record);
    session.traffic.published += published.length;
    this.#holdings.clearAtRisk(instance);
    cameThrough(session, instance);
    if (session.alone === instance && !released) this.#endAlone(session);
    // Before the acknowledgement: what an instance sent itself is there when it goes on, so it need not wait in memory for it.
    this.deliverRoutes(published, instance);
    this.#acknowledge(session, frame.id, instance.id, version, released, record.at);
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

  #acknowledge(session: Session, id: string, instance: string, version: number, released: boolean, now: number): void {
    session.connection.send({ kind: 'ack', instance, id, version, now, released });
  }

  /** Ends the ownership of one instance without a judgement. */
  letGo(instance: Instance): void {
    const session = this.#holdings.release(instance)?.session;
    if (!session) return;
    session.held.delete(instance);
    if (session.alone) {
      if (session.alone === instance) this.#endAlone(session);
      else this.#tryAlone(session);
    }
  }

  /**
   * The owner says what ran and is at risk, and with `next` which code it is about to run; without it the instance is blocked in memory. A
   * suspect stays alone until it commits: what it left behind may still end the process while it waits.
   */
  progress(session: Session, instance: Instance, trace: readonly TraceEntry[], next?: number): void {
    if (this.#holdings.grantOf(instance)?.session !== session) return;
    this.#holdings.noteAtRisk(instance, trace);
    if (next === undefined) cameThrough(session, instance);
    else session.running = { instance, shape: next };
    // Nothing durable changed, so nothing is counted; who looks at the instance wants to know.
    this.#store.watcher?.instanceChanged(instance);
  }

  /**
   * Fences a session and frees its instances, in order of version (docs/failure-model.md, 4.5). An abnormal end counts an attempt for
   * those that may be to blame.
   */
  end(session: Session, reason: SessionEnd): void {
    this.#sessions.remove(session);
    const blameless = reason === 'bye' || session.excused;
    const held = [...session.held].sort((a, b) => a.version - b.version);
    const blamed = new Set(blameless ? [] : this.blame.of(held, session.running?.instance));
    const lost = held.map((instance) => this.#lost(instance, session, blamed.has(instance)));
    for (const instance of blamed) this.blame.count(instance, session);
    const suspect = session.alone;
    session.alone = null;
    for (const instance of held) this.#holdings.release(instance);
    session.held.clear();
    this.#store.record({ kind: 'sessionEnd', at: this.#store.now, session: session.id, hostInstance: session.hostInstance, reason, lost });
    this.#store.watcher?.ownerLost(
      session.hostInstance,
      reason,
      lost.map(({ instance }) => instance),
    );
    for (const instance of held) this.#judge(instance, session, reason);
    if (suspect) this.#store.enqueue(suspect);
    this.offer(session);
  }

  #lost(instance: Instance, { running }: Session, blamed: boolean): SessionEndRecord['lost'][number] {
    return {
      instance: instance.id,
      version: instance.version,
      attempt: blamed ? instance.attempt + 1 : instance.attempt,
      atRisk: this.#holdings.atRiskOf(instance),
      ...(running?.instance === instance ? { running: running.shape } : {}),
      ...(instance.kind === 'sendPort' ? { sendPort: true as const } : {}),
    };
  }

  #judge(instance: Instance, session: Session, reason: SessionEnd): void {
    const shape = this.#lastShape(instance, session);
    this.#holdings.clearAtRisk(instance);
    if (instance.kind === 'receiveLocation') {
      const message = `The caller's connection was lost with ${session.hostInstance}, so nobody can take the response.`;
      this.#store.record({
        kind: 'suspend',
        at: this.#store.now,
        instance: instance.id,
        error: { code: 'receive.callerGone', message },
        resumable: false,
      });
    } else if (isCondemned(instance)) this.blame.condemn(instance, session, reason, shape);
    else this.#store.enqueue(instance);
  }

  /** The shape whose code ran, else the last that had run. */
  #lastShape(instance: Instance, { running }: Session): string | undefined {
    const number = running?.instance === instance ? running.shape : this.#holdings.atRiskOf(instance).at(-1)?.[0];
    return number === undefined ? undefined : this.#store.state.services.get(instance.service)?.outline[number]?.name;
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

/** Its code that was told of ended nothing. */
function cameThrough(session: Session, instance: Instance): void {
  if (session.running?.instance === instance) session.running = null;
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
