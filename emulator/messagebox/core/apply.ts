/**
 * `apply(state, record)`: the only thing that changes the durable state, at run time, at recovery and in the snapshot worker. It decides
 * nothing: routing results, versions and outcomes are in the record.
 */
import type {
  CommitRecord,
  JournalRecord,
  MoveRecord,
  OperateRecord,
  SessionEndRecord,
  SubmitRecord,
  SuspendRecord,
  UnroutedRecord,
} from './records.ts';
import { conclusionOf, goesOn, isTakeover } from './recordRules.ts';
import { comeToRest, enlistedAs, type Instance, type MessageBoxState } from './state.ts';
import {
  type ApplyHooks,
  consume,
  dropSubscriptions,
  keep,
  newInstance,
  NO_IDS,
  publish,
  remove,
  replaceHolds,
  subscribe,
  suspend,
  unsubscribe,
  wake,
} from './steps.ts';

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

function keepUnrouted(state: MessageBoxState, message: string, id: string, sender: Instance, at: number, hooks?: ApplyHooks): void {
  const type = state.messages.get(message)?.type ?? '';
  const error = { code: 'message.routingFailure', message: `No subscription matches the message of type "${type}".` };
  suspend(keep(state, message, newInstance(id, sender.service, 'receiveLocation', '', at)), 'suspended', error, at, hooks);
}
