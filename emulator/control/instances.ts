/** What is told of service instances, and how they are chosen. The shapes are public: they are what `--json` prints. */
import type { InstanceError, PersistencePoint } from '../engine/door.ts';
import type { WireError } from '../errors.ts';
import type { OutlineEntry } from '../orchestration/definition.ts';
import type { Properties } from '../orchestration/message.ts';
import type { Filter } from '../orchestration/predicates.ts';
import type { ServiceInstanceState } from './status.ts';

export interface InstanceSummary {
  readonly id: string;
  /** Name of the orchestration or port. */
  readonly orchestration: string;
  readonly kind: 'orchestration' | 'sendPort' | 'receiveLocation';
  /** Version of the orchestration it is pinned to; ports have none. */
  readonly version?: string;
  readonly state: ServiceInstanceState;
  readonly pendingOperation: 'suspend' | 'terminate' | null;
  /** Host instance that holds it now, else the last that did. */
  readonly owner: string | null;
  readonly commits: number;
  readonly takeovers: number;
  /** UTC, ISO 8601 */
  readonly created: string;
  readonly changed: string;
  readonly error: InstanceError | null;
}

/** One line of the history of an instance, made from the MessageBox's journal. */
export type HistoryEvent = { readonly sequence: number; readonly at: string } & (
  | {
      readonly kind: 'activated';
      readonly message: string;
      readonly messageType: string;
      /** Instance whose Start shape it comes from. */
      readonly startedBy?: string;
    }
  | {
      readonly kind: 'granted';
      readonly hostInstance: string;
      readonly version: number;
      readonly credit: number;
      readonly takeover: boolean;
    }
  | {
      readonly kind: 'committed';
      readonly hostInstance: string;
      readonly version: number;
      readonly points: readonly PersistencePoint[];
      readonly shapes: readonly {
        readonly shape: number;
        readonly name: string;
        readonly atMs: number;
        /** ran before under an owner that was lost */ readonly again: boolean;
      }[];
      readonly consumed: readonly string[];
      readonly published: readonly {
        readonly message: string;
        readonly messageType: string;
        readonly shape: string;
        readonly to: readonly string[];
        /** By a Start: `to` is the instance that was started. */
        readonly starts?: true;
      }[];
      readonly outcome: 'running' | 'idle' | 'completed' | 'terminated' | 'suspended';
    }
  | {
      readonly kind: 'ownerLost';
      readonly hostInstance: string;
      readonly reason: string;
      readonly version: number;
      readonly attempt: number;
      readonly atRisk: readonly string[];
      /** Their numbers in the outline: called orchestrations may have shapes of one name. */
      readonly atRiskShapes: readonly number[];
      /** Name of the shape whose code ran, where the owner had told, and its number. */
      readonly running?: string;
      readonly runningShape?: number;
    }
  | { readonly kind: 'delivered'; readonly message: string; readonly messageType: string; readonly receive: string }
  | { readonly kind: 'timerFired'; readonly timer: string }
  /** Nobody subscribes to what it sends: its commit did not count, and the Send got an exception. */
  | {
      readonly kind: 'refused';
      readonly hostInstance: string;
      readonly messageType: string;
      readonly shape: string;
      readonly number?: number;
    }
  | { readonly kind: 'operated'; readonly operation: 'suspend' | 'resume' | 'terminate'; readonly applied: boolean }
  /** `number`: that of the shape, where one of its name has run. */
  | { readonly kind: 'suspended'; readonly error: InstanceError; readonly number?: number }
  /** It had not run anything yet, so it went over to the version that takes activations now. */
  | { readonly kind: 'moved'; readonly version: string }
);

/** The value of a message variable at the last persistence point (`<Call> / <name>` of a called orchestration that runs), or a message that an instance keeps which will never take it. */
export interface MessageVariable {
  /** Of a message that is kept: the Receive it was for; '' when there is none. */
  readonly name: string;
  /** `null`: constructed by the orchestration, so not a message of the MessageBox yet. */
  readonly id: string | null;
  /** `null` when it is not known any more, or constructed. */
  readonly type: string | null;
  /** `null` when it cannot be read any more. */
  readonly body: string | null;
  /** `body` is only its beginning: the first 65,536 characters, fewer where an instance keeps much. */
  readonly cut: boolean;
  readonly properties: Properties;
}

/**
 * What the MessageBox keeps of an instance beside its summary. What ended has nothing of it but the messages of its last saved state; what
 * ended and left messages, those.
 */
