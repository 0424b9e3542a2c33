/**
 * What an owner may do, and how it ends: commits, and sessions with what they held (docs/architecture.md, "Who owns an instance";
 * docs/failure-model.md, 4.4-4.6). Safety never depends on time: a commit counts only with the current lock and from the current version.
 */
import { createHash } from 'node:crypto';
import { catalogue } from '../../errorCatalogue.ts';
import { fillIn } from '../../errors.ts';
import type { InstanceError } from '../../engine/door.ts';
import type { CommitFrame } from '../protocol/frames.ts';
import type { SessionEnd } from '../../control/events.ts';
import { isCondemned } from './attempts.ts';
import type { Blame } from './blame.ts';
import { commitRecord, discardedError, discardedMessages } from './commitRecord.ts';
import type { Dispatch } from './dispatch.ts';
import { notice, noticeOfCommit, noticeOfTermination } from './deliveryNotice.ts';
import type { RoutedMessage, SessionEndRecord } from './records.ts';
import { STATE_LIMIT_CHARACTERS } from '../protocol/limits.ts';
import { conclusionOf } from './recordRules.ts';
import { route } from './routing.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Holdings, Progress } from './holdings.ts';
import type { Instance } from './state.ts';
import type { Store } from './store.ts';

export class Ownership {
  readonly #store: Store;
  readonly #sessions: Sessions;
  readonly #holdings: Holdings;
  readonly #dispatch: Dispatch;
  readonly #blame: Blame;

