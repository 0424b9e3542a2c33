/** Parts that the frames of host instances and of the supervisor are described with. */
import * as v from 'valibot';
import { isJson } from './isJson.ts';

export const text = v.string();
export const id = v.pipe(v.string(), v.maxLength(1000));
export const ids = v.array(id);
export const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
/** UTC ms that can be written as a date (ECMA-262, time values). */
export const time = v.pipe(v.number(), v.minValue(-8.64e15), v.maxValue(8.64e15));

const scalar = v.union([v.string(), v.number(), v.boolean()]);
/** A property name that JavaScript treats specially would reach into prototypes. */
export const propertyName = v.pipe(
  v.string(),
  v.check((name) => name !== '__proto__', 'a property name'),
);
/** Promoted context properties. */
export const properties = v.record(propertyName, scalar);

const predicate = v.union([
  v.object({ property: propertyName, operator: v.literal('exists') }),
  v.object({ property: propertyName, operator: v.picklist(['==', '!=', '<', '<=', '>', '>=']), value: scalar }),
]);
/** Any of its groups must hold, each wholly. */
export const filter = v.array(v.array(predicate));

/** Text that is kept as text, and read as JSON by others later: whoever sends what is not JSON hears of it at once. */
export const jsonText = v.pipe(v.string(), v.check(isJson, 'JSON text'));
