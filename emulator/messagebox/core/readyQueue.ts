/**
 * Instances of one service that are ready to run. Work that already began (a correlated message, a timer, a takeover) comes before new
 * activations: priority 5 before 7 (docs/behaviour.md, section 4.3). Suspects wait apart, because they run alone (docs/failure-model.md, 4.6).
 */
import { isSuspect } from './attempts.ts';
import type { Instance } from './state.ts';

class Fifo {
  #items: Instance[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): Instance | undefined {
    return this.#items[this.#head];
  }

  push(instance: Instance): void {
    this.#items.push(instance);
  }

  shift(): Instance | undefined {
    const item = this.#items[this.#head];
    if (!item) return undefined;
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

export class ReadyQueue {
  readonly #begun = new Fifo();
  readonly #activations = new Fifo();
  readonly #suspects = new Fifo();
  /** Those whose place is not void. */
  readonly #queued = new Set<Instance>();
  readonly #isHeld: (instance: Instance) => boolean;

  constructor(isHeld: (instance: Instance) => boolean) {
    this.#isHeld = isHeld;
  }

  get length(): number {
    return this.#begun.length + this.#activations.length + this.#suspects.length;
  }

  add(instance: Instance): void {
    if (this.#queued.has(instance)) return;
    this.#queued.add(instance);
    if (isSuspect(instance)) this.#suspects.push(instance);
    else if (instance.version > 0 || instance.attempt > 0) this.#begun.push(instance);
    else this.#activations.push(instance);
  }

  /** Its place is void: when it is ready again it gets a new one, at the end. */
  remove(instance: Instance): void {
    this.#queued.delete(instance);
  }

  /** Lets go of places at the front that have become void. */
  trim(): void {
    for (const fifo of [this.#begun, this.#activations, this.#suspects]) {
      for (let { first } = fifo; first && !this.#stillReady(first); { first } = fifo) {
        this.#queued.delete(first);
        fifo.shift();
      }
    }
  }

  /** Those ready that have not committed anything; they keep their places. */
  unbegun(): Instance[] {
    return [...this.#queued].filter((instance) => instance.version === 0 && this.#stillReady(instance));
  }

  next(which: 'begun' | 'activation' | 'suspect'): Instance | undefined {
    const fifo = which === 'begun' ? this.#begun : which === 'activation' ? this.#activations : this.#suspects;
    for (let instance = fifo.shift(); instance; instance = fifo.shift()) {
      const ready = this.#stillReady(instance);
      this.#queued.delete(instance);
      if (ready) return instance;
    }
    return undefined;
  }

  /** An instance in a queue may have been suspended or terminated since; it is skipped when its turn comes. */
  #stillReady(instance: Instance): boolean {
    return instance.status === 'ready' && !this.#isHeld(instance) && this.#queued.has(instance);
  }
}
