import { SohError } from '../../errors.ts';
import { Decimal } from '../../orchestration/decimal.ts';
import type { Json } from '../../orchestration/json.ts';
import type { FieldLocation, FieldValue, PropertyValue } from '../../orchestration/message.ts';
import { canonicalNumber, fitsDouble } from '../../orchestration/numberText.ts';
import { numberProperty, textIn, textProperty } from '../../orchestration/propertyValue.ts';
import { WrittenNumber } from './json.ts';

/** Longest value a promoted property may have, as in the real product, which stores 256 characters. */
const MAX_PROMOTED = 256;
/** Longest promoted number: the product's have 29 digits at most. */
const MAX_NUMBER = 1024;

/** Which field of which message type is being read; only for the text of an error. */
export interface FieldName {
  readonly type: string;
  readonly field: string;
}

/** What a path found in a body: a text in XML, a value in JSON. */
export type Found = Json | WrittenNumber | undefined;

/** Content as the declared type has it. A number is still a text, with all its digits. */
type Content = { readonly text: string } | { readonly number: string } | { readonly flag: boolean };

/**
 * Converts what was found in a body to the declared type, for code. Empty content has no number and no boolean, so these are missing, as is
 * a JSON null.
 *
 * @throws SohError `message.badValue` when the content is something else than the declared type, `message.inexactNumber` for a number
 * that code would see changed.
 */
export function toFieldValue(found: Found, type: FieldLocation['type'], name: FieldName): FieldValue | undefined {
  const content = contentOf(found, type, name);
  if (content === undefined) return undefined;
  if ('text' in content) return content.text;
  if ('flag' in content) return content.flag;
  if (type === 'decimal') return new Decimal(content.number);
  if (!fitsDouble(content.number)) throw new SohError('message.inexactNumber', { ...name, value: shorten(content.number) });
  return Number(content.number) || 0;
}

/**
 * The same as a promoted property: a number keeps its value, however long it is.
 *
 * @throws SohError `message.badValue`, `message.promotedTooLong`
 */
export function toProperty(found: Found, type: FieldLocation['type'], name: FieldName): PropertyValue | undefined {
  const content = contentOf(found, type, name);
  if (content === undefined) return undefined;
  if ('flag' in content) return content.flag;
  const property = 'text' in content ? textProperty(content.text) : numberProperty(content.number);
  const limit = 'text' in content ? MAX_PROMOTED : MAX_NUMBER;
  const { length } = 'text' in content ? content.text : textIn(property);
  if (length > limit) throw new SohError('message.promotedTooLong', { property: name.field, length, limit });
  return property;
}

function contentOf(found: Found, type: FieldLocation['type'], name: FieldName): Content | undefined {
  if (found === undefined || found === null) return undefined;
  if (typeof found === 'object' && !(found instanceof WrittenNumber)) throw badValue(JSON.stringify(found), type, name);
  const whole = typeof found === 'object' ? found.text : String(found);
  if (type === 'string') return { text: whole };
  if (typeof found === 'boolean' && type === 'boolean') return { flag: found };
  const text = whole.trim();
  if (text === '') return undefined;
  if (type === 'boolean') {
    if (text === 'true' || text === '1') return { flag: true };
    if (text === 'false' || text === '0') return { flag: false };
  } else if (isNumber(text, type)) {
    return { number: text };
  }
  throw badValue(text, type, name);
}

function isNumber(text: string, type: 'number' | 'decimal'): boolean {
  if (canonicalNumber(text) === undefined) return false;
  if (type === 'number') return Number.isFinite(Number(text));
  try {
    new Decimal(text);
    return true;
  } catch {
    // Whatever the digits, it is none then; the caller says so.
    return false;
  }
}

function badValue(value: string, expected: string, name: FieldName): SohError {
  return new SohError('message.badValue', { ...name, value: shorten(value), expected });
}

function shorten(value: string): string {
  return value.length > 100 ? `${value.slice(0, 100)}…` : value;
}
