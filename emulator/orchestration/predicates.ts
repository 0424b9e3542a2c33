import type { PropertyValue } from './message.ts';
import { compareNumbers, isJsonNumber } from './numberText.ts';
import { numberIn, textIn } from './propertyValue.ts';

/** One comparison of a subscription (docs/behaviour.md, section 4.3). */
export type Predicate =
  | { readonly property: string; readonly operator: 'exists' }
  | {
      readonly property: string;
      readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=';
      readonly value: PropertyValue;
    };

type Comparison = Extract<Predicate, { value: PropertyValue }>;

/** All predicates of a group must hold (AND). */
export type PredicateGroup = readonly Predicate[];

/** A subscription matches when any of its groups does (OR of ANDs). */
export type Filter = readonly PredicateGroup[];

/**
 * True when a message with this property (`undefined` = it has none) meets the predicate. The message's property decides how: a number
 * compares by value, with a number or with a text that is written as one; a text compares as text, so `007` is not `7`.
 */
export function holds(predicate: Predicate, property: PropertyValue | undefined): boolean {
  if (property === undefined) return false;
  if (predicate.operator === 'exists') return true;
  const difference = compare(property, predicate.value);
  return difference === undefined ? predicate.operator === '!=' : decide(predicate.operator, difference);
}

/** Below 0, 0 or above 0; `undefined` when the two cannot be compared. */
function compare(property: PropertyValue, value: PropertyValue): number | undefined {
  if (typeof property === 'number' && typeof value === 'number') return property - value;
  const number = numberIn(property);
  if (number === undefined) return compareTexts(textIn(property), textIn(value));
  const other = numberIn(value) ?? (typeof value === 'string' && isJsonNumber(value) ? value : undefined);
  return other === undefined ? undefined : compareNumbers(number, other);
}

function compareTexts(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

function decide(operator: Comparison['operator'], difference: number): boolean {
  switch (operator) {
    case '==':
      return difference === 0;
    case '!=':
      return difference !== 0;
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
  }
}
