/**
 * The protocol between a host instance and the MessageBox. A WebSocket message is a JSON array of frames: everything one side had to
 * say in one turn of its event loop. Ownership rules: docs/architecture.md, "Who owns an instance" (generation, session, lock,
 * version).
 */
import type { EngineCommit, InstanceError, TraceEntry } from '../../engine/door.ts';
import type { OutlineEntry } from '../../orchestration/definition.ts';
import type { Properties } from '../../orchestration/message.ts';
import type { Filter } from '../../orchestration/predicates.ts';

/** Raise when a peer of the last version could misread a frame. */
export const PROTOCOL_VERSION = 1;

/** A service the host instances of a host can run: an orchestration, a send port or a two-way receive location. */
export interface Service {
  /** `name@hash` for an orchestration, the name otherwise: what an instance is pinned to. */
  readonly id: string;
  readonly name: string;
  readonly kind: 'orchestration' | 'sendPort' | 'receiveLocation';
  readonly host: string;
  /** Activation subscriptions; a match creates an instance. */
  readonly activations: readonly Activation[];
  /** The shapes, by their number; kept for the history. Files of their sources are relative to the folder of the group file. */
  readonly outline: readonly OutlineEntry[];
}

export interface Activation {
  /** Number of the activating Receive shape. */
  readonly id: string;
  readonly filter: Filter;
  /**
   * Instance subscriptions that the MessageBox creates together with the instance, because the activating Receive initializes the
   * correlation sets they follow. This is the convoy rule (docs/behaviour.md, section 11): a message that matches one of them joins
   * the existing instance instead of activating another, atomically.
   */
  readonly follows: readonly {
    readonly id: string;
    readonly filter: Filter;
    /** promoted properties whose value comes from the activating message */ readonly correlation: readonly string[];
  }[];
}

/** A message on its way into the MessageBox. Either a body, or the hash of a body put there before (`putBody`). */
export interface NewMessage {
  readonly type: string;
  readonly properties: Properties;
  readonly body?: string;
  readonly bodyHash?: string;
}

/** A stored message as it is handed to a host instance. */
export interface StoredMessage extends NewMessage {
  readonly id: string;
}

export interface GrantedInstance {
  readonly instance: string;
  readonly service: string;
  readonly lock: string;
  readonly version: number;
  /** `null` before the first commit. */
  readonly state: string | null;
  readonly queue: readonly DeliveredEntry[];
  /** Messages the state refers to. */
  readonly held: readonly StoredMessage[];
  /** Timers that fired and are not yet consumed are in the queue; these are still running. */
  readonly timers: readonly { readonly id: string; readonly due: number }[];
  /** Runs alone: a host instance died on it at least twice (docs/failure-model.md, 4.6). */
  readonly alone: boolean;
  /** A host instance died while it held this: the MessageBox is told of each shape before its code runs. */
  readonly tellAhead: boolean;
  /** How often a persisted instance changed its owner. */
  readonly takeovers: number;
}

/** A queue entry: a message for a subscription, or a timer that fired. */
export interface DeliveredEntry {
  readonly id: string;
  readonly subscription: string;
  readonly message?: StoredMessage;
  readonly timer?: string;
}

export interface CommitFrame extends Omit<EngineCommit, 'published'> {
  readonly kind: 'commit';
  /** `instance#version@lock`; the same for every retry of the same commit. */
  readonly id: string;
  readonly instance: string;
  readonly lock: string;
  /** Version the commit was made from. */
  readonly base: number;
  readonly published: readonly (NewMessage & { readonly shape: number })[];
  /** With outcome 'idle': the subscriptions and timers it waits for; only these wake it. */
  readonly waits?: readonly string[];
}

