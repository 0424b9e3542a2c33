/** Which actions a person can take now; the others are shown as unavailable, so that nothing moves under the pointer. */
import type { InstanceSummary } from '../../emulator/control/instances.ts';
import type { ServiceInstanceState } from '../../emulator/control/status.ts';

export type Operation = 'suspend' | 'resume' | 'terminate';
export type InstanceActions = Readonly<Record<Operation, boolean>>;

/** For how many of these an operation is possible. */
export function operable(operation: Operation, counts: Readonly<Record<ServiceInstanceState, number>>): number {
  const states = Object.keys(counts) as ServiceInstanceState[];
  const possible = states.filter((state) => instanceActions({ state, pendingOperation: null })[operation]);
  return possible.reduce((sum, state) => sum + counts[state], 0);
}

export function instanceActions({ state, pendingOperation }: Pick<InstanceSummary, 'state' | 'pendingOperation'>): InstanceActions {
  const ended = state === 'Terminated' || state === 'Completed';
  const suspended = state.startsWith('Suspended');
  return {
    suspend: !ended && !suspended && pendingOperation === null,
    resume: state === 'Suspended (resumable)' && pendingOperation !== 'terminate',
    terminate: !ended && pendingOperation !== 'terminate',
  };
}
