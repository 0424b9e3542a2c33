/** Filters that a person gave a name. */
import { sameFilter, type ListFilter } from './filter.ts';

export interface SavedFilter {
  readonly name: string;
  readonly filter: ListFilter;
}

/** More would be a list to search in. */
export const MOST_SAVED = 20;
export const LONGEST_NAME = 40;

/** With one more, at the end; one of the same name is replaced where it is. A name of spaces, or one too many, changes nothing. */
export function withSaved(saved: readonly SavedFilter[], name: string, filter: ListFilter): readonly SavedFilter[] {
  const wanted = name.trim().slice(0, LONGEST_NAME);
  if (wanted === '') return saved;
  if (saved.some((one) => one.name === wanted)) return saved.map((one) => (one.name === wanted ? { name: wanted, filter } : one));
  return saved.length >= MOST_SAVED ? saved : [...saved, { name: wanted, filter }];
}

export function withoutSaved(saved: readonly SavedFilter[], name: string): readonly SavedFilter[] {
  return saved.filter((one) => one.name !== name);
}

/** True when a filter is among the saved ones. */
export function isSaved(saved: readonly SavedFilter[], filter: ListFilter): boolean {
  return saved.some((one) => sameFilter(one.filter, filter));
}
