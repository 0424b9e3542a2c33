/** What the process that checks a group is told, and what it tells back. */
import type { WireError } from '../../errors.ts';

export interface CheckSettings {
  /** Text of the group file, which need not be saved. */
  readonly text: string;
  /** As the problems call it. */
  readonly fileName: string;
  /** Absolute; paths in the file start here. */
  readonly baseFolder: string;
  /** Modules that could not be loaded in a process before, by their path in the file; `undefined` = load none, run nothing of the user. */
  readonly failed: Readonly<Record<string, WireError>> | undefined;
}

export type CheckNotice =
  /** Its code runs from now on; whatever happens to the process is its doing. */
  { readonly kind: 'loading'; readonly module: string } | { readonly kind: 'checked'; readonly problems: readonly WireError[] };
