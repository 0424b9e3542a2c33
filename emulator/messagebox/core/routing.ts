/** Publish: which subscribers get a message (docs/behaviour.md, section 4.3). The result goes into the record. */
import type { Predicate } from '../../orchestration/predicates.ts';
import type { Activation, NewMessage } from '../protocol/frames.ts';
import type { Route, RoutedMessage } from './records.ts';
import type { Store, Subscriber } from './store.ts';

/**
 * Routes a message: every matching subscription gets its own reference. A message that joins an instance through a convoy subscription
 * does not activate another instance of the same service (section 11).
 */
export function route(store: Store, id: string, message: NewMessage, shape?: number): RoutedMessage {
  const matches = store.subscribers.match(message);
  const to: Route[] = [];
  for (const match of matches) {
    if (match.kind === 'instance') {
      to.push({
        instance: match.instance.id,
        entry: `${id}>${match.instance.id}.${match.subscription.id}`,
        subscription: match.subscription.id,
      });
    } else if (!joinsConvoy(store, matches, match)) {
      const instance = store.newInstanceId();
      const { service, activation } = match;
      to.push({
        instance,
        entry: `${id}>${instance}`,
        subscription: activation.id,
        service: service.id,
        subscribe: followers(activation, message),
      });
    }
  }
  const { type, properties, body, bodyHash } = message;
  const routed: { -readonly [K in keyof RoutedMessage]: RoutedMessage[K] } = { id, type, properties, to };
  if (body !== undefined) routed.body = body;
  if (bodyHash !== undefined) routed.bodyHash = bodyHash;
  if (shape !== undefined) routed.shape = shape;
  return routed;
}

function joinsConvoy(store: Store, matches: readonly Subscriber[], activation: Extract<Subscriber, { kind: 'activation' }>): boolean {
  return matches.some(
    (match) =>
      match.kind === 'instance' &&
      match.subscription.convoy &&
      store.state.services.get(match.instance.service)?.name === activation.service.name,
  );
}

/** Instance subscriptions created with the instance, with the correlation values of the activating message. */
export function followers(
  activation: Activation,
  message: Pick<NewMessage, 'properties'>,
): { id: string; filter: readonly (readonly Predicate[])[] }[] {
  return activation.follows.map(({ id, filter, correlation }) => {
    const equal = correlation.flatMap((property): Predicate[] => {
      const value = message.properties[property];
      return value === undefined ? [] : [{ property, operator: '==', value }];
    });
    // A correlation value that is missing can never be followed: without it the subscription would match every message of its type.
    return { id, filter: equal.length === correlation.length ? filter.map((group) => [...group, ...equal]) : [] };
  });
}
