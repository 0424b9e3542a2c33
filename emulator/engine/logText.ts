/** What code writes to the log of its host instance: a text of a bounded length, whatever it is given. */
import { isDecimal } from '../orchestration/decimal.ts';

/** Longest text, in characters; what is longer is cut. */
const MAX_TEXT = 8192;
const MAX_DEPTH = 6;

/** Texts as they are, everything else as JSON would have it. Never throws, and never looks at more than it shows. */
export function logText(values: readonly unknown[]): string {
  const parts: string[] = [];
  let room = MAX_TEXT;
  const add = (part: string): boolean => {
    parts.push(part.slice(0, Math.max(0, room)));
    room -= part.length;
    return room > 0;
  };
  values.every((value, index) => {
    if (index > 0) add(' ');
    try {
      return write(value, add, 0);
    } catch {
      // Whoever logs a value that throws when it is looked at has nothing to show.
      return add('?');
    }
  });
  return room < 0 ? `${parts.join('').slice(0, -1)}…` : parts.join('');
}

/** Adds a part; false when there is no room for more. */
type Add = (part: string) => boolean;

function write(value: unknown, add: Add, depth: number): boolean {
  if (typeof value === 'string') return add(depth === 0 ? value : JSON.stringify(value.slice(0, MAX_TEXT)));
  if (typeof value === 'function') return add('function');
  if (typeof value !== 'object' || value === null) return add(String(value));
  if (isDecimal(value)) return add(value.toString());
  if (value instanceof Error) return add(`${value.name}: ${value.message}`);
  if (depth > MAX_DEPTH) return add('…');
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === 'function') return write(Reflect.apply(toJSON, value, []), add, depth + 1);
  return Array.isArray(value) ? writeList(value, add, depth) : writeObject(value, add, depth);
}

function writeList(list: readonly unknown[], add: Add, depth: number): boolean {
  add('[');
  return list.every((part, index) => (index === 0 || add(',')) && write(part, add, depth + 1)) && add(']');
}

function writeObject(value: object, add: Add, depth: number): boolean {
  let separator = '{';
  for (const name of Object.keys(value)) {
    if (!add(`${separator}${JSON.stringify(name.slice(0, MAX_TEXT))}:`)) return false;
    if (!write((value as Readonly<Record<string, unknown>>)[name], add, depth + 1)) return false;
    separator = ',';
  }
  return add(separator === '{' ? '{}' : '}');
}
