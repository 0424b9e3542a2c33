import { SohError } from '../../errors.ts';
import type { Json } from '../../orchestration/json.ts';
import type { FieldLocation, PropertyValue } from '../../orchestration/message.ts';

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Which field of which message type is being read; only for the text of an error. */
export interface FieldName {
  readonly type: string;
  readonly field: string;
}

/**
 * Converts what was found in a body to the declared type. Empty content has no number and no boolean, so these are missing, as is a
 * JSON null.
 *
 * @throws SohError `message.badValue` when the content is something else than the declared type.
 */
export function toFieldValue(found: Json | undefined, type: FieldLocation['type'], name: FieldName): PropertyValue | undefined {
  if (found === undefined || found === null) return undefined;
  if (typeof found === 'object') throw badValue(JSON.stringify(found), type, name);
  if (type === 'string') return String(found);
  if (typeof found === 'number' && type === 'number') return plain(found);
  if (typeof found === 'boolean' && type === 'boolean') return found;
  const text = String(found).trim();
  if (text === '') return undefined;
  if (type === 'boolean') {
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
  } else if (decimal.test(text) && Number.isFinite(Number(text))) {
    return plain(Number(text));
  }
  throw badValue(text, type, name);
}

/** JSON has no negative zero, and a property has to survive the journal. */
function plain(value: number): number {
  return value === 0 ? 0 : value;
}

function badValue(value: string, expected: string, name: FieldName): SohError {
  return new SohError('message.badValue', { ...name, value: value.length > 100 ? `${value.slice(0, 100)}…` : value, expected });
}
