/** Does something again and again, but only while a component can be seen: a hidden page, and a part scrolled away, cost nothing. */
import type { LitElement } from 'lit';
import { InSight } from './inSight.ts';

export interface WhileSeenOptions {
  /** Pause between two turns (ms), and after one that failed. */
  readonly every: () => number;
  readonly afterFailure: number;
  /** True when it went well. */
  readonly turn: () => Promise<boolean>;
  /** It came into sight. */
  readonly appeared?: () => void;
}

export class WhileSeen {
  readonly #options: WhileSeenOptions;
  readonly #sight: InSight;
  #running = false;
  /** Ends the present pause. */
  #wake: (() => void) | undefined;
  #hurry = false;

  constructor(host: LitElement, options: WhileSeenOptions) {
    this.#options = options;
    this.#sight = new InSight(host, () => {
      options.appeared?.();
      if (!this.#running) void this.#run();
    });
  }

  get seen(): boolean {
    return this.#sight.now;
  }

  /** The next turn comes at once, or right after the one under way: what is shown has changed altogether. */
  soon(): void {
    this.#hurry = true;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.seen) {
      this.#hurry = false;
      const good = await this.#options.turn();
      if (!this.#hurry) await this.#pause(good ? this.#options.every() : this.#options.afterFailure);
    }
    this.#running = false;
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
