/**
 * Instances of one service that are ready to run. Work that already began (a correlated message, a timer, a takeover) comes before new
 * activations: priority 5 before 7 (biztalk-semantics, section 4.3). Suspects wait apart, because they run alone (failure-model 4.6).
 */
import type { Instance } from './state.ts';

class Fifo {
  #items: Instance[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(instance: Instance): void {
    this.#items.push(instance);
  }

  trim(): void {
    for (let first = this.#items[this.#head]; first && !stillReady(first); first = this.#items[this.#head]) {
      first.queued = false;
      this.shift();
    }
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

/** An instance in a queue may have been suspended or terminated since; it is skipped when its turn comes. */
function stillReady(instance: Instance): boolean {
  return instance.status === 'ready' && !instance.grant && instance.queued === true;
}

export class ReadyQueue {
  readonly #begun = new Fifo();
  readonly #activations = new Fifo();
  readonly #suspects = new Fifo();

  get length(): number {
    return this.#begun.length + this.#activations.length + this.#suspects.length;
  }

  add(instance: Instance): void {
    if (instance.queued) return;
    instance.queued = true;
    if (instance.attempt >= 2) this.#suspects.push(instance);
    else if (instance.version > 0 || instance.attempt > 0) this.#begun.push(instance);
    else this.#activations.push(instance);
  }

  /** Lets go of places at the front that have become void. */
  trim(): void {
    for (const fifo of [this.#begun, this.#activations, this.#suspects]) fifo.trim();
  }

  next(which: 'begun' | 'activation' | 'suspect'): Instance | undefined {
    return take(which === 'begun' ? this.#begun : which === 'activation' ? this.#activations : this.#suspects);
  }
}

function take(fifo: Fifo): Instance | undefined {
  for (let instance = fifo.shift(); instance; instance = fifo.shift()) {
    if (stillReady(instance)) {
      instance.queued = false;
      return instance;
    }
    instance.queued = false;
  }
  return undefined;
}
