/** What the page remembers over a reload. What was remembered by another version, or is not ours, is as good as nothing. */
import * as v from 'valibot';
import { NO_FILTER, STATE_GROUPS, type ListFilter } from './filter.ts';

/** What is shown of an instance, one at a time. */
export const TABS = ['flow', 'variables', 'messages', 'waits', 'history'] as const;
export type Tab = (typeof TABS)[number];

export interface View {
  readonly filter: ListFilter;
  /** Instance that is open. */
  readonly selected: string | null;
  /** Stays the same from one instance to the next. */
  readonly tab: Tab;
}

const layout = v.object({
  version: v.literal(1),
  filterText: v.string(),
  filterStates: v.picklist(STATE_GROUPS),
  selected: v.nullable(v.string()),
  tab: v.fallback(v.picklist(TABS), 'flow'),
});

export function readLayout(stored: unknown): View {
  const result = v.safeParse(layout, stored);
  if (!result.success) return { filter: NO_FILTER, selected: null, tab: 'flow' };
  const { filterText, filterStates, selected, tab } = result.output;
  return { filter: { text: filterText, states: filterStates }, selected, tab };
}
