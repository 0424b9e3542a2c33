/**
 * The control socket: every user interface (command line, VS Code, dashboard, tests) talks to the supervisor with these commands and
 * follows this feed, and with nothing else. One JSON message per WebSocket message. The result shapes are public: they are what
 * `--json` prints.
 */
import type { WireError } from '../errors.ts';
import type { InstanceError, PersistencePoint } from '../engine/door.ts';
import type { OutlineEntry } from '../orchestration/definition.ts';
import type { Properties } from '../orchestration/message.ts';
import type { Filter } from '../orchestration/predicates.ts';
import type { Profile } from './clusterFile.ts';
import type { FailoversFrame, LanesFrame } from './controlLanes.ts';
import type { LoadSample } from './controlRun.ts';

export const CONTROL_VERSION = 1;

/** States of a host instance (biztalk-semantics, section 2.2) plus what only an emulator has: frozen. */
export type HostInstanceState = 'stopped' | 'start pending' | 'running' | 'stop pending' | 'frozen' | 'lost' | 'restarting' | 'failed';

/** States of a service instance (biztalk-semantics, section 12.1). */
export type ServiceInstanceState =
  | 'Ready to run'
  | 'Active'
  | 'Dehydrated'
  | 'Scheduled'
  | 'Suspended (resumable)'
  | 'Suspended (not resumable)'
  | 'Completed'
  | 'Terminated'
  | 'Completed with discarded messages';

export interface HostInstanceStatus {
  /** `<host>@<computer>` */
  readonly name: string;
  readonly host: string;
  readonly computer: string;
  readonly pid: number | null;
  readonly state: HostInstanceState;
  /** Orchestrations and ports it holds now. */
  readonly active: number;
  readonly credit: number;
  /** Commits acknowledged since the group's data folder began. */
  readonly committed: number;
  /** Messages the MessageBox handed to it since the MessageBox started; again after a takeover or a reconnection. */
  readonly delivered: number;
  /** Messages it gave to the MessageBox since the MessageBox started: submitted, or published with a commit. */
  readonly published: number;
  /** ms since its last sign of life by the MessageBox's clock; `null` without a session. */
  readonly leaseAgeMs: number | null;
  readonly leaseMs: number;
  readonly rssMb: number | null;
  readonly restarts: number;
  /** Addresses of the HTTP receive locations it serves. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Why it is failed or restarting. */
  readonly error?: WireError;
}

export interface MessageBoxStatus {
  readonly pid: number | null;
  readonly state: 'starting' | 'running' | 'restarting' | 'failed' | 'stopped';
  readonly generation: number;
  /** Number of the last durable record. */
  readonly sequence: number;
  /** Bytes of journal that a restart would read. */
  readonly journalBytes: number;
  readonly messages: number;
  readonly subscriptions: number;
  readonly counts: Readonly<Record<ServiceInstanceState, number>>;
  /** Instances ready to run, by host. */
  readonly queueDepth: Readonly<Record<string, number>>;
  /** The batch operation under way: so many of those instances it has looked at. */
  readonly batch?: { readonly operation: 'suspend' | 'resume' | 'terminate'; readonly seen: number; readonly of: number };
  readonly error?: WireError;
}

export interface OrchestrationStatus {
  readonly name: string;
  readonly kind: 'orchestration' | 'sendPort' | 'receiveLocation';
  readonly host: string;
  readonly enlisted: boolean;
  readonly counts: Readonly<Record<ServiceInstanceState, number>>;
}

export interface GroupStatus {
  readonly name: string;
  readonly state: 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';
  readonly profile: Profile;
  readonly dataFolder: string;
  /** `null` = the sample group. */
  readonly clusterFile: string | null;
  readonly supervisorPid: number;
  readonly computers: readonly { readonly name: string; readonly state: 'running' | 'failed' }[];
  readonly hostInstances: readonly HostInstanceStatus[];
  readonly messageBox: MessageBoxStatus;
  readonly services: readonly OrchestrationStatus[];
  readonly receiveLocations: readonly {
    readonly name: string;
    readonly host: string;
    readonly adapter: 'FILE' | 'HTTP';
    readonly address: string;
  }[];
  readonly error?: WireError;
}

