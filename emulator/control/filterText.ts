import type { Filter, Predicate } from '../orchestration/predicates.ts';

/** A subscription's filter as one line: `OrderId == 17 AND BTS.MessageType == "urn:o#Order"`. Its words are the same in every language. */
export function filterText(filter: Filter): string {
  const groups = filter.map((group) => group.map(predicateText).join(' AND '));
  return groups.length === 1 ? (groups[0] ?? '') : groups.map((group) => `(${group})`).join(' OR ');
}

function predicateText(predicate: Predicate): string {
  if (predicate.operator === 'exists') return `${predicate.property} exists`;
  return `${predicate.property} ${predicate.operator} ${JSON.stringify(predicate.value)}`;
}
