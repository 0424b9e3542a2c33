/** The state of an instance between two persistence points: plain data, kept short because every commit carries it. */
import { type Format, lifted } from '../format.ts';
import type { Json } from '../orchestration/json.ts';
import type { PropertyValue } from '../orchestration/message.ts';
import type { ExceptionValue } from '../orchestration/shapes.ts';
import { exceptionOf } from './code.ts';
import { ORCHESTRATION } from './instruction.ts';
import type { BoundMessage } from './messages.ts';
import type { Completed, Delivery, EngineState, FrameState } from './state.ts';
import { packVariables, unpackVariables } from './variables.ts';

/** The saved form of a frame; parts that are empty are left out. */
export interface SavedFrame {
  /** variables */
  readonly v?: Record<string, Json>;
  /** messages: the id of a received one, or a constructed one itself */
  readonly m?: Record<string, string | SavedMessage>;
  /** correlation */
  readonly c?: Record<string, readonly PropertyValue[]>;
  /** tokens */
  readonly k?: Record<string, PropertyValue>;
}

/** The saved form, with the instance's own frame; parts that are empty are left out. */
export interface SavedState extends SavedFrame {
  /** format */
  readonly f: number;
  /** threads */
  readonly t: readonly number[];
  /** frames of calls, and of scopes whose correlation sets have values: activation, the frame */
  readonly s?: Record<string, SavedCall>;
  /** calls */
  readonly l?: number;
  /** exceptions */
  readonly x?: Record<string, ExceptionValue>;
  /** dues: UTC ms, timer, durable */
  readonly d?: Record<string, readonly [number, string, 0 | 1]>;
  /** delays */
  readonly n?: number;
  /** transactions: children, numbers of those that succeeded */
  readonly a?: Record<string, readonly [readonly SavedCompleted[], readonly number[]]>;
  /** compensations: what is left, the one that runs, calls that know again what they knew */
  readonly q?: Record<string, readonly [readonly SavedCompleted[], (number | null)?, (readonly number[])?]>;
  /** retries */
  readonly r?: Record<string, number>;
  /** deliveries: how many were sent, those that are awaited */
  readonly w?: readonly [number, readonly SavedDelivery[]];
}

/** Number, shape, scope, failure. */
type SavedDelivery = readonly [number, number, number, string?];

type SavedCall = readonly [activation: number, frame: SavedFrame];

/** Scope, variables, children, what a called orchestration knew, or the messages and sets that a scope had of its own. */
type SavedCompleted = readonly [number, Readonly<Record<string, Json>>, readonly SavedCompleted[], SavedCall?];

interface SavedMessage {
  readonly b: string;
  readonly p?: Readonly<Record<string, PropertyValue>>;
}

const MEMBERS: ReadonlySet<string> = new Set<keyof SavedState>([
  ...(['f', 't', 'v', 'm', 'c', 'x', 'd', 'n', 'k', 'a', 'q', 'r', 's', 'l', 'w'] as const),
]);

