/**
 * `apply(state, record)`: the only thing that changes the durable state, at run time, at recovery and in the snapshot worker. It decides
 * nothing: routing results, versions and outcomes are in the record.
 */
import type {
  CommitRecord,
  JournalRecord,
  MoveRecord,
  OperateRecord,
  Route,
  RoutedMessage,
  SessionEndRecord,
  SubmitRecord,
  SuspendRecord,
  UnroutedRecord,
} from './records.ts';
import { conclusionOf, goesOn, isTakeover } from './recordRules.ts';
import {
  comeToRest,
  enlistedAs,
  type Instance,
  type InstanceSubscription,
  type Message,
  type MessageBoxState,
  type Timer,
} from './state.ts';

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

const NO_IDS: readonly string[] = [];
/** A retried commit of a finished instance can only come from a host instance that was connected when it finished. */
const REMEMBERED_LAST_COMMITS = 10_000;

export function apply(state: MessageBoxState, record: JournalRecord, sequence: number, hooks?: ApplyHooks): void {
  state.sequence = sequence;
  if (record.at > state.at) state.at = record.at;
  switch (record.kind) {
    case 'commit':
      applyCommit(state, record, hooks);
      return;
    case 'submit':
      applySubmit(state, record, hooks);
      return;
    case 'timer':
      applyTimer(state, record.instance, record.timer, record.entry, hooks);
      return;
    case 'grant':
    case 'observed':
      return;
    case 'session':
      state.sessions.set(record.hostInstance, record.session);
      for (const id of record.resumed ?? NO_IDS) {
        const instance = state.instances.get(id);
        if (instance) instance.orphaned = false;
      }
      for (const id of record.forgiven ?? NO_IDS) {
        const instance = state.instances.get(id);
        if (instance) instance.attempt = Math.max(0, instance.attempt - 1);
      }
      return;
    case 'sessionEnd':
      applySessionEnd(state, record, hooks);
      return;
    case 'generation':
      state.generation = record.generation;
      state.origin = record.origin;
      return;
    case 'enlist':
      for (const service of record.services) {
        state.services.set(service.id, service);
        state.enlisted.set(enlistedAs(service), service.id);
      }
      return;
    case 'unenlist':
      for (const service of record.services) state.enlisted.delete(enlistedAs(service));
      return;
    case 'move':
      applyMove(state, record, hooks);
      return;
    case 'operate':
      applyOperate(state, record, hooks);
      return;
    case 'suspend':
      applySuspend(state, record, hooks);
      return;
    case 'unrouted':
      applyUnrouted(state, record, hooks);
      return;
    case 'forget':
      for (const id of record.receiveIds) state.receiveIds.delete(id);
      return;
  }
}

function applySuspend(state: MessageBoxState, { instance: id, resumable, error, at, routed }: SuspendRecord, hooks?: ApplyHooks): void {
  if (routed) publish(state, routed, at, hooks);
  const instance = state.instances.get(id);
  if (instance) suspend(instance, resumable ? 'suspended' : 'suspendedNotResumable', error, at, hooks);
}

function applyUnrouted(state: MessageBoxState, { message, instance, sender, error, at }: UnroutedRecord, hooks?: ApplyHooks): void {
  publish(state, message, at, hooks);
  const service = state.instances.get(sender)?.service ?? '';
  suspend(keep(state, message.id, newInstance(instance, service, 'receiveLocation', '', at)), 'suspendedNotResumable', error, at, hooks);
}

function applySessionEnd(state: MessageBoxState, record: SessionEndRecord, hooks?: ApplyHooks): void {
  if (state.sessions.get(record.hostInstance) === record.session) state.sessions.delete(record.hostInstance);
  for (const lost of record.lost) {
    const instance = state.instances.get(lost.instance);
    if (!instance) continue;
    instance.attempt = lost.attempt;
    instance.owner = record.hostInstance;
    instance.orphaned = true;
    hooks?.changed(instance);
  }
}

