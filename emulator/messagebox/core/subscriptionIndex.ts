/**
 * Finds the subscriptions a message matches. Every AND-group with equality predicates is found by one hash look-up per distinct set of
 * properties that groups compare, so routing does not grow with the number of live instances.
 */
import { BTS, type Properties, type PropertyValue } from '../../orchestration/message.ts';
import type { Filter, Predicate, PredicateGroup } from '../../orchestration/predicates.ts';

interface Indexed<T> {
  readonly target: T;
  /** Predicates that remain to be tested after the look-up. */
  readonly rest: PredicateGroup;
}

interface Bucket<T> {
  readonly properties: readonly string[];
  readonly byValues: Map<string, Set<Indexed<T>>>;
}

/** What a message offers to subscriptions. */
export interface Routable {
  readonly type: string;
  readonly properties: Properties;
}

export class SubscriptionIndex<T> {
  readonly #buckets = new Map<string, Bucket<T>>();
  readonly #placed = new Map<T, { readonly bucket: Bucket<T>; readonly values: string; readonly indexed: Indexed<T> }[]>();

  get size(): number {
    return this.#placed.size;
  }

  /** An empty filter matches nothing: a subscription without predicates would swallow every message. */
  add(target: T, filter: Filter): void {
    const places = filter.filter((group) => group.length > 0).map((group) => this.#place(target, group));
    this.#placed.set(target, places);
  }

  remove(target: T): void {
    for (const { bucket, values, indexed } of this.#placed.get(target) ?? []) {
      const set = bucket.byValues.get(values);
      set?.delete(indexed);
      if (set?.size === 0) bucket.byValues.delete(values);
    }
    this.#placed.delete(target);
  }

  /** Each matching target once. */
  match(message: Routable): T[] {
    const found: T[] = [];
    for (const bucket of this.#buckets.values()) {
      if (bucket.byValues.size === 0) continue;
      const values = valuesOf(message, bucket.properties);
      if (values === undefined) continue;
      const candidates = bucket.byValues.get(values);
      if (!candidates) continue;
      for (const { target, rest } of candidates) {
        if (rest.every((predicate) => holds(predicate, message)) && !found.includes(target)) found.push(target);
      }
    }
    return found;
  }

  #place(target: T, group: PredicateGroup): { bucket: Bucket<T>; values: string; indexed: Indexed<T> } {
    const equal = new Map<string, PropertyValue>();
    const rest: Predicate[] = [];
    for (const predicate of group) {
      if (predicate.operator === '==' && !equal.has(predicate.property)) equal.set(predicate.property, predicate.value);
      else rest.push(predicate);
    }
    const properties = [...equal.keys()].sort();
    const key = properties.join('\0');
    let bucket = this.#buckets.get(key);
    if (!bucket) this.#buckets.set(key, (bucket = { properties, byValues: new Map() }));
    const values = properties.map((property) => String(equal.get(property))).join('\0');
    const indexed = { target, rest };
    const set = bucket.byValues.get(values);
    if (set) set.add(indexed);
    else bucket.byValues.set(values, new Set([indexed]));
    return { bucket, values, indexed };
  }
}

function valueOf(message: Routable, property: string): PropertyValue | undefined {
  return property === BTS.messageType ? message.type : message.properties[property];
}

function valuesOf(message: Routable, properties: readonly string[]): string | undefined {
  let values = '';
  for (let index = 0; index < properties.length; index++) {
    const value = valueOf(message, properties[index] ?? '');
    if (value === undefined) return undefined;
    values += index === 0 ? String(value) : `\0${String(value)}`;
  }
  return values;
}

/** Values compare as numbers when both are, as text otherwise. */
function holds(predicate: Predicate, message: Routable): boolean {
  const actual = valueOf(message, predicate.property);
  if (actual === undefined) return false;
  if (predicate.operator === 'exists') return true;
  const expected = predicate.value;
  const [left, right] =
    typeof actual === 'number' && typeof expected === 'number' ? [actual, expected] : [String(actual), String(expected)];
  switch (predicate.operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
