/**
 * The shapes of an orchestration (docs/behaviour.md, section 10). The tree is data: it is drawn, validated, hashed and walked by
 * the engine. Code belongs to shapes as functions of the scope.
 */
import type { Decimal } from './decimal.ts';
import type { VariableValue } from './json.ts';
import type { FieldValue, Message, MessageType } from './message.ts';
import type { Filter } from './predicates.ts';

/** A logical port of an orchestration; `cluster.json` binds it. */
export interface PortDeclaration {
  readonly direction: 'receive' | 'send';
  /** Request and response go through the same port: one is sent, the other received. */
  readonly twoWay: boolean;
  /** Names of messages, each of a type of its own, that may come or go as the response instead: faults. */
  readonly faults?: readonly string[];
  /** Whoever is given the port sends to the instance it is of. */
  readonly selfCorrelating?: true;
  /** What is sent through this one-way port has left before the scope around its Send ends, or that gets an exception. */
  readonly deliveryNotification?: boolean;
}

/** One orchestration: what is drawn, validated, hashed and run. */
export interface OrchestrationDefinition {
  readonly name: string;
  readonly messages: Readonly<Record<string, MessageType>>;
  /** Initial values. */
  readonly variables: Readonly<Record<string, VariableValue>>;
  /** Correlation set name -> the promoted properties it consists of. */
  readonly correlationSets: Readonly<Record<string, readonly string[]>>;
  readonly ports: Readonly<Record<string, PortDeclaration>>;
  /** Transactional scopes are nested only in transactional orchestrations; without it there is none. */
  readonly transaction?: 'longRunning';
  /** How long a long-running one may take: ms from its start, or an absolute UTC time in ms. Then a TimeoutException leaves it. */
  readonly timeout?: Code<number | { readonly at: number }>;
  /**
   * What it gets from whoever calls or starts it: names of its messages, variables, correlation sets and ports. Only an orchestration that
   * says this, be it that it gets nothing, can be called or started; no message activates it.
   */
  readonly parameters?: Readonly<Record<string, Direction>>;
  readonly body: readonly Shape[];
  /** Undoes what it did, when it has been called, has ended, and what is around the Call fails. */
  readonly compensation?: { readonly name: string; readonly body: readonly Shape[] };
}

/** What code in a shape can see and change. Messages are read-only: only Construct builds them. */
export interface CodeScope {
  /** The declared variables; assigned values must survive JSON. A name that is not declared is refused. */
  readonly variables: Record<string, VariableValue>;
  /** Received or constructed messages by name, with their distinguished and promoted fields. */
  readonly messages: Readonly<Record<string, ReadableMessage>>;
  /** The exception being handled; only inside an exception handler. */
  readonly exception?: ExceptionValue;
  readonly instanceId: string;
  /** True when the transaction of that name has committed, as part of the one around it that runs now. */
  readonly succeeded: (transaction: string) => boolean;
  /** The MessageBox's wall clock at the start of this run, in ms since 1970. The only clock code may use. */
  readonly now: number;
  /** Writes a line to the log of the host instance. Nothing is saved of it, and it never throws. */
  readonly log: (text: string, ...values: readonly unknown[]) => void;
}

/** A message as code sees it. A promoted number that a double would change is a text in its `properties`. */
export interface ReadableMessage extends Message {
  /** Value of a distinguished or promoted field of the message's type; missing in the body, or without a value there = undefined. */
  field(name: string): FieldValue | undefined;
  /** The parsed body of a JSON message, read-only; a number that a double would change is a Decimal. For XML the body text. */
  readonly content: unknown;
}

/** An exception inside an orchestration. Handlers match its type or one of its base types. */
export interface ExceptionValue {
  readonly type: string;
  readonly message: string;
  /** Base types, nearest first. Every exception is a `System.Exception`, so that one is not written here. */
  readonly bases?: readonly string[];
  /** Of a RetryTransactionException: ms until the atomic scope runs again. */
  readonly delay?: number;
  /** Name of the shape it came from. */
  readonly from?: string;
}

export type Code<T> = (scope: CodeScope) => T;

interface ShapeBase {
  /** Unique in the definition. */
  readonly name: string;
}

export interface ReceiveShape extends ShapeBase {
  readonly kind: 'receive';
  readonly port: string;
  /** Name of the message the body goes to. */
  readonly message: string;
  /** Creates the instance; only for the first shape (or all first receives of a Listen or Parallel). */
  readonly activate: boolean;
  /** Extra predicates of an activating receive. */
  readonly filter: Filter;
  readonly initializes: readonly string[];
  readonly follows: readonly string[];
}

export interface SendShape extends ShapeBase {
  readonly kind: 'send';
  readonly port: string;
  readonly message: string;
  readonly initializes: readonly string[];
  readonly follows: readonly string[];
  /** Address of a dynamic send port, evaluated when the message is sent. */
  readonly address?: Code<string>;
}

/** What Message Assignment yields: a body (text, or a value for JSON) and context properties to set. */
export interface Assignment {
  /** A decimal in a value becomes a JSON number with all its digits. */
  readonly body: VariableValue;
  readonly properties?: Readonly<Record<string, string | number | boolean | Decimal>>;
}

export interface ConstructShape extends ShapeBase {
  readonly kind: 'construct';
  readonly message: string;
  readonly assign: Code<Assignment>;
}

