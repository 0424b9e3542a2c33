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

/** Host instance -> parent. */
export type HostInstanceNotice =
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'receiving'; readonly addresses: Readonly<Record<string, string>> }
  | { readonly kind: 'problem'; readonly error: WireError }
  | { readonly kind: 'failed'; readonly error: WireError };

/** Time a controlled stop may take before the process is ended like a kill, in ms. */
export const DRAIN_MS = 30_000;
