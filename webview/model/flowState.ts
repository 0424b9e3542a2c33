/** What is known of each shape of an instance: whether it ran, where, how often, and what a loss of the owner would take back. Pure. */
import type { HistoryEvent, InstanceDetail, InstanceTimer } from '../../emulator/control/instances.ts';
import { compensationsOf } from './compensations.ts';
import { aroundOf, isBlock } from './flowParts.ts';

export interface ShapeState {
  /** `compensated`: its transaction was undone after it had committed. */
  readonly reached: 'not reached' | 'persisted' | 'at risk' | 'compensated';
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
  /** Of a compensation block: as which ones of all it ran, counted from 1. */
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
type Commit = Extract<HistoryEvent, { kind: 'committed' }>;

/** The state of each entry of the outline, by its number. */
export function flowStates(detail: InstanceDetail): readonly ShapeState[] {
  const { outline, position, error, owner } = detail;
  const states = outline.map((): Counted => ({ ...FRESH }));
  for (const event of detail.history) if (event.kind === 'committed') addCommit(states, event);
  const lost = lostSince(detail);
  const again = new Set(lost.shapes);
  const atRisk = position.atRisk.length > 0 ? position.atRisk : lost.shapes;
  for (const shape of atRisk) {
    const by = position.atRisk.length > 0 ? owner : lost.by;
    ran(states[shape], 'at risk', by, position.atRisk.length > 0 && again.has(shape));
  }
  reachBlocks(detail, states);
  const { order, undone } = compensationsOf(detail);
  for (const [block, numbers] of order) mark(states[block], { order: numbers });
  for (const scope of undone) mark(states[scope], { reached: 'compensated' });
  for (const { scope, times } of detail.retries) mark(states[scope], { inVain: times });
  for (const { number, kind, due } of detail.timers) mark(states[number], { until: { kind, due } });
  for (const shape of goingOn(detail)) mark(states[shape], { goesOn: true });
  for (const [shape, current] of currentPositions(detail)) mark(states[shape], { current });
  // Names of shapes are unique, names of branches are not among them.
  if (error?.shape !== undefined) mark(states[numberOfShape(outline, error.shape) ?? -1], { error: error.message });
  return states;
}

/** The number of the shape of that name; `undefined` for a branch, a rule or a handler. */
export function numberOfShape(outline: InstanceDetail['outline'], name: string): number | undefined {
  const found = outline.findIndex((entry) => entry.name === name && !isBlock(entry.kind));
  return found < 0 ? undefined : found;
}

function mark(state: Counted | undefined, part: Partial<Counted>): void {
  if (state) Object.assign(state, part);
}

function addCommit(states: readonly Counted[], { shapes, hostInstance }: Commit): void {
  for (const { shape, again } of shapes) ran(states[shape], 'persisted', hostInstance, again);
}

function ran(state: Counted | undefined, reached: 'persisted' | 'at risk', by: string | null, again: boolean): void {
  if (!state) return;
  mark(state, { reached, by, runs: state.runs + 1, again: state.again + (again ? 1 : 0) });
}

/** A branch is reached with what is in it; innermost blocks have the highest numbers. */
function reachBlocks({ outline }: InstanceDetail, states: readonly Counted[]): void {
  for (let number = outline.length - 1; number >= 0; number -= 1) {
    const { kind = '', parent = -1 } = outline[number] ?? {};
    const [state, around] = [states[number], states[parent]];
    if (!state || !around || !isBlock(outline[parent]?.kind ?? '') || isBlock(kind)) continue;
    if (state.reached === 'persisted' || (state.reached === 'at risk' && around.reached === 'not reached')) around.reached = state.reached;
  }
}

/** What ran under the last owner that was lost, when nobody has committed since: it will run again. */
function lostSince({ history }: InstanceDetail): { readonly shapes: readonly number[]; readonly by: string | null } {
  const loss = history.findLast((event) => event.kind === 'ownerLost' || event.kind === 'committed');
  if (loss?.kind !== 'ownerLost') return { shapes: [], by: null };
  return { shapes: loss.atRiskShapes, by: loss.hostInstance };
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
  const { state, outline, position } = detail;
  const places = goingOn(detail).filter((place) => !isBlock(outline[place]?.kind ?? ''));
  if (state !== 'Active') return places.map((place) => [place, 'waiting']);
  const last = position.atRisk.at(-1);
  if (last === undefined) return places.map((place) => [place, 'running']);
  const waiting = places.filter((place) => !position.atRisk.includes(place) && !isInScope(outline, place));
  return [...waiting.map((place) => [place, 'waiting'] as const), [last, 'running']];
}

function isInScope(outline: InstanceDetail['outline'], number: number): boolean {
  return aroundOf(outline, number).some((at) => outline[at]?.kind === 'scope');
}
