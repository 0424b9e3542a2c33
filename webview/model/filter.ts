/** The filter above the list of instances. */
import type { InstanceSummary } from '../../emulator/group/control.ts';
import { needsAttention } from './model.ts';

export interface ListFilter {
  /** Part of the id, the orchestration, the owner or the error; upper and lower case are the same. */
  readonly text: string;
  readonly states: StateGroup;
}

/** States a person looks for together; the full state is in the row. */
export const STATE_GROUPS = ['all', 'working', 'waiting', 'suspended', 'finished', 'taken over'] as const;
export type StateGroup = (typeof STATE_GROUPS)[number];

export const NO_FILTER: ListFilter = { text: '', states: 'all' };

/** What the list is about: orchestrations, and the messages of ports only where they need somebody. */
export function listed(instances: readonly InstanceSummary[]): readonly InstanceSummary[] {
  return instances.filter((instance) => instance.kind === 'orchestration' || needsAttention(instance));
}

export function filterInstances(instances: readonly InstanceSummary[], { text, states }: ListFilter): readonly InstanceSummary[] {
  const wanted = text.trim().toLowerCase();
  return instances.filter((instance) => inGroup(instance, states) && (wanted === '' || searchText(instance).includes(wanted)));
}

function searchText({ id, orchestration, owner, error, state }: InstanceSummary): string {
  return [id, orchestration, owner ?? '', error?.message ?? '', state].join('\n').toLowerCase();
}

function inGroup({ state, takeovers }: InstanceSummary, group: StateGroup): boolean {
  switch (group) {
    case 'all':
      return true;
    case 'working':
      return state === 'Active' || state === 'Ready to run';
    case 'waiting':
      return state === 'Dehydrated' || state === 'Scheduled';
    case 'suspended':
      return state.startsWith('Suspended');
    case 'finished':
      return state.startsWith('Completed') || state === 'Terminated';
    case 'taken over':
      return takeovers > 0;
  }
}
