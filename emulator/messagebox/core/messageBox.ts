/**
 * The MessageBox: what each frame of a host instance does. Single-threaded and without input or output of its own; `server.ts` feeds it
 * and lets its frames out when the journal is durable.
 */
import { catalogue } from '../../errorCatalogue.ts';
import { fillIn } from '../../errors.ts';
import type { ProfileTimes } from '../../cluster/profiles.ts';
import { BTS } from '../../orchestration/message.ts';
import { type HostFrame, type MessageBoxFrame, PROTOCOL_VERSION, type Service, type SubmitFrame } from '../protocol/frames.ts';
import { receiveLocationId } from '../protocol/serviceIds.ts';
import type { NamedService, ProcessEnd } from '../protocol/supervisorFrames.ts';
import { Blame } from './blame.ts';
import { Ownership } from './ownership.ts';
import { abandonedIds, ReceiveIdWalks } from './receiveIds.ts';
import type { SubmitRecord } from './records.ts';
import { route } from './routing.ts';
import { type Connection, type Session, Sessions, type Traffic } from './sessions.ts';
import { enlistedAs, type Instance } from './state.ts';
import type { Store } from './store.ts';

type Frame<K extends HostFrame['kind']> = Extract<HostFrame, { kind: K }>;

const STORAGE_FULL = 'messageBox.storageFull';

export class MessageBox {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly ownership: Ownership;
  readonly times: ProfileTimes;
  /** Host instances a restarted MessageBox still waits for before it grants; empty = it grants. */
  readonly #awaited: Set<string>;
  readonly #awaitUntil: number;
  readonly #receiveIds = new ReceiveIdWalks();
  #sessionNumber = 0;
  /** Services of the group file; empty until the supervisor has said. */
  named: readonly NamedService[] = [];
  /** Hosts that are up, or about to be. */
  #hosts: ReadonlySet<string> | undefined;
  /** What host instances have announced since this process began, by `enlistedAs`. */
  readonly #announced = new Set<string>();
  #receiveEnabled = false;
  #paused = false;

  constructor(store: Store, times: ProfileTimes) {
    this.store = store;
    this.times = times;
    this.sessions = new Sessions(times, store.monotonic, store.versions);
    this.ownership = new Ownership(store, this.sessions, new Blame(store, times.hungMs));
    this.#awaited = new Set(store.state.sessions.keys());
    this.#awaitUntil = store.monotonic + times.leaseMs;
  }

  get receiveEnabled(): boolean {
    return this.#receiveEnabled;
  }

