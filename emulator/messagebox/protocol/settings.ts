/** What the MessageBox process is told by its parent, and what it tells back, over the IPC channel. */
import type { WireError } from '../../errors.ts';
import type { Profile } from '../../cluster/clusterFile.ts';

/** What the supervisor sends first over the IPC channel; the token never stands in arguments or the environment. */
export interface MessageBoxSettings {
  readonly folder: string;
  readonly profile: Profile;
  readonly token: string;
  /** Bytes kept free for what has to be written when the disk is full; default 16 MiB. */
  readonly ballastBytes?: number;
  /** Bytes of history that are kept; default 1 GiB. */
  readonly historyBytes?: number;
}

/** What the MessageBox process tells its parent. */
export type MessageBoxNotice =
  /** It reads the folder and goes on: each second, or after the next record. */
  | { readonly kind: 'opening' }
  | {
      readonly kind: 'listening';
      readonly port: number;
      readonly generation: number;
      readonly recovered: {
        readonly records: number;
        readonly cutBytes: number;
        /** What was found in the data folder that a person should know. */
        readonly notices: readonly WireError[];
        readonly ms: number;
      };
    }
  | { readonly kind: 'failed'; readonly error: WireError };
