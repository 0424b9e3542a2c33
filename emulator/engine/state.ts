/** What an instance knows. How it is saved is in savedState.ts. */
import type { OutlineEntry } from '../orchestration/definition.ts';
import type { Json, VariableValue } from '../orchestration/json.ts';
import type { PropertyValue } from '../orchestration/message.ts';
import type { ExceptionValue } from '../orchestration/shapes.ts';
import { ORCHESTRATION } from './instruction.ts';
import type { BoundMessage } from './messages.ts';

/** A Delay that has started. */
export interface Due {
  /** UTC ms. */
  at: number;
  /** `<shape>.<n-th delay of this instance>`: the same when the instance runs again from the same state. */
  readonly timer: string;
  /** The MessageBox keeps a timer for it. */
  durable: boolean;
}

/** What one orchestration of the instance knows: its own one, or one that is called. */
export interface FrameState {
  /**
   * The n-th of the calls, and of the scopes whose sets got values, of this instance; 0 for what is there from the start. Subscriptions of two
   * calls of one shape, or of two turns of one scope, differ by it.
   */
  readonly activation: number;
  readonly variables: Record<string, VariableValue>;
  readonly messages: Map<string, BoundMessage>;
  /** Values of the initialized correlation sets, in the order of their properties. */
  correlation: Record<string, readonly PropertyValue[]>;
  /** Token that routes the response, by the two-way receive port. */
  tokens: Record<string, PropertyValue>;
}

/** A transaction that has committed, with what its compensation needs. */
export interface Completed {
  /** Number of its scope or Call. */
  readonly scope: number;
  /** Its own variables as they were when it committed. */
  readonly variables: Readonly<Record<string, Json>>;
  readonly children: readonly Completed[];
  /** Of a called orchestration all that it knew, of a scope its own messages and correlation sets. */
  readonly frame: FrameState | undefined;
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
  /** Numbers of the calls that have ended and know again what they knew, because what is nested in them is compensated. */
  readonly recalled: number[];
}

/** A message that was sent with delivery notification, and is not known to have left. */
export interface Delivery {
  /** It is the n-th one of the instance. */
  readonly number: number;
  /** Place of its Send. */
  readonly shape: number;
  /** Number of the scope that waits for it, or `ORCHESTRATION`. */
  readonly scope: number;
  /** Why it did not leave. */
  readonly failure?: string;
}

/** Replaced and never changed, because the one of before may be needed again (atomic.ts, refusal.ts). */
export interface Deliveries {
  /** Messages sent with delivery notification so far. */
  readonly sent: number;
  readonly awaited: readonly Delivery[];
}

/** What an instance knows. */
export interface EngineState {
  /** Place of each logical thread, see instruction.ts. */
  threads: number[];
  /** By the number of the Call, and `ORCHESTRATION`; by that of a scope whose correlation sets have values, with its `activation` alone. */
  frames: Map<number, FrameState>;
  /** Orchestrations called so far, and scopes whose correlation sets got values. */
  calls: number;
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
  /** `undefined` before the first Send with delivery notification. */
  deliveries: Deliveries | undefined;
}

/**
 * Behind the outline the engine has places of its own, where no shape runs: one of the orchestration, then so many of each scope and Call,
 * whether it needs them or not, so that those of the others do not depend on what it has. Then those of `placesBehind`.
 */
export const PLACES_OF_A_SCOPE = 3;

/** Where the orchestration that is started begins, and behind it where each scope and Call, then the orchestration itself, waits for deliveries. */
export function placesBehind(size: number, scopes: number): { readonly begin: number; readonly deliveries: number } {
  const begin = size + 1 + PLACES_OF_A_SCOPE * scopes;
  return { begin, deliveries: begin + 1 };
}

/** Numbers of the scopes and Calls. */
export function scopesOf(outline: readonly Pick<OutlineEntry, 'kind'>[]): number[] {
  return [...outline.keys()].filter((number) => outline[number]?.kind === 'scope' || outline[number]?.kind === 'call');
}

/** The shape that a place of the engine belongs to; `undefined` for the orchestration's own. */
export function shapeAtPlace(outline: readonly Pick<OutlineEntry, 'kind'>[], place: number): number | undefined {
  if (place < outline.length) return place;
  const scopes = scopesOf(outline);
  const { begin, deliveries } = placesBehind(outline.length, scopes.length);
  if (place === outline.length) return undefined;
  return place < begin ? scopes[Math.floor((place - outline.length - 1) / PLACES_OF_A_SCOPE)] : scopes[place - deliveries];
}

/** The state of a new instance. */
export function newState(start: number, variables: Record<string, VariableValue>): EngineState {
  return {
    threads: [start],
    frames: new Map([[ORCHESTRATION, newFrameState(0, variables)]]),
    calls: 0,
    exceptions: new Map(),
    dues: new Map(),
    transactions: new Map(),
    compensations: new Map(),
    retries: new Map(),
    delays: 0,
    deliveries: undefined,
  };
}

/** What an orchestration knows when it begins. */
export function newFrameState(activation: number, variables: Record<string, VariableValue>): FrameState {
  return { activation, variables, messages: new Map(), correlation: {}, tokens: {} };
}

/** A state that is not changed when this one is; values of variables are shared, because only code changes them. */
export function copyOfState(state: EngineState): EngineState {
  const { frames, transactions, compensations } = state;
  const copied = <T>(map: ReadonlyMap<number, T>, copy: (value: T) => T): Map<number, T> =>
    new Map([...map].map(([key, value]) => [key, copy(value)]));
  return {
    ...state,
    threads: [...state.threads],
    frames: copied(frames, (frame) => ({ ...frame, variables: { ...frame.variables }, messages: new Map(frame.messages) })),
    exceptions: new Map(state.exceptions),
    dues: copied(state.dues, (due) => ({ ...due })),
    transactions: copied(transactions, ({ children, succeeded }) => ({ children: [...children], succeeded: new Set(succeeded) })),
    compensations: copied(compensations, (work) => ({ ...work, left: [...work.left], recalled: [...work.recalled] })),
    retries: new Map(state.retries),
  };
}

/** Ids of received messages that a state refers to: those of what can still be compensated too. */
export function holdsOf({ frames, transactions, compensations }: EngineState): readonly string[] {
  const ids: string[] = [];
  for (const frame of frames.values()) addHeld(frame, ids);
  for (const { children } of transactions.values()) addHeldOf(children, ids);
  for (const { left } of compensations.values()) addHeldOf(left, ids);
  return ids.length > 1 ? [...new Set(ids)] : ids;
}

function addHeld({ messages }: FrameState, ids: string[]): void {
  for (const { received, message } of messages.values()) if (received) ids.push(message.id);
}

function addHeldOf(completed: readonly Completed[], ids: string[]): void {
  for (const { frame, children } of completed) {
    if (frame) addHeld(frame, ids);
    addHeldOf(children, ids);
  }
}
