/**
 * The MessageBox: what each frame of a host instance does. Single-threaded and without input or output of its own; `server.ts` feeds it
 * and lets its frames out when the journal is durable.
 */
import { catalogue } from '../../errorCatalogue.ts';
import { fillIn } from '../../errors.ts';
import type { ProfileTimes } from '../../cluster/profiles.ts';
import { type HostFrame, type MessageBoxFrame, PROTOCOL_VERSION } from '../protocol/frames.ts';
import type { NamedService, ProcessEnd } from '../protocol/supervisorFrames.ts';
import { Blame } from './blame.ts';
import { Dispatch } from './dispatch.ts';
import { Enlistment } from './enlistment.ts';
import { Ownership } from './ownership.ts';
import { abandonedIds, ReceiveIdWalks } from './receiveIds.ts';
import { type Connection, newSession, type Session, Sessions } from './sessions.ts';
import type { Instance } from './state.ts';
import type { Store } from './store.ts';
import { Submissions } from './submissions.ts';

type Frame<K extends HostFrame['kind']> = Extract<HostFrame, { kind: K }>;

export class MessageBox {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly dispatch: Dispatch;
  readonly blame: Blame;
  readonly ownership: Ownership;
  readonly times: ProfileTimes;
  /** Host instances a restarted MessageBox still waits for before it grants; empty = it grants. */
  readonly #awaited: Set<string>;
  readonly #awaitUntil: number;
  readonly #receiveIds = new ReceiveIdWalks();
  #sessionNumber = 0;
  readonly enlistment: Enlistment;
  readonly #submissions: Submissions;

  constructor(store: Store, times: ProfileTimes) {
    this.store = store;
    this.times = times;
    this.sessions = new Sessions(times, store.monotonic, store.versions);
    this.blame = new Blame(store, times.hungMs, (routed) => {
      this.dispatch.deliverRoutes([routed]);
    });
    this.dispatch = new Dispatch(store, this.sessions, this.blame);
    this.ownership = new Ownership(store, this.sessions, this.blame, this.dispatch);
    this.enlistment = new Enlistment(store, this.sessions);
    this.#submissions = new Submissions(store, this.dispatch, this.enlistment);
    this.#awaited = new Set(store.state.sessions.keys());
    this.#awaitUntil = store.monotonic + times.leaseMs;
  }

