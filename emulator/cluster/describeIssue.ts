/** Turns what valibot found wrong with a group file into words a user of the file understands. */
import type * as v from 'valibot';
import { term } from '../text/term.ts';
import type { JsonPath } from './jsonText.ts';

type Issue = v.BaseIssue<unknown>;

/** The members of a valibot schema this file reads; the library keeps them public. */
interface SchemaShape {
  readonly type: string;
  readonly entries?: Readonly<Record<string, SchemaShape>>;
  readonly item?: SchemaShape;
  readonly value?: SchemaShape;
  readonly wrapped?: SchemaShape;
  readonly key?: string;
  readonly literal?: unknown;
  readonly options?: readonly SchemaShape[];
}

/** Path of the value in the file; `[]` = the whole file. */
export function pathOf(issue: Issue): JsonPath {
  return (issue.path ?? []).map((item) => item.key as string | number);
}

/** A member that the schema does not have. */
export function isUnknownMember(issue: Issue): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never';
}

/** What the file needs at this place: a term, or values in the notation of JSON. */
export function expectedText(issue: Issue, schema: v.GenericSchema, document: unknown): string {
  // A sentence written in the schema is better than anything made here.
  if (!issue.message.startsWith('Invalid ')) return issue.message;
  if (issue.type === 'strict_object' && issue.input === undefined) return wordFor(schemaAt(schema, pathOf(issue), document)?.type ?? '');
  if (issue.expected?.includes('"') === true) return issue.expected.replace(/^\(|\)$/g, '');
  return wordFor(issue.type, issue.expected);
}

/** What is there instead. */
export function foundText(issue: Issue): string {
  const value = issue.input;
  if (value === undefined) return term('nothing');
  if (Array.isArray(value)) return value.length === 0 ? term('an empty list') : term('a list');
  if (typeof value === 'object' && value !== null) return term('an object');
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Names of the members an object at `path` may have. */
export function knownMembers(schema: v.GenericSchema, path: JsonPath, document: unknown): string[] {
  return Object.keys(schemaAt(schema, path, document)?.entries ?? {}).filter((member) => member !== '$schema');
}

function wordFor(type: string, expected?: string | null): string {
  switch (type) {
    case 'string':
      return term('a text');
    case 'number':
      return term('a number');
    case 'boolean':
      return term('true or false');
    case 'array':
    case 'tuple':
      return term('a list');
    case 'strict_object':
    case 'record':
    case 'union':
    case 'variant':
      return term('an object');
    case 'integer':
      return term('a whole number');
    case 'url':
      return term('a URL');
    case 'min_length':
      return term('at least one entry or character');
    default:
      return expected ?? term('a value');
  }
}

/** The schema of the value at `path`; the document decides between variants. */
function schemaAt(root: v.GenericSchema, path: JsonPath, document: unknown): SchemaShape | undefined {
  let schema: SchemaShape | undefined = resolve(root, document);
  let value: unknown = document;
  for (const part of path) {
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[part] : undefined;
    const next: SchemaShape | undefined = schema?.entries?.[part] ?? schema?.item ?? schema?.value;
    schema = next === undefined ? undefined : resolve(next, value);
  }
  return schema;
}

function resolve(schema: SchemaShape, value: unknown): SchemaShape {
  if (schema.type === 'optional' && schema.wrapped !== undefined) return resolve(schema.wrapped, value);
  if (schema.type !== 'variant' || schema.key === undefined) return schema;
  const key = schema.key;
  const discriminator = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return schema.options?.find((option) => option.entries?.[key]?.literal === discriminator) ?? schema;
}