/**
 * Version 1: the first release, which did not say it. Version 3: transactions, calls and deliveries. A saved state is part of a record: who raises this raises the
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

/** The state as JSON text. */
export function encodeState(state: EngineState): string {
  const saved: Writable<SavedState> = { f: stateFormat.version, t: state.threads };
  for (const [number, frame] of state.frames) {
    if (number === ORCHESTRATION) saveFrame(frame, saved);
    else (saved.s ??= {})[number] = saveCall(frame);
  }
  if (state.calls > 0) saved.l = state.calls;
  if (state.exceptions.size > 0) saved.x = Object.fromEntries(state.exceptions);
  if (state.dues.size > 0) {
    saved.d = {};
    for (const [shape, due] of state.dues) saved.d[shape] = [due.at, due.timer, due.durable ? 1 : 0];
  }
  if (state.delays > 0) saved.n = state.delays;
  if (state.transactions.size > 0) {
    saved.a = {};
    for (const [scope, { children, succeeded }] of state.transactions) saved.a[scope] = [children.map(saveCompleted), [...succeeded]];
  }
  if (state.compensations.size > 0) {
    saved.q = {};
    for (const [place, { left, running, recalled }] of state.compensations) {
      if (recalled.length > 0) saved.q[place] = [left.map(saveCompleted), running ?? null, recalled];
      else saved.q[place] = running === undefined ? [left.map(saveCompleted)] : [left.map(saveCompleted), running];
    }
  }
  if (state.retries.size > 0) saved.r = Object.fromEntries(state.retries);
  if (state.deliveries) saved.w = [state.deliveries.sent, state.deliveries.awaited.map(saveDelivery)];
  return JSON.stringify(saved);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function saveFrame({ variables, messages, correlation, tokens }: FrameState, saved: Writable<SavedFrame>): SavedFrame {
  if (!isEmpty(variables)) saved.v = packVariables(variables);
  if (messages.size > 0) {
    saved.m = {};
    for (const [name, { received, message }] of messages)
      saved.m[name] = received ? message.id : { b: message.body, p: message.properties };
  }
  if (!isEmpty(correlation)) saved.c = correlation;
  if (!isEmpty(tokens)) saved.k = tokens;
  return saved;
}

function saveDelivery({ number, shape, scope, failure }: Delivery): SavedDelivery {
  return failure === undefined ? [number, shape, scope] : [number, shape, scope, failure];
}

function saveCall(frame: FrameState): SavedCall {
  return [frame.activation, saveFrame(frame, {})];
}

function saveCompleted({ scope, variables, children, frame }: Completed): SavedCompleted {
  const saved = [scope, variables, children.map(saveCompleted)] as const;
  return frame === undefined ? saved : [...saved, saveCall(frame)];
}

/** Makes a message variable's value: from the id of a received message, or from a constructed body. `frame`: the number of its Call. */
export type Bind = (
  frame: number,
  name: string,
  from: { readonly id: string } | { readonly body: string; readonly properties: Readonly<Record<string, PropertyValue>> },
) => BoundMessage;

/** The state back from its text. Throws as `readState` does. */
export function decodeState(text: string, of: string, bind: Bind): EngineState {
  const saved = readState(text, of);
  const completed = ([scope, variables, children, call]: SavedCompleted): Completed => ({
    ...{ scope, variables, children: children.map(completed) },
    frame: call && toFrame(scope, call, bind),
  });
  return {
    threads: [...saved.t],
    frames: new Map([
      [ORCHESTRATION, toFrame(ORCHESTRATION, [0, saved], bind)],
      ...Object.entries(saved.s ?? {}).map(([number, call]) => [Number(number), toFrame(Number(number), call, bind)] as const),
    ]),
    calls: saved.l ?? 0,
    exceptions: numbered(saved.x, exceptionOf),
    dues: numbered(saved.d, ([at, timer, durable]) => ({ at, timer, durable: durable === 1 })),
    transactions: numbered(saved.a, ([children, succeeded]) => ({ children: children.map(completed), succeeded: new Set(succeeded) })),
    compensations: numbered(saved.q, ([left, running, recalled]) => ({
      ...{ left: left.map(completed), running: running ?? undefined, recalled: [...(recalled ?? [])] },
    })),
    retries: numbered(saved.r, (times) => times),
    delays: saved.n ?? 0,
    deliveries: saved.w && { sent: saved.w[0], awaited: saved.w[1].map(toDelivery) },
  };
}

function toDelivery([number, shape, scope, failure]: SavedDelivery): Delivery {
  return { number, shape, scope, ...(failure !== undefined && { failure }) };
}

function toFrame(number: number, [activation, { v = {}, m = {}, c = {}, k = {} }]: SavedCall, bind: Bind): FrameState {
  const messages = Object.entries(m).map(([name, value]): [string, BoundMessage] => [
    name,
    bind(number, name, typeof value === 'string' ? { id: value } : { body: value.b, properties: value.p ?? {} }),
  ]);
  return { activation, variables: unpackVariables(v), messages: new Map(messages), correlation: c, tokens: k };
}

/** What is saved by a number. */
function numbered<A, B>(saved: Readonly<Record<string, A>> | undefined, make: (value: A) => B): Map<number, B> {
  return new Map(Object.entries(saved ?? {}).map(([number, value]) => [Number(number), make(value)]));
}

function isEmpty(record: object): boolean {
  for (const _key in record) return false;
  return true;
}
