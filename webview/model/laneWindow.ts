/** Which part of the time axis is in view: following now, or fixed by a person. */
import type { Timeline } from './timeline.ts';

export type LaneWindow =
  | { readonly kind: 'follow'; /** Length in places of the axis (ms). */ readonly span: number }
  | { readonly kind: 'fixed'; /** UTC ms */ readonly from: number; readonly to: number };

export interface Places {
  readonly from: number;
  readonly to: number;
}

export const FIRST_WINDOW: LaneWindow = { kind: 'follow', span: 30_000 };
const LEAST = 20;
/** A view that follows is never shorter by itself. */
const LEAST_FOLLOWED = 5000;
const MOST = 24 * 3_600_000;
/** Part of the view that stays free to the right of now, so that its end can be seen. */
const AHEAD = 0.03;

/** The places at both edges of the drawing. */
export function placesOf(window: LaneWindow, timeline: Timeline, now: number): Places {
  if (window.kind === 'fixed') return widened(timeline.place(window.from), timeline.place(window.to));
  const end = timeline.place(now);
  // A young group has less to show than the view is long: the axis begins (place 0) at the first thing that happened.
  const length = Math.min(window.span, Math.max(end, LEAST_FOLLOWED));
  return { from: end - length * (1 - AHEAD), to: end + length * AHEAD };
}

/** Makes the view longer (`factor` above 1) or shorter; what is at `anchor` (0 to 1 of the width) stays where it is. Following goes on. */
export function zoomed(window: LaneWindow, timeline: Timeline, now: number, factor: number, anchor: number): LaneWindow {
  const { from, to } = placesOf(window, timeline, now);
  const length = Math.min(MOST, Math.max(LEAST, (to - from) * factor));
  if (window.kind === 'follow') return { kind: 'follow', span: length };
  const start = from + (to - from) * anchor - length * anchor;
  return fixed(timeline, start, start + length);
}

/** Moves the view by a part of its length; a view that followed stops following. */
export function moved(window: LaneWindow, timeline: Timeline, now: number, part: number): LaneWindow {
  const { from, to } = placesOf(window, timeline, now);
  const way = (to - from) * part;
  return fixed(timeline, from + way, to + way);
}

/** The view between two places. */
export function fixed(timeline: Timeline, from: number, to: number): LaneWindow {
  const places = widened(Math.min(from, to), Math.max(from, to));
  return { kind: 'fixed', from: timeline.time(places.from), to: timeline.time(places.to) };
}

function widened(from: number, to: number): Places {
  return { from, to: Math.max(to, from + LEAST) };
}