/** Host instance -> MessageBox. */
export type HostFrame =
  | {
      readonly kind: 'hello';
      readonly protocol: number;
      readonly hostInstance: string;
      readonly host: string;
      readonly computer: string;
      readonly pid: number;
      readonly services: readonly Service[];
      /** Work held before the connection was lost; the MessageBox gives new locks for what is still current. */
      readonly resume: readonly { readonly instance: string; readonly version: number; readonly pending?: string }[];
    }
  /** Room for so many more instances. */
  | { readonly kind: 'pull'; readonly credit: number }
  | { readonly kind: 'heartbeat'; readonly loopLagMs: number; readonly active: number; readonly rssMb: number }
  | CommitFrame
  /** The instance is blocked in memory; what ran since its last commit is at risk. */
  | {
      readonly kind: 'progress';
      readonly instance: string;
      readonly trace: readonly TraceEntry[];
      /** number of the shape whose code runs next */ readonly next?: number;
    }
  | SubmitFrame
  /** The source of these receive ids is gone: they can be forgotten. */
  | { readonly kind: 'forget'; readonly receiveIds: readonly string[] }
  /** Keep my lease: a debugger is about to stop me (docs/failure-model.md, 4.2). */
  | { readonly kind: 'hold'; readonly on: boolean }
  /** No more grants; running work goes on to its next persistence point. */
  | { readonly kind: 'drain' }
  | { readonly kind: 'bye' }
  | {
      readonly kind: 'putBody';
      readonly request: number;
      readonly hash: string;
      readonly offset: number;
      readonly last: boolean;
      /** base64, at most 1 MiB decoded */ readonly data: string;
    }
  | { readonly kind: 'getBody'; readonly request: number; readonly hash: string; readonly offset: number };

export interface SubmitFrame {
  readonly kind: 'submit';
  readonly request: number;
  readonly location: string;
  /** location + file identity + content hash: submitting it again is recognised. */
  readonly receiveId: string;
  readonly message: NewMessage;
  /** The message cannot be processed: it is suspended with this reason and kept. */
  readonly malformed?: InstanceError;
  /** Two-way: an instance of this service waits for the response, owned by this session. */
  readonly twoWay?: { readonly service: string; readonly timeoutMs: number };
}

/** MessageBox -> host instance. */
export type MessageBoxFrame =
  | {
      readonly kind: 'welcome';
      readonly session: string;
      readonly generation: number;
      /** MessageBox wall clock, ms since 1970: the only clock that counts. */
      readonly now: number;
      readonly heartbeatMs: number;
      readonly leaseMs: number;
      /** New locks of work that goes on; everything else the host still holds must be dropped. */
      readonly resumed: readonly { readonly instance: string; readonly lock: string; readonly version: number }[];
    }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  /** All services the group file names are enlisted: receive locations may take messages in. */
  | { readonly kind: 'receive'; readonly enabled: boolean }
  | { readonly kind: 'grant'; readonly now: number; readonly instances: readonly GrantedInstance[] }
  | { readonly kind: 'deliver'; readonly instance: string; readonly lock: string; readonly entries: readonly DeliveredEntry[] }
  | {
      readonly kind: 'ack';
      readonly instance: string;
      readonly id: string;
      readonly version: number;
      readonly now: number;
      /** The instance left this host instance: it ended, went idle, or an operator's pending operation was applied. */
      readonly released: boolean;
    }
  /** The session or lock is not current: drop the instance and every effect not yet started. */
  | { readonly kind: 'fenced'; readonly instance: string; readonly id: string }
  | { readonly kind: 'rejected'; readonly instance: string; readonly id: string; readonly code: string; readonly reason: string }
  /** An operator wants it suspended or terminated: commit at the next point (at once when blocked). */
  | { readonly kind: 'operate'; readonly instance: string; readonly operation: 'suspend' | 'terminate' }
  | {
      readonly kind: 'submitted';
      readonly request: number;
      readonly duplicate: boolean;
      /** id of the two-way instance */ readonly instance?: string;
      readonly lock?: string;
      readonly suspended?: InstanceError;
      readonly properties?: Properties;
    }
  | { readonly kind: 'bodyStored'; readonly request: number; readonly error?: string }
  | { readonly kind: 'body'; readonly request: number; readonly data: string; readonly last: boolean; readonly error?: string };
