/**
 * The records of the journal: everything that ever became true, in order. `apply(state, record)` is the only thing that changes the
 * MessageBox's durable state, at run time and at recovery alike; routing results are in the record, so replay never evaluates a
 * filter again (docs/failure-model.md, 4.4). The journal is also the tracking history: sealed segments move to `history/` instead of being
 * deleted, and every user interface's history is made from these records.
 */
import type { InstanceError, Outcome, PersistencePoint, TraceEntry } from '../../engine/door.ts';
import type { MachineNews, Observation, SessionEnd } from '../../control/events.ts';
import type { Properties } from '../../orchestration/message.ts';
import type { Filter } from '../../orchestration/predicates.ts';
import type { Service } from '../protocol/frames.ts';

/** A message with the result of routing it. */
export interface RoutedMessage {
  readonly id: string;
  readonly type: string;
  readonly properties: Properties;
  readonly body?: string;
  readonly bodyHash?: string;
  readonly to: readonly Route[];
  /** Number of the Send shape that published it. */
  readonly shape?: number;
}

/** One subscriber's reference to a message. */
export type Route =
  /** Joins the queue of an existing instance. */
  | { readonly instance: string; readonly entry: string; readonly subscription: string }
  /** Creates an instance of a service. */
  | {
      readonly instance: string;
      readonly entry: string;
      readonly subscription: string;
      readonly service: string;
      readonly subscribe: readonly { readonly id: string; readonly filter: Filter }[];
    };

interface RecordBase {
  /** MessageBox wall clock, ms since 1970; never goes back. */
  readonly at: number;
}

/** First record of every segment: a new generation, or the same one going on. */
export interface GenerationRecord extends RecordBase {
  readonly kind: 'generation';
  readonly generation: number;
  /** Random for every start: part of every new id, so that a folder that was reset or restored from a copy never repeats one. */
  readonly origin: string;
  /** What the storage says of the segment that begins here. */
  readonly segment?: {
    /** Of the records in it. */
    readonly format: number;
    /** The segment before it, when it was sealed: its first record and its length in bytes. */
    readonly sealed?: { readonly first: number; readonly bytes: number };
  };
}

/** From now on these take the activations of their names; older versions of them take none, and keep their instances. */
export interface EnlistRecord extends RecordBase {
  readonly kind: 'enlist';
  readonly services: readonly Service[];
}

/** The group file does not have these any more: they take no activations, and keep their instances (docs/behaviour.md, section 13). */
export interface UnenlistRecord extends RecordBase {
  readonly kind: 'unenlist';
  readonly services: readonly Pick<Service, 'kind' | 'name'>[];
}

/** An instance that has not committed anything goes over to the version that takes activations now, with what waits for it. */
export interface MoveRecord extends RecordBase {
  readonly kind: 'move';
  readonly instance: string;
  /** Id of the service it is pinned to now. */
  readonly service: string;
  /** What each entry of its queue is for in that version. */
  readonly entries: readonly { readonly entry: string; readonly subscription: string }[];
  /** Its subscriptions in that version, instead of all it had. */
  readonly subscribe: readonly { readonly id: string; readonly filter: Filter }[];
}

export interface SessionRecord extends RecordBase {
  readonly kind: 'session';
  readonly session: string;
  readonly hostInstance: string;
  readonly host: string;
  readonly computer: string;
  readonly pid: number;
  /** Ids of the services it can run; missing in journals of before. */
  readonly services?: readonly string[];
  /** Instances it held before the connection was lost, and goes on with. */
  readonly resumed?: readonly string[];
  /** Those of them for which the end of its last session had counted: the process had not ended. */
  readonly forgiven?: readonly string[];
}

export interface SessionEndRecord extends RecordBase {
  readonly kind: 'sessionEnd';
  readonly session: string;
  readonly hostInstance: string;
  readonly reason: SessionEnd;
  /** Instances it held. `attempt` counts abnormal releases since the last commit (docs/failure-model.md, 4.6). */
  readonly lost: readonly {
    readonly instance: string;
    readonly version: number;
    readonly attempt: number;
    readonly atRisk: readonly TraceEntry[];
    /** Number of the shape whose code ran; only where the owner told ahead. */
    readonly running?: number;
    /** A send port's: its message may have been on its way out. Not there otherwise. */
    readonly sendPort?: true;
  }[];
}

/** Not needed for recovery (a restart makes all locks void), so it never waits for the disk; kept for the history. */
export interface GrantRecord extends RecordBase {
  readonly kind: 'grant';
  readonly hostInstance: string;
  /** Credit the host instance had before this grant. */
  readonly credit: number;
  readonly instances: readonly string[];
}

