/** Which actions a person can take on a host instance in that state. */
import type { HostInstanceState } from './status.ts';

export type HostInstanceAction = 'kill' | 'freeze' | 'thaw' | 'stop' | 'start';

const WITH_A_PROCESS: ReadonlySet<HostInstanceState> = new Set(['running', 'suspect', 'frozen', 'held', 'stop pending', 'start pending']);

/**
 * @param computerRuns nothing starts on a computer that has failed
 * @param lives it has a process; a lost one may
 */
export function hostInstanceActions(
  state: HostInstanceState,
  computerRuns: boolean,
  lives: boolean = WITH_A_PROCESS.has(state),
): Readonly<Record<HostInstanceAction, boolean>> {
  const lostProcess = state === 'lost' && lives;
  return {
    kill: WITH_A_PROCESS.has(state) || lostProcess,
    freeze: state === 'running' || state === 'suspect',
    thaw: state === 'frozen',
    stop: state === 'running' || state === 'suspect' || state === 'held' || lostProcess,
    // Restarting: it waits for its restart, and a person need not.
    start: computerRuns && (state === 'stopped' || state === 'failed' || state === 'restarting' || (state === 'lost' && !lives)),
  };
}
