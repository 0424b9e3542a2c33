/** How many instances have ended, without reading the journal. */
import { noCounts } from '../messagebox/core/instanceState.ts';
import type { InstanceFilter, InstancePage } from '../control/instances.ts';
import type { OrchestrationStatus } from '../control/status.ts';

/**
 * Of those a filter chooses, where the counts that the MessageBox keeps of each service can tell; `undefined` where only the instances
 * themselves can.
 */
export function endedCounts(
  services: readonly OrchestrationStatus[],
  filter: InstanceFilter,
): Pick<InstancePage, 'total' | 'counts'> | undefined {
  const { states, kinds, orchestration, ...others } = filter;
  if (Object.values(others).some((value) => value !== undefined)) return undefined;
  const counts = noCounts();
  for (const service of services) {
    if ((kinds && !kinds.includes(service.kind)) || (orchestration !== undefined && service.name !== orchestration)) continue;
    for (const state of ['Completed', 'Terminated'] as const)
      if (states === undefined || states.includes(state)) counts[state] += service.counts[state];
  }
  return { total: counts.Completed + counts.Terminated, counts };
}
