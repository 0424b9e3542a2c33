/** The places of a host instance: work that runs takes one, work that waits in memory gives it to others, and credit is said for what is free. */
import type { Clock } from '../clock.ts';
import type { Work } from './work.ts';

export interface PlacesOptions {
  readonly clock: Clock;
  readonly concurrency: number;
  /** Instances in memory. */
  held(): number;
  /** Work may be asked for now. */
  open(): boolean;
  pull(credit: number): void;
}

/** Waiting instances in memory; beyond it no new work is pulled until some leave. */
const MAX_IN_MEMORY = 10_000;

export class Places {
  readonly #options: PlacesOptions;
  readonly #waiting = new Set<Work>();
  /** Credit given and not used. */
  #outstanding = 0;
  #filling = false;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  get waiting(): ReadonlySet<Work> {
    return this.#waiting;
  }

  runs(work: Work): void {
    this.#waiting.delete(work);
  }

  waits(work: Work): void {
    this.#waiting.add(work);
    this.#fillSoon();
  }

  left(work: Work): void {
    this.#waiting.delete(work);
    this.#fillSoon();
  }

  granted(count: number): void {
    this.#outstanding -= count;
  }

  /** A new session knows of no credit. */
  forgotten(): void {
    this.#outstanding = 0;
  }

  /** Says credit for the places that neither running work nor credit on its way takes. */
  fill(): void {
    const held = this.#options.held();
    if (!this.#options.open() || held >= MAX_IN_MEMORY) return;
    const credit = this.#options.concurrency - (held - this.#waiting.size) - this.#outstanding;
    if (credit <= 0) return;
    this.#outstanding += credit;
    this.#options.pull(credit);
  }

  #fillSoon(): void {
    if (this.#filling) return;
    this.#filling = true;
    this.#options.clock.soon(() => {
      this.#filling = false;
      this.fill();
    });
  }
}
