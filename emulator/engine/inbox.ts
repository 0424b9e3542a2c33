import type { QueueEntry } from './door.ts';

/** Messages that were delivered and wait for their Receive. Not part of the state: the MessageBox delivers them again. */
export class Inbox {
  readonly #waiting = new Map<string, QueueEntry[]>();
  /** Ids seen; the same entry may be delivered again after a reconnect. */
  readonly #known = new Set<string>();
  /** What was taken since `keep`. */
  #kept: QueueEntry[] | undefined;
  /** What was taken for good last, until the commit that says so is acknowledged. */
  #settled: QueueEntry[] = [];

  add(entries: readonly QueueEntry[]): void {
    for (const entry of entries) {
      if (this.#known.has(entry.id)) continue;
      this.#known.add(entry.id);
      const queue = this.#waiting.get(entry.subscription);
      if (queue) queue.push(entry);
      else this.#waiting.set(entry.subscription, [entry]);
    }
  }

  has(subscription: string): boolean {
    return (this.#waiting.get(subscription)?.length ?? 0) > 0;
  }

  /** The oldest message for a subscription. */
  take(subscription: string): QueueEntry | undefined {
    const entry = this.#waiting.get(subscription)?.shift();
    if (entry) this.#kept?.push(entry);
    return entry;
  }

  /** What is taken from now on can be given back. */
  keep(): void {
    this.#kept = [];
  }

  /** What was taken since `keep` is taken for good, or waits again in its old order. */
  settle(outcome: 'taken' | 'givenBack'): void {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    this.#settled = outcome === 'taken' ? kept : [];
    if (outcome === 'givenBack') for (const entry of kept.reverse()) this.#waiting.get(entry.subscription)?.unshift(entry);
  }
  /** It was not taken for good: the commit was refused. */
  unsettle(): void {
    this.#kept = this.#settled;
  }
}
