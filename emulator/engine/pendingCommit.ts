/** What happened since the last commit and becomes true with the next one. */
import type { EngineCommit, InstanceError, Outcome, PersistencePoint, TraceEntry } from './door.ts';
import type { Before, Mark } from './savepoint.ts';

type Published = EngineCommit['published'][number];
type Subscribe = EngineCommit['subscribe'][number];
type Timer = EngineCommit['timers'][number];

/** Shapes kept in a trace; a loop that ran longer shows its newest ones. */
const TRACE_LIMIT = 1000;

/** Collects the effects of a run until a commit carries them. */
export class PendingCommit {
  consumed: string[] = [];
  published: Published[] = [];
  subscribe: Subscribe[] = [];
  /** After `subscribe`: a Call that has ended by the next commit leaves no subscription. */
  unsubscribe: string[] = [];
  timers: Timer[] = [];
  cancelTimers: string[] = [];
  points: PersistencePoint[] = [];
  outcome: Outcome = 'running';
  error: InstanceError | undefined;
  /** Before what was published last. */
  before: Before | undefined;
  /** An exception nobody handled took back what ran. */
  takenBack = false;
  /** Shape and offset in turns: a loop may run many shapes, and two numbers are nothing that has to be made or collected. */
  readonly #trace: number[] = [];
  /** Time of the first input since the last commit, UTC ms. */
  #startedAt: number | undefined;
  #offset = 0;

  /** What has been collected so far, to come back to. */
  mark(): Mark {
    return this.#lists().map(({ length }) => length);
  }

  /** Takes back the effects since a mark; what ran stays in the trace, because it did run. */
  backTo(mark: Mark): void {
    for (const [index, list] of this.#lists().entries()) list.length = mark[index] ?? 0;
  }

  #lists(): unknown[][] {
    return [this.consumed, this.published, this.subscribe, this.unsubscribe, this.timers, this.cancelTimers, this.points];
  }

  /** The commit was refused: back to a mark, and the instance goes on. */
  undo(mark: Mark): void {
    this.backTo(mark);
    this.before = undefined;
    this.outcome = 'running';
    this.error = undefined;
  }

  /** A run begins. */
  startRun(now: number): void {
    this.#startedAt ??= now;
    this.#offset = now - this.#startedAt;
  }

  /** A shape ran. */
  ran(shape: number): void {
    this.#trace.push(shape, this.#offset);
    if (this.#trace.length >= 4 * TRACE_LIMIT) this.#trace.splice(0, 2 * TRACE_LIMIT);
  }

  get trace(): readonly TraceEntry[] {
    const trace: TraceEntry[] = [];
    for (let index = Math.max(0, this.#trace.length - 2 * TRACE_LIMIT); index < this.#trace.length; index += 2)
      trace.push([this.#trace[index] ?? NaN, this.#trace[index + 1] ?? NaN]);
    return trace;
  }

  /**
   * Nothing since the last persistence point becomes true, because an exception nobody handled took it back
   * (docs/behaviour.md, section 22, C2).
   */
  takeBack(error: InstanceError): void {
    this.consumed = [];
    this.published = [];
    this.subscribe = [];
    this.unsubscribe = [];
    this.timers = [];
    this.cancelTimers = [];
    this.points = ['suspension'];
    this.outcome = 'suspended';
    this.error = error;
    this.takenBack = true;
  }

  /** The commit, with the state to save (`undefined` = unchanged) and the received messages it refers to. */
  toCommit(state: string | undefined, holds: readonly string[]): EngineCommit {
    const commit: { -readonly [K in keyof EngineCommit]: EngineCommit[K] } = {
      consumed: this.consumed,
      published: this.published,
      subscribe: this.subscribe,
      unsubscribe: this.unsubscribe,
      timers: this.timers,
      cancelTimers: this.cancelTimers,
      holds,
      trace: this.trace,
      points: this.points,
      outcome: this.outcome,
    };
    if (state !== undefined) commit.state = state;
    if (this.error !== undefined) commit.error = this.error;
    return commit;
  }
}
