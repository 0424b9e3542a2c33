/** What a host-instance process is told by its parent, and what it tells back. The token crosses the IPC channel only. */
import type { ModuleCache } from '../authoring/strippedModules.ts';
import type { WireError } from '../errors.ts';
import type { ClusterFile } from '../cluster/clusterFile.ts';

export interface HostInstanceSettings {
  readonly kind: 'settings';
  /** `<host>@<computer>` */
  readonly name: string;
  readonly host: string;
  readonly computer: string;
  readonly token: string;
  readonly cluster: ClusterFile;
  /** Folder of `cluster.json`: relative paths in it start here. */
  readonly baseFolder: string;
  readonly messageBoxPort: number;
  /** User modules whose types were stripped. */
  readonly moduleCache: ModuleCache;
}

/** Parent -> host instance. */
export type HostInstanceOrder =
  | HostInstanceSettings
  /** The MessageBox listens here now. */
  | { readonly kind: 'messageBox'; readonly port: number }
  /** Controlled stop: persist what can be, release everything, end (docs/behaviour.md, section 6.2). */
  | { readonly kind: 'stop' }
  /** Cooperative freeze, where the operating system has none. */
  | { readonly kind: 'freeze'; readonly on: boolean };

/** What a person has to know of a receive location, as one of its host instances sees it. */
export interface LocationNotices {
  /** Oldest first; `at`: UTC ms. */
  readonly notices: readonly { readonly at: number; readonly error: WireError }[];
  /** So many more are not listed. */
  readonly more: number;
}

/** Host instance -> parent. */
export type HostInstanceNotice =
  /** It loads this module now, as the group file names it; null: all are loaded. */
  | { readonly kind: 'loading'; readonly module: string | null }
  /** The MessageBox has given it a session. Its reports say so too, but not of one that has ended before the next of them. */
  | { readonly kind: 'welcomed' }
  | { readonly kind: 'receiving'; readonly addresses: Readonly<Record<string, string>> }
  | { readonly kind: 'problem'; readonly error: WireError }
  /** All that stands now; `news`: what of it was not told before. */
  | ({ readonly kind: 'notices'; readonly location: string; readonly news: readonly WireError[] } & LocationNotices)
  /** It could not start. */
  | { readonly kind: 'failed'; readonly error: WireError }
  /** User code is about to end this process; the last thing it says. Its exit code is `EXIT_CODES.crashed`, or what user code chose. */
  | CrashNotice;

export interface CrashNotice {
  readonly kind: 'crashed';
  /** Thrown and not caught; a promise rejected and not handled; `process.exit` called by user code. */
  readonly cause: 'exception' | 'rejection' | 'exit';
  /** The stack where there is one, else what was thrown as text; at most `CRASH_TEXT_CHARACTERS`. */
  readonly text: string;
  /** The instance whose code was on the stack; absent when none was (a timer, a rejected promise). */
  readonly instance?: string;
  /** Instances in memory, those with code to run before those that wait; at most `CRASH_INSTANCES`. */
  readonly held: readonly string[];
}

export const CRASH_TEXT_CHARACTERS = 8000;
export const CRASH_INSTANCES = 100;

/** How the process ends by itself. */
export const EXIT_CODES = {
  /** A controlled stop, or the parent is gone. */
  stopped: 0,
  /** It could not start: 'failed' was told. */
  startFailed: 70,
  /** An error outside of a shape that nobody caught: 'crashed' was told. */
  crashed: 71,
} as const;

/** Time a controlled stop may take before the process is ended like a kill, in ms. */
export const DRAIN_MS = 30_000;
