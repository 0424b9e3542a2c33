/**
 * One description of what crosses a socket: the schema. The type is made from it and so is the check, so neither can have a member that
 * the other does not know.
 */
import * as v from 'valibot';
import { exactly } from './exactly.ts';

type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T;

/** What the schema accepts, read-only all the way down. */
export type Described<S extends v.GenericSchema> = ReadonlyDeep<v.InferOutput<S>>;

/** A value as it was described, or why it is not: the path of the first fault and what is wrong there. */
export type Read<T> = { readonly value: T } | { readonly fault: string };

/** Reads what came from JSON. What is as described is taken as it is; members that nobody described are left out. */
export function reader<S extends v.GenericSchema>(schema: S): (value: unknown) => Read<Described<S>> {
  const isExactly = exactly(schema);
  return (value) => {
    if (isExactly(value)) return { value: value as Described<S> };
    const result = v.safeParse(schema, value, { abortEarly: true });
    if (result.success) return { value: result.output as Described<S> };
    const issue = result.issues[0];
    return { fault: `${v.getDotPath(issue) ?? 'frame'}: ${issue.message}` };
  };
}
