/**
 * The instructions that orchestrations are made of: few and small. What comes after one is resolved beforehand, so a logical thread is a
 * single place and running needs no recursion.
 *
 * Places: a shape has its number in the outline, and the end of a branch, handler or compensation block the number of that block. Behind the
 * outline come places where no shape runs: the end of a scope, its `stop` and its `defaultHandler`. Saved states carry places.
 */
import type {
  Code,
  CompensateShape,
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
  Transaction,
} from '../orchestration/shapes.ts';

/** The place after the last shape. */
export const END = -1;

/** The orchestration as a transaction: scopes are known by their numbers. */
export const ORCHESTRATION = -1;

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
  leaveScope: ScopeShape;
  /** An exception of this scope waits until its threads have ended, handlers of ForcedTerminationException included. */
  stopScope: ScopeShape;
  leaveHandler: ScopeShape;
  /** The default handler: compensates what is nested and throws again. The orchestration has one too. */
  defaultHandler: ScopeShape | undefined;
  compensate: CompensateShape;
  leaveCompensation: ScopeShape;
  throw: ThrowShape;
  end: TerminateShape;
  suspend: SuspendShape;
}

export type Operation = keyof Operations;

/** One instruction. All have the same members, so that running them costs the same. */
export interface InstructionOf<K extends Operation> {
  readonly operation: K;
  readonly place: number;
  readonly shape: Operations[K];
  /** Number of that shape. */
  readonly number: number;
  /** Highest number inside the shape. */
  readonly last: number;
  /** Where the thread goes on afterwards. */
  readonly next: number;
  /** First places of the inner sequences: rules and else, branches, bodies. */
  readonly first: readonly number[];
  /** Conditions of a branch, in order; the n-th one leads to the n-th inner sequence. */
  readonly conditions: readonly Code<boolean>[];
  /** The scope itself, of the instructions that are made of one. */
  readonly scope: Scope | undefined;
  readonly around: Around;
}

export type Instruction = { [K in Operation]: InstructionOf<K> }[Operation];

/** All but the default handler of the orchestration are made of a shape. */
export type InstructionWithCode = Exclude<Instruction, InstructionOf<'defaultHandler'>>;

/** What an instruction is in. */
export interface Around {
  /** Scopes whose body this is in, innermost first, as far as the compensation block this is in. */
  readonly scopes: readonly Scope[];
  /** Place of the handler this is in, if any. */
  readonly handler: number | undefined;
  /** Number of the transaction whose handler or compensation block this is in: the one a Compensate is for. */
  readonly transaction: number;
  /** The scope whose compensation block this is in: exceptions go on where it was called. */
  readonly compensates: Scope | undefined;
  /** True inside an atomic scope, where nothing is saved. */
  readonly atomic: boolean;
}

/** A Scope, as exceptions and transactions see it. */
export interface Scope {
  readonly number: number;
  readonly last: number;
  readonly name: string;
  readonly transaction: Transaction;
  /** Runs at no time with another such scope. */
  readonly synchronized: boolean;
  readonly handlers: readonly { readonly number: number; readonly exception: string; readonly first: number }[];
  /** Number of the transaction it is nested in. */
  readonly parent: number;
  /** Where its compensation block begins. */
  readonly compensation: number | undefined;
  /** Something in it is to be compensated by code that was written for it. */
  readonly compensable: boolean;
  /** Names of its own variables. */
  readonly variables: readonly string[];
  readonly stop: number;
  readonly defaultHandler: number;
}
