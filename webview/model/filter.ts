/** The filter above the list of instances, and what it is to the group. */
import type { InstanceFilter, InstanceSummary } from '../../emulator/control/instances.ts';
import type { ServiceInstanceState } from '../../emulator/control/status.ts';

export interface ListFilter {
  /** Part of the id, the orchestration, the owner or the error; upper and lower case are the same. */
  readonly text: string;
  readonly states: StateGroup;
  readonly kind: Kind;
  /** Name of an orchestration or port; '' = any. */
  readonly type: string;
  /** Name of a host instance; '' = any. */
  readonly owner: string;
  /** Created longer ago than so many ms; 0 = any. */
  readonly olderThanMs: number;
  readonly takenOver: boolean;
}

/** States a person looks for together; the full state is in the row. */
export const STATE_GROUPS = ['all', 'needs attention', 'working', 'waiting', 'suspended', 'finished'] as const;
export type StateGroup = (typeof STATE_GROUPS)[number];

export const KINDS = ['any', 'orchestration', 'sendPort', 'receiveLocation'] as const;
export type Kind = (typeof KINDS)[number];

const TEN_MINUTES = 600_000;

/** What a person sees first. The messages of ports come and go by the thousand; those in trouble are among what needs attention. */
export const NO_FILTER: ListFilter = {
  text: '',
  states: 'all',
  kind: 'orchestration',
  type: '',
  owner: '',
  olderThanMs: 0,
  takenOver: false,
};

export const NEEDS_ATTENTION: ListFilter = { ...NO_FILTER, kind: 'any', states: 'needs attention' };
export const WAITS_LONG: ListFilter = { ...NO_FILTER, states: 'waiting', olderThanMs: TEN_MINUTES };
export const TAKEN_OVER: ListFilter = { ...NO_FILTER, takenOver: true };

const GROUPS: Readonly<Record<Exclude<StateGroup, 'all'>, readonly ServiceInstanceState[]>> = {
  'needs attention': ['Suspended (resumable)', 'Suspended (not resumable)', 'Waits for version'],
  working: ['Active', 'Ready to run'],
  waiting: ['Dehydrated', 'Scheduled'],
  suspended: ['Suspended (resumable)', 'Suspended (not resumable)'],
  finished: ['Completed', 'Terminated'],
};

/** The same object lists the instances and operates on all of them. */
export function toInstanceFilter({ text, states, kind, type, owner, olderThanMs, takenOver }: ListFilter): InstanceFilter {
  const wanted = text.trim();
  return {
    ...(wanted === '' ? {} : { text: wanted }),
    ...(states === 'all' ? {} : { states: GROUPS[states] }),
    ...(kind === 'any' ? {} : { kinds: [kind] }),
    ...(type === '' ? {} : { orchestration: type }),
    ...(owner === '' ? {} : { owner }),
    ...(olderThanMs === 0 ? {} : { olderThanMs }),
    ...(takenOver ? { takenOver } : {}),
  };
}

export function sameFilter(a: ListFilter, b: ListFilter): boolean {
  return (Object.keys(NO_FILTER) as (keyof ListFilter)[]).every((part) => a[part] === b[part]);
}

/** How many of those counted wait for a person to decide. */
export function attentionIn(counts: Readonly<Record<InstanceSummary['state'], number>>): number {
  return GROUPS['needs attention'].reduce((sum, state) => sum + counts[state], 0);
}
