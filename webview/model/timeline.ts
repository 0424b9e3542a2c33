/**
 * The time axis of the lanes. Places on it are measured in ms, but a pause in which nothing happened counts for little when idle gaps are
 * folded; the map is continuous, so a growing pause slows down and never jumps.
 */
export interface Timeline {
  /** Place of a time. */
  place(time: number): number;
  /** Time of a place. */
  time(place: number): number;
  /** Folded pauses. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
}

/** A pause up to this length is shown in full; what is longer adds at most `REST` (ms). */
const FULL = 1500;
const REST = 500;

interface Knot {
  readonly time: number;
  readonly place: number;
}

/** `moments`: times at which something happened, in order. The result is asked for the axis up to a time now, which may be often. */
export function timelineOf(moments: ArrayLike<number>, fold: boolean): (now: number) => Timeline {
  const done: Axis = { knots: [], gaps: [] };
  const first = moments[0];
  if (first !== undefined) done.knots.push({ time: first, place: 0 });
  let before = first ?? 0;
  let place = 0;
  for (let index = 1; index < moments.length; index += 1) {
    const time = moments[index] ?? before;
    place = next(done, before, place, time, fold);
    before = time;
  }
  return (now) => {
    const axis: Axis = { knots: [...done.knots], gaps: [...done.gaps] };
    const [start, at] = first === undefined ? [now, 0] : [before, place];
    axis.knots.push({ time: Math.max(now, start), place: next(axis, start, at, Math.max(now, start), fold) });
    const { knots, gaps } = axis;
    return {
      place: (time) => interpolate(knots, 'time', 'place', time),
      time: (value) => interpolate(knots, 'place', 'time', value),
      gaps,
    };
  };
}

interface Axis {
  readonly knots: Knot[];
  readonly gaps: { readonly from: number; readonly to: number }[];
}

/** Adds the pause from one moment to the next; gives the place of the next. Only where the slope changes a knot is needed. */
function next({ knots, gaps }: Axis, from: number, place: number, to: number, fold: boolean): number {
  const pause = to - from;
  if (!fold || pause <= FULL) return place + pause;
  const end = place + FULL + REST * (1 - Math.exp(-(pause - FULL) / (4 * FULL)));
  knots.push({ time: from, place }, { time: to, place: end });
  gaps.push({ from, to });
  return end;
}

/** Outside of the knots a ms is a ms. */
function interpolate(knots: readonly Knot[], from: keyof Knot, to: keyof Knot, value: number): number {
  let low = 0;
  let high = knots.length - 1;
  const first = knots[0];
  const last = knots[high];
  if (first === undefined || last === undefined) return value;
  if (value <= first[from]) return first[to] + value - first[from];
  if (value >= last[from]) return last[to] + value - last[from];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((knots[middle]?.[from] ?? 0) <= value) low = middle;
    else high = middle;
  }
  const [a, b] = [knots[low] ?? first, knots[high] ?? last];
  return b[from] === a[from] ? a[to] : a[to] + ((value - a[from]) / (b[from] - a[from])) * (b[to] - a[to]);
}

/** Distance of the lines of a time axis: the shortest round one that is at least `least` (ms). */
export function roundStep(least: number): number {
  for (let unit = 1; ; unit *= 10) {
    for (const step of [unit, 2 * unit, 5 * unit]) if (step >= least) return step;
  }
}
