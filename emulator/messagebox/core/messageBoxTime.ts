/**
 * The MessageBox's time: UTC ms for everything a person or an orchestration sees. It never goes back and never stands still
 * (docs/failure-model.md, P17): it follows the machine's wall clock forward at once, and goes on by the monotonic clock while the wall
 * clock is behind it, until the wall clock has caught up. So it is the monotonic clock plus a distance that never gets smaller.
 */
import type { TimeSource } from '../../clock.ts';

/** A wall clock that moved so far is told to people. */
export const TOLD_JUMP_MS = 60_000;

export interface ClockJump {
  /** How far the machine's wall clock moved, in ms: set, or, when it is positive, the machine may have slept. */
  readonly byMs: number;
  /** How far the MessageBox's time is ahead of the wall clock since, in ms; 0 after a jump forward that it followed. */
  readonly aheadMs: number;
}

export class MessageBoxTime {
  readonly #source: TimeSource;
  /** From the monotonic clock to this time, ms. */
  #distance: number;
  /** From the monotonic clock to the wall clock, ms, when it was last looked at. */
  #wallDistance: number;
  #last: number;
  /** How far ahead people were told we are, or 0. */
  #toldAhead = 0;
  #jump: ClockJump | undefined;

  /** @param highest the highest time that is on record, 0 when there is none: this one goes on from there */
  constructor(source: TimeSource, highest: number) {
    this.#source = source;
    const wall = source.wall();
    const monotonic = source.monotonic();
    this.#wallDistance = wall - monotonic;
    this.#distance = Math.max(wall, highest) - monotonic;
    this.#last = highest;
    this.#compare(0);
  }

  /** UTC ms, whole. */
  now(): number {
    // The wall clock first: a process that is stopped between the two lines is late afterwards, and never early for good.
    const wall = this.#source.wall();
    const monotonic = this.#source.monotonic();
    const wallDistance = wall - monotonic;
    const moved = wallDistance - this.#wallDistance;
    this.#wallDistance = wallDistance;
    if (wallDistance > this.#distance) this.#distance = wallDistance;
    this.#last = Math.max(this.#last, wall, Math.floor(this.#distance + monotonic));
    this.#compare(moved);
    return this.#last;
  }

  /** How far it is ahead of the wall clock, in ms; 0 as a rule. */
  get aheadMs(): number {
    return Math.max(0, Math.round(this.#distance - this.#wallDistance));
  }

  /** The jump since the last call that people should be told of; several in between are told as the last one. */
  takeJump(): ClockJump | undefined {
    const jump = this.#jump;
    this.#jump = undefined;
    return jump;
  }

  /** Steps back count together, however small each is: what matters is how far apart the two times are. */
  #compare(moved: number): void {
    const { aheadMs } = this;
    if (aheadMs - this.#toldAhead > TOLD_JUMP_MS) {
      this.#jump = { byMs: this.#toldAhead - aheadMs, aheadMs };
      this.#toldAhead = aheadMs;
    } else {
      if (moved > TOLD_JUMP_MS) this.#jump = { byMs: Math.round(moved), aheadMs };
      this.#toldAhead = Math.min(this.#toldAhead, aheadMs);
    }
  }
}
