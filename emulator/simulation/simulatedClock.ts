/** A clock that stands still until it is told to go on, and never goes back. What is due in between runs in order of its time. */
import type { Cancel, Clock } from '../clock.ts';

interface Planned {
  at: number;
  readonly order: number;
  readonly run: () => void;
  /** ms to the next time, of what runs again and again. */
  readonly period?: number;
}

export class SimulatedClock implements Clock {
  #monotonic = 0;
  /** UTC ms at monotonic 0. */
  #epoch: number;
  #order = 0;
  #planned = new Set<Planned>();

  constructor(wall = 0) {
    this.#epoch = wall;
  }

  /** How much is planned. */
  get pending(): number {
    return this.#planned.size;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  wall(): number {
    return this.#epoch + this.#monotonic;
  }

  after(ms: number, run: () => void): Cancel {
    return this.#plan({ at: this.#monotonic + Math.max(0, ms), order: ++this.#order, run });
  }

  every(ms: number, run: () => void): Cancel {
    return this.#plan({ at: this.#monotonic + ms, order: ++this.#order, run, period: ms });
  }

  soon(run: () => void): Cancel {
    return this.after(0, run);
  }

  /** The wall clock is set; the monotonic one goes on. */
  setWall(wall: number): void {
    this.#epoch = wall - this.#monotonic;
  }

  /** Goes on by `ms` and runs what is due, also what is planned meanwhile. */
  advance(ms: number): void {
    if (ms < 0) throw new RangeError('time does not go back');
    const end = this.#monotonic + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#monotonic = Math.max(this.#monotonic, next.at);
      if (next.period === undefined) this.#planned.delete(next);
      else next.at += next.period;
      next.run();
    }
    this.#monotonic = end;
  }

  #plan(planned: Planned): Cancel {
    this.#planned.add(planned);
    return () => {
      this.#planned.delete(planned);
    };
  }

  #next(end: number): Planned | undefined {
    let first: Planned | undefined;
    for (const planned of this.#planned) {
      if (planned.at > end) continue;
      if (!first || planned.at < first.at || (planned.at === first.at && planned.order < first.order)) first = planned;
    }
    return first;
  }
}
