import type { PropertyValue } from '../orchestration/message.ts';
import type { Scope } from './instruction.ts';
import type { BoundMessage } from './messages.ts';
import type { Mark } from './pendingCommit.ts';

/** An instance as it was when an atomic scope was entered. */
export interface Savepoint {
  readonly scope: Scope;
  /** JSON text, because code changes values in place. */
  readonly variables: string;
  readonly messages: ReadonlyMap<string, BoundMessage>;
  readonly correlation: Readonly<Record<string, readonly PropertyValue[]>>;
  readonly tokens: Readonly<Record<string, PropertyValue>>;
  readonly uncommitted: ReadonlySet<number>;
  readonly mark: Mark;
}
