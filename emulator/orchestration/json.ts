import { type Decimal, isDecimal } from './decimal.ts';

/** Everything that survives JSON without loss. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a variable of an orchestration may hold: JSON, with decimals anywhere in it. */
export type VariableValue =
  null | boolean | number | string | Decimal | readonly VariableValue[] | { readonly [key: string]: VariableValue };

/**
 * Finds the first part of a variable's value that JSON would drop or change; decimals are written in a way of their own.
 *
 * @returns the path of the offending part and what it is, or `undefined` when the value is safe.
 */
export function findNotJson(value: unknown, path = ''): { path: string; found: string } | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? undefined : { path, found: Object.is(value, -0) ? '-0' : String(value) };
    case 'object':
      break;
    default:
      return { path, found: typeof value };
  }
  if (value === null || isDecimal(value)) return undefined;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const found = findNotJson(value[index], `${path}[${String(index)}]`);
      if (found) return found;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return { path, found: (value.constructor as { name?: string } | undefined)?.name ?? 'object' };
  }
  for (const key in value) {
    const found = findNotJson((value as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`);
    if (found) return found;
  }
  return undefined;
}
