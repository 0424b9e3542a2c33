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
      const good = await this.#options.turn();
      await new Promise((resolve) => setTimeout(resolve, good ? this.#options.every : this.#options.afterFailure));
    }
    this.#running = false;
  }
}
