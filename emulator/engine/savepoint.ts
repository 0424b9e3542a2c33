import type { Scope } from './instruction.ts';
import type { Mark } from './pendingCommit.ts';
import type { FrameState } from './state.ts';

/** An instance as it was when an atomic scope was entered. */
export interface Savepoint {
  readonly scope: Scope;
  /** By the number of the Call, as in the state; the variables as JSON text, because code changes values in place. */
  readonly frames: ReadonlyMap<number, Omit<FrameState, 'variables'> & { readonly variables: string }>;
  readonly uncommitted: ReadonlySet<number>;
  readonly mark: Mark;
}
