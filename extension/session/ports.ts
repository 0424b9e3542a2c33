/** What a session needs from outside; the edges are in supervisorProcess.ts, tests bring their own. */
import type { CommandName, Commands, FeedFrame } from '../../emulator/control/commands.ts';
import type { SohError } from '../../emulator/errors.ts';

/** A connection to the control socket of a group. */
export interface GroupConnection {
  call<C extends CommandName>(command: C, parameters: Commands[C]['arguments']): Promise<Commands[C]['result']>;
  follow(onFrame: (frame: FeedFrame) => void): Promise<void>;
  close(): Promise<void>;
  /** Fulfilled when it is over: with the reason, or with `undefined` after `close()`. */
  readonly closed: Promise<SohError | undefined>;
}

/** Which group: its data folder and its file. */
export interface GroupPlace {
  /** Absolute path of the data folder. */
  readonly folder: string;
  /** Absolute path; `null` = the sample group. */
  readonly clusterFile: string | null;
}

/** A supervisor that was started and may not listen yet. */
export interface StartedSupervisor {
  /** Fulfilled when it has ended, with its last words. */
  readonly exited: Promise<{ readonly code: number | null; readonly lastLines: string }>;
  /** Ends it at once; for a start that leads nowhere. */
  kill(): void;
}

export interface SessionPorts {
  /** Throws `group.notRunning` when nobody is there, `group.olderVersion` for a group of an older version. */
  connect(folder: string): Promise<GroupConnection>;
  /** Stops the group of a folder, whatever its version; nothing to do when none runs. */
  stopAny(folder: string): Promise<void>;
  /** Throws `messageBox.folderUnusable` when the data folder cannot be written. */
  spawn(place: GroupPlace): Promise<StartedSupervisor>;
  /** Groups that may be running, most likely first. */
  candidates(): Promise<readonly string[]>;
  wait(ms: number): Promise<void>;
  /** Monotonic, ms. */
  now(): number;
  log(text: string): void;
}
