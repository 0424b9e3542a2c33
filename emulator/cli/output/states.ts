import type { GroupStatus, HostInstanceState, MessageBoxStatus, ServiceInstanceState } from '../../control/status.ts';
import { term } from '../../text/term.ts';
import type { Tone } from './printer.ts';

/** The states of service instances in the order people look for them. The names are those of the real product. */
export const serviceInstanceStates: readonly ServiceInstanceState[] = [
  term('Ready to run'),
  term('Active'),
  term('Dehydrated'),
  term('Scheduled'),
  term('Waits for version'),
  term('Suspended (resumable)'),
  term('Suspended (not resumable)'),
  term('Completed'),
  term('Terminated'),
];

const processTones: Readonly<Record<HostInstanceState | GroupStatus['state'] | MessageBoxStatus['state'], Tone>> = {
  [term('running')]: 'good',
  [term('starting')]: 'busy',
  [term('stopping')]: 'busy',
  [term('start pending')]: 'busy',
  [term('stop pending')]: 'busy',
  [term('restarting')]: 'busy',
  [term('suspect')]: 'busy',
  [term('frozen')]: 'busy',
  [term('held')]: 'busy',
  [term('stopped')]: 'quiet',
  [term('lost')]: 'bad',
  [term('failed')]: 'bad',
};

/** How the state of a group, a host instance, a computer or the MessageBox looks. */
export function processTone(state: keyof typeof processTones): Tone {
  return processTones[state];
}

/** How the state of a service instance looks. */
export function instanceTone(state: ServiceInstanceState): Tone {
  if (state.startsWith('Suspended') || state === 'Waits for version') return 'bad';
  if (state === 'Completed') return 'good';
  return state === 'Active' ? 'busy' : 'quiet';
}

/**
 * The states a word of the command line means: a whole name or the beginning of one, in any case; `suspended` means both kinds.
 * `undefined` = there is no such state.
 */
export function statesFrom(word: string): ServiceInstanceState[] | undefined {
  const wanted = word.trim().toLowerCase();
  const exact = serviceInstanceStates.filter((state) => state.toLowerCase() === wanted);
  if (exact.length > 0) return exact;
  const beginning = serviceInstanceStates.filter((state) => state.toLowerCase().startsWith(wanted));
  return wanted === '' || beginning.length === 0 ? undefined : beginning;
}
