/** What is told of the group, its computers, host instances, MessageBox and services. The shapes are public: they are what `--json` prints. */
import type { Profile } from '../cluster/clusterFile.ts';
import type { WireError } from '../errors.ts';

/**
 * States of a host instance (docs/behaviour.md, section 2.2) plus what only an emulator has. running: with a lease. suspect: its lease runs
 * low, or it is connecting. lost: it lives, and has no lease any more. frozen: a person stopped it. held: a debugger did.
 */
export type HostInstanceState =
  'stopped' | 'start pending' | 'running' | 'suspect' | 'lost' | 'stop pending' | 'frozen' | 'held' | 'restarting' | 'failed';

/** States of a service instance (docs/behaviour.md, section 12.1). */
export type ServiceInstanceState =
  | 'Ready to run'
  | 'Active'
  | 'Dehydrated'
  | 'Scheduled'
  /** Not of the product: no host instance has the version of the orchestration it is pinned to, or its send port. */
  | 'Waits for version'
  | 'Suspended (resumable)'
  | 'Suspended (not resumable)'
  | 'Completed'
  | 'Terminated';

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
  /** The disk of the data folder is full: nothing new begins until there is room; `error` says what to do. */
  readonly full?: true;
  /** The machine's clock jumped not long ago, or is behind the MessageBox's time. */
  readonly clock?: ClockStatus;
  /** What its starts since the start of the group found in the data folder that a person should know: what was cut from the journal. */
  readonly notices?: readonly WireError[];
  readonly error?: WireError;
}

export interface ClockStatus {
  /** When it jumped, by the MessageBox's time: UTC, ISO 8601. */
  readonly at: string;
  /** How far, in ms; negative: it was set back. */
  readonly byMs: number;
  /** How far the MessageBox's time is ahead of the clock now, in ms: it goes on evenly until the clock has caught up. */
  readonly aheadMs: number;
}

export interface OrchestrationStatus {
  readonly name: string;
  readonly kind: 'orchestration' | 'sendPort' | 'receiveLocation';
  readonly host: string;
  /** Takes activations; false: it never came up, or is removed. */
  readonly enlisted: boolean;
  /** The group file does not have it any more; this is what it left behind. */
  readonly removed?: true;
  /** Version of the orchestration that takes activations; ports have none. */
  readonly version?: string;
  /** Instances that wait because no host instance has their version; without a version: their send port. Only when there are any. */
  readonly waiting?: readonly { readonly version?: string; readonly instances: number }[];
  readonly counts: Readonly<Record<ServiceInstanceState, number>>;
}

/** Something a person has to know of a receive location: a file that is not taken, or what happened to one that was. */
export interface ReceiveNotice {
  readonly at: string;
  readonly error: WireError;
}

export interface ReceiveLocationStatus {
  readonly name: string;
  readonly host: string;
  readonly adapter: 'FILE' | 'HTTP';
  readonly address: string;
  /** Oldest first; only when there are any. */
  readonly notices?: readonly ReceiveNotice[];
  /** So many more are not listed. */
  readonly moreNotices?: number;
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
  readonly receiveLocations: readonly ReceiveLocationStatus[];
  readonly error?: WireError;
}
