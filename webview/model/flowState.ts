/** What is known of each shape of an instance: whether it ran, where, how often, and what a loss of the owner would take back. Pure. */
import type { InstanceDetail, InstanceTimer } from '../../emulator/control/instances.ts';
import { compensationsOf } from './compensations.ts';
import { aroundOf, isBlock } from './flowParts.ts';
import { runsOf, type Run } from './flowRuns.ts';

export interface ShapeState {
  /** `given back`: it ran in vain. `compensated`: its transaction was undone after it had committed. */
  readonly reached: 'not reached' | Run['fate'] | 'compensated';
  /** What is at risk counts. */
  readonly runs: number;
  /** Of these, because an owner was lost. */
  readonly again: number;
  /** Host instance that ran it last. */
  readonly by: string | null;
  /** Saved position: a host instance goes on here after a loss. Of a branch: it has ended. */
  readonly goesOn: boolean;
  readonly current: 'running' | 'waiting' | null;
  /** What went wrong here. */
  readonly error: string | null;
  /** Of a compensation block, or a transaction without one: as which ones of all it ran, counted from 1. */
  readonly order: readonly number[];
  /** Of an atomic scope: how often it has run in vain. */
  readonly inVain: number;
  /** The time it waits for. */
  readonly until: Pick<InstanceTimer, 'kind' | 'due'> | null;
}

/** Of what nothing is known. */
export const FRESH: ShapeState = {
  ...{ reached: 'not reached', runs: 0, again: 0, by: null, goesOn: false, current: null, error: null },
  ...{ order: [], inVain: 0, until: null },
};

type Counted = { -readonly [K in keyof ShapeState]: ShapeState[K] };

/** The state of each entry of the outline, by its number. */
export function flowStates(detail: InstanceDetail): readonly ShapeState[] {
  const { outline, error } = detail;
  const states = outline.map((): Counted => ({ ...FRESH }));
  for (const { runs } of runsOf(detail)) for (const run of runs) ran(states[run.shape], run);
  reachBlocks(detail, states);
  const { order, undone } = compensationsOf(detail);
  for (const [block, numbers] of order) mark(states[block], { order: numbers });
  for (const scope of undone) mark(states[scope], { reached: 'compensated' });
  for (const { scope, times } of detail.retries) mark(states[scope], { inVain: times });
  for (const { number, kind, due } of detail.timers) mark(states[number], { until: { kind, due } });
  for (const shape of goingOn(detail)) mark(states[shape], { goesOn: true });
  for (const [shape, current] of currentPositions(detail)) mark(states[shape], { current });
  if (error) mark(states[placeOfError(detail) ?? -1], { error: error.message });
  return states;
}

/** The number of the shape an instance has its error from. */
export function placeOfError({ error, history, outline }: Pick<InstanceDetail, 'error' | 'history' | 'outline'>): number | undefined {
  const shape = error?.shape;
  if (shape === undefined) return undefined;
  const told = history.findLast((event) => event.kind === 'suspended' && event.error.shape === shape);
  return (told?.kind === 'suspended' ? told.number : undefined) ?? numberOfShape(outline, shape);
}

/**
 * The number of the shape of that name, where nothing better is known: called orchestrations may have shapes of one name. `undefined` for a
 * branch, a rule or a handler.
 */
export function numberOfShape(outline: InstanceDetail['outline'], name: string): number | undefined {
  const found = outline.findIndex((entry) => entry.name === name && !isBlock(entry.kind));
  return found < 0 ? undefined : found;
}

function mark(state: Counted | undefined, part: Partial<Counted>): void {
  if (state) Object.assign(state, part);
}

function ran(state: Counted | undefined, { fate, by, again }: Run): void {
  if (state) mark(state, { reached: fate, by, runs: state.runs + 1, again: state.again + (again ? 1 : 0) });
}

/** What is reached most, last. */
const weights: readonly ShapeState['reached'][] = ['not reached', 'given back', 'at risk', 'persisted'];

/** A branch is reached with what is in it; innermost blocks have the highest numbers. */
function reachBlocks({ outline }: InstanceDetail, states: readonly Counted[]): void {
  for (let number = outline.length - 1; number >= 0; number -= 1) {
    const { kind = '', parent = -1 } = outline[number] ?? {};
    const [state, around] = [states[number], states[parent]];
    if (!state || !around || !isBlock(outline[parent]?.kind ?? '') || isBlock(kind)) continue;
    if (weights.indexOf(state.reached) > weights.indexOf(around.reached)) around.reached = state.reached;
  }
}

/** Without anything saved an instance begins again at its first shape; what is not resumable goes on nowhere. */
function goingOn({ state, outline, position, kind }: InstanceDetail): readonly number[] {
  const ended = state === 'Terminated' || state === 'Completed' || state === 'Suspended (not resumable)';
  if (ended || kind !== 'orchestration' || outline.length === 0) return [];
  return position.saved.length > 0 ? position.saved : [0];
}

/**
 * The owner reports what ran, not where it is: a running instance is at or behind the last shape it reported. A thread whose saved place did
 * not run since still waits there, unless an exception may have stopped it.
 */
function currentPositions(detail: InstanceDetail): readonly (readonly [shape: number, how: 'running' | 'waiting'])[] {
  const { state, outline, position, timers } = detail;
  const places = goingOn(detail).filter((place) => !isBlock(outline[place]?.kind ?? ''));
  if (state !== 'Active') return places.map((place) => [place, 'waiting']);
  const last = position.atRisk.at(-1);
  if (last === undefined) return places.map((place) => [place, 'running']);
  const waiting = places.filter((place) => !position.atRisk.includes(place) && !isInScope(outline, place));
  const pause = timers.find(({ kind, number }) => kind === 'retry' && [last, ...aroundOf(outline, last)].includes(number));
  return [...waiting.map((place) => [place, 'waiting'] as const), pause === undefined ? [last, 'running'] : [pause.number, 'waiting']];
}

function isInScope(outline: InstanceDetail['outline'], number: number): boolean {
  return aroundOf(outline, number).some((at) => outline[at]?.kind === 'scope');
}
