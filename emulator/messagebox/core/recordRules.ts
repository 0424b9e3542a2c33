/** What records mean for an instance: one rule each for everybody who applies, replays or reads them. */
import { START_TYPE, STARTS } from '../../orchestration/starting.ts';
import type { CommitRecord, RoutedMessage } from './records.ts';

/**
 * What a commit makes of its instance: the engine's outcome, unless an operator's pending operation was applied with it. An instance that
 * ended is not gone while the record says that it left messages (`discarded`).
 */
export function conclusionOf({ outcome, operated }: Pick<CommitRecord, 'outcome' | 'operated'>): CommitRecord['outcome'] {
  if (operated === 'terminate' || outcome === 'terminated') return 'terminated';
  if (outcome === 'completed') return 'completed';
  return operated === 'suspend' ? 'suspended' : outcome;
}

/**
 * True when an instance that left memory goes on at once: something it waits for has come, or it was saved while it ran and waits for nothing.
 * Anything else that comes stays in its queue.
 *
 * @param came whether an entry of its queue is for this subscription or timer
 */
export function goesOn(waits: readonly string[], came: (wait: string) => boolean): boolean {
  return waits.length === 0 || waits.some(came);
}

/**
 * True when the host instance that gets, or commits, an instance takes it over: its owner was lost, nobody committed since, and it is another
 * one. Whoever goes on with its own work after a restart takes nothing over.
 *
 * @param lostBy the host instance that was lost, while nobody has committed since
 */
export function isTakeover(lostBy: string | null | undefined, by: string): boolean {
  return lostBy !== undefined && lostBy !== null && lostBy !== by;
}

/** The instance whose Start shape published a message; `undefined` for any other message. */
export function startedBy({ type, properties }: Pick<RoutedMessage, 'type' | 'properties'>): string | undefined {
  const by = properties[STARTS.by];
  return type === START_TYPE && typeof by === 'string' ? by : undefined;
}