  constructor(store: Store, sessions: Sessions, blame: Blame, dispatch: Dispatch) {
    this.#store = store;
    this.#sessions = sessions;
    this.#holdings = store.holdings;
    this.#blame = blame;
    this.#dispatch = dispatch;
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
    this.#dispatch.letGo(instance);
    if (!error) {
      this.#store.enqueue(instance);
      return;
    }
    const routed = notice(this.#store, instance, error);
    this.#store.record({ kind: 'suspend', at: this.#store.now, instance: instance.id, error, resumable: true, ...(routed && { routed }) });
    if (routed) this.#dispatch.deliverRoutes([routed]);
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

  /**
   * Nothing of the commit counts: its sender gets an exception (docs/behaviour.md, section 9.2). The message is kept once, however often the
   * sender tries to send just that from this version: an atomic scope does it 21 times.
   */
  #notRouted(session: Session, instance: Instance, frame: CommitFrame, message: RoutedMessage, publish: number): void {
    const { type, properties, body, bodyHash } = message;
    const content = createHash('sha256').update(JSON.stringify([message.shape, type, properties, body, bodyHash]));
    const id = `${message.id}!${content.digest('hex').slice(0, 16)}`;
    const shape = this.#store.state.services.get(instance.service)?.outline[message.shape ?? -1]?.name ?? '';
    const code = 'message.notRouted';
    const reason = fillIn(catalogue[code].message, { type, shape });
    const { hostInstance } = session;
    if (!this.#store.state.messages.has(id)) {
      const error = { code, message: reason, shape };
      const kept = { instance: this.#store.newInstanceId(), sender: instance.id, hostInstance, message: { ...message, id }, error };
      this.#store.record({ kind: 'unrouted', at: this.#store.now, ...kept });
    }
    session.connection.send({ kind: 'rejected', instance: frame.instance, id: frame.id, code, reason, publish });
  }

  #accept(session: Session, instance: Instance, frame: CommitFrame): void {
    const version = instance.version + 1;
    const published: RoutedMessage[] = [];
    const unrouted: { message: string; instance: string }[] = [];
    for (const message of frame.published) {
      const id = `${instance.id}/${String(version)}/${String(published.length)}`;
      const routed = route(this.#store, id, message, message.shape);
      published.push(routed);
      if (routed.to.length > 0) continue;
      if (instance.kind === 'orchestration') {
        this.#notRouted(session, instance, frame, routed, published.length - 1);
        return;
      }
      unrouted.push({ message: routed.id, instance: this.#store.newInstanceId() });
    }
    const ends = frame.outcome === 'completed' || frame.outcome === 'terminated';
    const left = ends ? discardedMessages(this.#store.state.messages, instance, frame, published) : 0;
    // Of what ends by itself nothing is left to operate on, unless messages are: a pending terminate takes them too.
    const operated = !ends || (left > 0 && instance.operation === 'terminate') ? instance.operation : null;
    const told = noticeOfCommit(this.#store, instance, frame, operated);
    if (told) published.push(told);
    const accepted = commitRecord(frame, session.hostInstance, version, this.#store.now, published, unrouted, operated);
    const kept = left > 0 && operated === null;
    const record = kept ? { ...accepted, discarded: left, error: discardedError(left, frame.error) } : accepted;
    const released = conclusionOf(record) !== 'running';
    if (released) this.#dispatch.letGo(instance);
    this.#store.record(record);
    session.traffic.published += published.length;
    this.#holdings.clearProgress(instance);
    cameThrough(session, instance);
    if (session.alone === instance && !released) this.#dispatch.endAlone(session);
    // Before the acknowledgement: what an instance sent itself is there when it goes on, so it need not wait in memory for it.
    this.#dispatch.deliverRoutes(published, instance);
    this.#acknowledge(session, frame.id, instance.id, version, released, record.at);
  }

  #acknowledge(session: Session, id: string, instance: string, version: number, released: boolean, now: number): void {
    session.connection.send({ kind: 'ack', instance, id, version, now, released });
  }

  /**
   * The owner says what ran and is at risk, and with `next` which code it is about to run; without it the instance is blocked in memory. A
   * suspect stays alone until it commits: what it left behind may still end the process while it waits.
   */
  progress(session: Session, instance: Instance, { trace, timers }: Progress, next?: number): void {
    if (this.#holdings.grantOf(instance)?.session !== session) return;
    this.#holdings.noteProgress(instance, { trace, ...(timers && { timers }) });
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
    const blamed = new Set(blameless ? [] : this.#blame.of(held, session.running?.instance));
    const lost = held.map((instance) => this.#lost(instance, session, blamed.has(instance)));
    for (const instance of blamed) this.#blame.count(instance, session);
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
    this.#dispatch.offer(session);
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
    this.#holdings.clearProgress(instance);
    const { operation } = instance;
    // Nobody has it in memory any more, so what is pending has nothing left to wait for. The reasons below say more than a suspension by hand.
    if (operation === 'terminate' || (operation && instance.kind !== 'receiveLocation' && !isCondemned(instance))) {
      const routed = operation === 'terminate' ? noticeOfTermination(this.#store, instance) : undefined;
      this.#store.record({
        kind: 'operate',
        at: this.#store.now,
        operation,
        instance: instance.id,
        applied: true,
        ...(routed && { routed }),
      });
      if (routed) this.#dispatch.deliverRoutes([routed]);
    } else if (instance.kind === 'receiveLocation') {
      const message = `The caller's connection was lost with ${session.hostInstance}, so nobody can take the response.`;
      this.#store.record({
        kind: 'suspend',
        at: this.#store.now,
        instance: instance.id,
        error: { code: 'receive.callerGone', message },
        resumable: false,
      });
    } else if (isCondemned(instance)) this.#blame.condemn(instance, session, reason, shape);
    else this.#store.enqueue(instance);
  }

  /** The shape whose code ran, else the last that had run. */
  #lastShape(instance: Instance, { running }: Session): string | undefined {
    const number = running?.instance === instance ? running.shape : this.#holdings.atRiskOf(instance).at(-1)?.[0];
    return number === undefined ? undefined : this.#store.state.services.get(instance.service)?.outline[number]?.name;
  }
}

/** Its code that was told of ended nothing. */
function cameThrough(session: Session, instance: Instance): void {
  if (session.running?.instance === instance) session.running = null;
}
