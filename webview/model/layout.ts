/** What the page remembers over a reload. What was remembered by another version, or is not ours, is as good as nothing. */
import * as v from 'valibot';
import { KINDS, NO_FILTER, STATE_GROUPS, type ListFilter } from './filter.ts';
import { LONGEST_NAME, MOST_SAVED, type SavedFilter } from './savedFilters.ts';

/** What is shown of an instance, one at a time. */
export const TABS = ['flow', 'variables', 'messages', 'waits', 'history'] as const;
export type Tab = (typeof TABS)[number];

export interface View {
  readonly filter: ListFilter;
  /** Filters a person gave a name. */
  readonly saved: readonly SavedFilter[];
  /** Instance that is open. */
  readonly selected: string | null;
  /** Stays the same from one instance to the next. */
  readonly tab: Tab;
}

const NOTHING: View = { filter: NO_FILTER, saved: [], selected: null, tab: 'flow' };

const listFilter = v.object({
  text: v.string(),
  states: v.picklist(STATE_GROUPS),
  kind: v.picklist(KINDS),
  type: v.string(),
  owner: v.string(),
  olderThanMs: v.number(),
  takenOver: v.boolean(),
});
const saved = v.object({ name: v.pipe(v.string(), v.maxLength(LONGEST_NAME)), filter: listFilter });
const selected = v.nullable(v.string());
const tab = v.fallback(v.picklist(TABS), 'flow');

const layout = v.variant('version', [
  v.object({ version: v.literal(2), filter: listFilter, saved: v.pipe(v.array(saved), v.maxLength(MOST_SAVED)), selected, tab }),
  v.object({ version: v.literal(1), filterText: v.string(), filterStates: v.picklist([...STATE_GROUPS, 'taken over']), selected, tab }),
]);

export function readLayout(stored: unknown): View {
  const result = v.safeParse(layout, stored);
  if (!result.success) return NOTHING;
  const known = result.output;
  if (known.version === 2) return { filter: known.filter, saved: known.saved, selected: known.selected, tab: known.tab };
  const { filterText: text, filterStates: states } = known;
  const filter = states === 'taken over' ? { ...NO_FILTER, text, takenOver: true } : { ...NO_FILTER, text, states };
  return { ...NOTHING, filter, selected: known.selected, tab: known.tab };
}
