/**
 * An instance of a send port that the MessageBox ends or suspends by itself: whoever wants to know what became of its message is told
 * (docs/behaviour.md, section 14). What its host instance gives up, that says itself (hosting/sendPortWork.ts).
 */
import type { InstanceError } from '../../engine/door.ts';
import { acknowledge, wantsAcknowledgement } from '../../orchestration/acknowledgements.ts';
import type { RoutedMessage } from './records.ts';
import { route } from './routing.ts';
import type { Instance } from './state.ts';
import type { Store } from './store.ts';

/** What is published of it; `undefined` when there is nothing to say, or nobody to say it to. */
export function failedDelivery(store: Store, instance: Instance, error: InstanceError): RoutedMessage | undefined {
  // What was given up before was told then.
  if (instance.kind !== 'sendPort' || instance.error !== null) return undefined;
  const id = instance.queue.find(({ message }) => message !== undefined)?.message ?? '';
  const message = store.state.messages.get(id);
  if (message === undefined || !wantsAcknowledgement(message)) return undefined;
  const port = store.state.services.get(instance.service)?.name ?? '';
  // The next record says it, and there is only one of that number.
  const routed = route(store, `${instance.id}!${String(store.state.sequence + 1)}`, acknowledge(message, port, error));
  return routed.to.length > 0 ? routed : undefined;
}

/** Somebody ended it. */
export function endedByHand(store: Store, instance: Instance): RoutedMessage | undefined {
  return failedDelivery(store, instance, { code: 'terminated', message: 'The instance of the send port was terminated.' });
}
