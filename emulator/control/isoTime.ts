/** The last time a date can have, in ms from 1970 (ECMA-262, time values). */
const LAST_MS = 8.64e15;

/**
 * A time in UTC ms as ISO 8601. Total: whatever a journal or a state holds, to look at it must not fail; beyond the last date it is the last
 * date, and what is no number is the beginning of 1970.
 */
export function isoTime(ms: number): string {
  const time = Math.min(Math.max(ms, -LAST_MS), LAST_MS);
  return new Date(Number.isNaN(time) ? 0 : time).toISOString();
}
