/**
 * The control socket: every user interface (command line, VS Code, dashboard, tests) talks to the supervisor with these commands and
 * follows this feed, and with nothing else. One JSON message per WebSocket message. The result shapes are public: they are what
 * `--json` prints.
 */
import type { InstanceError } from '../engine/door.ts';
import type { WireError } from '../errors.ts';
import type { GroupEvent } from './events.ts';
import type { InstanceDetail, InstanceFilter, InstancePage, InstanceSummary, OperationResult } from './instances.ts';
import type { FailoversFrame, LanesFrame } from './lanes.ts';
import type { LoadSample } from './run.ts';
import type { GroupStatus, HostInstanceStatus } from './status.ts';

/** Raise it when a client or a supervisor of the last version could misread the other. `stop` stays as it is for ever. */
export const CONTROL_VERSION = 2;

/** Bytes as they are: base64, or text that goes out as UTF-8 where `encoding` is missing. */
export interface SubmittedFile {
  readonly name: string;
  readonly content: string;
  readonly encoding?: 'base64';
}

/** What became of submitted messages while their sender waited. */
export interface SubmitOutcome {
  /** In the MessageBox, by the host instance that handed them in. */
  readonly taken: readonly { readonly hostInstance: string; readonly messages: number }[];
  /** Of those, what the MessageBox keeps suspended: malformed, or nobody subscribes. */
  readonly suspended: readonly { readonly instance: string; readonly error: InstanceError }[];
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
  /**
   * Gives each file `count` times (default 1) to a receive location. With `follow` the answer waits, at most 1.5 s, until they were taken,
   * and says what became of them; `notTaken` of those that nobody has taken by then. `failed`: what went wrong after `submitted` messages
   * were handed in, so that the rest was not, or what became of them cannot be read.
   */
  submit: {
    arguments: { location: string; files: readonly SubmittedFile[]; count?: number; follow?: true };
    result: { submitted: number; failed?: WireError; notTaken?: WireError } & Partial<SubmitOutcome>;
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
  /** Answered when every host instance has stopped; those that did not drain are named. */
  stop: { arguments: Record<string, never>; result: { stopped: true; undrained?: readonly WireError[] } };
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
