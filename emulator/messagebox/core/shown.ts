/** Values of messages, subscriptions and variables as people are shown them: a number of any length with its digits, without the mark it is kept behind. */
import type { Json } from '../../orchestration/json.ts';
import type { Filter } from '../../orchestration/predicates.ts';
import { withoutMark, withoutMarks } from '../../orchestration/propertyValue.ts';
import { readSaved } from '../../orchestration/savedValue.ts';

export const shownProperties = withoutMarks;

export function shownFilter(filter: Filter): Filter {
  return filter.map((group) =>
    group.map((predicate) => (predicate.operator === 'exists' ? predicate : { ...predicate, value: withoutMark(predicate.value) })),
  );
}

/** The variables of a saved state; a decimal as its text. */
export function shownVariables(saved: Readonly<Record<string, Json>>): Record<string, Json> {
  return readSaved(saved, (written) => written) as Record<string, Json>;
}
