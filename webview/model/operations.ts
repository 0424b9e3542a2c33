/** Which actions a person can take now; the others are shown as unavailable, so that nothing moves under the pointer. */
import type { HostInstanceState, InstanceSummary } from '../../emulator/group/control.ts';

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

export interface InstanceActions {
  readonly suspend: boolean;
  readonly resume: boolean;
  readonly terminate: boolean;
}

export function instanceActions({ state, pendingOperation }: InstanceSummary): InstanceActions {
  const ended = state === 'Terminated' || state.startsWith('Completed');
  const suspended = state.startsWith('Suspended');
  return {
    suspend: !ended && !suspended && pendingOperation === null,
    resume: state === 'Suspended (resumable)' && pendingOperation !== 'terminate',
    terminate: !(ended && state !== 'Completed with discarded messages') && pendingOperation !== 'terminate',
  };
}
