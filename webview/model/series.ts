/** The load over the last minutes as series for the charts, and figures of how fairly it was shared. */
import type { Sample } from './rates.ts';

/** Time a point of the rate is taken over (ms). */
const SPAN = 2000;

/** Commits per second of a host instance at each sample; `null` where too little is known. */
export function rateSeries(samples: readonly Sample[], hostInstance: string): (number | null)[] {
  let first = 0;
  return samples.map(({ at, committed }, index) => {
    while (first < index && at - (samples[first + 1]?.at ?? at) >= SPAN) first += 1;
    const from = samples[first];
    const before = from?.committed[hostInstance];
    const now = committed[hostInstance];
    if (from === undefined || before === undefined || now === undefined || at - from.at < SPAN / 4) return null;
    return (Math.max(0, now - before) * 1000) / (at - from.at);
  });
}

/** The mean of several series: what each would have if all did the same. */
export function meanSeries(series: readonly (readonly (number | null)[])[]): (number | null)[] {
  const length = series[0]?.length ?? 0;
  return Array.from({ length }, (_, index) => {
    const values = series.flatMap((one) => one[index] ?? []);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}

/** Time a point of a share is taken over (ms): long enough that a few commits more or less are no unfairness. */
const SHARE_SPAN = 10_000;

/** The part of their common work each of these host instances did up to each sample, 0 to 1; `null` where nobody did any. */
export function shareSeries(samples: readonly Sample[], hostInstances: readonly string[]): (number | null)[][] {
  const shares = hostInstances.map((): (number | null)[] => []);
  let first = 0;
  for (const [index, { at, committed }] of samples.entries()) {
    while (first < index - 1 && at - (samples[first]?.at ?? at) > SHARE_SPAN) first += 1;
    const before = samples[first]?.committed ?? {};
    // One that came in between has done nothing that is known.
    const work = hostInstances.map((name) => Math.max(0, (committed[name] ?? 0) - (before[name] ?? committed[name] ?? 0)));
    const sum = work.reduce((total, value) => total + value, 0);
    for (const [member, value] of work.entries()) shares[member]?.push(sum === 0 ? null : value / sum);
  }
  return shares;
}

/** The share each instance of a host that runs would have if all did the same; `null` while none runs. */
export function idealSeries(samples: readonly Sample[], host: string): (number | null)[] {
  return samples.map(({ running }) => ((running[host] ?? 0) > 0 ? 1 / (running[host] ?? 1) : null));
}

/** Rows of a table. */
const ROWS = 15;

/** Places of a few moments, evenly over the time, newest first. `times` in any unit, ascending. */
export function spaced(times: readonly number[]): number[] {
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const gap = (last - first) / ROWS;
  const chosen: number[] = [];
  for (let index = times.length - 1; index >= 0; index -= 1) {
    const newer = times[chosen.at(-1) ?? -1];
    if (newer === undefined || newer - (times[index] ?? 0) >= gap) chosen.push(index);
  }
  return chosen;
}

export interface Fairness {
  /** Jain's index: 1 when all have the same, 1/n when one has everything. */
  readonly jain: number;
  /** The most by the least; `null` when somebody has nothing. */
  readonly ratio: number | null;
  /** Time it was taken over (ms). */
  readonly spanMs: number;
}

/** How evenly the commits in the kept samples spread over these host instances; `null` with fewer than two, or without work. */
export function fairness(samples: readonly Sample[], hostInstances: readonly string[]): Fairness | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || hostInstances.length < 2) return null;
  // One that came later is judged by what it did since it came.
  const work = hostInstances.map((name) => {
    const start = samples.find(({ committed }) => committed[name] !== undefined)?.committed[name] ?? 0;
    return Math.max(0, (last.committed[name] ?? 0) - start);
  });
  const sum = work.reduce((total, value) => total + value, 0);
  if (sum === 0) return null;
  const squares = work.reduce((total, value) => total + value * value, 0);
  const least = Math.min(...work);
  return { jain: (sum * sum) / (work.length * squares), ratio: least === 0 ? null : Math.max(...work) / least, spanMs: last.at - first.at };
}
