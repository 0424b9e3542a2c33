/** How the value of a variable stands in a saved state: as JSON, a decimal as `{"$decimal":"1.10"}`. */
import type { Json } from './json.ts';

/** The one member of a saved decimal. */
export const DECIMAL = '$decimal';
/** Members of a value that would be read as a decimal, or as such a member: they are saved with one more `$`. */
const looksSaved = /^\$+decimal$/;

/** True for a member that is saved under another name. */
export function isRenamed(name: string): boolean {
  return name.startsWith('$') && looksSaved.test(name);
}

/** The value a saved one stands for. `decimal` makes what a decimal becomes from its text; what has none is given back as it is. */
export function readSaved<T>(value: Json, decimal: (written: string) => T): Json | T {
  if (typeof value !== 'object' || value === null || !hasRenamed(value)) return value;
  if (isList(value)) return value.map((element) => readSaved(element, decimal)) as Json;
  const written = value[DECIMAL];
  if (typeof written === 'string') return decimal(written);
  return mapMembers(
    value,
    (member) => readSaved(member, decimal),
    (name) => (isRenamed(name) ? name.slice(1) : name),
  ) as Json;
}

function hasRenamed(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (isList(value)) return value.some(hasRenamed);
  for (const name in value) if (isRenamed(name) || hasRenamed(value[name] ?? null)) return true;
  return false;
}

export function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}

/** An object with other values, and perhaps other names, in the same order. */
export function mapMembers<A, B>(
  value: Readonly<Record<string, A>>,
  map: (member: A) => B,
  rename = (name: string): string => name,
): Record<string, B> {
  // Entries, because assigned a member "__proto__" would be lost.
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [rename(name), map(member)]));
}