/** Applies a map: messages are made of messages. A map is code for now; it gets what it reads and gives the bodies in the order of `to`. */
export interface TransformShape extends ShapeBase {
  readonly kind: 'transform';
  /** Names of the messages the map reads. */
  readonly from: readonly string[];
  /** Names of the messages it makes. */
  readonly to: readonly string[];
  readonly map: Code<readonly Assignment['body'][]>;
}

export interface ExpressionShape extends ShapeBase {
  readonly kind: 'expression';
  readonly run: Code<void>;
}

export interface DecideShape extends ShapeBase {
  readonly kind: 'decide';
  readonly rules: readonly { readonly name: string; readonly when: Code<boolean>; readonly body: readonly Shape[] }[];
  readonly otherwise: readonly Shape[];
}

export interface LoopShape extends ShapeBase {
  readonly kind: 'loop';
  readonly while: Code<boolean>;
  readonly body: readonly Shape[];
}

export interface DelayShape extends ShapeBase {
  readonly kind: 'delay';
  /** Milliseconds from now (0 or more), or an absolute UTC time in ms; one in the past is over at once. */
  readonly until: Code<number | { readonly at: number }>;
}

export interface ListenShape extends ShapeBase {
  readonly kind: 'listen';
  /** Each branch starts with a Receive or a Delay; the first to fire wins. */
  readonly branches: readonly { readonly name: string; readonly body: readonly Shape[] }[];
}

export interface ParallelShape extends ShapeBase {
  readonly kind: 'parallel';
  readonly branches: readonly { readonly name: string; readonly body: readonly Shape[] }[];
}

export interface ScopeShape extends ShapeBase {
  readonly kind: 'scope';
  readonly transaction: Transaction;
  /** No two synchronized scopes of an instance run at the same time. Atomic ones always are. */
  readonly synchronized?: boolean;
  /** How long the body of a long-running scope may take: ms from its start, or an absolute UTC time in ms. Then it gets a TimeoutException. */
  readonly timeout?: Code<number | { readonly at: number }>;
  /** false: an atomic scope does not run again after a RetryTransactionException or a PersistenceException. */
  readonly retry?: boolean;
  /** Variables of this scope with their initial values: they exist while its body runs, and again for its compensation. */
  readonly variables?: Readonly<Record<string, VariableValue>>;
  /** Messages of this scope: they have no value yet when it is entered, and are gone when it is left. */
  readonly messages?: OrchestrationDefinition['messages'];
  /** Correlation sets of this scope: each is initialized at most once between entry and end, and nothing comes by it afterwards. */
  readonly correlationSets?: OrchestrationDefinition['correlationSets'];
  readonly body: readonly Shape[];
  /** Tried in order; `exception: '*'` matches every type. */
  readonly handlers: readonly { readonly name: string; readonly exception: string; readonly body: readonly Shape[] }[];
  /** Undoes what the transaction did, once it has committed. Without it what is nested is compensated, last first. */
  readonly compensation?: { readonly name: string; readonly body: readonly Shape[] };
}

/** Kinds of scopes and of orchestrations (docs/behaviour.md, section 9.1). */
export type Transaction = 'none' | 'longRunning' | 'atomic';

export interface CompensateShape extends ShapeBase {
  readonly kind: 'compensate';
  /** Name of the nested transaction; without it, all that are nested in the current one, last first. */
  readonly transaction?: string;
}

/** What a Call or Start gives for parameters: for the name of each, the name of something the caller has declared. */
export type Arguments = Readonly<Partial<Record<Direction, Readonly<Record<string, string>>>>>;

/** `in`: the callee gets its value; `out`: the caller gets it at the end; `ref`: both. */
export type Direction = 'in' | 'out' | 'ref';

/** Runs another orchestration inside this instance, and goes on when it has ended. */
export interface CallShape extends ShapeBase {
  readonly kind: 'call';
  readonly orchestration: OrchestrationDefinition;
  readonly arguments: Arguments;
}

/** Has the MessageBox start an instance of another orchestration, which runs by itself. */
export interface StartShape extends ShapeBase {
  readonly kind: 'start';
  readonly orchestration: OrchestrationDefinition;
  readonly arguments: Arguments;
}

/** Shapes drawn as one; it does nothing else. */
export interface GroupShape extends ShapeBase {
  readonly kind: 'group';
  readonly body: readonly Shape[];
}

export interface ThrowShape extends ShapeBase {
  readonly kind: 'throw';
  /** Without it, the exception being handled is thrown again. */
  readonly exception?: Code<ExceptionValue>;
}

export interface TerminateShape extends ShapeBase {
  readonly kind: 'terminate';
  readonly reason: Code<string>;
}

export interface SuspendShape extends ShapeBase {
  readonly kind: 'suspend';
  readonly reason: Code<string>;
}

export type Shape =
  | ReceiveShape
  | SendShape
  | ConstructShape
  | TransformShape
  | ExpressionShape
  | DecideShape
  | LoopShape
  | DelayShape
  | ListenShape
  | ParallelShape
  | ScopeShape
  | CompensateShape
  | CallShape
  | StartShape
  | GroupShape
  | ThrowShape
  | TerminateShape
  | SuspendShape;
