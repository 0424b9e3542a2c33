/** JSON bodies: parsing behind the gate of `jsonScan.ts`, JSON pointers. */
import { readJson } from '../../orchestration/exactJson.ts';
import type { Json } from '../../orchestration/json.ts';
import { type BodyLimits, DEFAULT_LIMITS } from './bodyLimits.ts';
import { scanJson } from './jsonScan.ts';
import { RecentlyParsedWithin } from './recentlyParsed.ts';

/** A number as it stands in a body: `1.10` and 9007199254740993 are no doubles. */
export class WrittenNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

interface ParsedJson {
  readonly value: Json;
  /** The body once more, with numbers as they are written; made when somebody asks for such a number. */
  written?: unknown;
  /** JavaScript writes all its numbers as they stand in the body. */
  readonly plainNumbers: boolean;
}

const recent = new RecentlyParsedWithin((body: string, limits: BodyLimits): ParsedJson => {
  const { plainNumbers } = scanJson(body, limits);
  return { value: JSON.parse(body) as Json, plainNumbers };
});

/**
 * The parsed body; the last few are kept, so nobody may change it.
 *
 * @throws SohError `message.malformed` or `message.tooLarge` with the position.
 */
export function parseJson(body: string, limits: BodyLimits = DEFAULT_LIMITS): Json {
  return recent.get(body, limits).value;
}

/** A compiled JSON pointer: the value it points at, `undefined` when there is none. */
export type JsonPath = (value: Json) => Json | undefined;

/**
 * What a body has at a place, a number as it is written there.
 *
 * @throws SohError `message.malformed` or `message.tooLarge` with the position.
 */
export function findJson(body: string, path: JsonPath, limits: BodyLimits): Json | WrittenNumber | undefined {
  const parsed = recent.get(body, limits);
  const found = path(parsed.value);
  if (typeof found !== 'number') return found;
  if (parsed.plainNumbers) return new WrittenNumber(String(found));
  parsed.written ??= readJson(body, (text) => new WrittenNumber(text));
  return path(parsed.written as Json);
}

/**
 * Compiles a JSON pointer (RFC 6901): '' is the whole body, '/order/lines/0/id' a value in it.
 *
 * @throws Error with the reason when it is none.
 */
export function compileJsonPath(pointer: string): JsonPath {
  if (pointer !== '' && !pointer.startsWith('/')) throw new Error('a JSON pointer is empty or starts with "/"');
  if (/~(?![01])/.test(pointer)) throw new Error('"~" is written "~0" in a JSON pointer');
  const tokens = pointerTokens(pointer);
  return (value) => {
    let found: Json | undefined = value;
    for (const token of tokens) {
      if (typeof found !== 'object' || found === null) return undefined;
      if (Array.isArray(found) && !/^(?:0|[1-9]\d*)$/.test(token)) return undefined;
      // Own members only: "constructor" and "__proto__" are names like any other.
      found = Object.hasOwn(found, token) ? (found as Readonly<Record<string, Json>>)[token] : undefined;
    }
    return found;
  };
}

/** The names and indexes that a JSON pointer goes through. */
export function pointerTokens(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}
