/** What the page remembers over a reload. What was remembered by another version, or is not ours, is as good as nothing. */
import * as v from 'valibot';
import { NO_FILTER, STATE_GROUPS, type ListFilter } from './filter.ts';

export interface View {
  readonly filter: ListFilter;
  /** Instance whose history is open. */
  readonly selected: string | null;
}

const layout = v.object({
  version: v.literal(1),
  filterText: v.string(),
  filterStates: v.picklist(STATE_GROUPS),
  selected: v.nullable(v.string()),
});

export function readLayout(stored: unknown): View {
  const result = v.safeParse(layout, stored);
  if (!result.success) return { filter: NO_FILTER, selected: null };
  const { filterText, filterStates, selected } = result.output;
  return { filter: { text: filterText, states: filterStates }, selected };
}
