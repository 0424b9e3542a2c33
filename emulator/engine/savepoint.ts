/** Where an instance can go back to: what has happened since is not saved yet. */
import type { Scope } from './instruction.ts';
import type { Deliveries, EngineState, FrameState } from './state.ts';

/** Lengths of what has been collected. */
export type Mark = readonly number[];

/** An instance as it was when an atomic scope was entered. */
export interface Savepoint {
  readonly scope: Scope;
  /** By the number of the Call, as in the state; the variables as JSON text, because code changes values in place. */
  readonly frames: ReadonlyMap<number, Omit<FrameState, 'variables'> & { readonly variables: string }>;
  readonly uncommitted: ReadonlySet<string>;
  readonly deliveries: Deliveries | undefined;
  readonly mark: Mark;
}

/** Where to go back to when the commit is refused. */
export interface Before {
  readonly threads: EngineState['threads'];
  /** Of the thread that publishes, or ends an atomic scope. */
  readonly index: number;
  readonly mark: Mark;
  /** What publishing changes. */
  readonly frames: readonly (Pick<FrameState, 'correlation' | 'tokens'> & { readonly number: number })[];
  readonly deliveries: Deliveries | undefined;
  /** A copy of everything, when ends of blocks followed. */
  readonly all: EngineState | undefined;
  readonly savepoint: Savepoint | undefined;
}