export interface InstanceSummary {
  readonly id: string;
  /** Name of the orchestration or port. */
  readonly orchestration: string;
  readonly kind: 'orchestration' | 'sendPort' | 'receiveLocation';
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
  | { readonly kind: 'activated'; readonly message: string; readonly messageType: string }
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
    }
  | { readonly kind: 'delivered'; readonly message: string; readonly messageType: string; readonly receive: string }
  | { readonly kind: 'timerFired'; readonly timer: string }
  | { readonly kind: 'operated'; readonly operation: 'suspend' | 'resume' | 'terminate'; readonly applied: boolean }
  | { readonly kind: 'suspended'; readonly error: InstanceError }
);

/** The value of a message variable at the last persistence point. */
export interface MessageVariable {
  readonly name: string;
  /** `null`: constructed by the orchestration, so not a message of the MessageBox yet. */
  readonly id: string | null;
  /** `null` when it is not known any more, or constructed. */
  readonly type: string | null;
  /** `null` when it cannot be read any more. */
  readonly body: string | null;
  /** `body` is only its beginning: the first 65,536 characters. */
  readonly cut: boolean;
  readonly properties: Properties;
}

/** What the MessageBox keeps of an instance beside its summary. What ended has nothing of it but the messages of its last saved state. */
export interface InstanceParts {
  /** Numbers of shapes in the outline. */
  readonly position: {
    /**
     * Where a host instance goes on after a loss, one for each logical thread; the number of a branch or handler: that has ended. Empty:
     * nothing is saved yet, it begins again at the first shape.
     */
    readonly saved: readonly number[];
    /** What ran since, in order, as the owner last reported: it runs again when the owner is lost now. */
    readonly atRisk: readonly number[];
  };
  readonly messages: readonly MessageVariable[];
  /** `receive`: name of the shape it is for. */
  readonly subscriptions: readonly { readonly id: string; readonly receive: string; readonly filter: Filter }[];
  /** What waits for it, oldest first, at most 200; `message` and `messageType` are `null` for a timer that fired. */
  readonly queue: readonly {
    readonly entry: string;
    readonly message: string | null;
    readonly messageType: string | null;
    /** Name of the Receive or Delay. */
    readonly receive: string;
  }[];
  /** Delays that run at the last persistence point. `shape`: name of the Delay. */
  readonly timers: readonly { readonly timer: string; readonly shape: string; /** UTC, ISO 8601 */ readonly due: string }[];
}

export interface InstanceDetail extends InstanceSummary, InstanceParts {
  readonly outline: readonly OutlineEntry[];
  readonly variables: Readonly<Record<string, unknown>> | null;
  readonly history: readonly HistoryEvent[];
}

/** Something worth telling a person, in the order it happened. */
export type GroupEvent = { readonly at: string; readonly sequence: number } & (
  | Exclude<Observation, { kind: 'fault' | 'groupStarted' }>
  | { readonly kind: 'ownerLost'; readonly hostInstance: string; readonly reason: string; readonly instances: readonly string[] }
  | {
      readonly kind: 'takenOver';
      readonly instance: string;
      readonly orchestration: string;
      readonly from: string;
      readonly to: string;
      readonly version: number;
      /** ms from the loss to the first commit of the new owner */ readonly resumedAfterMs: number;
    }
  | { readonly kind: 'messageBoxState'; readonly state: MessageBoxStatus['state']; readonly detail?: string }
  | { readonly kind: 'instanceSuspended'; readonly instance: string; readonly orchestration: string; readonly error: InstanceError }
);

/** What the supervisor sees of processes and does to them; kept in the journal so that a run can be looked at afterwards. */
export type Observation =
  | {
      readonly kind: 'groupStarted';
      readonly name: string;
      readonly profile: Profile;
      readonly computers: readonly string[];
      readonly hostInstances: readonly { readonly name: string; readonly host: string; readonly computer: string }[];
      readonly receiveLocations: readonly { readonly name: string; readonly host: string; readonly adapter: 'FILE' | 'HTTP' }[];
    }
  | { readonly kind: 'hostInstanceState'; readonly hostInstance: string; readonly state: HostInstanceState; readonly detail?: string }
  | { readonly kind: 'computerState'; readonly computer: string; readonly state: 'running' | 'failed' }
  /** What a person did to cause a loss, with this group's own commands. */
  | { readonly kind: 'fault'; readonly fault: FaultKind; readonly hostInstance: string };

export type FaultKind = 'kill' | 'freeze' | 'computer';

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
}

