/** The state of an instance between two persistence points: plain data, kept short because every commit carries it. */
import { type Format, lifted } from '../format.ts';
import type { OutlineEntry } from '../orchestration/definition.ts';
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

/** A transaction that has committed, with what its compensation needs. */
export interface Completed {
  /** Number of its scope. */
  readonly scope: number;
  /** Its own variables as they were when it committed. */
  readonly variables: Readonly<Record<string, Json>>;
  readonly children: readonly Completed[];
}

/** What a transaction that runs, or is being compensated, knows of those nested in it. */
export interface TransactionState {
  /** To be compensated, in the order in which they committed. */
  children: Completed[];
  /** Numbers of the scopes that have committed. */
  readonly succeeded: Set<number>;
}

/** A Compensate, or a default handler, at work. */
export interface Compensation {
  /** What is still to do; the last one comes first. */
  readonly left: Completed[];
  /** Number of the scope whose compensation block runs. */
  running: number | undefined;
}

/** What an instance knows. */
export interface EngineState {
  /** Place of each logical thread, see instruction.ts. */
  threads: number[];
  variables: Record<string, VariableValue>;
  readonly messages: Map<string, BoundMessage>;
  /** Values of the initialized correlation sets, in the order of their properties. */
  correlation: Record<string, readonly PropertyValue[]>;
  /** Exceptions on their way or being handled, by the place of the handler, or where they wait for it. */
  exceptions: Map<number, ExceptionValue>;
  /** Started delays and time-outs, by the place of the Delay or Scope. */
  dues: Map<number, Due>;
  /** By the number of the scope, and `ORCHESTRATION`. */
  transactions: Map<number, TransactionState>;
  /** By the place of the Compensate or default handler. */
  compensations: Map<number, Compensation>;
  /** How often an atomic scope has run in vain, by its number. */
  retries: Map<number, number>;
  /** Delays and time-outs started so far. */
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
  /** transactions: children, numbers of those that succeeded */
  readonly a?: Record<string, readonly [readonly SavedCompleted[], readonly number[]]>;
  /** compensations: what is left, the one that runs */
  readonly q?: Record<string, readonly [readonly SavedCompleted[], number?]>;
  /** retries */
  readonly r?: Record<string, number>;
}

/** Scope, variables, children. */
type SavedCompleted = readonly [number, Readonly<Record<string, Json>>, readonly SavedCompleted[]];

interface SavedMessage {
  readonly b: string;
  readonly p?: Readonly<Record<string, PropertyValue>>;
}

const MEMBERS: ReadonlySet<string> = new Set<keyof SavedState>(['f', 't', 'v', 'm', 'c', 'x', 'd', 'n', 'k', 'a', 'q', 'r']);

/**
 * Version 1: the first release, which did not say it. Version 3: transactions. A saved state is part of a record: who raises this raises the
 * format of the records and of the snapshot too (messagebox/core), so that an older program refuses the folder before it runs anything. What
 * the numbers in `t` mean is no part of it but of the hash an instance is pinned to (orchestration/outline.ts).
 */
export const stateFormat: Format<SavedState> = {
  name: 'saved state',
  version: 3,
  lifts: [(state) => ({ ...(state as object), f: 2 }), (state) => ({ ...(state as object), f: 3 })],
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

/**
 * Behind the outline the engine has places of its own, where no shape runs: one of the orchestration, then so many of each scope, whether it
 * needs them or not, so that those of the others do not depend on what it has.
 */
export const PLACES_OF_A_SCOPE = 3;

/** The shape that a place of the engine belongs to; `undefined` for the orchestration's own. */
export function shapeAtPlace(outline: readonly Pick<OutlineEntry, 'kind'>[], place: number): number | undefined {
  if (place < outline.length) return place;
  const scopes = [...outline.keys()].filter((number) => outline[number]?.kind === 'scope');
  return place === outline.length ? undefined : scopes[Math.floor((place - outline.length - 1) / PLACES_OF_A_SCOPE)];
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
  if (state.transactions.size > 0) {
    saved.a = {};
    for (const [scope, { children, succeeded }] of state.transactions) saved.a[scope] = [children.map(saveCompleted), [...succeeded]];
  }
  if (state.compensations.size > 0) {
    saved.q = {};
    for (const [place, { left, running }] of state.compensations)
      saved.q[place] = running === undefined ? [left.map(saveCompleted)] : [left.map(saveCompleted), running];
  }
  if (state.retries.size > 0) saved.r = Object.fromEntries(state.retries);
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
    exceptions: numbered(saved.x, exceptionOf),
    dues: numbered(saved.d, ([at, timer, durable]) => ({ at, timer, durable: durable === 1 })),
    transactions: numbered(saved.a, ([children, succeeded]) => ({ children: children.map(toCompleted), succeeded: new Set(succeeded) })),
    compensations: numbered(saved.q, ([left, running]) => ({ left: left.map(toCompleted), running })),
    retries: numbered(saved.r, (times) => times),
    delays: saved.n ?? 0,
    tokens: saved.k ?? {},
  };
}

function saveCompleted({ scope, variables, children }: Completed): SavedCompleted {
  return [scope, variables, children.map(saveCompleted)];
}

function toCompleted([scope, variables, children]: SavedCompleted): Completed {
  return { scope, variables, children: children.map(toCompleted) };
}

/** What is saved by a number. */
function numbered<A, B>(saved: Readonly<Record<string, A>> | undefined, make: (value: A) => B): Map<number, B> {
  return new Map(Object.entries(saved ?? {}).map(([number, value]) => [Number(number), make(value)]));
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
    transactions: new Map(),
    compensations: new Map(),
    retries: new Map(),
    delays: 0,
    tokens: {},
  };
}

function isEmpty(record: object): boolean {
  for (const _key in record) return false;
  return true;
}
