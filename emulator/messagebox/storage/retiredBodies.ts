/**
 * Bodies that no live message refers to any more. They go a while later: by then the record that released them is durable, and a sender
 * that put the same content again has referred to it.
 */
import { messageOf } from '../../errors.ts';
import type { BodyStore } from './storage.ts';

const KEPT_MS = 60_000;

export class RetiredBodies {
  readonly #bodies: BodyStore;
  readonly #isReferred: (hash: string) => boolean;
  /** Monotonic ms by hash; oldest first. */
  readonly #since = new Map<string, number>();

  constructor(bodies: BodyStore, isReferred: (hash: string) => boolean) {
    this.#bodies = bodies;
    this.#isReferred = isReferred;
  }

  note(hash: string, now: number): void {
    this.#since.delete(hash);
    this.#since.set(hash, now);
  }

  /**
   * Deletes those that were released up to this time. At the end of a life: what was there without a message when it began. Otherwise short lives
   * would heap them up; what this life itself released a backup may still be copying.
   */
  sweepReleased(until: number, log: (line: string) => void): void {
    this.sweep(until + KEPT_MS, log);
  }

  /** Deletes those whose time is over. One that cannot be deleted now (on Windows a scanner may hold it) stays as long again. */
  sweep(now: number, log: (line: string) => void): void {
    for (const [hash, since] of this.#since) {
      if (now - since < KEPT_MS) return;
      this.#since.delete(hash);
      if (this.#isReferred(hash)) continue;
      try {
        this.#bodies.delete(hash);
      } catch (error) {
        log(`body ${hash} is not needed and could not be deleted: ${messageOf(error)}`);
        this.note(hash, now);
      }
    }
  }
}