export interface InstanceParts {
  /** Numbers of shapes in the outline. */
  readonly position: {
    /**
     * Where a host instance goes on after a loss, one for each logical thread; the number of a branch or handler: that has ended. Empty:
     * nothing is saved yet, it begins again at the first shape; of what is not resumable: it goes on nowhere.
     */
    readonly saved: readonly number[];
    /** What ran since, in order, as the owner last reported: it runs again when the owner is lost now. */
    readonly atRisk: readonly number[];
  };
  /** Of an instance that is not resumable: what it keeps, at most 200. */
  readonly messages: readonly MessageVariable[];
  /** `receive`: name of the shape it is for. */
  readonly subscriptions: readonly { readonly id: string; readonly receive: string; readonly filter: Filter }[];
  /** What waits for it or is kept with it, oldest first, at most 200; `message` and `messageType` are `null` for a timer that fired. */
  readonly queue: readonly {
    readonly entry: string;
    readonly message: string | null;
    readonly messageType: string | null;
    /** Name of the Receive or Delay. */
    readonly receive: string;
  }[];
  /** What waits for a time: at the last persistence point, and what its owner has reported of its own since. */
  readonly timers: readonly InstanceTimer[];
  /** Atomic scopes that have failed and run again. */
  readonly retries: readonly {
    /** Number in the outline. */
    readonly scope: number;
    /** How often it has run in vain; what its owner reported since the last persistence point counts. */
    readonly times: number;
  }[];
}

export interface InstanceTimer {
  readonly timer: string;
  /** `retry`: the pause before an atomic scope runs again. `delay`: any other, also that of a port. */
  readonly kind: 'delay' | 'timeout' | 'retry';
  /** Name of the Delay or Scope; '' of a port. */
  readonly shape: string;
  /** Its number in the outline; -1 of a port. */
  readonly number: number;
  /** UTC, ISO 8601 */
  readonly due: string;
}

export interface InstanceDetail extends InstanceSummary, InstanceParts {
  /** Instance whose Start shape began it. */
  readonly startedBy?: string;
  /** Instances that its own Start shapes began, in order. */
  readonly started?: readonly string[];
  readonly outline: readonly OutlineEntry[];
  readonly variables: Readonly<Record<string, unknown>> | null;
  readonly history: readonly HistoryEvent[];
  /** Why a part of the journal could not be read; the history is without it. */
  readonly unread?: WireError;
}

/** Filter of the instance list; the same object is the argument of batch operations. All parts that are given must fit. */
export interface InstanceFilter {
  readonly states?: readonly ServiceInstanceState[];
  readonly kinds?: readonly InstanceSummary['kind'][];
  readonly orchestration?: string;
  readonly owner?: string;
  readonly ids?: readonly string[];
  /** Part of the id, the orchestration, the owner or the error; upper and lower case are the same. */
  readonly text?: string;
  /** Created longer, or less long, ago than so many ms, by the MessageBox's clock. */
  readonly olderThanMs?: number;
  readonly youngerThanMs?: number;
  /** Created no later than this (UTC, ISO 8601): holds a list still that is read page by page. */
  readonly createdUntil?: string;
  /** Resumed at least once by another owner after a loss. */
  readonly takenOver?: true;
}

/** A part of the instances a filter chooses, and how many there are. */
export interface InstancePage {
  readonly at: string;
  readonly total: number;
  readonly counts: Readonly<Record<ServiceInstanceState, number>>;
  readonly instances: readonly InstanceSummary[];
  /** Why a part of the journal could not be read; of those that ended, some are missing. */
  readonly unread?: WireError;
}

/** What became of an instance that was resumed, as far as it could be seen at once. */
export interface Resumed {
  readonly id: string;
  /** 'Ready to run': no host instance has taken it yet. `null`: it has ended. */
  readonly state: ServiceInstanceState | null;
  /** Host instance that took it. */
  readonly owner: string | null;
}

export interface OperationResult {
  /** Ids, at most the first 1,000. */
  readonly done: readonly string[];
  /** Applied at the next persistence point; at most the first 1,000. */
  readonly pending: readonly string[];
  /** At most the first 100. */
  readonly refused: readonly { readonly id: string; readonly error: WireError }[];
  /** Of instances that were resumed by name, at most the first 100. */
  readonly resumed?: readonly Resumed[];
  /** How many there were of each. */
  readonly counts: { readonly done: number; readonly pending: number; readonly refused: number };
}
