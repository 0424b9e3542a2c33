/** Runs the code of shapes: what it throws becomes an exception of the orchestration. */
import { SohError } from '../errors.ts';
import type { Code, CodeScope, ExceptionValue } from '../orchestration/shapes.ts';

/** Longest type and text of an exception, in characters: they are in states, records and frames, and in what people are shown. */
const MAX_TYPE = 256;
const MAX_TEXT = 8192;
const MAX_BASES = 32;
/** Longest pause before an atomic scope runs again: a day (ms). */
const MAX_DELAY = 86_400_000;

/** An exception as code gives it. */
interface Described {
  readonly type: unknown;
  readonly message: unknown;
  readonly bases?: unknown;
  readonly delay?: unknown;
  readonly from?: unknown;
}

/** An exception on its way to a handler of the orchestration. */
export class Raised extends Error {
  readonly value: ExceptionValue;

  constructor(value: ExceptionValue) {
    super(value.message);
    this.name = 'Raised';
    this.value = value;
  }
}

/**
 * Runs code.
 *
 * @throws Raised when the code throws or is asynchronous.
 */
export function runCode<T>(code: Code<T>, scope: CodeScope, shape: string): T {
  let result: T;
  try {
    result = code(scope);
  } catch (error) {
    throw raised(error);
  }
  if (isThenable(result))
    throw new Raised({ type: 'AsyncCode', message: `The code of shape "${shape}" is asynchronous; it has to return its value at once.` });
  return result;
}

/** Runs something that code depends on; what it throws becomes an exception of the orchestration. */
export function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw raised(error);
  }
}

function raised(error: unknown): Raised {
  return error instanceof Raised ? error : new Raised(toException(error));
}

/** The exception that handlers see: `type` of what was thrown, or the name of its class. */
export function toException(error: unknown): ExceptionValue {
  try {
    return exceptionOf(describe(error));
  } catch {
    // Whoever throws something that throws when it is looked at says nothing about it.
    return exceptionOf({ type: 'Error', message: '' });
  }
}

/** An exception, frozen and of a bounded length, whatever code gave for it. */
export function exceptionOf({ type, message, bases, delay, from }: Described): ExceptionValue {
  const chain = Array.isArray(bases) ? bases.slice(0, MAX_BASES).map((base) => textOf(base, MAX_TYPE)) : [];
  return Object.freeze({
    ...{ type: textOf(type, MAX_TYPE), message: textOf(message) },
    ...(chain.length > 0 && { bases: Object.freeze(chain) }),
    ...(typeof delay === 'number' && delay >= 0 && delay <= MAX_DELAY && { delay }),
    ...(typeof from === 'string' && { from: textOf(from, MAX_TYPE) }),
  });
}

/** What every exception is. */
const ROOT_EXCEPTION = 'System.Exception';

/** What the threads of a scope get when an exception of another one stops it. */
export const FORCED: ExceptionValue = Object.freeze({ type: 'ForcedTerminationException', message: 'Another branch failed.' });

export function isForced(exception: ExceptionValue | undefined): boolean {
  return exception?.type === FORCED.type;
}

/** True when a handler of that type is for this exception; `*` is for all. */
export function isOfType({ type, bases = [] }: ExceptionValue, handled: string): boolean {
  return handled === '*' || handled === type || handled === ROOT_EXCEPTION || bases.includes(handled);
}

/** A text that code gave as a reason or the like; what is no text is written as one. */
export function textOf(value: unknown, limit = MAX_TEXT): string {
  // Whatever text an object gives of itself: it is better than none.
  // eslint-disable-next-line @typescript-eslint/no-base-to-string
  const text = value === undefined || value === null ? '' : typeof value === 'string' ? value : attempt(() => String(value));
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

function describe(error: unknown): Described {
  if (typeof error !== 'object' || error === null) return { type: 'Error', message: String(error) };
  const { type, code, name, message, bases, delay } = error as { readonly [K in keyof Described | 'code' | 'name']?: unknown };
  const text = typeof message === 'string' ? withAdvice(error, message) : '';
  if (typeof type === 'string') return { type, message: text, bases: bases ?? basesOf(error, type), delay };
  if (error instanceof SohError && typeof code === 'string') return { type: code, message: text };
  // A class that extends Error without setting a name still has its own name.
  const own = name === 'Error' && error instanceof Error ? error.constructor.name : typeof name === 'string' ? name : 'Error';
  return { type: own, message: text, bases: basesOf(error, own), delay };
}

/** Names of the classes an error is of, nearest first, without the one it is called by. */
function basesOf(error: object, type: string): string[] {
  const names: string[] = [];
  for (let made: unknown = Object.getPrototypeOf(error); made !== null && made !== Object.prototype; made = Object.getPrototypeOf(made)) {
    const name = (made as object).constructor.name;
    if (name !== type && name !== '') names.push(name);
  }
  return names;
}

/** What JavaScript says when something frozen is to be changed. */
const frozen = /^Cannot (?:assign to read only property|add property|delete property|define property|redefine property|set property)/;

/** What code sees besides its variables is frozen; the engine's own words for it do not say what to do instead. */
function withAdvice(error: object, message: string): string {
  if (!(error instanceof TypeError) || !frozen.test(message)) return message;
  return `${message}. Messages are read-only: a change would be gone after a takeover. Build a changed copy in a Construct.`;
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
