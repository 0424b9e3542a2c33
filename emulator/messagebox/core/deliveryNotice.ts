/**
 * Whoever wants to know what became of a message is told when the instance of the send port ends or is suspended, whoever did that: its host
 * instance, an operator, or the MessageBox itself (docs/behaviour.md, sections 14 and 16).
 */
import type { InstanceError } from '../../engine/door.ts';
import { acknowledge, wantsAcknowledgement } from '../../orchestration/acknowledgements.ts';
import type { CommitFrame } from '../protocol/frames.ts';
import { conclusionOf } from './recordRules.ts';
import type { RoutedMessage } from './records.ts';
import { route } from './routing.ts';
import type { Instance } from './state.ts';
import type { Store } from './store.ts';

const terminated: InstanceError = { code: 'terminated', message: 'The instance of the send port was terminated.' };

/** With a commit. @param operated what an operator wanted, and gets with it */
export function noticeOfCommit(
  store: Store,
  instance: Instance,
  { outcome, error }: CommitFrame,
  operated: 'suspend' | 'terminate' | null,
): RoutedMessage | undefined {
  switch (conclusionOf(operated ? { outcome, operated } : { outcome })) {
    case 'completed':
      return notice(store, instance);
    case 'terminated':
      return notice(store, instance, error ?? terminated);
    case 'suspended':
      return error && notice(store, instance, error);
    default:
      return undefined;
  }
}

/** An operator ends an instance that nobody has. */
export function noticeOfTermination(store: Store, instance: Instance): RoutedMessage | undefined {
  return notice(store, instance, terminated);
}

/** What is published; `undefined` when there is nothing to say, or nobody to say it to. @param failure why the message was not sent */
export function notice(store: Store, instance: Instance, failure?: InstanceError): RoutedMessage | undefined {
  // What was given up before was told then.
  if (instance.kind !== 'sendPort' || instance.error !== null) return undefined;
  const id = instance.queue.find(({ message }) => message !== undefined)?.message ?? '';
  const message = store.state.messages.get(id);
  if (message === undefined || !wantsAcknowledgement(message)) return undefined;
  const port = store.state.services.get(instance.service)?.name ?? '';
  // The next record says it, and there is only one of that number.
  const routed = route(store, `${instance.id}!${String(store.state.sequence + 1)}`, acknowledge(message, port, failure));
  return routed.to.length > 0 ? routed : undefined;
}
