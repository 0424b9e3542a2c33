/** A file younger than this may still be written, ms. */
export const SETTLE_MS = 50;

interface Look {
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * Decides which files somebody may still be writing: no file system says so, and a rename looks like a write. A file is settled when
 * it is not empty and was last changed at least `SETTLE_MS` ago, or is unchanged since it was looked at `SETTLE_MS` ago (its time may
 * lie in the future when it was copied from elsewhere).
 */
export class Settling {
  #before = new Map<string, Look & { readonly at: number }>();
  #now = new Map<string, Look & { readonly at: number }>();

  /** Files that were not settled in the last round. */
  get size(): number {
    return this.#before.size;
  }

  /** True when the file can be taken. @param now UTC ms by the clock of the file system. */
  isSettled(name: string, found: Look, now: number): boolean {
    const before = this.#before.get(name);
    const unchanged = before?.size === found.size && before.mtimeMs === found.mtimeMs;
    const since = unchanged ? before.at : now;
    const age = found.mtimeMs <= now ? now - found.mtimeMs : 0;
    // An empty file is one that somebody is about to write.
    if (found.size > 0 && (age >= SETTLE_MS || now - since >= SETTLE_MS)) return true;
    this.#now.set(name, { size: found.size, mtimeMs: found.mtimeMs, at: since });
    return false;
  }

  /** Ends a round: what was not looked at in it is gone and forgotten. */
  endRound(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }
}
