/** Does something again and again, but only while a component can be seen: a hidden page, and a part scrolled away, cost nothing. */
import type { LitElement, ReactiveController } from 'lit';

export interface WhileSeenOptions {
  /** Pause between two turns (ms), and after one that failed. */
  readonly every: number;
  readonly afterFailure: number;
  /** True when it went well. */
  readonly turn: () => Promise<boolean>;
  /** It came into sight. */
  readonly appeared?: () => void;
}

export class WhileSeen implements ReactiveController {
  readonly #host: LitElement;
  readonly #options: WhileSeenOptions;
  #inSight = false;
  #running = false;
  /** Ends the present pause. */
  #wake: (() => void) | undefined;
  #hurry = false;
  readonly #observer = new IntersectionObserver((entries) => {
    this.#inSight = entries.at(-1)?.isIntersecting ?? false;
    this.#look();
  });
  readonly #look = (): void => {
    if (!this.seen) return;
    this.#options.appeared?.();
    if (!this.#running) void this.#run();
  };

  constructor(host: LitElement, options: WhileSeenOptions) {
    this.#host = host;
    this.#options = options;
    host.addController(this);
  }

  get seen(): boolean {
    return this.#inSight && !document.hidden;
  }

  /** The next turn comes at once, or right after the one under way: what is shown has changed altogether. */
  soon(): void {
    this.#hurry = true;
    this.#wake?.();
  }

  hostConnected(): void {
    this.#observer.observe(this.#host);
    document.addEventListener('visibilitychange', this.#look);
  }

  hostDisconnected(): void {
    this.#observer.disconnect();
    this.#inSight = false;
    document.removeEventListener('visibilitychange', this.#look);
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.seen) {
      this.#hurry = false;
      const good = await this.#options.turn();
      if (!this.#hurry) await this.#pause(good ? this.#options.every : this.#options.afterFailure);
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