function applyCommit(state: MessageBoxState, record: CommitRecord, hooks?: ApplyHooks): void {
  const instance = state.instances.get(record.instance);
  if (!instance) throw new Error(`record ${String(state.sequence)}: no instance ${record.instance}`);
  instance.version = record.version;
  instance.lastCommit = record.id;
  instance.changed = record.at;
  instance.attempt = 0;
  if (instance.orphaned) {
    instance.orphaned = false;
    if (isTakeover(instance.owner, record.hostInstance)) instance.takeovers++;
  }
  instance.owner = record.hostInstance;
  state.committed.set(record.hostInstance, (state.committed.get(record.hostInstance) ?? 0) + 1);
  if (record.state !== undefined) instance.state = record.state;
  // New holds before the consumed entries let go, or a message that moves from the queue into the state would be lost in between.
  if (record.holds) replaceHolds(state, instance, record.holds, hooks);
  if (record.consumed) consume(state, instance, record.consumed, hooks);
  if (record.published) for (const message of record.published) publish(state, message, record.at, hooks);
  if (record.unrouted) for (const kept of record.unrouted) keepUnrouted(state, kept.message, kept.instance, instance, record.at, hooks);
  if (record.subscribe) for (const { id, filter } of record.subscribe) subscribe(instance, { id, filter, convoy: false }, hooks);
  // After that: a Call that begins and ends between two commits subscribes and unsubscribes with the same one.
  if (record.unsubscribe) unsubscribe(instance, record.unsubscribe, hooks);
  if (record.cancelTimers) instance.timers = instance.timers.filter((timer) => !record.cancelTimers?.includes(timer.id));
  if (record.timers) {
    for (const timer of record.timers) {
      instance.timers.push(timer);
      hooks?.timerSet(instance, timer);
    }
  }
  conclude(state, instance, record, hooks);
}

function conclude(state: MessageBoxState, instance: Instance, record: CommitRecord, hooks?: ApplyHooks): void {
  const conclusion = conclusionOf(record);
  switch (conclusion) {
    case 'terminated':
    case 'completed':
      if (record.discarded === undefined) {
        remove(state, instance, conclusion, hooks);
        return;
      }
      dropSubscriptions(instance, hooks);
      replaceHolds(state, instance, NO_IDS, hooks);
      comeToRest(instance);
      suspend(instance, 'suspendedNotResumable', record.error ?? null, record.at, hooks);
      return;
    case 'suspended':
      suspend(instance, 'suspended', record.error ?? null, record.at, hooks);
      return;
    case 'idle':
    case 'running':
      instance.waits = conclusion === 'idle' ? (record.waits ?? NO_IDS) : NO_IDS;
      instance.status = conclusion === 'running' || goesOn(instance.waits, (wait) => hasCome(instance, wait)) ? 'ready' : 'idle';
      hooks?.changed(instance);
  }
}

function hasCome(instance: Instance, wait: string): boolean {
  return instance.queue.some(({ subscription }) => subscription === wait);
}

function applySubmit(state: MessageBoxState, record: SubmitRecord, hooks?: ApplyHooks): void {
  state.receiveIds.set(record.receiveId, { location: record.location, at: record.at });
  publish(state, record.message, record.at, hooks);
  if (record.suspended) {
    const { instance: id, service, error, resumable } = record.suspended;
    const instance = keep(state, record.message.id, newInstance(id, service ?? record.location, 'receiveLocation', '', record.at));
    suspend(instance, resumable ? 'suspended' : 'suspendedNotResumable', error, record.at, hooks);
  }
  if (record.waiting) {
    const { instance: id, service, subscribe: subscription, timer } = record.waiting;
    const instance = newInstance(id, service, 'receiveLocation', state.services.get(service)?.host ?? '', record.at);
    instance.owner = record.hostInstance;
    instance.timers.push(timer);
    state.instances.set(id, instance);
    subscribe(instance, { ...subscription, convoy: false }, hooks);
    hooks?.timerSet(instance, timer);
    hooks?.changed(instance);
  }
}

