/**
 * An instance that has not committed anything has no place in its definition that would be lost: it goes over to the version that takes
 * activations now. So what waited for a version that nobody has any more runs, and a corrected definition is what runs.
 */
import type { Activation, Service } from '../protocol/frames.ts';
import type { MoveRecord } from './records.ts';
import { followers } from './routing.ts';
import type { Instance, Message } from './state.ts';
import type { Store } from './store.ts';
import { SubscriptionIndex } from './subscriptionIndex.ts';

/** `undefined`: what waits for the instance would not have come to it in that version, so it stays what it is. */
export function moveTo(store: Store, instance: Instance, service: Service): MoveRecord | undefined {
  const [first, ...others] = instance.queue;
  const activating = first && messageOf(store, first.message);
  const activation = activating && firstMatch<Activation>(service.activations, activating);
  if (!activation) return undefined;
  const subscribe = followers(activation, activating);
  const entries = [{ entry: first.id, subscription: activation.id }];
  for (const { id, message } of others) {
    const waiting = messageOf(store, message);
    const subscription = waiting && firstMatch(subscribe, waiting);
    if (!subscription) return undefined;
    entries.push({ entry: id, subscription: subscription.id });
  }
  return { kind: 'move', at: store.now, instance: instance.id, service: service.id, entries, subscribe };
}

function messageOf({ state }: Store, id: string | undefined): Message | undefined {
  return id === undefined ? undefined : state.messages.get(id);
}

function firstMatch<T extends Pick<Activation, 'filter'>>(subscriptions: readonly T[], message: Message): T | undefined {
  const index = new SubscriptionIndex<T>();
  for (const subscription of subscriptions) index.add(subscription, subscription.filter);
  return index.match(message)[0];
}