/** Every command: its arguments and its result. */
export interface Commands {
  status: { arguments: Record<string, never>; result: GroupStatus };
  /**
   * At most `limit` (default 200) in order: those that wait for a person first, then newest first, then those that ended. `total` and
   * `counts`, by state, are of all that the filter chooses; `at`: when, by the MessageBox's clock (UTC, ISO 8601).
   */
  instances: {
    arguments: { filter?: InstanceFilter; limit?: number; offset?: number };
    result: InstancePage;
  };
  show: { arguments: { instance: string }; result: InstanceDetail };
  /** Who owned which instance when. `since`: the `revision` of the last frame, for what is new; everything without. */
  lanes: { arguments: { since?: number }; result: LanesFrame };
  /** What each loss of an owner cost. */
  failovers: { arguments: Record<string, never>; result: FailoversFrame };
  submit: {
    arguments: { location: string; files: readonly { name: string; content: string }[]; count?: number };
    result: { submitted: number };
  };
  killHostInstance: { arguments: { name: string }; result: HostInstanceStatus };
  freezeHostInstance: { arguments: { name: string }; result: HostInstanceStatus };
  thawHostInstance: { arguments: { name: string }; result: HostInstanceStatus };
  stopHostInstance: { arguments: { name: string }; result: HostInstanceStatus };
  startHostInstance: { arguments: { name: string }; result: HostInstanceStatus };
  failComputer: { arguments: { name: string }; result: { killed: readonly string[] } };
  repairComputer: { arguments: { name: string }; result: { started: readonly string[] } };
  addComputer: { arguments: { name: string }; result: { name: string } };
  addHostInstance: { arguments: { host: string; computer: string }; result: HostInstanceStatus };
  killMessageBox: { arguments: Record<string, never>; result: { pid: number } };
  /**
   * These three operate on the instances the filter chooses of those there are when it begins, each as it is when its turn comes. Without
   * ids only those are meant for which the operation is possible, and one batch waits for the other. When the MessageBox ends meanwhile,
   * what was done stays done.
   */
  suspend: { arguments: { filter: InstanceFilter }; result: OperationResult };
  resume: { arguments: { filter: InstanceFilter }; result: OperationResult };
  terminate: { arguments: { filter: InstanceFilter }; result: OperationResult };
  /** Start following the feed on this connection. */
  follow: { arguments: Record<string, never>; result: Snapshot };
  stop: { arguments: Record<string, never>; result: { stopped: true } };
}

export interface OperationResult {
  /** Ids, at most the first 1,000. */
  readonly done: readonly string[];
  /** Applied at the next persistence point; at most the first 1,000. */
  readonly pending: readonly string[];
  /** At most the first 100. */
  readonly refused: readonly { readonly id: string; readonly error: WireError }[];
  /** How many there were of each. */
  readonly counts: { readonly done: number; readonly pending: number; readonly refused: number };
}

export type CommandName = keyof Commands;

export interface CommandRequest<C extends CommandName = CommandName> {
  readonly id: number;
  readonly command: C;
  readonly arguments: Commands[C]['arguments'];
}

export type CommandResponse<C extends CommandName = CommandName> =
  { readonly id: number; readonly result: Commands[C]['result'] } | { readonly id: number; readonly error: WireError };

/** Everything a user interface shows, at one moment. */
export interface Snapshot {
  readonly kind: 'snapshot';
  /** Number of this frame; the next delta has the next number. A gap means: ask for a snapshot again. */
  readonly frame: number;
  readonly status: GroupStatus;
  /** The newest 200 instances, suspended first. */
  readonly instances: readonly InstanceSummary[];
  /** The newest 200 events. */
  readonly events: readonly GroupEvent[];
  /** Load of the minutes before, oldest first; only where somebody looks back. */
  readonly samples?: readonly LoadSample[];
}

/** What changed since the frame before; at most one every 100 ms. Missing = unchanged. */
export interface Delta {
  readonly kind: 'delta';
  readonly frame: number;
  readonly status?: GroupStatus;
  /** Changed or new instances (newest state of each). */
  readonly instances?: readonly InstanceSummary[];
  readonly events?: readonly GroupEvent[];
}

export type FeedFrame = Snapshot | Delta;

/** First message of a client; the token may come in the `authorization` header instead. */
export interface Hello {
  readonly kind: 'hello';
  readonly version: number;
  readonly token?: string;
}
