/** Node's timers wrap around above this, in ms: a longer wait would be none at all. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A pause that can be cut short. A wake-up that comes while nobody sleeps ends the next sleep at once, so none is lost. */
export class Wakeup {
  #pending = false;
  #end: (() => void) | undefined;

  wake(): void {
    if (this.#end) this.#end();
    else this.#pending = true;
  }

  /** Resolves after `ms`, or true with the next wake-up. */
  async sleep(ms: number): Promise<boolean> {
    const woken =
      this.#pending ||
      (await new Promise<boolean>((resolve) => {
        const timer = setTimeout(resolve, Math.min(ms, LONGEST_TIMER_MS), false);
        this.#end = () => {
          clearTimeout(timer);
          resolve(true);
        };
      }));
    this.#end = undefined;
    this.#pending = false;
    return woken;
  }
}