  /** Everything that became possible in this turn: grants. Called once after a batch of frames and after each tick. */
  settle(): void {
    if (this.#paused) return;
    if (this.#awaited.size > 0 && this.store.monotonic < this.#awaitUntil) return;
    this.#awaited.clear();
    this.ownership.dispatch();
  }

  /**
   * While there is no room on the disk nothing new begins: no grants, no timers, no messages taken in (docs/failure-model.md, P13). Sessions,
   * losses and operations go on.
   */
  pause(on: boolean): void {
    this.#paused = on;
    if (this.#receiveEnabled) for (const session of this.sessions.live.values()) this.#offerReceive(session);
  }

  /** Ends sessions whose lease is over. Called each `sweepMs`. */
  sweep(): void {
    for (const session of this.sessions.expired(this.store.monotonic)) {
      this.ownership.end(session, 'lease expired');
      session.connection.close('lease expired');
    }
    this.ownership.blame.sweep();
    this.settle();
  }

  /** Fires durable timers that are due: each once, in order of their due times, also after a downtime (docs/failure-model.md, P16). */
  fireTimers(): void {
    if (this.#paused) return;
    const { store } = this;
    const now = store.now;
    if ((store.timers.next ?? Infinity) > now) {
      this.#settleAfterWait();
      return;
    }
    for (let due = store.timers.take(now); due; due = store.timers.take(now)) {
      const entry = `${due.timer.id}@${due.instance.id}.${String(due.timer.due)}`;
      store.record({ kind: 'timer', at: now, instance: due.instance.id, timer: due.timer.id, entry });
      this.ownership.deliver(due.instance);
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
    this.#enlist(frame.services, frame.again === true);
    this.sessions.add(session);
    const at = store.now;
    const { hostInstance, host, computer, pid } = frame;
    // A host instance may name an instance twice; it goes on once.
    const goesOn = [...new Set(frame.resume.flatMap((held) => this.#resumable(session, held) ?? []))];
    const forgiven = goesOn.filter((instance) => this.ownership.blame.wasCounted(instance, pid));
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
      this.ownership.deliver(instance);
      this.ownership.remind(session, instance);
    }
    this.ownership.offer(session);
    this.#offerReceive(session);
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
    const { lock } = this.ownership.take(session, instance);
    return { instance: instance.id, lock, version: instance.version };
  }

  /**
   * What a process loaded when it began takes activations from now on, whatever was enlisted before it: a version that is there again after
   * an edit was undone, too. Who only reconnects has loaded nothing since, and somebody else may have.
   */
  #enlist(services: readonly Service[], again: boolean): void {
    const { state } = this.store;
    const news = services.filter((service) => {
      const enlisted = state.enlisted.get(enlistedAs(service));
      if (again && enlisted !== undefined && enlisted !== service.id) return false;
      return enlisted !== service.id || JSON.stringify(state.services.get(service.id)) !== JSON.stringify(service);
    });
    if (news.length > 0) this.store.record({ kind: 'enlist', at: this.store.now, services: news });
    for (const service of services) this.#announced.add(enlistedAs(service));
    if (this.#receiveEnabled && news.some(({ messageTypes }) => messageTypes !== undefined)) this.#offerReceiveToAll();
    else this.#checkExpected();
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
        this.ownership.offer(session);
        return;
      case 'heartbeat':
        session.active = frame.active;
        session.rssMb = frame.rssMb;
        return;
      case 'progress': {
        const instance = this.store.state.instances.get(frame.instance);
        if (instance) this.ownership.progress(session, instance, frame.trace, frame.next);
        return;
      }
      case 'submit':
        this.#submit(session, frame);
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
    this.ownership.blame.processEnded(end);
  }

  /** The supervisor of this start says what the group file has. What is enlisted and not in it takes no activations any more. */
  supervise(named: readonly NamedService[], hosts: readonly string[], alive: readonly string[]): void {
    this.named = named;
    const known = new Set(named.map(enlistedAs));
    const { state } = this.store;
    const gone = [...state.enlisted].flatMap(([name, id]) => (known.has(name) ? [] : (state.services.get(id) ?? [])));
    if (gone.length > 0)
      this.store.record({ kind: 'unenlist', at: this.store.now, services: gone.map(({ kind, name }) => ({ kind, name })) });
    const locations = named.flatMap(({ kind, name }) => (kind === 'receiveLocation' ? [name] : []));
    this.#forget(abandonedIds(state, locations, this.store.now));
    for (const name of this.#awaited) if (!alive.includes(name)) this.#awaited.delete(name);
    this.expect(hosts);
  }

  /**
   * Receive locations start when every orchestration and send port of these hosts was announced; before, messages would find no subscriber,
   * or a version that nobody has any more. A host that cannot start keeps nobody else waiting: messages for what it enlisted before wait for it.
   */
  expect(hosts: readonly string[]): void {
    this.#hosts = new Set(hosts);
    this.#checkExpected();
  }

  /** Nobody will submit under these ids again. */
  #forget(receiveIds: readonly string[]): void {
    const known = receiveIds.filter((id) => this.store.state.receiveIds.has(id));
    if (known.length > 0) this.store.record({ kind: 'forget', at: this.store.now, receiveIds: known }, true);
  }

  #checkExpected(): void {
    const hosts = this.#hosts;
    if (this.#receiveEnabled || !hosts) return;
    const expected = this.named.filter(({ kind, host }) => kind !== 'receiveLocation' && hosts.has(host));
    if (!expected.every((service) => this.#announced.has(enlistedAs(service)))) return;
    this.#receiveEnabled = true;
    this.#offerReceiveToAll();
  }

  #offerReceiveToAll(): void {
    for (const session of this.sessions.live.values()) this.#offerReceive(session);
  }

  #offerReceive(session: Session): void {
    if (!this.#receiveEnabled) return;
    const { services, enlisted } = this.store.state;
    const messageTypes: Record<string, NonNullable<Service['messageTypes']>> = {};
    for (const id of enlisted.values()) {
      const service = services.get(id);
      if (service?.messageTypes) messageTypes[service.name] = service.messageTypes;
    }
    session.connection.send({ kind: 'receive', enabled: !this.#paused, messageTypes } satisfies MessageBoxFrame);
  }

  /** A receive adapter hands in a message: published, or kept as suspended, in one record (docs/behaviour.md, sections 15 and 16). */
  #submit(session: Session, frame: SubmitFrame): void {
    const { store } = this;
    if (store.state.receiveIds.has(frame.receiveId)) {
      session.connection.send({ kind: 'submitted', request: frame.request, duplicate: true } satisfies MessageBoxFrame);
      return;
    }
    if (this.#paused) {
      const refused = { code: STORAGE_FULL, message: fillIn(catalogue[STORAGE_FULL].message, { folder: 'the MessageBox' }) };
      session.connection.send({ kind: 'submitted', request: frame.request, duplicate: false, refused } satisfies MessageBoxFrame);
      return;
    }
    const service = receiveLocationId(frame.location);
    const waiting = frame.twoWay && !frame.malformed ? this.#waiting(service, frame.twoWay.timeoutMs) : undefined;
    const message = waiting
      ? { ...frame.message, properties: { ...frame.message.properties, [BTS.correlationToken]: waiting.instance } }
      : frame.message;
    const id = this.ownership.newInstanceId();
    const unrouted = { id, type: message.type, properties: message.properties, ...bodyOf(message), to: [] };
    const routed = frame.malformed ? unrouted : route(store, id, message, this.ownership.newInstanceId);
    const base = {
      kind: 'submit',
      at: store.now,
      location: frame.location,
      hostInstance: session.hostInstance,
      receiveId: frame.receiveId,
      message: routed,
    } as const;
    const kept = routed.to.length === 0;
    const error = frame.malformed ?? routingFailure(message.type);
    const record: SubmitRecord = {
      ...base,
      ...(kept ? { suspended: { instance: this.ownership.newInstanceId(), service, error, resumable: !frame.malformed && !waiting } } : {}),
      ...(waiting && !kept ? { waiting } : {}),
    };
    store.record(record);
    session.traffic.published++;
    this.ownership.deliverRoutes([routed]);
    const owner = waiting && !kept ? store.state.instances.get(waiting.instance) : undefined;
    const lock = owner ? this.ownership.take(session, owner).lock : undefined;
    session.connection.send({
      kind: 'submitted',
      request: frame.request,
      duplicate: false,
      ...(owner && lock ? { instance: owner.id, lock } : {}),
      ...(kept ? { suspended: error } : {}),
    } satisfies MessageBoxFrame);
  }

  #waiting(service: string, timeoutMs: number): NonNullable<SubmitRecord['waiting']> {
    const instance = this.ownership.newInstanceId();
    const filter = [[{ property: BTS.correlationToken, operator: '==', value: instance } as const]];
    return { instance, service, subscribe: { id: 'response', filter }, timer: { id: 'timeout', due: this.store.now + timeoutMs } };
  }
}

function newSession(id: string, frame: Frame<'hello'>, connection: Connection, now: number, traffic: Traffic): Session {
  return {
    id,
    hostInstance: frame.hostInstance,
    host: frame.host,
    computer: frame.computer,
    pid: frame.pid,
    connection,
    services: new Set(frame.services.flatMap(({ id, aliases = [] }) => [id, ...aliases])),
    held: new Set(),
    traffic,
    credit: 0,
    lastSeen: now,
    lastGrant: 0,
    draining: false,
    excused: false,
    running: null,
    processEnd: null,
    onHold: false,
    alone: null,
    rssMb: null,
    active: 0,
  };
}

function bodyOf(message: { readonly body?: string; readonly bodyHash?: string }): { body?: string; bodyHash?: string } {
  return {
    ...(message.body === undefined ? {} : { body: message.body }),
    ...(message.bodyHash === undefined ? {} : { bodyHash: message.bodyHash }),
  };
}

function routingFailure(type: string): { code: string; message: string } {
  return { code: 'message.routingFailure', message: fillIn(catalogue['message.routingFailure'].message, { type }) };
}