function publish(state: MessageBoxState, message: RoutedMessage, at: number, hooks?: ApplyHooks): void {
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

function wake(instance: Instance, subscription: string, hooks?: ApplyHooks): void {
  if (instance.status === 'idle' && instance.waits.includes(subscription)) instance.status = 'ready';
  hooks?.changed(instance);
}

function applyTimer(state: MessageBoxState, id: string, timer: string, entry: string, hooks?: ApplyHooks): void {
  const instance = state.instances.get(id);
  if (!instance) return;
  instance.timers = instance.timers.filter((other) => other.id !== timer);
  instance.queue.push({ id: entry, subscription: timer, timer });
  wake(instance, timer, hooks);
}

function applyOperate(state: MessageBoxState, record: OperateRecord, hooks?: ApplyHooks): void {
  const instance = state.instances.get(record.instance);
  if (!instance) return;
  if (!record.applied) {
    instance.operation = record.operation === 'resume' ? null : record.operation;
    hooks?.changed(instance);
    return;
  }
  if (record.routed) publish(state, record.routed, record.at, hooks);
  if (record.operation === 'terminate') remove(state, instance, 'terminated', hooks);
  else if (record.operation === 'suspend') suspend(instance, 'suspended', null, record.at, hooks);
  else if (record.routed) remove(state, instance, 'completed', hooks);
  else {
    instance.status = 'ready';
    instance.error = null;
    instance.attempt = 0;
    instance.changed = record.at;
    hooks?.changed(instance);
  }
}

function applyMove(state: MessageBoxState, record: MoveRecord, hooks?: ApplyHooks): void {
  const instance = state.instances.get(record.instance);
  if (!instance) return;
  hooks?.moving(instance);
  instance.service = record.service;
  instance.host = state.services.get(record.service)?.host ?? instance.host;
  // Host instances may have died of the code it had; none has died of this.
  instance.attempt = 0;
  instance.orphaned = false;
  instance.changed = record.at;
  const now = new Map(record.entries.map(({ entry, subscription }) => [entry, subscription]));
  instance.queue = instance.queue.map((entry) => ({ ...entry, subscription: now.get(entry.id) ?? entry.subscription }));
  dropSubscriptions(instance, hooks);
  for (const { id, filter } of record.subscribe) subscribe(instance, { id, filter, convoy: true }, hooks);
  hooks?.changed(instance);
}

function suspend(
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

function keepUnrouted(state: MessageBoxState, message: string, id: string, sender: Instance, at: number, hooks?: ApplyHooks): void {
  const type = state.messages.get(message)?.type ?? '';
  const error = { code: 'message.routingFailure', message: `No subscription matches the message of type "${type}".` };
  suspend(keep(state, message, newInstance(id, sender.service, 'receiveLocation', '', at)), 'suspended', error, at, hooks);
}

/** An instance that does nothing but keep a message. */
function keep(state: MessageBoxState, message: string, instance: Instance): Instance {
  instance.queue.push({ id: message, subscription: '', message });
  refer(state, message);
  state.instances.set(instance.id, instance);
  return instance;
}

function newInstance(id: string, service: string, kind: Instance['kind'], host: string, at: number): Instance {
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

function remove(state: MessageBoxState, instance: Instance, how: 'completed' | 'terminated', hooks?: ApplyHooks): void {
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

function replaceHolds(state: MessageBoxState, instance: Instance, holds: readonly string[], hooks?: ApplyHooks): void {
  const before = instance.holds;
  instance.holds = holds;
  for (const id of holds) refer(state, id);
  for (const id of before) release(state, id, hooks);
}

function consume(state: MessageBoxState, instance: Instance, consumed: readonly string[], hooks?: ApplyHooks): void {
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

function subscribe(instance: Instance, subscription: InstanceSubscription, hooks?: ApplyHooks): void {
  // A run from an older state subscribes again with the same id: the newer one counts.
  unsubscribe(instance, [subscription.id], hooks);
  instance.subscriptions.push(subscription);
  hooks?.subscribed(instance, subscription);
}

function unsubscribe(instance: Instance, ids: readonly string[], hooks?: ApplyHooks): void {
  const gone = instance.subscriptions.filter((subscription) => ids.includes(subscription.id));
  if (gone.length === 0) return;
  instance.subscriptions = instance.subscriptions.filter((subscription) => !ids.includes(subscription.id));
  if (hooks) for (const subscription of gone) hooks.unsubscribed(instance, subscription);
}

function dropSubscriptions(instance: Instance, hooks?: ApplyHooks): void {
  if (hooks) for (const subscription of instance.subscriptions) hooks.unsubscribed(instance, subscription);
  instance.subscriptions = [];
}
