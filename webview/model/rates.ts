/** What successive frames counted, kept for the charts and the rates of the last seconds. */
import type { GroupStatus } from '../../emulator/control/status.ts';
import { loadSample } from '../../emulator/control/loadSample.ts';
import type { LoadSample } from '../../emulator/control/run.ts';
import { since } from './traffic.ts';

/** What a host instance counts: commits, and messages from and to the MessageBox. */
export type Counter = 'committed' | 'delivered' | 'published';

/** What a host instance counts in a second. */
export type Rates = Readonly<Record<Counter, number>>;

/** `at` by the page's clock (ms). */
export type Sample = LoadSample;

/** Samples closer together than this are merged, so that the kept time does not depend on the rate of frames (ms). */
const SPACING = 500;
/** After so long one sample in each `COARSE` is enough (ms). */
const FINE = 60_000;
const COARSE = 5000;
/** The longest time the charts show (ms): less than 300 samples. */
const KEPT = 15 * 60_000;
/** Time a rate is taken over (ms): long enough to be readable, short enough to show a loss at once. */
const SPAN = 2000;

/** The samples, oldest first, with one more. */
export function addSample(samples: readonly Sample[], status: GroupStatus, at: number): readonly Sample[] {
  const beforeLast = samples.at(-2);
  const merges = beforeLast !== undefined && at - beforeLast.at < SPACING;
  return [...(merges ? samples.slice(0, -1) : thinned(samples, at)), loadSample(status, at)];
}

function thinned(samples: readonly Sample[], now: number): readonly Sample[] {
  const slot = (at: number): number => Math.floor(at / COARSE);
  return samples.filter(({ at }, index) => {
    const before = samples[index - 1];
    return now - at <= FINE || (now - at <= KEPT && (before === undefined || slot(before.at) !== slot(at)));
  });
}

/** What a host instance counted in a second, over the last two; 0 while nothing is known. */
export function rateOf(samples: readonly Sample[], counter: Counter, hostInstance: string, now: number): number {
  const last = samples.at(-1);
  const first = samples.find(({ at }) => at >= now - SPAN - SPACING);
  if (last === undefined || first === undefined || first === last) return 0;
  // The time since the last sample counts: a silent feed is no work.
  return (since(first[counter][hostInstance] ?? 0, last[counter][hostInstance] ?? 0) * 1000) / (now - first.at);
}

/** The samples of the last so many ms. */
export function lastSamples(samples: readonly Sample[], ms: number): readonly Sample[] {
  const last = samples.at(-1);
  return last === undefined ? samples : samples.filter(({ at }) => at >= last.at - ms);
}
