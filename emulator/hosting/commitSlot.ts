/**
 * The one commit an instance may have under way (docs/failure-model.md, 4.4), the same for every kind of work: it owns lock and version,
 * puts large bodies into the MessageBox before the commit that refers to them, says all of it again after a reconnection, and knows what
 * an answer means. A commit always comes to an end: acknowledged, fenced, or replaced by a suspension with the reason.
 */
import type { InstanceError } from '../engine/door.ts';
import { isCode, messageOf, SohError } from '../errors.ts';
import { faultPoint } from '../faults/faultPoint.ts';
import type { CommitFrame, HostFrame } from '../messagebox/protocol/frames.ts';
import { BodyClient } from './bodies.ts';

/** The parts of a commit that most commits leave empty. */
const NONE: never[] = [];

/** Id of the commit made from this version under this lock: the same for each repeat. */
export function commitId(work: { readonly instance: string; readonly version: number; readonly lock: string }): string {
  return `${work.instance}#${String(work.version + 1)}@${work.lock}`;
}

/** What a kind of work says of a commit; the rest is the slot's. */
export type CommitParts = Pick<CommitFrame, 'points' | 'outcome'> &
  Partial<Omit<CommitFrame, 'kind' | 'id' | 'instance' | 'lock' | 'base'>>;

/** Member by member: all commits are made alike, and objects that are alike are written as JSON in a fraction of the time. */
export function commitFrame(
  held: Held,
  parts: CommitParts,
  consumed: CommitFrame['consumed'] = parts.consumed ?? NONE,
  waits = parts.waits,
): CommitFrame {
  const frame: { -readonly [K in keyof CommitFrame]: CommitFrame[K] } = {
    kind: 'commit',
    id: commitId(held),
    instance: held.instance,
    lock: held.lock,
    base: held.version,
    consumed,
    published: parts.published ?? NONE,
    subscribe: parts.subscribe ?? NONE,
    unsubscribe: parts.unsubscribe ?? NONE,
    timers: parts.timers ?? NONE,
    cancelTimers: parts.cancelTimers ?? NONE,
    holds: parts.holds ?? NONE,
    trace: parts.trace ?? NONE,
    points: parts.points,
    outcome: parts.outcome,
  };
  if (parts.state !== undefined) frame.state = parts.state;
  if (parts.error !== undefined) frame.error = parts.error;
  if (waits !== undefined) frame.waits = waits;
  return frame;
}

/** What a slot needs of its host instance. */
export interface CommitPlace {
  readonly bodies: BodyClient;
  /** @param left called when it is out of this process; never when the connection is lost before */
  send(frame: HostFrame, left?: () => void): void;
  log(line: string): void;
}

/** Whose slot it is. */
export interface SlotOwner {
  /** The commit is on disk and the instance goes on here; these entries are no longer in its queue. */
  committed(consumed: readonly string[]): void;
  /** Nobody subscribes to what a commit publishes, at this index: it did not count, and the instance goes on from before it. */
  refused?(publish: number, reason: string): void;
  /** The state to suspend with; without it the last committed one stays. */
  readonly suspendedState?: string;
}

/** What was granted: an instance, from this version, under this lock. */
export interface Held {
  readonly instance: string;
  readonly version: number;
  readonly lock: string;
}

export class CommitSlot {
  readonly instance: string;
  readonly #place: CommitPlace;
  readonly #owner: SlotOwner;
  #version: number;
  #lock: string;
  /** With its bodies, however large: after a reconnection they may have to be put there again. */
  #pending: CommitFrame | undefined;
  /** Counts what was said: bodies of an older attempt, or of a commit that is over, are not followed by it. */
  #attempt = 0;
  #closed = false;

  constructor(held: Held, place: CommitPlace, owner: SlotOwner) {
    this.instance = held.instance;
    this.#version = held.version;
    this.#lock = held.lock;
    this.#place = place;
    this.#owner = owner;
  }

  get lock(): string {
    return this.#lock;
  }

  /** Of the last commit that was acknowledged. */
  get version(): number {
    return this.#version;
  }

  /** A commit is under way, or the instance has left: nothing may be committed now. */
  get busy(): boolean {
    return this.#pending !== undefined || this.#closed;
  }

