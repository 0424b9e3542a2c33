/** How much memory pressure there is, and so how long blocked orchestrations stay (docs/behaviour.md, section 8). */
import { memoryUsage } from 'node:process';
import { type DehydrationSettings, memoryFactor, staysInMemoryFor, WaitHistory } from './dehydration.ts';

const MB = 1024 * 1024;
/** The product's private-memory criterion: optimal 50 MB, maximal 350 MB. */
const PRIVATE = { optimal: 50 * MB, maximal: 350 * MB };
const READING_LASTS_MS = 1000;

export class MemoryWatch {
  readonly history = new WaitHistory();
  readonly #settings: DehydrationSettings;
  readonly #now: () => number;
  #factor = 1;
  #readAt = -Infinity;

  /** @param now monotonic ms */
  constructor(settings: DehydrationSettings, now: () => number) {
    this.#settings = settings;
    this.#now = now;
  }

  /** ms a blocked instance may stay; 0 = dehydrate now, `undefined` = never. */
  staysFor(estimatedIdleMs: number | undefined): number | undefined {
    return staysInMemoryFor(this.#settings, this.#pressure(), estimatedIdleMs);
  }

  /** A process of ours starts above the product's "optimal": only what the work adds counts. */
  #pressure(): number {
    if (this.#now() - this.#readAt > READING_LASTS_MS) {
      this.#readAt = this.#now();
      const { heapUsed, external } = memoryUsage();
      this.#factor = memoryFactor([{ usage: heapUsed + external, ...PRIVATE }]);
    }
    return this.#factor;
  }
}
