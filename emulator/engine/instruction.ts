/**
 * The instructions that orchestrations are made of: few and small. What comes after one is resolved beforehand, so a logical thread is a
 * single place and running needs no recursion.
 *
 * Places: a shape has its number in the outline, and the end of a branch, handler or compensation block the number of that block. Behind the
 * outline come places where no shape runs: of a scope or Call its end, its `stop` and its `defaultHandler`. Saved states carry places.
 */
import type { OrchestrationDefinition, PortDeclaration } from '../orchestration/definition.ts';
import type {
  CallShape,
  Code,
  CompensateShape,
  ConstructShape,
  DecideShape,
  DelayShape,
  ExpressionShape,
  GroupShape,
  ListenShape,
  LoopShape,
  ParallelShape,
  ReceiveShape,
  ScopeShape,
  SendShape,
  StartShape,
  SuspendShape,
  TerminateShape,
  ThrowShape,
  Transaction,
  TransformShape,
} from '../orchestration/shapes.ts';

/** The place after the last shape. */
export const END = -1;

/** The orchestration as a transaction: scopes are known by their numbers. */
export const ORCHESTRATION = -1;

/** What there is to do, and the shape each operation is made of. */
export interface Operations {
  /** Of who is started, or has a time-out: takes its parameters, and its time begins. */
  begin: undefined;
  receive: ReceiveShape;
  send: SendShape;
  construct: ConstructShape | TransformShape;
  evaluate: ExpressionShape;
  branch: DecideShape | LoopShape;
  wait: DelayShape;
  waitAny: ListenShape;
  fork: ParallelShape;
  /** One end of a branch of a Parallel: the thread ends, the last one goes on after the Parallel. */
  join: ParallelShape;
  enterScope: ScopeShape;
  /** The end of a scope's body, or of everything: what was sent with delivery notification has to leave first. */
  awaitDeliveries: ScopeShape | CallShape | undefined;
  leaveScope: ScopeShape;
  /** An exception of this scope waits until its threads have ended, handlers of ForcedTerminationException included. */
  stopScope: ScopeShape | CallShape;
  leaveHandler: ScopeShape;
  /** The default handler: compensates what is nested and throws again. The orchestration has one too. */
  defaultHandler: ScopeShape | CallShape | undefined;
  compensate: CompensateShape;
  leaveCompensation: ScopeShape | CallShape;
  /** Enters a called orchestration. */
  call: CallShape;
  /** Its end: gives back what the caller gets. */
  return: CallShape;
  start: StartShape;
  group: GroupShape;
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

/** What an instruction is in. */
export interface Around {
  /** The orchestration whose shape it is. */
  readonly frame: Frame;
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

/**
 * An orchestration where it runs: the one of the instance, or a called one. Each Call has one of its own, with shapes of its own, so that
 * nothing of two calls ever meets; a Call runs once at a time.
 */
export interface Frame {
  /** Number of the Call; `ORCHESTRATION` of the instance's own. */
  readonly number: number;
  /** With the declarations of all its scopes. */
  readonly definition: OrchestrationDefinition;
  /** The Call it is made of, and the orchestration that calls. */
  readonly call: { readonly shape: CallShape; readonly caller: Frame } | undefined;
  /** What its ports are: its own, or those it was given. */
  readonly ports: ReadonlyMap<string, PortOfFrame>;
  /** Names of the variables of the orchestration and of all its scopes. */
  readonly variables: ReadonlySet<string>;
  /** Names of the messages of the orchestration and of all its scopes. */
  readonly messages: ReadonlySet<string>;
  /** Numbers of the scopes that correlation sets belong to, by the set's name. */
  readonly owners: ReadonlyMap<string, number>;
  /** Transactional scopes by their names. */
  readonly transactions: ReadonlyMap<string, Scope>;
  /** Receives that follow a correlation set, by the set's name. */
  readonly followers: ReadonlyMap<string, readonly Follower[]>;
  /** By the number of each Receive. */
  readonly subscriptions: ReadonlyMap<number, SharedSubscription>;
  /** First values of the variables as text, so that every instance gets values of its own. */
  readonly initial: string;
}

/** What Receives that take the same messages wait for. */
export interface SharedSubscription {
  /** Number of the first of them. */
  readonly number: number;
  /** Numbers of the scopes whose correlation sets they follow. */
  readonly scopes: readonly number[];
}

/** A port, and the orchestration that declares and binds it. */
export interface PortOfFrame {
  readonly frame: number;
  readonly orchestration: string;
  readonly port: string;
  readonly declaration: PortDeclaration;
}

/** The Receives of one port, wherever it was given to, that get what carries its token: all of one message type, with one subscription. */
export interface Answer {
  readonly port: PortOfFrame;
  /** Number of the first of them. */
  readonly first: number;
  /** Name of that type; '' = any. */
  readonly type: string;
  /** Names of the types of the port's faults. */
  readonly faults: readonly string[];
}

export interface Follower {
  readonly number: number;
  readonly shape: ReceiveShape;
}

/** A Scope, or a called orchestration, as exceptions and transactions see it. */
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
  /** The orchestration it is in. */
  readonly frame: Frame;
  /** Names of what it declares for itself. */
  readonly variables: readonly string[];
  readonly messages: readonly string[];
  readonly correlationSets: readonly string[];
  /** It is a called orchestration. */
  readonly called: Frame | undefined;
  readonly stop: number;
  readonly defaultHandler: number;
}
