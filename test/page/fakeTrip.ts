/** A pretended instance with transactions: a called orchestration, nights in a loop, an atomic scope that fails, compensation that runs backwards. */
import type { HistoryEvent, InstanceDetail } from '../../emulator/control/instances.ts';

type Outline = InstanceDetail['outline'];
type Entry = Omit<Outline[number], 'parent'> & { readonly around: string };

const tree: readonly Entry[] = [
  { kind: 'receive', name: 'Receive trip', around: '' },
  { kind: 'scope', name: 'Trip', around: '', transaction: 'longRunning' },
  { kind: 'call', name: 'House', around: 'Trip', orchestration: 'BookHouse', transaction: 'longRunning' },
  { kind: 'send', name: 'Book house', around: 'House' },
  { kind: 'compensation', name: 'Undo house', around: 'House' },
  { kind: 'send', name: 'Cancel house', around: 'Undo house' },
  { kind: 'loop', name: 'Each night', around: 'Trip' },
  { kind: 'scope', name: 'Night', around: 'Each night', transaction: 'longRunning' },
  { kind: 'expression', name: 'Book night', around: 'Night' },
  { kind: 'compensation', name: 'Undo night', around: 'Night' },
  { kind: 'expression', name: 'Cancel night', around: 'Undo night' },
  { kind: 'scope', name: 'Car', around: 'Trip', transaction: 'atomic' },
  { kind: 'expression', name: 'Reserve car', around: 'Car' },
  { kind: 'group', name: 'Tell others', around: 'Trip' },
  { kind: 'start', name: 'Bill traveller', around: 'Tell others', orchestration: 'Billing' },
  { kind: 'handler', name: 'Too expensive', around: 'Trip' },
  { kind: 'compensate', name: 'Undo everything', around: 'Too expensive' },
  { kind: 'send', name: 'Tell the traveller no', around: 'Too expensive' },
];

export const tripOutline: Outline = tree.map(({ around, ...entry }) => ({
  ...entry,
  parent: tree.findIndex(({ name }) => name === around),
}));

export function tripNumber(name: string): number {
  return tree.findIndex((entry) => entry.name === name);
}

const [A, B] = ['ProcessingHost@A', 'ProcessingHost@B'];

type Points = Extract<HistoryEvent, { kind: 'committed' }>['points'];

function committed(sequence: number, start: number, hostInstance: string, points: Points, ...names: string[]): HistoryEvent {
  const shapes = names.map((name) => ({ shape: tripNumber(name), name, atMs: 1, again: false }));
  return {
    ...{
      kind: 'committed',
      sequence,
      at: new Date(start + 40 * sequence).toISOString(),
      hostInstance,
      version: sequence,
      points,
    },
    ...{ shapes, consumed: [], published: [], outcome: 'running' },
  };
}

const night = ['Each night', 'Night', 'Book night'];

type Trip = Pick<InstanceDetail, 'state' | 'outline' | 'history' | 'position' | 'retries' | 'timers' | 'startedBy'>;

/** The car could not be had twice; it is tried again soon. */
export function tripThatRetries(start: number): Trip {
  const due = (ms: number): string => new Date(start + ms).toISOString();
  const number = { trip: tripNumber('Trip'), car: tripNumber('Car') };
  return {
    state: 'Dehydrated',
    startedBy: 'season-ticket-7',
    outline: tripOutline,
    history: [
      { kind: 'activated', sequence: 0, at: due(0), message: 'm1', messageType: 'ScaledOutHosts#Start', startedBy: 'season-ticket-7' },
      committed(1, start, A, ['send', 'scope-end'], 'Receive trip', 'Trip', 'House', 'Book house'),
      committed(2, start, A, ['scope-end'], ...night),
      committed(3, start, A, ['scope-end'], ...night),
      committed(4, start, A, ['dehydration'], 'Each night', 'Car', 'Reserve car', 'Car', 'Reserve car'),
    ],
    position: { saved: [number.car], atRisk: [] },
    retries: [{ scope: number.car, times: 2 }],
    timers: [
      { timer: `${number.trip}.1`, kind: 'timeout', shape: 'Trip', number: number.trip, due: due(90_000) },
      { timer: `${number.car}.3`, kind: 'retry', shape: 'Car', number: number.car, due: due(60_000) },
    ],
  };
}

/** It costs too much: the car has nothing to cancel, the second night is cancelled, and what cancels the first one is at risk. */
export function tripThatIsUndone(start: number): Trip {
  const { history } = tripThatRetries(start);
  return {
    state: 'Active',
    outline: tripOutline,
    history: [
      ...history,
      committed(5, start, A, ['scope-end'], 'Car', 'Reserve car'),
      committed(6, start, A, ['start-orchestration'], 'Tell others', 'Bill traveller'),
      committed(7, start, B, ['dehydration'], 'Undo everything', 'Cancel night'),
    ],
    position: { saved: [tripNumber('Undo night')], atRisk: [tripNumber('Cancel night')] },
    retries: [],
    timers: [],
  };
}

/** Everything is cancelled. */
export function tripThatWasUndone(start: number): Trip {
  const { history } = tripThatIsUndone(start);
  return {
    state: 'Completed',
    outline: tripOutline,
    history: [
      ...history,
      committed(8, start, B, ['send'], 'Cancel night', 'Cancel house'),
      committed(9, start, B, ['send', 'scope-end', 'end'], 'Tell the traveller no'),
    ],
    position: { saved: [], atRisk: [] },
    retries: [],
    timers: [],
  };
}