  /** The instance has left this host instance. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * What RESUME says of it. The commit under way is named only when the instance goes on here after it: if one with which it leaves has
   * counted, it has left, whatever it may be ready for by now.
   */
  get resume(): { readonly instance: string; readonly version: number; readonly pending?: string } {
    const { instance } = this;
    const version = this.#version;
    return this.#pending?.outcome === 'running' ? { instance, version, pending: this.#pending.id } : { instance, version };
  }

  /** @param consumed @param waits what the work adds to what the engine says */
  commit(parts: CommitParts, consumed = parts.consumed, waits = parts.waits): void {
    this.#pending = commitFrame({ instance: this.instance, version: this.#version, lock: this.#lock }, parts, consumed, waits);
    faultPoint('hostInstance.beforeCommit');
    this.#say();
  }

  /** The instance cannot go on: it leaves, suspended with the reason. */
  suspend(error: InstanceError): void {
    const { suspendedState: state } = this.#owner;
    this.commit({ points: ['suspension'], outcome: 'suspended', error, ...(state === undefined ? {} : { state }) });
  }

  /** @returns true when the instance has left with it */
  acknowledged(id: string, version: number, released: boolean): boolean {
    if (this.#pending?.id !== id) return false;
    if (released || this.#pending.outcome !== 'running') return true;
    this.#accepted(this.#pending, version);
    return false;
  }

  /** Another one owns the instance by now. @returns true when it has left with this answer */
  fenced(id: string): boolean {
    return this.#pending?.id === id;
  }

  /** The MessageBox does not take the commit as it is. @returns true when the instance has left with this answer */
  rejected(id: string, code: string, reason: string, publish?: number): boolean {
    const pending = this.#pending;
    if (pending?.id !== id) return false;
    if (publish === undefined || !this.#owner.refused) return this.#refused(pending, code, reason);
    this.#pending = undefined;
    this.#attempt++;
    this.#owner.refused(publish, reason);
    return false;
  }

  /** A new session goes on with it, under a new lock. @returns true when it had left with a commit whose answer was lost */
  resumed(version: number, lock: string): boolean {
    this.#lock = lock;
    const pending = this.#pending;
    if (!pending) return false;
    if (version > this.#version) {
      if (pending.outcome !== 'running') return true;
      this.#accepted(pending, version);
      return false;
    }
    // The id stays: by it the MessageBox knows a commit that it has taken already.
    this.#pending = { ...pending, lock };
    this.#say();
    return false;
  }

  /** The instance has left: nothing is said for it any more. */
  close(): void {
    this.#closed = true;
    this.#attempt++;
  }

  #accepted({ consumed }: CommitFrame, version: number): void {
    this.#version = version;
    this.#pending = undefined;
    this.#attempt++;
    this.#owner.committed(consumed);
  }

  /** When even the suspension is refused there is nothing left to say: the MessageBox decides what becomes of the instance. */
  #refused(pending: CommitFrame, code: string, reason: string): boolean {
    this.#place.log(`commit ${pending.id} (${pending.outcome}) was rejected: ${code} ${reason}`);
    if (code === 'stale' || pending.outcome === 'suspended') return true;
    this.suspend({ code, message: reason });
    return false;
  }

  #say(): void {
    const pending = this.#pending;
    const attempt = ++this.#attempt;
    if (!pending) return;
    if (pending.published.every((message) => BodyClient.isInline(message))) this.#place.send(pending);
    else void this.#sayWithBodies(pending, attempt);
  }

  async #sayWithBodies(pending: CommitFrame, attempt: number): Promise<void> {
    try {
      const published: CommitFrame['published'][number][] = [];
      for (const message of pending.published) {
        published.push(await this.#place.bodies.outOfLine(message));
        if (this.#attempt !== attempt) return;
      }
      this.#place.send({ ...pending, published });
    } catch (error) {
      // Without a connection all of it waits until there is one again: `resumed`.
      if (this.#attempt !== attempt || isCode(error, 'group.connectionLost')) return;
      this.#refused(pending, error instanceof SohError ? error.code : 'unexpected', messageOf(error));
    }
  }
}