  /** Everything that became possible in this turn: grants. Called once after a batch of frames and after each tick. */
  settle(): void {
    if (this.enlistment.paused) return;
    if (this.#awaited.size > 0 && this.store.monotonic < this.#awaitUntil) return;
    this.#awaited.clear();
    this.dispatch.handOut();
  }

  /**
   * While there is no room on the disk nothing new begins: no grants, no timers, no messages taken in (docs/failure-model.md, P13). Sessions,
   * losses and operations go on.
   */
  pause(on: boolean): void {
    this.enlistment.pause(on);
  }

  /** Ends sessions whose lease is over. Called each `sweepMs`. */
  sweep(): void {
    for (const session of this.sessions.expired(this.store.monotonic)) {
      this.ownership.end(session, 'lease expired');
      session.connection.close('lease expired');
    }
    this.blame.sweep();
    this.settle();
  }

  /** Fires durable timers that are due: each once, in order of their due times, also after a downtime (docs/failure-model.md, P16). */
  fireTimers(): void {
    if (this.enlistment.paused) return;
    const { store } = this;
    const now = store.now;
    if ((store.timers.next ?? Infinity) > now) {
      this.#settleAfterWait();
      return;
    }
    for (let due = store.timers.take(now); due; due = store.timers.take(now)) {
      const entry = `${due.timer.id}@${due.instance.id}.${String(due.timer.due)}`;
      store.record({ kind: 'timer', at: now, instance: due.instance.id, timer: due.timer.id, entry });
      this.dispatch.deliver(due.instance);
    }
    this.settle();
  }

  /** The wait for host instances to resume ends by itself. */
  #settleAfterWait(): void {
    if (this.#awaited.size > 0) this.settle();
  }

  /** A new host instance, or a known one that reconnects; `undefined` when it is refused. */
  hello(connection: Connection, frame: Frame<'hello'>): Session | undefined {
    if (frame.protocol !== PROTOCOL_VERSION) {
      connection.send({
        kind: 'refused',
        code: 'messageBox.protocol',
        reason: `protocol ${String(frame.protocol)}`,
      } satisfies MessageBoxFrame);
      return undefined;
    }
    const older = this.sessions.of(frame.hostInstance);
    if (older) {
      this.ownership.end(older, 'replaced');
      older.connection.close('replaced by a newer connection');
    }
    const { store } = this;
    const id = `${store.state.generation}.${++this.#sessionNumber}`;
    const session = newSession(id, frame, connection, store.monotonic, this.sessions.trafficOf(frame.hostInstance));
    this.enlistment.enlist(frame.services, frame.again === true);
    this.sessions.add(session);
    const at = store.now;
    const { hostInstance, host, computer, pid } = frame;
    // A host instance may name an instance twice; it goes on once.
    const goesOn = [...new Set(frame.resume.flatMap((held) => this.#resumable(session, held) ?? []))];
    const forgiven = goesOn.filter((instance) => this.blame.wasCounted(instance, pid));
    store.record({
      ...{ kind: 'session', at, session: session.id, hostInstance, host, computer, pid, services: [...session.services] },
      ...(goesOn.length > 0 ? { resumed: goesOn.map(({ id: instance }) => instance) } : {}),
      ...(forgiven.length > 0 ? { forgiven: forgiven.map(({ id: instance }) => instance) } : {}),
    });
    this.#awaited.delete(hostInstance);
    const resumed = goesOn.map((instance) => this.#resume(session, instance));
    connection.send({
      kind: 'welcome',
      session: session.id,
      generation: store.state.generation,
      now: at,
      heartbeatMs: this.times.heartbeatMs,
      leaseMs: this.times.leaseMs,
      resumed,
    } satisfies MessageBoxFrame);
    for (const { instance: id } of resumed) {
      const instance = store.state.instances.get(id);
      if (!instance) continue;
      this.dispatch.deliver(instance);
      this.dispatch.remind(session, instance);
    }
    this.dispatch.offer(session);
    this.enlistment.offer(session);
    return session;
  }

  /** Work goes on when its version fits, or when the commit that was under way is the last one that counted. */
  #resumable(session: Session, held: { instance: string; version: number; pending?: string }): Instance | undefined {
    const instance = this.store.state.instances.get(held.instance);
    if (!instance || this.store.holdings.isHeld(instance) || instance.status !== 'ready') return undefined;
    // It may have gone over to a version that this host instance does not have.
    if (!session.services.has(instance.service)) return undefined;
    const committed = held.pending !== undefined && instance.lastCommit === held.pending;
    return instance.version === held.version || committed ? instance : undefined;
  }

  /** Under a new lock. */
  #resume(session: Session, instance: Instance): { instance: string; lock: string; version: number } {
    const { lock } = this.dispatch.take(session, instance);
    return { instance: instance.id, lock, version: instance.version };
  }

  /** Frames of a host instance with a session. Any valid frame renews the lease. */
  frame(session: Session, frame: HostFrame): void {
    session.lastSeen = this.store.monotonic;
    switch (frame.kind) {
      case 'commit':
        this.ownership.commit(session, frame);
        return;
      case 'pull':
        session.credit += frame.credit;
        this.dispatch.offer(session);
        return;
      case 'heartbeat':
        session.active = frame.active;
        session.rssMb = frame.rssMb;
        return;
      case 'progress': {
        const instance = this.store.state.instances.get(frame.instance);
        if (instance) this.ownership.progress(session, instance, frame, frame.next);
        return;
      }
      case 'submit':
        this.#submissions.take(session, frame);
        return;
      case 'forget':
        this.#forget(frame.receiveIds);
        return;
      case 'keptIds': {
        const { request, location, begin } = frame;
        const page = this.#receiveIds.page(session, this.store.state, location, begin);
        session.connection.send({ kind: 'keptIds', request, ...page } satisfies MessageBoxFrame);
        return;
      }
      case 'hold':
        session.onHold = frame.on;
        return;
      case 'drain':
        session.draining = true;
        return;
      case 'bye':
        this.ownership.end(session, 'bye');
        return;
      case 'hello':
      case 'putBody':
      case 'getBody':
        return;
    }
  }

  /** True for what is said again although it counts already: a repeated commit or submission. What it refers to may be gone by now. */
  counted(frame: HostFrame): boolean {
    const { instances, lastCommits, receiveIds } = this.store.state;
    if (frame.kind === 'submit') return receiveIds.has(frame.receiveId);
    return frame.kind === 'commit' && (instances.get(frame.instance)?.lastCommit ?? lastCommits.get(frame.instance)) === frame.id;
  }

  /**
   * What a host instance said is not a frame. It costs only what it was about: a commit is rejected, a submission or a body refused, and the
   * session with all its other work goes on.
   */
  notUnderstood(session: Session, said: { readonly kind?: unknown }, reason: string): void {
    session.lastSeen = this.store.monotonic;
    const { instance, id, request, outcome } = said as Readonly<Record<string, unknown>>;
    const answer = (frame: MessageBoxFrame): void => {
      session.connection.send(frame);
    };
    const error = { code: 'messageBox.protocol', message: fillIn(catalogue['messageBox.protocol'].message, { reason }) };
    if (said.kind === 'commit' && typeof instance === 'string' && typeof id === 'string') {
      answer({ kind: 'rejected', instance, id, code: error.code, reason: error.message });
      if (outcome === 'suspended') this.ownership.suspendFor(session, instance, error);
    } else if (said.kind === 'submit' && typeof request === 'number')
      answer({ kind: 'submitted', request, duplicate: false, refused: error });
    else if (said.kind === 'putBody' && typeof request === 'number') answer({ kind: 'bodyStored', request, error: error.message });
    else if (said.kind === 'getBody' && typeof request === 'number') {
      answer({ kind: 'body', request, data: '', last: true, error: error.message });
    } else answer({ kind: 'notUnderstood', said: String(said.kind).slice(0, 100), reason });
  }

  /** The socket of a session closed: fenced at once, except where the profile imitates the product's slowness. */
  closed(session: Session): void {
    if (!this.sessions.live.has(session.id)) return;
    if (this.times.socketCloseFences) this.ownership.end(session, 'socket closed');
  }

  /** The supervisor ends or freezes this process itself, or lets it go on. */
  excuse(hostInstance: string, pid: number, on: boolean): void {
    const session = this.sessions.of(hostInstance);
    if (session?.pid === pid) session.excused = on;
  }

  /** The parent saw this process end: nobody has to wait for it after a restart, and what it ended with belongs to the judgement. */
  gone(end: ProcessEnd): void {
    this.#awaited.delete(end.hostInstance);
    const session = this.sessions.of(end.hostInstance);
    if (session?.pid === end.pid) session.processEnd = end;
    this.blame.processEnded(end);
  }

  /** The supervisor of this start says what the group file has. What is enlisted and not in it takes no activations any more. */
  supervise(named: readonly NamedService[], hosts: readonly string[], alive: readonly string[]): void {
    this.enlistment.supervise(named);
    const locations = named.flatMap(({ kind, name }) => (kind === 'receiveLocation' ? [name] : []));
    this.#forget(abandonedIds(this.store.state, locations, this.store.now));
    for (const name of this.#awaited) if (!alive.includes(name)) this.#awaited.delete(name);
    this.enlistment.expect(hosts);
  }

  /** Nobody will submit under these ids again. */
  #forget(receiveIds: readonly string[]): void {
    const known = receiveIds.filter((id) => this.store.state.receiveIds.has(id));
    if (known.length > 0) this.store.record({ kind: 'forget', at: this.store.now, receiveIds: known }, true);
  }
}
