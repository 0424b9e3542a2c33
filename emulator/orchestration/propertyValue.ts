/**
 * The values of context properties. A property is a text, a number or a boolean. A number that a double would change is kept as text behind
 * a mark, because frames, journal and saved states are JSON; everything that compares or shows values comes here.
 */
import type { Properties, PropertyValue } from './message.ts';
import { canonicalNumber, fitsDouble, isJsonNumber } from './numberText.ts';

/**
 * Stands before a number that is kept as text. Unicode sets this character apart for the inside of programs, so no text is meant to begin
 * with it; one that does has it twice, so nothing a message may hold can be taken for a number.
 */
const MARK = '\ufdd0';
const MARK_CODE = 0xfdd0;

/** The property for a text. */
export function textProperty(text: string): PropertyValue {
  return text.charCodeAt(0) === MARK_CODE ? MARK + text : text;
}

/** The property for a number, exact at any length. @throws TypeError when the text is no number */
export function numberProperty(text: string): PropertyValue {
  // JSON has no negative zero, and a property has to survive the journal.
  if (fitsDouble(text)) return Number(text) || 0;
  const canonical = canonicalNumber(text);
  if (canonical === undefined) throw new TypeError(`"${text}" is not a number`);
  return MARK + canonical;
}

/** The canonical text of a property that holds a number; `undefined` when it holds a text or a boolean. */
export function numberIn(property: PropertyValue): string | undefined {
  if (typeof property === 'number') return canonicalNumber(String(property));
  if (typeof property === 'boolean' || property.charCodeAt(0) !== MARK_CODE || property.charCodeAt(1) === MARK_CODE) return undefined;
  return canonicalNumber(property.slice(1));
}

/** The same text for all values that may be equal, whether written `7`, `7.0` or 7: one look-up finds them all. */
export function keyOf(property: PropertyValue): string {
  if (typeof property === 'boolean') return String(property);
  if (typeof property === 'string' && !isJsonNumber(property)) return property;
  return MARK + (canonicalNumber(String(property)) ?? '');
}

/** True for the key of a number: texts that look like it have the same one, but are not always equal to it, nor to each other. */
export function isNumberKey(key: string): boolean {
  return key.charCodeAt(0) === MARK_CODE;
}

/** The property as a text: a number of any length with all its digits. */
export function textIn(property: PropertyValue): string {
  if (typeof property !== 'string') return String(property);
  return property.charCodeAt(0) === MARK_CODE ? property.slice(1) : property;
}

/** The property for people and for code: what was kept behind a mark is a text. */
export function withoutMark(property: PropertyValue): PropertyValue {
  return typeof property === 'string' ? textIn(property) : property;
}

/** All properties, for people and for code. Nearly all messages have none with a mark: theirs are given back as they are. */
export function withoutMarks(properties: Properties): Properties {
  for (const name in properties) {
    const property = properties[name];
    if (typeof property !== 'string' || property.charCodeAt(0) !== MARK_CODE) continue;
    return Object.fromEntries(Object.entries(properties).map(([other, value]) => [other, withoutMark(value)]));
  }
  return properties;
}

/** Names JavaScript gives a meaning of its own: on the way into the MessageBox a property of that name would be lost. */
const reservedNames: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);

/** True for a name that no context property can have. */
export function isReservedName(name: string): boolean {
  return reservedNames.has(name);
}
