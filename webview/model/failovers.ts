/** Follows each loss of an owner to the end of its takeovers. Kept apart from the events, of which the page keeps only the newest. */
import type { GroupEvent } from '../../emulator/control/events.ts';

export interface Failover {
  /** Number of the record of the loss; identifies it. */
  readonly sequence: number;
  /** UTC, ISO 8601 */
  readonly at: string;
  readonly hostInstance: string;
  readonly reason: string;
  /** Orchestrations and ports it held. */
  readonly lost: number;
  /** How many of them go on elsewhere. */
  readonly takenOver: number;
  /** The survivors and how many each took over, in the order of their first takeover. */
  readonly by: readonly { readonly hostInstance: string; readonly count: number }[];
  /** ms from the loss to the first and to the newest commit of a new owner; `null` before it. */
  readonly firstResumedMs: number | null;
  readonly lastResumedMs: number | null;
}

type Loss = Extract<GroupEvent, { kind: 'ownerLost' }>;

const KEPT = 50;

/** The failovers, newest first, after more events (oldest first). */
export function addToFailovers(failovers: readonly Failover[], events: readonly GroupEvent[]): readonly Failover[] {
  let result = failovers;
  for (const event of events) {
    if (event.kind === 'ownerLost' && !isStop(event)) result = [begin(event), ...result].slice(0, KEPT);
    if (event.kind === 'takenOver') result = continueOne(result, event);
  }
  return result;
}

/** An orderly stop that left nothing behind is no loss. */
export function isStop({ reason, instances }: Loss): boolean {
  return reason === 'bye' && instances.length === 0;
}

function begin({ sequence, at, hostInstance, reason, instances }: Loss): Failover {
  return { sequence, at, hostInstance, reason, lost: instances.length, takenOver: 0, by: [], firstResumedMs: null, lastResumedMs: null };
}

/** A takeover belongs to the newest loss of that host instance. */
function continueOne(failovers: readonly Failover[], event: Extract<GroupEvent, { kind: 'takenOver' }>): readonly Failover[] {
  const index = failovers.findIndex(({ hostInstance }) => hostInstance === event.from);
  const failover = failovers[index];
  if (failover === undefined) return failovers;
  const known = failover.by.some(({ hostInstance }) => hostInstance === event.to);
  const by = known
    ? failover.by.map((taker) => (taker.hostInstance === event.to ? { ...taker, count: taker.count + 1 } : taker))
    : [...failover.by, { hostInstance: event.to, count: 1 }];
  return failovers.with(index, {
    ...failover,
    takenOver: failover.takenOver + 1,
    by,
    firstResumedMs: Math.min(failover.firstResumedMs ?? event.resumedAfterMs, event.resumedAfterMs),
    lastResumedMs: Math.max(failover.lastResumedMs ?? 0, event.resumedAfterMs),
  });
}
