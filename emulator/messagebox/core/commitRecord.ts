/** The record of a commit that counts, and what is left when its instance ends with it. */
import type { InstanceError } from '../../engine/door.ts';
import { catalogue } from '../../errorCatalogue.ts';
import { fillIn } from '../../errors.ts';
import { isAcknowledgement } from '../../orchestration/acknowledgements.ts';
import type { CommitFrame } from '../protocol/frames.ts';
import type { CommitRecord, RoutedMessage } from './records.ts';
import type { Instance, MessageBoxState } from './state.ts';

/** Only what is there is written: most commits have few of these fields, and the journal is on the hot path. */
export function commitRecord(
  frame: CommitFrame,
  hostInstance: string,
  version: number,
  at: number,
  published: readonly RoutedMessage[],
  unrouted: readonly { message: string; instance: string }[],
  operated: 'suspend' | 'terminate' | null,
): CommitRecord {
  const { id, instance, points, outcome, holds } = frame;
  const record: { -readonly [K in keyof CommitRecord]: CommitRecord[K] } = {
    kind: 'commit',
    at,
    id,
    instance,
    hostInstance,
    version,
    points,
    outcome,
    holds,
  };
  if (frame.state !== undefined) record.state = frame.state;
  if (frame.consumed.length > 0) record.consumed = frame.consumed;
  if (published.length > 0) record.published = published;
  if (frame.subscribe.length > 0) record.subscribe = frame.subscribe;
  if (frame.unsubscribe.length > 0) record.unsubscribe = frame.unsubscribe;
  if (frame.timers.length > 0) record.timers = frame.timers;
  if (frame.cancelTimers.length > 0) record.cancelTimers = frame.cancelTimers;
  if (frame.trace.length > 0) record.trace = frame.trace;
  if (frame.waits !== undefined && frame.waits.length > 0) record.waits = frame.waits;
  if (frame.error) record.error = frame.error;
  if (unrouted.length > 0) record.unrouted = unrouted;
  if (operated) record.operated = operated;
  return record;
}

/** Why an instance that ended is kept. @param terminated what its Terminate shape said */
export function discardedError(count: number, terminated: InstanceError | undefined): InstanceError {
  const code = 'orchestration.discardedMessages';
  const message = fillIn(catalogue[code].message, { count });
  return { code, message: terminated ? `${message}\n${terminated.message}` : message };
}

/**
 * Messages for an instance that ends with this commit and does not consume them. What ends the subscriptions is the end itself. That something
 * was delivered, or not, is nothing that could be lost.
 */
export function discardedMessages(
  messages: MessageBoxState['messages'],
  instance: Instance,
  frame: CommitFrame,
  published: readonly RoutedMessage[],
): number {
  const counts = ({ id, message }: Instance['queue'][number]): boolean => {
    const known = message === undefined ? undefined : messages.get(message);
    return known !== undefined && !isAcknowledgement(known) && !frame.consumed.includes(id);
  };
  const waiting = instance.queue.filter(counts).length;
  const toItself = published.flatMap(({ to }) => to).filter((to) => to.instance === instance.id).length;
  return waiting + toItself;
}
