/** Due times of all instances, in order: a binary heap. A cancelled timer is recognised when it comes up (docs/failure-model.md, P16). */
import type { Instance, Timer } from './state.ts';

interface Due {
  readonly at: number;
  readonly instance: Instance;
  readonly timer: Timer;
}

export class TimerQueue {
  readonly #heap: Due[] = [];

  /** UTC ms of the first one, or `undefined`. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  add(instance: Instance, timer: Timer): void {
    const heap = this.#heap;
    const due = { at: timer.due, instance, timer };
    let index = heap.push(due) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || above.at <= due.at) break;
      heap[index] = above;
      heap[parent] = due;
      index = parent;
    }
  }

  /** Takes the next one due at `now` that is still set. */
  take(now: number): { readonly instance: Instance; readonly timer: Timer } | undefined {
    for (let first = this.#heap[0]; first && first.at <= now; first = this.#heap[0]) {
      this.#removeFirst();
      if (first.instance.timers.includes(first.timer)) return first;
    }
    return undefined;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (heap.length === 0 || !last) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (!left) break;
      if (right && right.at < left.at) child++;
      const smaller = heap[child];
      if (!smaller || smaller.at >= last.at) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
  }
}
