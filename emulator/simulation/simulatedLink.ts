/**
 * Links in memory, on a simulated clock: frames take their time and keep their order, a link may break at any frame, and a partition holds
 * everything back without a word, as a cable that was pulled does. The same seed gives the same run.
 */
import type { Clock } from '../clock.ts';
import type { SeededRandom } from '../faults/seededRandom.ts';
import type { Link, LinkEnd } from '../messagebox/protocol/link.ts';

export interface SimulatedLinksOptions<Up, Down> {
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** The other side, asked for each new link; `undefined`: nobody listens. */
  accept(link: Link<Down>): LinkEnd<Up> | undefined;
  /** Longest time on the way, ms; 0 unless given. */
  readonly delayMs?: number;
  /** Probability that the link breaks with a message. */
  readonly breaks?: number;
}

/** How long a goodbye waits for its answer, ms. */
const CLOSE_MS = 1000;

/** All links of one host instance, one after another. */
export class SimulatedLinks<Up, Down> {
  readonly #options: SimulatedLinksOptions<Up, Down>;
  readonly #live = new Set<Connection<Up, Down>>();
  #parted = false;

  constructor(options: SimulatedLinksOptions<Up, Down>) {
    this.#options = options;
  }

  readonly connect = (end: LinkEnd<Down>): Link<Up> => {
    const connection = new Connection<Up, Down>(this.#options, end, () => {
      this.#live.delete(connection);
    });
    this.#live.add(connection);
    connection.part(this.#parted);
    return connection.client;
  };

  /** The links break: what is on the way is gone, and both sides are told. */
  cut(): void {
    for (const connection of [...this.#live]) connection.break();
  }

  /** Nothing arrives any more, and nobody is told; when it is over what was on the way arrives. */
  part(on: boolean): void {
    this.#parted = on;
    for (const connection of this.#live) connection.part(on);
  }
}

class Connection<Up, Down> {
  readonly client: Link<Up>;
  readonly #options: SimulatedLinksOptions<Up, Down>;
  readonly #over: () => void;
  readonly #up: Lane;
  readonly #down: Lane;
  readonly #clientSide: Side<Down>;
  readonly #serverSide = new Side<Up>();

  constructor(options: SimulatedLinksOptions<Up, Down>, end: LinkEnd<Down>, over: () => void) {
    this.#options = options;
    this.#over = over;
    const lane = (): Lane => new Lane(options.clock, () => options.random.next() * (options.delayMs ?? 0));
    this.#up = lane();
    this.#down = lane();
    this.#clientSide = new Side(end);
    this.client = this.#link(this.#clientSide, this.#up, this.#serverSide);
    this.#up.carry(() => {
      this.#serverSide.end = options.accept(this.#link(this.#serverSide, this.#down, this.#clientSide));
      if (!this.#serverSide.end) this.break();
    });
  }

  part(on: boolean): void {
    this.#up.part(on);
    this.#down.part(on);
  }

  break(): void {
    this.#up.cut();
    this.#down.cut();
    this.#over();
    this.#options.clock.soon(() => {
      this.#clientSide.lost('the simulated link broke');
      this.#serverSide.lost('the simulated link broke');
    });
  }

  #link<Out>(own: Pick<Side<unknown>, 'told' | 'lost'>, lane: Lane, other: Side<Out>): Link<Out> {
    const { clock, random, breaks } = this.#options;
    let open = true;
    return {
      send: (frames, left) => {
        if (!open || own.told) return;
        if (breaks !== undefined && random.chance(breaks)) {
          this.break();
          return;
        }
        // Frames cross as text: nothing is shared, and nothing crosses that a socket would not carry.
        const text = JSON.stringify(frames);
        lane.carry(() => {
          other.heard(JSON.parse(text) as Out[]);
        });
        if (left)
          clock.soon(() => {
            if (!own.told) left();
          });
      },
      close: () => {
        if (!open) return;
        open = false;
        lane.carry(() => {
          other.lost();
          this.#over();
          clock.soon(() => {
            own.lost();
          });
        });
        clock.after(CLOSE_MS, () => {
          own.lost();
        });
      },
    };
  }
}

/** One side of a link; after it was told that the link is lost it hears nothing more. */
class Side<In> {
  end: LinkEnd<In> | undefined;
  told = false;

  constructor(end?: LinkEnd<In>) {
    this.end = end;
  }

  heard(frames: readonly In[]): void {
    if (!this.told) this.end?.heard(frames);
  }

  lost(reason?: string): void {
    if (this.told) return;
    this.told = true;
    this.end?.lost(reason);
  }
}

/** One direction: in order, each a little later than it was said. */
class Lane {
  readonly #clock: Clock;
  readonly #delay: () => number;
  /** Monotonic ms of the last arrival. */
  #last = 0;
  #parted = false;
  #cut = false;
  readonly #onTheWay: (() => void)[] = [];
  #held: (() => void)[] = [];

  constructor(clock: Clock, delay: () => number) {
    this.#clock = clock;
    this.#delay = delay;
  }

  carry(said: () => void): void {
    const now = this.#clock.monotonic();
    this.#last = Math.max(this.#last, now + this.#delay());
    this.#onTheWay.push(said);
    // Whichever timer is the first, the oldest arrives: those of a real clock may change places on a busy machine.
    this.#clock.after(this.#last - now, () => {
      const arrives = this.#onTheWay.shift();
      if (this.#cut || !arrives) return;
      if (this.#parted || this.#held.length > 0) this.#held.push(arrives);
      else arrives();
    });
  }

  part(on: boolean): void {
    this.#parted = on;
    if (!on)
      this.#clock.soon(() => {
        while (!this.#parted && !this.#cut) {
          const arrives = this.#held.shift();
          if (!arrives) return;
          arrives();
        }
      });
  }

  cut(): void {
    this.#cut = true;
  }
}
