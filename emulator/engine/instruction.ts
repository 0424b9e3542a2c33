/**
 * The instructions that orchestrations are made of: few and small, one for each number of the outline that a logical thread can stand at.
 * What comes after one is resolved beforehand, so a logical thread is a single place and running needs no recursion.
 */
import type {
  Code,
  ConstructShape,
  DecideShape,
  DelayShape,
  ExpressionShape,
  ListenShape,
  LoopShape,
  ParallelShape,
  ReceiveShape,
  ScopeShape,
  SendShape,
  SuspendShape,
  TerminateShape,
  ThrowShape,
} from '../orchestration/shapes.ts';

/** The place after the last shape. */
export const END = -1;

/** What there is to do, and the shape each operation is made of. */
export interface Operations {
  receive: ReceiveShape;
  send: SendShape;
  construct: ConstructShape;
  evaluate: ExpressionShape;
  branch: DecideShape | LoopShape;
  wait: DelayShape;
  waitAny: ListenShape;
  fork: ParallelShape;
  /** One end of a branch of a Parallel: the thread ends, the last one goes on after the Parallel. */
  join: ParallelShape;
  enterScope: ScopeShape;
  leaveHandler: ScopeShape;
  throw: ThrowShape;
  end: TerminateShape;
  suspend: SuspendShape;
}

export type Operation = keyof Operations;

/** One instruction. All have the same members, so that running them costs the same. */
export interface InstructionOf<K extends Operation> {
  readonly operation: K;
  /** Number in the outline of the shape that runs, or of the branch or handler that has ended; saved states carry it. */
  readonly place: number;
  readonly shape: Operations[K];
  /** Number of that shape; another than the place where a branch or handler of it has ended. */
  readonly number: number;
  /** Highest number inside the shape. */
  readonly last: number;
  /** Where the thread goes on afterwards. */
  readonly next: number;
  /** First places of the inner sequences: rules and else, branches, bodies. */
  readonly first: readonly number[];
  /** Conditions of a branch, in order; the n-th one leads to the n-th inner sequence. */
  readonly conditions: readonly Code<boolean>[];
  /** Scopes whose body this is in, innermost first. */
  readonly scopes: readonly ScopeHandlers[];
  /** Place of the handler this is in, if any. */
  readonly handler: number | undefined;
}

export type Instruction = { [K in Operation]: InstructionOf<K> }[Operation];

/** A Scope with its exception handlers. */
export interface ScopeHandlers {
  readonly number: number;
  readonly last: number;
  readonly handlers: readonly { readonly number: number; readonly exception: string; readonly first: number }[];
}
