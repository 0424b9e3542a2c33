import type { PropertyValue } from './message.ts';

/** One comparison of a subscription (docs/behaviour.md, section 4.3). */
export type Predicate =
  | { readonly property: string; readonly operator: 'exists' }
  | {
      readonly property: string;
      readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=';
      readonly value: PropertyValue;
    };

/** All predicates of a group must hold (AND). */
export type PredicateGroup = readonly Predicate[];

/** A subscription matches when any of its groups does (OR of ANDs). */
export type Filter = readonly PredicateGroup[];
