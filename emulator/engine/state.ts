/** The state of an instance between two persistence points: plain data, kept short because every commit carries it. */
import { type Format, lifted } from '../format.ts';
import type { PropertyValue } from '../orchestration/message.ts';
import type { Json, VariableValue } from '../orchestration/json.ts';
import type { ExceptionValue } from '../orchestration/shapes.ts';
import { exceptionOf } from './code.ts';
import type { BoundMessage } from './messages.ts';
import { packVariables, unpackVariables } from './variables.ts';

/** A Delay that has started. */
export interface Due {
  /** UTC ms. */
  at: number;
  /** `<shape>.<n-th delay of this instance>`: the same when the instance runs again from the same state. */
  readonly timer: string;
  /** The MessageBox keeps a timer for it. */
  durable: boolean;
}

/** What an instance knows. */
export interface EngineState {
  /** Place of each logical thread, see program.ts. */
  threads: number[];
  variables: Record<string, VariableValue>;
  readonly messages: Map<string, BoundMessage>;
  /** Values of the initialized correlation sets, in the order of their properties. */
  correlation: Record<string, readonly PropertyValue[]>;
  /** Exceptions being handled, by the number of the handler. */
  exceptions: Map<number, ExceptionValue>;
  /** Started delays, by the number of the Delay shape. */
  dues: Map<number, Due>;
  /** Delays started so far. */
  delays: number;
  /** Token that routes the response, by the two-way receive port. */
  tokens: Record<string, PropertyValue>;
}

/** The saved form; parts that are empty are left out. */
export interface SavedState {
  /** format */
  readonly f: number;
  /** threads */
  readonly t: readonly number[];
  /** variables */
  readonly v?: Record<string, Json>;
  /** messages: the id of a received one, or a constructed one itself */
  readonly m?: Record<string, string | SavedMessage>;
  /** correlation */
  readonly c?: Record<string, readonly PropertyValue[]>;
  /** exceptions */
  readonly x?: Record<string, ExceptionValue>;
  /** dues: UTC ms, timer, durable */
  readonly d?: Record<string, readonly [number, string, 0 | 1]>;
  /** delays */
  readonly n?: number;
  /** tokens */
  readonly k?: Record<string, PropertyValue>;
}

interface SavedMessage {
  readonly b: string;
  readonly p?: Readonly<Record<string, PropertyValue>>;
}

const MEMBERS = new Set(['f', 't', 'v', 'm', 'c', 'x', 'd', 'n', 'k'] satisfies readonly (keyof SavedState)[] as readonly string[]);

/**
 * Version 1: the first release, which did not say it. A saved state is part of a record: who raises this raises the format of the records
 * and of the snapshot too (messagebox/core), so that an older program refuses the folder before it runs anything. What the numbers in `t`
 * mean is no part of it but of the hash an instance is pinned to (orchestration/outline.ts).
 */
export const stateFormat: Format<SavedState> = {
  name: 'saved state',
  version: 2,
  lifts: [(state) => ({ ...(state as object), f: 2 })],
  check: (state) => {
    const { t } = state as Partial<SavedState>;
    if (!Array.isArray(t) || !t.every(Number.isInteger)) throw new Error('it has no threads');
    const unknown = Object.keys(state as object).find((name) => !MEMBERS.has(name));
    if (unknown !== undefined) throw new Error(`it has a member "${unknown}", which this version does not know`);
    return state as SavedState;
  },
};

/** A saved state from its text. Throws 'format.newer', or an ordinary Error for what is no saved state. @param of as errors call it */
export function readState(text: string, of: string): SavedState {
  const state: unknown = JSON.parse(text);
  if (typeof state !== 'object' || state === null) throw new Error('it is no saved state');
  return lifted(stateFormat, (state as { f?: unknown }).f ?? 1, state, of);
}

/** The state as JSON text. */
export function encodeState(state: EngineState): string {
  const saved: { -readonly [K in keyof SavedState]: SavedState[K] } = { f: stateFormat.version, t: state.threads };
  if (!isEmpty(state.variables)) saved.v = packVariables(state.variables);
  if (state.messages.size > 0) {
    saved.m = {};
    for (const [name, { received, message }] of state.messages)
      saved.m[name] = received ? message.id : { b: message.body, p: message.properties };
  }
  if (!isEmpty(state.correlation)) saved.c = state.correlation;
  if (state.exceptions.size > 0) saved.x = Object.fromEntries(state.exceptions);
  if (state.dues.size > 0) {
    saved.d = {};
    for (const [shape, due] of state.dues) saved.d[shape] = [due.at, due.timer, due.durable ? 1 : 0];
  }
  if (state.delays > 0) saved.n = state.delays;
  if (!isEmpty(state.tokens)) saved.k = state.tokens;
  return JSON.stringify(saved);
}

/**
 * The state back from its text. Throws as `readState` does.
 *
 * @param bind makes a message variable's value: from the id of a received message, or from a constructed body.
 */
export function decodeState(
  text: string,
  of: string,
  bind: (
    name: string,
    from: { readonly id: string } | { readonly body: string; readonly properties: Readonly<Record<string, PropertyValue>> },
  ) => BoundMessage,
): EngineState {
  const saved = readState(text, of);
  const messages = Object.entries(saved.m ?? {}).map(([name, value]): [string, BoundMessage] => [
    name,
    bind(name, typeof value === 'string' ? { id: value } : { body: value.b, properties: value.p ?? {} }),
  ]);
  return {
    threads: [...saved.t],
    variables: unpackVariables(saved.v ?? {}),
    messages: new Map(messages),
    correlation: saved.c ?? {},
    exceptions: new Map(Object.entries(saved.x ?? {}).map(([handler, exception]) => [Number(handler), exceptionOf(exception)])),
    dues: new Map(
      Object.entries(saved.d ?? {}).map(([shape, [at, timer, durable]]) => [Number(shape), { at, timer, durable: durable === 1 }]),
    ),
    delays: saved.n ?? 0,
    tokens: saved.k ?? {},
  };
}

/** The state of a new instance. */
export function newState(start: number, variables: Record<string, VariableValue>): EngineState {
  return {
    threads: [start],
    variables,
    messages: new Map(),
    correlation: {},
    exceptions: new Map(),
    dues: new Map(),
    delays: 0,
    tokens: {},
  };
}

function isEmpty(record: object): boolean {
  for (const _key in record) return false;
  return true;
}
