/** What is known of each shape of an instance: whether it ran, where, how often, and what a loss of the owner would take back. Pure. */
import type { HistoryEvent, InstanceDetail } from '../../emulator/control/instances.ts';

export interface ShapeState {
  readonly reached: 'not reached' | 'persisted' | 'at risk';
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
}

type Counted = { -readonly [K in keyof ShapeState]: ShapeState[K] };
type Commit = Extract<HistoryEvent, { kind: 'committed' }>;

/** The state of each entry of the outline, by its number. */
export function flowStates(detail: InstanceDetail): readonly ShapeState[] {
  const { outline, position, error, owner } = detail;
  const states = outline.map((): Counted => ({
    reached: 'not reached',
    runs: 0,
    again: 0,
    by: null,
    goesOn: false,
    current: null,
    error: null,
  }));
  for (const event of detail.history) if (event.kind === 'committed') addCommit(states, event);
  const lost = lostSince(detail);
  const again = new Set(lost.shapes);
  const atRisk = position.atRisk.length > 0 ? position.atRisk : lost.shapes;
  for (const shape of atRisk) {
    const by = position.atRisk.length > 0 ? owner : lost.by;
    ran(states[shape], 'at risk', by, position.atRisk.length > 0 && again.has(shape));
  }
  reachBlocks(detail, states);
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

const blocks: ReadonlySet<string> = new Set(['rule', 'else', 'branch', 'handler', 'compensation']);

/** True for what has a number in the outline but never runs itself. */
export function isBlock(kind: string): boolean {
  return blocks.has(kind);
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
function lostSince({ outline, history }: InstanceDetail): { readonly shapes: readonly number[]; readonly by: string | null } {
  const loss = history.findLast((event) => event.kind === 'ownerLost' || event.kind === 'committed');
  if (loss?.kind !== 'ownerLost') return { shapes: [], by: null };
  return { shapes: loss.atRisk.flatMap((name) => numberOfShape(outline, name) ?? []), by: loss.hostInstance };
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
  for (let at = outline[number]?.parent ?? -1; at >= 0; at = outline[at]?.parent ?? -1) if (outline[at]?.kind === 'scope') return true;
  return false;
}
