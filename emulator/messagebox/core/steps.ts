/** The steps that records are made of: how messages, what refers to them, subscriptions and instances come and go. */
import type { Route, RoutedMessage } from './records.ts';
import type { Instance, InstanceSubscription, Message, MessageBoxState, Timer } from './state.ts';

export const NO_IDS: readonly string[] = [];

/** What derived structures (subscription index, ready queues, timers, watchers) want to know. The snapshot worker passes none. */
export interface ApplyHooks {
  subscribed(instance: Instance, subscription: InstanceSubscription): void;
  unsubscribed(instance: Instance, subscription: InstanceSubscription): void;
  timerSet(instance: Instance, timer: Timer): void;
  /** The entry at this place left the queue. */
  consumed(instance: Instance, index: number): void;
  /** Entries were added, or the status changed. */
  changed(instance: Instance): void;
  suspended(instance: Instance): void;
  gone(instance: Instance, how: 'completed' | 'terminated'): void;
  /** It is about to be an instance of another service. */
  moving(instance: Instance): void;
  /** A message with a body out of line came or went. */
  bodyReferred(hash: string): void;
  bodyReleased(hash: string): void;
}

/** A retried commit of a finished instance can only come from a host instance that was connected when it finished. */
const REMEMBERED_LAST_COMMITS = 10_000;

export function publish(state: MessageBoxState, message: RoutedMessage, at: number, hooks?: ApplyHooks): void {
  const { id, type, properties, body, bodyHash, to } = message;
  const stored: { -readonly [K in keyof Message]: Message[K] } = { id, type, properties, references: to.length };
  if (body !== undefined) stored.body = body;
  if (bodyHash !== undefined) stored.bodyHash = bodyHash;
  state.messages.set(id, stored);
  if (bodyHash !== undefined) hooks?.bodyReferred(bodyHash);
  for (const route of to) enqueue(state, route, id, at, hooks);
}

function enqueue(state: MessageBoxState, route: Route, message: string, at: number, hooks?: ApplyHooks): void {
  let instance = state.instances.get(route.instance);
  if ('service' in route) {
    const service = state.services.get(route.service);
    if (!service) throw new Error(`record ${String(state.sequence)}: no service ${route.service}`);
    instance = newInstance(route.instance, service.id, service.kind, service.host, at);
    state.instances.set(instance.id, instance);
    for (const { id, filter } of route.subscribe) subscribe(instance, { id, filter, convoy: true }, hooks);
  }
  if (!instance) throw new Error(`record ${String(state.sequence)}: no instance ${route.instance}`);
  instance.queue.push({ id: route.entry, subscription: route.subscription, message });
  wake(instance, route.subscription, hooks);
}

export function wake(instance: Instance, subscription: string, hooks?: ApplyHooks): void {
  if (instance.status === 'idle' && instance.waits.includes(subscription)) instance.status = 'ready';
  hooks?.changed(instance);
}

export function suspend(
  instance: Instance,
  status: 'suspended' | 'suspendedNotResumable',
  error: Instance['error'],
  at: number,
  hooks?: ApplyHooks,
): void {
  instance.status = status;
  instance.error = error;
  instance.operation = null;
  instance.changed = at;
  hooks?.changed(instance);
  hooks?.suspended(instance);
}

/** An instance that does nothing but keep a message. */
export function keep(state: MessageBoxState, message: string, instance: Instance): Instance {
  instance.queue.push({ id: message, subscription: '', message });
  refer(state, message);
  state.instances.set(instance.id, instance);
  return instance;
}

export function newInstance(id: string, service: string, kind: Instance['kind'], host: string, at: number): Instance {
  return {
    id,
    service,
    kind,
    host,
    status: 'ready',
    version: 0,
    lastCommit: null,
    state: null,
    queue: [],
    waits: NO_IDS,
    holds: NO_IDS,
    timers: [],
    subscriptions: [],
    attempt: 0,
    takeovers: 0,
    owner: null,
    orphaned: false,
    operation: null,
    created: at,
    changed: at,
    error: null,
  };
}

export function remove(state: MessageBoxState, instance: Instance, how: 'completed' | 'terminated', hooks?: ApplyHooks): void {
  dropSubscriptions(instance, hooks);
  for (const entry of instance.queue) if (entry.message !== undefined) release(state, entry.message, hooks);
  for (const held of instance.holds) release(state, held, hooks);
  instance.queue = [];
  instance.timers = [];
  state.instances.delete(instance.id);
  instance.status = 'ended';
  if (instance.lastCommit !== null) {
    state.lastCommits.set(instance.id, instance.lastCommit);
    forgetOldest(state.lastCommits);
  }
  const counts = state.finished.get(instance.service);
  if (counts) counts[how]++;
  else state.finished.set(instance.service, { completed: how === 'completed' ? 1 : 0, terminated: how === 'terminated' ? 1 : 0 });
  hooks?.gone(instance, how);
}

/** Many at once: a Map walks over everything deleted before it comes to its oldest entry. */
function forgetOldest(lastCommits: MessageBoxState['lastCommits']): void {
  if (lastCommits.size < 2 * REMEMBERED_LAST_COMMITS) return;
  for (const oldest of lastCommits.keys()) {
    if (lastCommits.size <= REMEMBERED_LAST_COMMITS) return;
    lastCommits.delete(oldest);
  }
}

export function replaceHolds(state: MessageBoxState, instance: Instance, holds: readonly string[], hooks?: ApplyHooks): void {
  const before = instance.holds;
  instance.holds = holds;
  for (const id of holds) refer(state, id);
  for (const id of before) release(state, id, hooks);
}

export function consume(state: MessageBoxState, instance: Instance, consumed: readonly string[], hooks?: ApplyHooks): void {
  for (const id of consumed) {
    const index = instance.queue.findIndex((entry) => entry.id === id);
    const entry = instance.queue[index];
    if (!entry) continue;
    instance.queue.splice(index, 1);
    hooks?.consumed(instance, index);
    if (entry.message !== undefined) release(state, entry.message, hooks);
  }
}

function refer(state: MessageBoxState, id: string): void {
  const message = state.messages.get(id);
  if (message) message.references++;
}

function release(state: MessageBoxState, id: string, hooks?: ApplyHooks): void {
  const message = state.messages.get(id);
  if (!message || --message.references > 0) return;
  state.messages.delete(id);
  if (message.bodyHash !== undefined) hooks?.bodyReleased(message.bodyHash);
}

export function subscribe(instance: Instance, subscription: InstanceSubscription, hooks?: ApplyHooks): void {
  // A run from an older state subscribes again with the same id: the newer one counts.
  unsubscribe(instance, [subscription.id], hooks);
  instance.subscriptions.push(subscription);
  hooks?.subscribed(instance, subscription);
}

export function unsubscribe(instance: Instance, ids: readonly string[], hooks?: ApplyHooks): void {
  const gone = instance.subscriptions.filter((subscription) => ids.includes(subscription.id));
  if (gone.length === 0) return;
  instance.subscriptions = instance.subscriptions.filter((subscription) => !ids.includes(subscription.id));
  if (hooks) for (const subscription of gone) hooks.unsubscribed(instance, subscription);
}

export function dropSubscriptions(instance: Instance, hooks?: ApplyHooks): void {
  if (hooks) for (const subscription of instance.subscriptions) hooks.unsubscribed(instance, subscription);
  instance.subscriptions = [];
}
