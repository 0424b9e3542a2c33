/** Suspend, resume, terminate: the transitions of biztalk-semantics section 12.2. */
import { SohError, toWire } from '../errors.ts';
import type { InstanceFilter, OperationResult, ServiceInstanceState } from '../group/control.ts';
import { passes } from '../group/instanceFilter.ts';
import type { MessageBox } from './messageBox.ts';
import { route } from './routing.ts';
import type { Instance } from './state.ts';
import { summaryOf } from './summaries.ts';

export type Operation = 'suspend' | 'resume' | 'terminate';

/** States in which an operation is possible; on an Active instance it waits for the next persistence point. */
const allowed: Readonly<Record<Operation, readonly ServiceInstanceState[]>> = {
  suspend: ['Ready to run', 'Active', 'Dehydrated', 'Scheduled'],
  resume: ['Suspended (resumable)'],
  terminate: [
    'Ready to run',
    'Active',
    'Dehydrated',
    'Scheduled',
    'Suspended (resumable)',
    'Suspended (not resumable)',
    'Completed with discarded messages',
  ],
};

/** One operation at a time on an instance: a second one while one is pending is refused (section 12.1). */
export function operate(messageBox: MessageBox, operation: Operation, filter: InstanceFilter): OperationResult {
  const { store } = messageBox;
  const result = { done: [] as string[], pending: [] as string[], refused: [] as OperationResult['refused'][number][] };
  const chosen = matching(messageBox, filter);
  for (const id of filter.ids ?? []) {
    if (!store.state.instances.has(id)) result.refused.push({ id, error: toWire(new SohError('group.unknownInstance', { id })) });
  }
  for (const instance of chosen) {
    const { state, pendingOperation } = summaryOf(store, instance);
    if (!allowed[operation].includes(state) || pendingOperation) {
      const shown = pendingOperation ? `${state}, ${pendingOperation} pending` : state;
      result.refused.push({
        id: instance.id,
        error: toWire(
          new SohError('group.operationNotAllowed', {
            id: instance.id,
            state: shown,
            operation: `${operation}${operation === 'suspend' ? 'ed' : 'd'}`,
          }),
        ),
      });
    } else if (instance.grant && operation !== 'resume') {
      store.record({ kind: 'operate', at: store.now, operation, instance: instance.id, applied: false });
      instance.grant.session.connection.send({ kind: 'operate', instance: instance.id, operation });
      result.pending.push(instance.id);
    } else {
      applyNow(messageBox, operation, instance);
      result.done.push(instance.id);
    }
  }
  return result;
}

function applyNow(messageBox: MessageBox, operation: Operation, instance: Instance): void {
  const { store, ownership } = messageBox;
  const at = store.now;
  const entry = instance.error?.code === 'message.routingFailure' ? instance.queue[0] : undefined;
  const message = entry?.message === undefined ? undefined : store.state.messages.get(entry.message);
  if (operation !== 'resume' || !message) {
    store.record({ kind: 'operate', at, operation, instance: instance.id, applied: true });
    return;
  }
  // Resuming a routing failure routes the message again, under a new id; without a subscriber it stays suspended.
  const routed = route(store, `${message.id}~${String(at)}`, message, ownership.newInstanceId);
  if (routed.to.length === 0) return;
  store.record({ kind: 'operate', at, operation, instance: instance.id, applied: true, routed });
  ownership.deliverRoutes([routed]);
}

/** Instances that a filter chooses. With ids only these are looked at, so a single operation does not walk 100,000 instances. */
export function matching(messageBox: MessageBox, filter: InstanceFilter): Instance[] {
  const { instances } = messageBox.store.state;
  const candidates = filter.ids ? filter.ids.flatMap((id) => instances.get(id) ?? []) : [...instances.values()];
  return candidates.filter((instance) => passes(summaryOf(messageBox.store, instance), filter));
}
