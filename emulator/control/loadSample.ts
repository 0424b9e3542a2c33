import type { GroupStatus, HostInstanceStatus } from './status.ts';
import type { LoadSample } from './run.ts';

/** What a status says of the load; `at` by the caller's clock (ms). */
export function loadSample({ hostInstances, messageBox }: GroupStatus, at: number): LoadSample {
  const each = (counter: 'committed' | 'delivered' | 'published' | 'active'): Record<string, number> =>
    Object.fromEntries(hostInstances.map((one) => [one.name, one[counter]]));
  const running: Record<string, number> = {};
  for (const one of hostInstances) running[one.host] = (running[one.host] ?? 0) + (works(one) ? 1 : 0);
  return {
    ...{ at, committed: each('committed'), delivered: each('delivered'), published: each('published'), active: each('active') },
    ...{ queued: messageBox.queueDepth, running },
  };
}

/** It runs, by its lease: one that is frozen or lost can have no share of the work. */
function works({ state, leaseAgeMs, leaseMs }: HostInstanceStatus): boolean {
  return state === 'running' && (leaseAgeMs === null || leaseAgeMs < leaseMs);
}
