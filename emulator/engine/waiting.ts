/** Which threads wait for a message or a time: nobody has to look at them again before one comes, however many of them there are. */
import { END } from './instruction.ts';
import type { Lowered } from './lower.ts';

/** What may go on when a message or a time comes, by the number of a Receive or Delay: its place, and that of the Listen that begins with it. */
export type Wakes = ReadonlyMap<number, readonly number[]>;

/** The number under which those are found who wait for what is for no Receive: their subscriptions have names (threads.ts). */
const NO_RECEIVE = NaN;

/** Receives that share a subscription are all found by the number of the first of them, which its id begins with. */
export function wakesOf({ instructions, answers }: Pick<Lowered, 'instructions' | 'answers'>): Wakes {
  const wakes = new Map<number, number[]>();
  const add = (number: number | undefined, place: number): void => {
    if (number === undefined) return;
    const places = wakes.get(number);
    if (places === undefined) wakes.set(number, [place]);
    else if (!places.includes(place)) places.push(place);
  };
  for (const instruction of instructions) {
    if (instruction?.operation === 'begin' || instruction?.operation === 'awaitDeliveries') add(NO_RECEIVE, instruction.place);
    const firsts = instruction?.operation === 'waitAny' ? instruction.first : [instruction?.place ?? END];
    for (const first of firsts) {
      const one = instructions[first];
      if (instruction === undefined || (one?.operation !== 'receive' && one?.operation !== 'wait')) continue;
      add(first, instruction.place);
      add(one.around.frame.subscriptions.get(first)?.number, instruction.place);
      add(answers.get(first)?.first, instruction.place);
    }
  }
  return wakes;
}

/**
 * A place is noted while its thread waits there; whoever ends that without a message or a time, forgets it. What the inbox has for a Receive
 * depends on the token of its port too, so a new token is as good as a message (tokens.ts).
 */
export class Waiting {
  readonly #wakes: Wakes;
  /** 1 = waits, by place. */
  readonly #waits: Uint8Array;

  constructor(wakes: Wakes, places: number) {
    this.#wakes = wakes;
    this.#waits = new Uint8Array(places);
  }

  /** Index of the first thread from this one on that does not wait; their number, if all do. */
  pass(threads: readonly number[], from: number): number {
    const waits = this.#waits;
    let index = from;
    while (index < threads.length && waits[threads[index] ?? END] === 1) index++;
    return index;
  }

  add(place: number): void {
    this.#waits[place] = 1;
  }

  /** The thread there is stopped. */
  forget(place: number): void {
    this.#waits[place] = 0;
  }

  forgetAll(): void {
    this.#waits.fill(0);
  }

  /** There may be something for a Receive, or the time of a Delay is over. */
  wake(number: number): void {
    for (const place of this.#wakes.get(number) ?? []) this.#waits[place] = 0;
  }

  /** A message has come. */
  came(subscription: string): void {
    this.wake(Number.parseInt(subscription, 10));
  }
}
