/**
 * Judges what is blocked in memory: when it is blocked, and again while it waits (docs/behaviour.md, section 8). One timer for all of it, and
 * none while nothing waits that could be judged: since all share one threshold, those that have been blocked longest leave first, and only a
 * threshold that has fallen concerns the others.
 */
import type { Cancel, Clock } from '../clock.ts';
import { SLICE_MS, type Walk } from '../slices.ts';
import { type DehydrationSettings, leavesMemory, longestStay, thresholdOf } from './dehydration.ts';
import { WaitHistory } from './waitHistory.ts';

/** Something blocked. */
export interface Waiting {
  /** How long it is likely to be idle from now on, in ms; `undefined` when nobody knows. */
  estimate(): number | undefined;
  /** It has to leave memory. Not called while it is being judged for the first time, nor after it has said that it waits no more. */
  leave(): void;
}

/** How long a reading of the memory lasts, ms. */
const READING_LASTS_MS = 1000;

const nothing = (): void => undefined;

export class MemoryWatch {
  readonly history = new WaitHistory();
  readonly #settings: DehydrationSettings;
  readonly #clock: Pick<Clock, 'monotonic' | 'after' | 'soon'>;
  /** What waits, since when (monotonic ms): the one that was blocked first comes first. */
  readonly #waiting = new Map<Waiting, number>();
  #thresholdMs = Infinity;
  #readAt = -Infinity;
  /** Looks again, later or in the next turn. */
  #next: Cancel | undefined;

  constructor(settings: DehydrationSettings, clock: Pick<Clock, 'monotonic' | 'after' | 'soon'>) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Something is blocked from now on. `undefined`: it has to leave at once; else what is to be called when it waits no more. */
  blocked(waiting: Waiting): Cancel | undefined {
    const { behavior } = this.#settings;
    if (behavior === 'always') return undefined;
    if (behavior === 'never') return nothing;
    if (this.#waiting.size === 0) this.#read();
    if (leavesMemory(this.#thresholdMs, 0, waiting.estimate())) return undefined;
    this.#waiting.set(waiting, this.#clock.monotonic());
    if (!this.#next) this.#lookLater();
    return () => {
      this.#waiting.delete(waiting);
      if (this.#waiting.size === 0) this.#rest();
    };
  }

  /** @returns true when the threshold has fallen */
  #read(): boolean {
    const now = this.#clock.monotonic();
    if (now - this.#readAt < READING_LASTS_MS) return false;
    this.#readAt = now;
    const before = this.#thresholdMs;
    this.#thresholdMs = thresholdOf(this.#settings);
    return this.#thresholdMs < before;
  }

  #look(): void {
    this.#judgeOn(this.#judge(this.#read()));
  }

  /** In slices, or many that leave together would keep the lease from being renewed. */
  #judgeOn(walk: Walk<void>): void {
    const end = this.#clock.monotonic() + SLICE_MS;
    for (let step = walk.next(); step.done !== true; step = walk.next()) {
      if (this.#clock.monotonic() < end) continue;
      this.#next = this.#clock.soon(() => {
        this.#judgeOn(walk);
      });
      return;
    }
    this.#lookLater();
  }

  /** @param all also those behind one that stays */
  *#judge(all: boolean): Walk<void> {
    let seen = 0;
    for (const [waiting, since] of this.#waiting) {
      const leaves = leavesMemory(this.#thresholdMs, this.#clock.monotonic() - since, waiting.estimate());
      if (!leaves && !all) return;
      if (leaves) {
        this.#waiting.delete(waiting);
        waiting.leave();
      }
      yield ++seen;
    }
  }

  /** When the memory is read again, or the one that was blocked first has been so for too long. */
  #lookLater(): void {
    this.#next = undefined;
    for (const since of this.#waiting.values()) {
      const reading = this.#settings.memory.length > 0 ? this.#readAt + READING_LASTS_MS : Infinity;
      const at = Math.min(reading, since + longestStay(this.#thresholdMs));
      this.#next = this.#clock.after(Math.ceil(at - this.#clock.monotonic()), () => {
        this.#look();
      });
      return;
    }
  }

  #rest(): void {
    this.#next?.();
    this.#next = undefined;
  }
}
