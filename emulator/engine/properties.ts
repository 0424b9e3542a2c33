/** Context properties that code sets: what the MessageBox would refuse is an exception of the shape, and costs nobody else anything. */
import { isDecimal } from '../orchestration/decimal.ts';
import type { Properties, PropertyValue } from '../orchestration/message.ts';
import { isReservedName, numberProperty, textProperty } from '../orchestration/propertyValue.ts';
import { Raised } from './code.ts';

/** All names and texts of the properties of one message together, in characters. They are in memory while anybody may be routed to it. */
const MAX_CHARACTERS = 1024 * 1024;

/** The properties a message is given, from what its type promotes and what code sets. @throws Raised naming the property */
export function assigned(message: string, promoted: Properties, set: unknown): Properties {
  if (set === undefined || set === null) return promoted;
  if (typeof set !== 'object') throw refused(message, 'properties', 'are no object');
  const properties: Record<string, PropertyValue> = { ...promoted };
  for (const [name, value] of Object.entries(set)) {
    if (value === undefined) continue;
    const property = isReservedName(name) ? undefined : propertyOf(value);
    if (property === undefined) throw refused(message, `property "${name}"`, whyNot(name, value));
    properties[name] = property;
  }
  checkSize(message, properties);
  return properties;
}

/** @throws Raised when the properties of a message are too large to travel with it */
export function checkSize(message: string, properties: Properties): void {
  let size = 0;
  for (const [name, value] of Object.entries(properties)) size += name.length + (typeof value === 'string' ? value.length : 0);
  if (size <= MAX_CHARACTERS) return;
  const limit = `${String(size)} characters, over the limit of ${String(MAX_CHARACTERS)}`;
  throw new Raised({ type: 'RangeError', message: `The properties of message "${message}" have ${limit}.` });
}

function propertyOf(value: unknown): PropertyValue | undefined {
  if (typeof value === 'string') return textProperty(value);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value || 0 : undefined;
  return isDecimal(value) ? numberProperty(value.toString()) : undefined;
}

function whyNot(name: string, value: unknown): string {
  if (isReservedName(name)) return 'has a name that is reserved';
  return `is a ${typeof value === 'number' ? String(value) : typeof value}; it can be a text, a number, a decimal, true or false`;
}

function refused(message: string, what: string, why: string): Raised {
  return new Raised({ type: 'TypeError', message: `The ${what.slice(0, 300)} of message "${message}" ${why}.` });
}