export interface SubmitRecord extends RecordBase {
  readonly kind: 'submit';
  readonly location: string;
  readonly hostInstance: string;
  readonly receiveId: string;
  readonly message: RoutedMessage;
  /** Nobody subscribes, or malformed: this instance keeps the message suspended. */
  readonly suspended?: {
    readonly instance: string;
    /** Missing in journals of before: it has the location's name. */
    readonly service?: string;
    readonly error: InstanceError;
    readonly resumable: boolean;
  };
  /** Two-way: the instance that waits for the response. */
  readonly waiting?: {
    readonly instance: string;
    readonly service: string;
    readonly subscribe: { readonly id: string; readonly filter: Filter };
    readonly timer: { readonly id: string; readonly due: number };
  };
}

export interface CommitRecord extends RecordBase {
  readonly kind: 'commit';
  readonly id: string;
  readonly instance: string;
  readonly hostInstance: string;
  readonly version: number;
  readonly state?: string;
  readonly consumed?: readonly string[];
  readonly published?: readonly RoutedMessage[];
  readonly subscribe?: readonly { readonly id: string; readonly filter: Filter }[];
  readonly unsubscribe?: readonly string[];
  readonly timers?: readonly { readonly id: string; readonly due: number }[];
  readonly cancelTimers?: readonly string[];
  readonly holds?: readonly string[];
  readonly trace?: readonly TraceEntry[];
  readonly points: readonly PersistencePoint[];
  readonly outcome: Outcome;
  /** With outcome 'idle', see `goesOn`. */
  readonly waits?: readonly string[];
  readonly error?: InstanceError;
  /** Published messages of a port that nobody subscribes to: each is kept in a suspended instance of its own. */
  readonly unrouted?: readonly { readonly message: string; readonly instance: string }[];
  /** It ended, but left so many messages that were routed to it: it is kept with them, not resumable (docs/behaviour.md, section 11). */
  readonly discarded?: number;
  /** An operator's pending operation that was applied with this commit. */
  readonly operated?: 'suspend' | 'terminate';
}

/**
 * Nobody subscribes to what an orchestration publishes: its commit is refused, and this instance, which nobody can resume, keeps the message
 * for who wants to know.
 */
export interface UnroutedRecord extends RecordBase {
  readonly kind: 'unrouted';
  readonly instance: string;
  /** Who publishes it. */
  readonly sender: string;
  readonly hostInstance: string;
  readonly message: RoutedMessage;
  readonly error: InstanceError;
}

export interface TimerRecord extends RecordBase {
  readonly kind: 'timer';
  readonly instance: string;
  readonly timer: string;
  /** Queue entry that carries it to the instance. */
  readonly entry: string;
}

export interface OperateRecord extends RecordBase {
  readonly kind: 'operate';
  readonly operation: 'suspend' | 'resume' | 'terminate';
  readonly instance: string;
  /** False: the instance is in a host instance's memory; applied at its next persistence point. */
  readonly applied: boolean;
  /** A resumed routing failure: the message is routed again. A terminated send port's instance: that its message was not sent. */
  readonly routed?: RoutedMessage;
}

/** Suspended by the MessageBox itself: host instances died on it too often, or nobody is left to take the response. */
export interface SuspendRecord extends RecordBase {
  readonly kind: 'suspend';
  readonly instance: string;
  readonly error: InstanceError;
  readonly resumable: boolean;
  /** Of a send port's instance: that its message was not sent. */
  readonly routed?: RoutedMessage;
}

export interface ForgetRecord extends RecordBase {
  readonly kind: 'forget';
  readonly receiveIds: readonly string[];
}

/**
 * What the supervisor saw or did to processes, and what the MessageBox noticed of its machine: no part of its state, but who looks back at
 * a run wants to see it. Decides nothing, so no frame waits for it; what was seen while the MessageBox was away is not there.
 */
export interface ObservedRecord extends RecordBase {
  readonly kind: 'observed';
  /** When it was seen: by the supervisor's wall clock, or by the MessageBox's time (UTC ms). */
  readonly seenAt: number;
  readonly what: Observation | MachineNews;
}

export type JournalRecord =
  | GenerationRecord
  | EnlistRecord
  | UnenlistRecord
  | MoveRecord
  | SessionRecord
  | SessionEndRecord
  | GrantRecord
  | SubmitRecord
  | CommitRecord
  | UnroutedRecord
  | TimerRecord
  | OperateRecord
  | SuspendRecord
  | ForgetRecord
  | ObservedRecord;

/** True for the kinds of records that are kept for the history only: no frame ever waits until one is durable. */
export function isNote(kind: string | undefined): boolean {
  return kind === 'grant' || kind === 'forget' || kind === 'observed';
}
