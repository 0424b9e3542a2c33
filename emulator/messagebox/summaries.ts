/** How instances and the MessageBox are described to people (biztalk-semantics, section 12.1). */
import { SERVICE_INSTANCE_STATES } from '../group/commandArguments.ts';
import type { InstanceSummary, ServiceInstanceState } from '../group/control.ts';
import type { Instance } from './state.ts';
import type { Store } from './store.ts';

/** Scheduled is the state of a send port that waits for its retry or window; an orchestration that waits is Dehydrated. */
export function stateOf(instance: Instance): ServiceInstanceState {
  switch (instance.status) {
    case 'ready':
      return instance.grant ? 'Active' : 'Ready to run';
    case 'idle':
      return instance.kind === 'sendPort' ? 'Scheduled' : 'Dehydrated';
    case 'suspended':
      return 'Suspended (resumable)';
    case 'suspendedNotResumable':
      return 'Suspended (not resumable)';
    case 'ended':
      return 'Completed';
    case 'discarded':
      return 'Completed with discarded messages';
  }
}

export function summaryOf(store: Pick<Store, 'state'>, instance: Instance, finished?: 'completed' | 'terminated'): InstanceSummary {
  const state = finished === undefined ? stateOf(instance) : finished === 'completed' ? 'Completed' : 'Terminated';
  return {
    id: instance.id,
    orchestration: store.state.services.get(instance.service)?.name ?? instance.service,
    kind: instance.kind,
    state,
    pendingOperation: instance.operation,
    owner: instance.grant?.session.hostInstance ?? instance.owner,
    commits: instance.version,
    takeovers: instance.takeovers,
    created: new Date(instance.created).toISOString(),
    changed: new Date(instance.changed).toISOString(),
    error: instance.error,
  };
}

export function noCounts(): Record<ServiceInstanceState, number> {
  return Object.fromEntries(SERVICE_INSTANCE_STATES.map((state) => [state, 0])) as Record<ServiceInstanceState, number>;
}
