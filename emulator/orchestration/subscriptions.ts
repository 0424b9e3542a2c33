/**
 * What an orchestration subscribes to (docs/behaviour.md, sections 4.3 and 11): activation subscriptions of its activating receives,
 * and instance subscriptions of the receives that follow a correlation set.
 */
import type { CompiledOrchestration, OrchestrationDefinition, OutlineEntry } from './definition.ts';
import { BTS, type Properties, type PropertyValue } from './message.ts';
import { eachShape, numberShapes } from './outline.ts';
import type { Filter, Predicate, PredicateGroup } from './predicates.ts';
import type { ReceiveShape } from './shapes.ts';
import { START_SUBSCRIPTION, startFilter } from './starting.ts';
import { withScopes } from './withScopes.ts';

/** Context properties that messages for a logical receive port carry: the binding from the group file. */
export type ReceiveProperties = (port: string) => Properties;

/** An activation subscription; the MessageBox protocol's `Activation` has the same form. */
export interface ActivationSubscription {
  /** Number of the activating Receive. */
  readonly id: string;
  readonly filter: Filter;
  /** Instance subscriptions that come into being together with the instance. */
  readonly follows: readonly { readonly id: string; readonly filter: Filter; readonly correlation: readonly string[] }[];
}

/**
 * What a Receive takes, as a text. Those that take the same share one subscription, the one of the first of them: a message comes for whichever
 * of them is there first, and not once for each.
 */
export function takenBy(
  { messages }: OrchestrationDefinition,
  { activate, port, message, filter, initializes, follows }: ReceiveShape,
): string {
  return JSON.stringify([activate, port, messages[message]?.name ?? '', filter, [...(activate ? initializes : follows)].sort()]);
}

/** The first of those that share a subscription. */
function firstsOf(definition: OrchestrationDefinition, receives: readonly NumberedReceive[]): NumberedReceive[] {
  const taken = receives.map(({ shape }) => takenBy(definition, shape));
  return receives.filter((_, index) => taken.indexOf(taken[index] ?? '') === index);
}

/** A Receive with its number. */
export interface NumberedReceive {
  readonly number: number;
  readonly shape: ReceiveShape;
}

/** All receives of a definition, in document order. */
export function receivesOf(compiled: CompiledOrchestration): NumberedReceive[] {
  const shapes = numberShapes(compiled.definition.body).shapes;
  return [...eachShape(shapes)].flatMap(({ number, shape }) => (shape.kind === 'receive' ? [{ number, shape }] : []));
}

/** The activation subscriptions of an orchestration. */
export function activations(compiled: CompiledOrchestration, receiveProperties: ReceiveProperties): ActivationSubscription[] {
  const definition = withScopes(compiled.definition);
  if (definition.parameters !== undefined) return [{ id: START_SUBSCRIPTION, filter: startFilter(definition.name), follows: [] }];
  const receives = receivesOf(compiled);
  const firsts = firstsOf(definition, receives);
  return firsts
    .filter(({ shape }) => shape.activate)
    .map(({ number, shape }) => ({
      id: String(number),
      filter: filterOf(definition, shape, receiveProperties),
      follows: firstsOf(definition, joiningReceives(compiled, receives, { number, shape })).map((other) => ({
        id: String(other.number),
        filter: filterOf(definition, other.shape, receiveProperties),
        correlation: propertiesOf(definition, other.shape.activate ? other.shape.initializes : other.shape.follows),
      })),
    }));
}

/**
 * Receives that a message can reach as soon as `start` has activated an instance: those following only sets that it initializes, and
 * all activating receives of its Parallel (parallel convoy), itself too: a second message for it does not activate another instance.
 */
function joiningReceives(
  { outline }: CompiledOrchestration,
  receives: readonly NumberedReceive[],
  start: NumberedReceive,
): NumberedReceive[] {
  const given = new Set(start.shape.initializes);
  if (given.size === 0) return [];
  const convoy = receives.filter(({ number, shape }) => shape.activate && areInOneParallel(outline, number, start.number));
  return receives.filter((receive) => {
    const { shape } = receive;
    return shape.activate ? convoy.length > 1 && convoy.includes(receive) : shape.follows.every((set) => given.has(set));
  });
}

/** True when there is a Parallel around both: also for one and the same Receive. */
function areInOneParallel(outline: readonly OutlineEntry[], one: number, other: number): boolean {
  const around = (number: number): number[] => {
    const parent = outline[number]?.parent ?? -1;
    return parent < 0 ? [] : [parent, ...around(parent)];
  };
  const both = new Set(around(one));
  return around(other).some((number) => both.has(number) && outline[number]?.kind === 'parallel');
}

/**
 * The filter of an instance subscription once all correlation sets the receive follows have values. Without one of the values it matches
 * nothing: a message that lacks a property is not one whose property is empty.
 */
export function instanceFilter(
  definition: OrchestrationDefinition,
  shape: ReceiveShape,
  receiveProperties: ReceiveProperties,
  correlation: Readonly<Record<string, readonly PropertyValue[]>>,
): Filter {
  const values: Predicate[] = [];
  for (const set of shape.follows) {
    for (const [index, property] of (definition.correlationSets[set] ?? []).entries()) {
      const value = Object.hasOwn(correlation, set) ? correlation[set]?.[index] : undefined;
      if (value === undefined) return [];
      values.push(equals(property, value));
    }
  }
  return [[...values, ...basePredicates(definition, shape, receiveProperties)]];
}

/**
 * The filter of what comes to a port by its token: messages of a type, '' = of any, and its faults. They come from wherever the token went, so
 * the port's binding says nothing of them.
 */
export function answerFilter(type: string, faults: readonly string[], token: PropertyValue): Filter {
  const carries = equals(BTS.correlationToken, token);
  // Any message is any fault too.
  const types = type === '' ? [type] : [type, ...faults];
  return types.map((one) => (one === '' ? [carries] : [equals(BTS.messageType, one), carries]));
}

/** What a Receive takes before any value is known: each group of its filter, which only an activating one has. */
function filterOf(definition: OrchestrationDefinition, shape: ReceiveShape, receiveProperties: ReceiveProperties): Filter {
  const base = basePredicates(definition, shape, receiveProperties);
  const groups = shape.filter.length === 0 ? [[]] : shape.filter;
  return groups.map((group): PredicateGroup => [...base, ...group]);
}

function basePredicates(definition: OrchestrationDefinition, shape: ReceiveShape, receiveProperties: ReceiveProperties): Predicate[] {
  const type = definition.messages[shape.message]?.name ?? '';
  const port = Object.entries(receiveProperties(shape.port)).map(([property, value]) => equals(property, value));
  // An untyped message variable takes any message, so the type is no condition then.
  return type === '' ? port : [equals(BTS.messageType, type), ...port];
}

function propertiesOf(definition: OrchestrationDefinition, sets: readonly string[]): string[] {
  return [...new Set(sets.flatMap((set) => definition.correlationSets[set] ?? []))];
}

function equals(property: string, value: PropertyValue): Predicate {
  return { property, operator: '==', value };
}
