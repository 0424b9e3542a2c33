/** Suspend, resume, terminate: the transitions of docs/behaviour.md, section 12.2. */
import { SohError, toWire } from '../../errors.ts';
import type { InstanceFilter, OperationResult } from '../../control/instances.ts';
import type { ServiceInstanceState } from '../../control/status.ts';
import type { Walk } from '../../slices.ts';
import { visit } from './instanceWalk.ts';
import type { MessageBox } from './messageBox.ts';
import { noticeOfTermination } from './deliveryNotice.ts';
import { route } from './routing.ts';
import type { Instance } from './state.ts';

export type Operation = 'suspend' | 'resume' | 'terminate';

/** States in which an operation is possible; on an Active instance it waits for the next persistence point. */
const allowed: Readonly<Record<Operation, readonly ServiceInstanceState[]>> = {
  suspend: ['Ready to run', 'Active', 'Dehydrated', 'Scheduled', 'Waits for version'],
  resume: ['Suspended (resumable)'],
  terminate: [
    'Ready to run',
    'Active',
    'Dehydrated',
    'Scheduled',
    'Waits for version',
    'Suspended (resumable)',
    'Suspended (not resumable)',
  ],
};

/** Ids, and refusals with their reasons, that a result lists; the counts tell of the rest. */
const LISTED = 1000;
const LISTED_REFUSALS = 100;

/**
 * Operates on every instance the filter chooses, each as it is when its turn comes: what changed meanwhile and is no longer chosen is left
 * alone, what began meanwhile is not meant. Without ids, only those are meant for which the operation is possible. One operation at a time on an instance: a second one while one is pending is refused
 * (section 12.1). What was done stays done when the walk is not finished.
 */
export function* operate(messageBox: MessageBox, operation: Operation, filter: InstanceFilter): Walk<OperationResult> {
  const { store } = messageBox;
  const outcome = new Outcome();
  for (const id of new Set(filter.ids)) {
    if (!store.state.instances.has(id)) outcome.refused(id, () => new SohError('group.unknownInstance', { id }));
  }
  yield* visit(store, filter, (instance) => {
    const grant = store.holdings.grantOf(instance);
    const possible = allowed[operation].includes(store.stateOf(instance));
    if (!possible && filter.ids === undefined) return;
    if (!possible || instance.operation) outcome.refused(instance.id, () => notAllowed(instance, store.stateOf(instance), operation));
    else if (grant && operation !== 'resume') {
      store.record({ kind: 'operate', at: store.now, operation, instance: instance.id, applied: false });
      grant.session.connection.send({ kind: 'operate', instance: instance.id, operation });
      outcome.pending(instance.id);
    } else {
      applyNow(messageBox, operation, instance);
      outcome.done(instance.id);
    }
  });
  return outcome.result;
}

class Outcome {
  readonly result = {
    done: [] as string[],
    pending: [] as string[],
    refused: [] as OperationResult['refused'][number][],
    counts: { done: 0, pending: 0, refused: 0 },
  };

  done(id: string): void {
    if (++this.result.counts.done <= LISTED) this.result.done.push(id);
  }

  pending(id: string): void {
    if (++this.result.counts.pending <= LISTED) this.result.pending.push(id);
  }

  refused(id: string, why: () => SohError): void {
    if (++this.result.counts.refused <= LISTED_REFUSALS) this.result.refused.push({ id, error: toWire(why()) });
  }
}

function notAllowed(instance: Instance, state: ServiceInstanceState, operation: Operation): SohError {
  if (operation === 'resume' && state === 'Suspended (not resumable)') return new SohError('group.notResumable', { id: instance.id });
  const shown = instance.operation ? `${state}, ${instance.operation} pending` : state;
  const operated = `${operation}${operation === 'suspend' ? 'ed' : 'd'}`;
  return new SohError('group.operationNotAllowed', { id: instance.id, state: shown, operation: operated });
}

function applyNow(messageBox: MessageBox, operation: Operation, instance: Instance): void {
  const { store, dispatch } = messageBox;
  const at = store.now;
  const entry = instance.error?.code === 'message.routingFailure' ? instance.queue[0] : undefined;
  const message = entry?.message === undefined ? undefined : store.state.messages.get(entry.message);
  if (operation !== 'resume' || !message) {
    const told = operation === 'terminate' ? noticeOfTermination(store, instance) : undefined;
    store.record({ kind: 'operate', at, operation, instance: instance.id, applied: true, ...(told && { routed: told }) });
    if (told) dispatch.deliverRoutes([told]);
    return;
  }
  // Resuming a routing failure routes the message again, under a new id; without a subscriber it stays suspended.
  const routed = route(store, `${message.id}~${String(at)}`, message);
  if (routed.to.length === 0) return;
  store.record({ kind: 'operate', at, operation, instance: instance.id, applied: true, routed });
  dispatch.deliverRoutes([routed]);
}
