/**
 * A schema as one quick test. Checking a frame with valibot builds an issue list and a copy of every object in it, which was an eighth
 * of the MessageBox's time; the schema stays the only description, and whoever fails the test is still judged by valibot.
 */
import { getDotPath, type GenericSchema, safeParse } from 'valibot';

type Test = (value: unknown) => boolean;

/** What the test reads of valibot's schemas and actions; their public properties. */
interface Part {
  readonly type: string;
  readonly pipe?: readonly Part[];
  readonly entries?: Readonly<Record<string, Part>>;
  readonly item?: Part;
  readonly items?: readonly Part[];
  readonly wrapped?: Part;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly key?: unknown;
  readonly value?: Part;
  readonly requirement?: unknown;
}

const never: Test = () => false;

/**
 * True only for values that the schema accepts and gives back as they are, so not for one with unknown members; false says nothing. A
 * kind of schema it does not know is always false. For values that come from JSON.
 */
export function exactly(schema: GenericSchema): Test {
  return testOf(schema);
}

/**
 * The value as it is when the schema accepts it; strict objects refuse members they do not know. Throws an ordinary Error with the place and
 * the reason.
 */
export function accepted<T>(schema: GenericSchema): (value: unknown) => T {
  const test = testOf(schema);
  return (value) => {
    if (test(value)) return value as T;
    const result = safeParse(schema, value, { abortEarly: true });
    if (result.success) return value as T;
    const [issue] = result.issues;
    const place = getDotPath(issue);
    throw new Error(place === null ? issue.message : `${place}: ${issue.message}`);
  };
}

function testOf(part: Part): Test {
  const { pipe } = part;
  if (pipe === undefined) return schemaTest(part);
  const tests = pipe.map((step, index) => (index === 0 ? testOf(step) : actionTest(step)));
  return tests.reduce((first, second) => (value) => first(value) && second(value));
}

function schemaTest(part: Part): Test {
  switch (part.type) {
    case 'string':
      return (value) => typeof value === 'string';
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'number':
      return (value) => typeof value === 'number';
    case 'literal':
      return (value) => value === part.literal;
    case 'picklist': {
      const allowed = new Set(part.options);
      return (value) => allowed.has(value);
    }
    case 'union': {
      const tests = (part.options as readonly Part[]).map(testOf);
      return (value) => tests.some((test) => test(value));
    }
    case 'array':
      return arrayTest(part.item ? testOf(part.item) : never);
    case 'tuple':
      return tupleTest((part.items ?? []).map(testOf));
    case 'object':
    case 'strict_object':
      return objectTest(part.entries ?? {});
    case 'nullable': {
      const inner = part.wrapped ? testOf(part.wrapped) : never;
      return (value) => value === null || inner(value);
    }
    case 'unknown':
      return () => true;
    case 'record':
      return recordTest(testOf(part.key as Part), part.value ? testOf(part.value) : never);
    case 'variant':
      return variantTest(String(part.key), part.options as readonly Part[]);
    default:
      return never;
  }
}

function actionTest({ type, requirement }: Part): Test {
  switch (type) {
    case 'integer':
      return Number.isInteger;
    case 'min_value':
      return (value) => (value as number) >= (requirement as number);
    case 'max_value':
      return (value) => (value as number) <= (requirement as number);
    case 'max_length':
      return (value) => (value as string).length <= (requirement as number);
    case 'check':
      return requirement as Test;
    default:
      return never;
  }
}

function arrayTest(item: Test): Test {
  return (value) => {
    if (!Array.isArray(value)) return false;
    for (let index = 0; index < value.length; index++) if (!item(value[index])) return false;
    return true;
  };
}

/** valibot cuts what a longer array has behind its items. */
function tupleTest(items: readonly Test[]): Test {
  return (value) => {
    if (!Array.isArray(value) || value.length !== items.length) return false;
    for (let index = 0; index < items.length; index++) if (!items[index]?.(value[index])) return false;
    return true;
  };
}

function objectTest(entries: Readonly<Record<string, Part>>): Test {
  const members = new Map<string, { readonly test: Test; readonly required: 0 | 1 }>();
  let required = 0;
  for (const [name, part] of Object.entries(entries)) {
    const optional = part.type === 'optional' || part.type === 'exact_optional';
    const inner = optional ? part.wrapped : part;
    members.set(name, { test: inner ? testOf(inner) : never, required: optional ? 0 : 1 });
    if (!optional) required++;
  }
  return (value) => {
    if (!isPlain(value)) return false;
    let found = 0;
    // Over what is there: a loop over the names of a value reads its members in half the time that asking for each by its name takes.
    for (const name in value) {
      const member = members.get(name);
      // valibot leaves unknown members out, so a value that has some is not exactly this.
      if (!member?.test(value[name])) return false;
      found += member.required;
    }
    return found === required;
  };
}

/** Names that valibot drops from a record. */
const DROPPED = new Set(['__proto__', 'prototype', 'constructor']);

function recordTest(name: Test, member: Test): Test {
  return (value) => {
    if (!isPlain(value)) return false;
    for (const key in value) if (DROPPED.has(key) || !name(key) || !member(value[key])) return false;
    return true;
  };
}

function variantTest(key: string, options: readonly Part[]): Test {
  const tests = new Map(options.map((option) => [option.entries?.[key]?.literal, testOf(option)]));
  return (value) => isPlain(value) && tests.get(value[key])?.(value) === true;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
