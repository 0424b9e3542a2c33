/**
 * The engine's door: what a host instance gives an orchestration and gets back. The engine is pure: no clock, no input or output, no
 * randomness of its own; time and message parsing come in, one commit at a time goes out (docs/architecture.md, "The doors").
 */
import type { FieldLocation, FieldValue, Message, MessageType, Properties } from '../orchestration/message.ts';
import type { Filter } from '../orchestration/predicates.ts';

/** What the engine needs from outside to read messages and to address them. All functions are deterministic. */
export interface EngineServices {
  /**
   * Promoted properties of a body that code made. Throws when the body is not well formed, or is one of another type. 'elsewhere': that takes
   * too long to be waited for, so the run stops with 'promote' and goes on with what somebody else found out.
   */
  promote(type: MessageType, body: string): Properties | 'elsewhere';
  /** One field of the body of a message; `undefined` when the body does not have it. Whoever gives it may have read it before. */
  field(type: MessageType, message: Message, location: FieldLocation): FieldValue | undefined;
  /** Context properties that a Send on a logical port of that orchestration adds (the binding from `cluster.json`). */
  sendProperties(port: string, orchestration: string): Properties;
  /** Context properties that a message for a logical receive port of that orchestration carries, besides its type. */
  receiveProperties(port: string, orchestration: string): Properties;
  /**
   * What code says to whoever looks. It is no part of the state, so what runs again says it again; without it nobody looks, and nothing is
   * done. Never throws.
   *
   * @param shape name of the shape the code belongs to
   */
  log?(instance: string, shape: string, text: string): void;
  /** What the host has checked; missing: nothing. */
  readonly correlation?: CorrelationChecks;
}

/** What is checked of the values that messages correlate by. */
export interface CorrelationChecks {
  /** A message that goes out or comes in for a set, and has other values than the set, is an exception of its shape. */
  readonly validate: boolean;
  /** Whether an empty text may initialize a set. */
  readonly empty: 'accept' | 'refuse';
}

/** A message waiting in the MessageBox for one receive of this instance. It is received again until a commit consumes it. */
export interface QueueEntry {
  readonly id: string;
  /** Id of the subscription that matched: the number of the Receive shape in the outline, with `.<n>` in the n-th Call of the instance. */
  readonly subscription: string;
  readonly message: Message;
}

export type EngineInput =
  /** Go on: first run, after an acknowledged persistence point, or after being granted from a persisted state. */
  | { readonly kind: 'continue' }
  | { readonly kind: 'deliver'; readonly entries: readonly QueueEntry[] }
  | { readonly kind: 'timer'; readonly timer: string }
  /** The only answer to a run that stopped with 'promote'. `properties` gives or throws what `EngineServices.promote` would. */
  | { readonly kind: 'promoted'; readonly properties: () => Properties }
  /**
   * The MessageBox has refused the commit that was taken last, because nobody subscribes to what it publishes: `publish` is the index. What
   * published it gets a PersistenceException.
   */
  | { readonly kind: 'refused'; readonly publish: number; readonly message: string }
  /** An operator asked for it (docs/behaviour.md, section 12.2). */
  | { readonly kind: 'suspend' };

/** Why the state is saved: the complete list of docs/behaviour.md, section 7.1 (4 comes with the debugger). */
export type PersistencePoint =
  'scope-end' | 'send' | 'start-orchestration' | 'breakpoint' | 'suspension' | 'shutdown' | 'dehydration' | 'end';

/** What an instance waits for while it is blocked. */
export type Wait =
  | { readonly kind: 'receive'; readonly shape: number; readonly subscription: string }
  | { readonly kind: 'timer'; readonly shape: number; readonly timer: string; /** UTC ms */ readonly due: number };

/** Where a run stopped. */
export type EngineResult =
  /** A persistence point was reached; `takeCommit()` gives what to commit, `continue` goes on after the acknowledgement. */
  | { readonly kind: 'persist' }
  /**
   * Every logical thread waits. `mustPersist`: a wait depends on a subscription that is not committed yet, so the instance has to
   * dehydrate now (persistence point 7) or no message would ever reach it. `atomic`: in an atomic scope, where nothing is saved; it cannot
   * dehydrate, and is not suspended before the scope ends. A shutdown lets the scope run again from its start.
   */
  | { readonly kind: 'blocked'; readonly waits: readonly Wait[]; readonly mustPersist: boolean; readonly atomic: boolean }
  /** Only where it was asked for: the code of this shape runs next, with any input. Nothing of the shape has happened yet. */
  | { readonly kind: 'about'; readonly shape: number }
  /** In the middle of a Construct: nothing can be committed, and nothing else happens, until it is known what the body promotes. */
  | { readonly kind: 'promote'; readonly type: MessageType; readonly body: string };

export type Outcome = 'running' | 'idle' | 'completed' | 'terminated' | 'suspended';

export interface InstanceError {
  readonly code: string;
  readonly message: string;
  /** Name of the shape it happened in. */
  readonly shape?: string;
}

/** A shape that ran: number in the outline, and ms since the start of the run the commit belongs to. */
export type TraceEntry = readonly [shape: number, at: number];

/** The body of what is published: the text, or the name under which the MessageBox has it. */
export type MadeBody = { readonly body: string; readonly bodyHash?: never } | { readonly body?: never; readonly bodyHash: string };

/** One commit: new state and everything that becomes true with it, entirely or not at all. */
export interface EngineCommit {
  /** The saved state as JSON text; `undefined` = unchanged since the last commit. */
  readonly state?: string;
  readonly consumed: readonly string[];
  /** In the order they were sent. The id of the n-th is `<instance>/<version>/<n>` and is given by the host. */
  readonly published: readonly (MadeBody & { readonly type: string; readonly properties: Properties; readonly shape: number })[];
  readonly subscribe: readonly { readonly id: string; readonly filter: Filter }[];
  readonly unsubscribe: readonly string[];
  /** Durable timers; set only when the instance goes idle. */
  readonly timers: readonly { readonly id: string; /** UTC ms */ readonly due: number }[];
  readonly cancelTimers: readonly string[];
  /** Ids of received messages the saved state still refers to; the MessageBox keeps them and hands them out with the next grant. */
  readonly holds: readonly string[];
  readonly trace: readonly TraceEntry[];
  /** Merged points in the order they were reached; more than one where the product merges (section 7.1). */
  readonly points: readonly PersistencePoint[];
  readonly outcome: Outcome;
  /** Why it is suspended or was terminated. */
  readonly error?: InstanceError;
}

/** One orchestration instance in the memory of a host instance. */
export interface Execution {
  run(input: EngineInput, now: number): EngineResult;
  /**
   * Everything since the last commit. `why` adds a reason that comes from the host: dehydration of a blocked instance, or shutdown of one that
   * is blocked or at a persistence point. With it the outcome is 'idle' unless the instance ends or is suspended, its waits on time become
   * durable timers, and an atomic scope that runs is given back.
   */
  takeCommit(why?: 'dehydration' | 'shutdown'): EngineCommit;
  /** Shapes that ran since the last commit and will run again if this host instance dies now ("at risk"). */
  atRisk(): readonly TraceEntry[];
}
