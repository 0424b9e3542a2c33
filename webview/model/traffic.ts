/**
 * The dots on the lines of the drawing: each stands for messages that the feed has counted, never for a guess. Pure; the page's own clock
 * comes in.
 */
import type { GroupStatus } from '../../emulator/control/status.ts';

/** `published`: from the host instance to the MessageBox. `delivered`: the other way. */
export type Direction = 'published' | 'delivered';

/** A host instance's line in one direction. */
export function lineKey(hostInstance: string, direction: Direction): string {
  return `${direction} ${hostInstance}`;
}

export interface Dot {
  readonly line: string;
  /** Page clock (ms) at which it leaves. */
  readonly at: number;
}

export interface Flow {
  /** Messages each new dot stands for. */
  readonly perDot: number;
  /** Messages by line that have had no dot yet. */
  readonly rest: Readonly<Record<string, number>>;
  /** On their way, or about to leave. */
  readonly dots: readonly Dot[];
}

export const STILL: Flow = { perDot: 1, rest: {}, dots: [] };

/** Dots on the whole drawing at any time; more than these nobody can follow. */
export const MOST_DOTS = 40;
/** Time a dot is on its way (ms). */
export const TRAVEL = 1200;
/** The part of the dots a steady flow may use, so that a burst finds room. */
const STEADY = 0.8;

/** Messages by line between two statuses of a group. */
export function moved(before: GroupStatus, after: GroupStatus): Record<string, number> {
  const known = new Map(before.hostInstances.map((one) => [one.name, one]));
  return Object.fromEntries(
    after.hostInstances.flatMap(({ name, published, delivered }) => {
      const last = known.get(name);
      if (last === undefined) return [];
      return [
        [lineKey(name, 'published'), since(last.published, published)],
        [lineKey(name, 'delivered'), since(last.delivered, delivered)],
      ];
    }),
  );
}

/** A lower count began anew with the MessageBox. */
export function since(before: number, now: number): number {
  return now < before ? now : now - before;
}

export interface Counted {
  /** New messages by line, of the last `spanMs`. */
  readonly messages: Readonly<Record<string, number>>;
  readonly spanMs: number;
  /** Messages in a second on all lines together, over a longer time. */
  readonly perSecond: number;
}

/** Lets messages leave, evenly over the next `spanMs`, and forgets the dots that have arrived. What finds no room waits for the next time. */
export function flowOn(flow: Flow, { messages, spanMs, perSecond }: Counted, now: number): Flow {
  const perDot = messagesPerDot(flow.perDot, perSecond);
  // What waited under another scale is too old to be shown.
  const rest = perDot < flow.perDot ? {} : flow.rest;
  const dots = onTheirWay(flow, now);
  const room = Math.max(0, MOST_DOTS - dots.length);
  const waiting = Object.entries(messages).map(([line, count]) => ({ line, count: count + (rest[line] ?? 0) }));
  const wanted = waiting.reduce((sum, { count }) => sum + Math.floor(count / perDot), 0);
  const part = Math.min(1, room / Math.max(1, wanted));
  const leaving = waiting.map(({ line, count }) => ({ line, count, leave: Math.floor(Math.floor(count / perDot) * part) }));
  const started = leaving.flatMap(({ line, leave }) =>
    Array.from({ length: leave }, (_, index) => ({ line, at: now + (spanMs * index) / leave })),
  );
  return {
    perDot,
    rest: Object.fromEntries(leaving.map(({ line, count, leave }) => [line, Math.min(count - leave * perDot, perDot * MOST_DOTS)])),
    dots: [...dots, ...started],
  };
}

/** The dots that have not arrived yet. */
export function onTheirWay({ dots }: Flow, now: number): readonly Dot[] {
  return dots.filter(({ at }) => now - at < TRAVEL);
}

/** The smallest of 1, 2, 5, 10, 20, 50 … with which the dots of a steady flow find room; kept until it would do for three times the flow. */
function messagesPerDot(now: number, perSecond: number): number {
  const enough = (each: number, rate: number): boolean => (rate * TRAVEL) / 1000 / each <= MOST_DOTS * STEADY;
  if (now > 1 && enough(now, perSecond * 3)) return messagesPerDot(1, perSecond);
  return enough(now, perSecond) ? now : messagesPerDot(String(now).startsWith('2') ? now * 2.5 : now * 2, perSecond);
}
