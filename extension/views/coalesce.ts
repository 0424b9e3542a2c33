/** The timers of the platform, so that tests bring their own. */
export interface Timers {
  /** Runs `action` once after `ms`; the result takes it back. */
  after(ms: number, action: () => void): () => void;
}

export const platformTimers: Timers = {
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/** Runs an action at most once per interval: the first call at once, those within the interval together at its end. */
export class Coalescer {
  readonly #action: () => void;
  readonly #intervalMs: number;
  readonly #timers: Timers;
  #cancel: (() => void) | undefined;
  #again = false;

  constructor(action: () => void, intervalMs: number, timers: Timers = platformTimers) {
    this.#action = action;
    this.#intervalMs = intervalMs;
    this.#timers = timers;
  }

  request(): void {
    if (this.#cancel !== undefined) {
      this.#again = true;
      return;
    }
    this.#cancel = this.#timers.after(this.#intervalMs, () => {
      this.#cancel = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.request();
    });
    this.#action();
  }

  dispose(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#again = false;
  }
}
