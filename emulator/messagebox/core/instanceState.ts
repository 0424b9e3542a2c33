/** The states of a service instance as people know them (docs/behaviour.md, section 12.1). */
import { SERVICE_INSTANCE_STATES } from '../../control/commandArguments.ts';
import type { ServiceInstanceState } from '../../control/status.ts';
import type { Instance } from './state.ts';

/**
 * Scheduled is the state of a send port that waits for its retry or window; an orchestration that waits is Dehydrated.
 *
 * @param away no host instance has the version it is pinned to, so neither message nor timer can make it go on
 */
export function stateOf(instance: Instance, held: boolean, away: boolean): ServiceInstanceState {
  switch (instance.status) {
    case 'ready':
      return held ? 'Active' : away ? 'Waits for version' : 'Ready to run';
    case 'idle':
      return away ? 'Waits for version' : instance.kind === 'sendPort' ? 'Scheduled' : 'Dehydrated';
    case 'suspended':
      return 'Suspended (resumable)';
    case 'suspendedNotResumable':
      return 'Suspended (not resumable)';
    case 'ended':
      return 'Completed';
  }
}

export function noCounts(): Record<ServiceInstanceState, number> {
  return Object.fromEntries(SERVICE_INSTANCE_STATES.map((state) => [state, 0])) as Record<ServiceInstanceState, number>;
}
