/**
 * Long work in a thread that others wait for, cut into slices: a walk says after each few steps where it is, and whoever runs it may rest
 * there. A walk that is run to its end at once, as tests do, gives the same result.
 */

/** Yields how many things it has looked at; what it was for is its result. */
export type Walk<T> = Generator<number, T, void>;

/** The clock of the thread, and its way to let others have a turn. */
export interface Pace {
  /** ms */
  monotonic(): number;
  /** Resolves when everything that was waiting had its turn. @param seen things looked at so far */
  rest(seen: number): Promise<void>;
}

/** A slice ends with the first step after so many ms. */
export const SLICE_MS = 0.8;

/** Runs a walk to its end with rests in between. Rejects with what the walk throws. */
export async function inSlices<T>(walk: Walk<T>, pace: Pace): Promise<T> {
  let end = pace.monotonic() + SLICE_MS;
  for (let step = walk.next(); ; step = walk.next()) {
    if (step.done === true) return step.value;
    if (pace.monotonic() < end) continue;
    await pace.rest(step.value);
    end = pace.monotonic() + SLICE_MS;
  }
}

/** Runs a walk to its end, for whom nobody waits. */
export function atOnce<T>(walk: Walk<T>): T {
  for (let step = walk.next(); ; step = walk.next()) if (step.done === true) return step.value;
}
