/** Commits per second, from the counts of successive frames. */
import type { GroupStatus } from '../../emulator/group/control.ts';

export interface Sample {
  /** Page clock, ms */
  readonly at: number;
  /** Commits so far by host instance. */
  readonly committed: Readonly<Record<string, number>>;
  /** Orchestrations and ports it holds, by host instance. */
  readonly active: Readonly<Record<string, number>>;
  /** Instances that wait for an owner, by host. */
  readonly queued: Readonly<Record<string, number>>;
}

/** Samples closer together than this are merged, so that the kept time does not depend on the rate of frames (ms). */
const SPACING = 500;
const KEPT = 360;
/** Time a rate is taken over (ms): long enough to be readable, short enough to show a loss at once. */
const SPAN = 2000;

/** The samples, oldest first, with one more. */
export function addSample(samples: readonly Sample[], status: GroupStatus, at: number): readonly Sample[] {
  const committed = Object.fromEntries(status.hostInstances.map((instance) => [instance.name, instance.committed]));
  const active = Object.fromEntries(status.hostInstances.map((instance) => [instance.name, instance.active]));
  const beforeLast = samples.at(-2);
  const kept = beforeLast !== undefined && at - beforeLast.at < SPACING ? samples.slice(0, -1) : samples;
  return [...kept, { at, committed, active, queued: status.messageBox.queueDepth }].slice(-KEPT);
}

/** Commits per second of a host instance over the last two seconds; 0 while nothing is known. */
export function commitRate(samples: readonly Sample[], hostInstance: string, now: number): number {
  const last = samples.at(-1);
  const first = samples.find(({ at }) => at >= now - SPAN - SPACING);
  if (last === undefined || first === undefined || first === last) return 0;
  const commits = (last.committed[hostInstance] ?? 0) - (first.committed[hostInstance] ?? 0);
  // The time since the last sample counts: a silent feed is no work.
  return (Math.max(0, commits) * 1000) / (now - first.at);
}
