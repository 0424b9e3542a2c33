/** A file younger than this may still be written, ms; what `settleMs` of a receive location is without being set. */
export const SETTLE_MS = 50;
/** Some file systems count the time of a file in steps as long as this, ms. */
const COARSE_MS = 2000;

interface Look {
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * Decides which files somebody may still be writing: no file system says so, and a rename looks like a write. A file is settled when
 * it is not empty and was last changed at least `settleMs` ago, or is unchanged since it was looked at `settleMs` ago (its time may
 * lie in the future when it was copied from elsewhere, or be counted in steps of seconds).
 */
export class Settling {
  readonly #settleMs: number;
  #before = new Map<string, Look & { readonly at: number }>();
  #now = new Map<string, Look & { readonly at: number }>();

  constructor(settleMs: number = SETTLE_MS) {
    this.#settleMs = settleMs;
  }

  /** Files that were not settled in the last round. */
  get size(): number {
    return this.#before.size;
  }

  /** True when the file can be taken. @param now UTC ms by the clock of the file system. */
  isSettled(name: string, found: Look, now: number): boolean {
    const before = this.#before.get(name);
    const unchanged = before?.size === found.size && before.mtimeMs === found.mtimeMs;
    // A look from the future was taken before the clock was set back.
    const since = unchanged && before.at <= now ? before.at : now;
    const steps = found.mtimeMs % 1000 === 0 ? COARSE_MS : 0;
    const age = found.mtimeMs <= now ? now - found.mtimeMs - steps : 0;
    // An empty file is one that somebody is about to write.
    if (found.size > 0 && (age >= this.#settleMs || now - since >= this.#settleMs)) return true;
    this.#now.set(name, { size: found.size, mtimeMs: found.mtimeMs, at: since });
    return false;
  }

  /** Ends a round: what was not looked at in it is gone and forgotten. */
  endRound(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }
}
