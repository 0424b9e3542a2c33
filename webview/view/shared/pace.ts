/**
 * Draws the newest of what comes, and rests after each drawing in proportion to what it took: the page shares its machine with the group it
 * shows, and looking must not slow that down. On a machine with room everything is drawn as it comes.
 */

/** Rest for each ms of drawing, and the longest rest (ms): a lease has to be seen running out. */
export const REST = 15;
const LONGEST = 1000;

export class Pace<T> {
  readonly #draw: (value: T) => void;
  readonly #least: number;
  readonly #rest: (value: T) => number;
  #next: { readonly value: T } | undefined;
  #resting = false;

  /**
   * @param least shortest rest (ms)
   * @param rest ms for each ms that drawing this value took
   */
  constructor(draw: (value: T) => void, least = 0, rest: (value: T) => number = () => REST) {
    this.#draw = draw;
    this.#least = least;
    this.#rest = rest;
  }

  /** True from a drawing to the end of its rest. */
  get resting(): boolean {
    return this.#resting;
  }

  /** Draws it now, or after the rest unless something newer has come. */
  offer(value: T): void {
    this.#next = { value };
    if (!this.#resting) void this.#go();
  }

  /** Draws it at once, also during a rest: nobody may miss it. */
  now(value: T): void {
    this.#next = undefined;
    if (this.#resting) this.#draw(value);
    else this.offer(value);
  }

  async #go(): Promise<void> {
    for (let next = this.#next; next !== undefined; next = this.#next) {
      this.#next = undefined;
      this.#resting = true;
      const began = performance.now();
      this.#draw(next.value);
      await task();
      const took = performance.now() - began + (document.hidden ? 0 : await frame());
      await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST, Math.max(this.#least, took * this.#rest(next.value)))));
      this.#resting = false;
    }
  }
}

/** After everything that was asked for in this task. */
function task(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** What the browser needs for its next frame (ms). */
function frame(): Promise<number> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => {
      const began = performance.now();
      setTimeout(() => resolve(performance.now() - began));
    });
  });
}
