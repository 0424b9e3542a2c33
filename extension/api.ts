import type { Event } from 'vscode';
import type { GroupStatus } from '../emulator/control/status.ts';
import type { SessionPhase } from './session/phase.ts';

/** What the extension offers to others: `vscode.extensions.getExtension('scaled-out-hosts.scaled-out-hosts')?.exports.getApi(1)`. */
export interface ScaledOutHostsExports {
  /** How long `activate()` took, in ms: it starts nothing and reads nothing, so it has to be short. */
  readonly activationMs: number;
  /** Throws for a version this extension does not have. */
  getApi(version: 1): ScaledOutHostsApi;
}

export interface ScaledOutHostsApi {
  readonly version: 1;
  readonly phase: SessionPhase;
  /** The newest status of the running group. */
  readonly status: GroupStatus | undefined;
  /** The phase or the status changed; not throttled. */
  readonly onDidChange: Event<void>;
  /**
   * Starts a group, or gives the status of the one that runs already. Without a file: the sample group.
   *
   * @param clusterFile absolute path of a group file
   */
  start(clusterFile?: string): Promise<GroupStatus>;
  /** Stops the group of this window, if one runs. */
  stop(): Promise<void>;
}
