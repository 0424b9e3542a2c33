/** Which actions a person can take now; the others are shown as unavailable, so that nothing moves under the pointer. */
import type { InstanceSummary } from '../../emulator/control/instances.ts';
import type { HostInstanceState, ServiceInstanceState } from '../../emulator/control/status.ts';

export interface HostInstanceActions {
  readonly kill: boolean;
  readonly freeze: boolean;
  readonly thaw: boolean;
  readonly stop: boolean;
  readonly start: boolean;
}

/** `computerRuns`: nothing starts on a computer that has failed. */
export function hostInstanceActions(state: HostInstanceState, computerRuns: boolean): HostInstanceActions {
  const process = state === 'running' || state === 'frozen' || state === 'stop pending' || state === 'start pending';
  return {
    kill: process,
    freeze: state === 'running',
    thaw: state === 'frozen',
    stop: state === 'running',
    // Restarting: it waits for its restart, and a person need not.
    start: computerRuns && (state === 'stopped' || state === 'failed' || state === 'lost' || state === 'restarting'),
  };
}

export type Operation = 'suspend' | 'resume' | 'terminate';
export type InstanceActions = Readonly<Record<Operation, boolean>>;

/** For how many of these an operation is possible. */
export function operable(operation: Operation, counts: Readonly<Record<ServiceInstanceState, number>>): number {
  const states = Object.keys(counts) as ServiceInstanceState[];
  const possible = states.filter((state) => instanceActions({ state, pendingOperation: null })[operation]);
  return possible.reduce((sum, state) => sum + counts[state], 0);
}

export function instanceActions({ state, pendingOperation }: Pick<InstanceSummary, 'state' | 'pendingOperation'>): InstanceActions {
  const ended = state === 'Terminated' || state.startsWith('Completed');
  const suspended = state.startsWith('Suspended');
  return {
    suspend: !ended && !suspended && pendingOperation === null,
    resume: state === 'Suspended (resumable)' && pendingOperation !== 'terminate',
    terminate: !(ended && state !== 'Completed with discarded messages') && pendingOperation !== 'terminate',
  };
}
