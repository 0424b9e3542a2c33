/** The values of correlation sets: where they come from, and what a host may have checked (docs/behaviour.md, section 11). */
import type { Properties, PropertyValue } from '../orchestration/message.ts';
import { holds } from '../orchestration/predicates.ts';
import { Raised } from './code.ts';
import type { CorrelationChecks } from './door.ts';
import type { FrameState } from './state.ts';

type Sets = Readonly<Record<string, readonly string[]>>;

/** The values a message gives to a set. @throws Raised when it lacks one of them, or one is empty where that is refused */
export function valuesFor(sets: Sets, set: string, properties: Properties, checks: CorrelationChecks | undefined): PropertyValue[] {
  return (sets[set] ?? []).map((property) => {
    const value = Object.hasOwn(properties, property) ? properties[property] : undefined;
    const refuse = (what: string): never => {
      throw new Raised({ type: 'CorrelationException', message: `The message ${what} "${property}" of correlation set "${set}".` });
    };
    if (value === undefined) return refuse('lacks');
    return value === '' && checks?.empty === 'refuse' ? refuse('has an empty') : value;
  });
}

/** A message belongs to sets that have values. @throws Raised when it says something else, and that is checked */
export function validateCorrelation(
  sets: Sets,
  { correlation }: FrameState,
  names: readonly string[],
  properties: Properties,
  checks: CorrelationChecks | undefined,
): void {
  if (checks?.validate !== true) return;
  for (const set of names) {
    for (const [index, property] of (sets[set] ?? []).entries()) {
      const expected = correlation[set]?.[index];
      const value = Object.hasOwn(properties, property) ? properties[property] : undefined;
      if (expected === undefined || value === undefined || holds({ property, operator: '==', value: expected }, value)) continue;
      const message = `The message has another value of "${property}" than correlation set "${set}".`;
      throw new Raised({ type: 'CorrelationValidationException', message });
    }
  }
}
