/**
 * Finds the subscriptions a message matches. Every AND-group with equality predicates is found by one hash look-up per distinct set of
 * properties that groups compare, so routing does not grow with the number of live instances.
 */
import { BTS, type Properties, type PropertyValue } from '../../orchestration/message.ts';
import { type Filter, holds, type Predicate, type PredicateGroup } from '../../orchestration/predicates.ts';
import { isNumberKey, keyOf } from '../../orchestration/propertyValue.ts';

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
        if (rest.every((predicate) => holds(predicate, valueOf(message, predicate.property))) && !found.includes(target))
          found.push(target);
      }
    }
    return found;
  }

  #place(target: T, group: PredicateGroup): { bucket: Bucket<T>; values: string; indexed: Indexed<T> } {
    const equal = new Map<string, string>();
    const rest: Predicate[] = [];
    for (const predicate of group) {
      const key = predicate.operator === '==' && !equal.has(predicate.property) ? keyOf(predicate.value) : undefined;
      if (key !== undefined) equal.set(predicate.property, key);
      // A number and a text that looks like it have one key, but are not always equal.
      if (key === undefined || isNumberKey(key)) rest.push(predicate);
    }
    const properties = [...equal.keys()].sort();
    const name = JSON.stringify(properties);
    let bucket = this.#buckets.get(name);
    if (!bucket) this.#buckets.set(name, (bucket = { properties, byValues: new Map() }));
    const keys = properties.map((property) => equal.get(property) ?? '');
    const values = keys.length === 0 ? '' : keys.reduce(joined);
    const indexed = { target, rest };
    const set = bucket.byValues.get(values);
    if (set) set.add(indexed);
    else bucket.byValues.set(values, new Set([indexed]));
    return { bucket, values, indexed };
  }
}

/** A message has its own properties only: `toString` is a name like any other. */
function valueOf(message: Routable, property: string): PropertyValue | undefined {
  if (property === BTS.messageType) return message.type;
  return Object.hasOwn(message.properties, property) ? message.properties[property] : undefined;
}

function valuesOf(message: Routable, properties: readonly string[]): string | undefined {
  let text = '';
  for (let index = 0; index < properties.length; index++) {
    const value = valueOf(message, properties[index] ?? '');
    if (value === undefined) return undefined;
    const key = keyOf(value);
    text = index === 0 ? key : joined(text, key);
  }
  return text;
}

/** With the length of the first one before it: no two lists of the same length make the same text, whatever they contain. */
function joined(before: string, key: string): string {
  return `${String(before.length)}:${before}${key}`;
}
