/** The cases of all sections as orchestrations of one real group. Host instances load this module too, as a bundle (bundle.ts). */
import { calledBy } from '../../../emulator/orchestration/calls.ts';
import type { CompiledOrchestration, OrchestrationDefinition } from '../../../emulator/orchestration/definition.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import { shapesIn } from '../../../emulator/orchestration/outline.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { booking, define } from '../../unit/engine/trip.ts';
import type { Case } from '../semantics/case.ts';
import { cases as compensation, trip } from '../semantics/compensation.cases.ts';
import { cases as correlation } from '../semantics/correlation.cases.ts';
import { cases as dehydration } from '../semantics/dehydration.cases.ts';
import { cases as exceptions } from '../semantics/exceptions.cases.ts';
import { cases as persistence } from '../semantics/persistence.cases.ts';
import { cases as scopes } from '../semantics/scopes.cases.ts';
import { cases as shapes } from '../semantics/shapes.cases.ts';
import { effects } from './effects.ts';

const sections = { persistence, dehydration, scopes, exceptions, compensation, shapes, correlation };

/** A case under the name of its orchestration in the group. */
export interface GroupCase {
  readonly id: string;
  readonly one: Case;
  /** What the group runs. */
  readonly runs: CompiledOrchestration;
}

const groupCase = (id: string, one: Case, runs = one): GroupCase => ({
  id,
  one,
  runs: compile({ ...runs.definition.definition, name: id }),
});

export const sectionCases: readonly GroupCase[] = Object.entries(sections).flatMap(([section, cases]) =>
  cases.map((one, index) => groupCase(`${section} ${String(index + 1)}`, one)),
);

const booked = (...names: readonly string[]): Case => ({
  name: 'books and compensates',
  sources: [],
  definition: define((o) => [
    trip(
      o,
      [o.compensate('undo all')],
      names.map((name) => booking(o, name)),
    ),
  ]),
  expected: { commits: [] },
});
/** A planted bug: the group books, and compensates, in another order than the case says. */
export const planted = groupCase('planted', booked('Flight', 'Hotel'), booked('Hotel', 'Flight'));
export const outside = groupCase('effects', effects);

/** All orchestrations of the group: the cases, what they start, and what they call that takes messages by a port of its own. */
export interface GroupOrchestration {
  readonly definition: OrchestrationDefinition;
  readonly role: 'case' | 'started' | 'called';
  /** Its case, or the one of them that calls or starts it. */
  readonly of: GroupCase;
}

export const groupCases: readonly GroupCase[] = [...sectionCases, planted, outside];
export const groupOrchestrations: readonly GroupOrchestration[] = all();

function all(): GroupOrchestration[] {
  const found = new Map<OrchestrationDefinition, GroupOrchestration>();
  for (const of of groupCases) {
    const { definition } = of.runs;
    found.set(definition, { definition, role: 'case', of });
    const called = calledBy(definition);
    for (const one of called) if (receives(one).length > 0) found.set(one, { definition: one, role: 'called', of });
    for (const one of [definition, ...called].flatMap(startedIn)) found.set(one, { definition: one, role: 'started', of });
  }
  return [...found.values()];
}

function allShapes({ body, compensation: undo }: OrchestrationDefinition): Shape[] {
  return [...shapesIn([...body, ...(undo?.body ?? [])])];
}

function startedIn(one: OrchestrationDefinition): OrchestrationDefinition[] {
  return allShapes(one).flatMap((shape) => (shape.kind === 'start' ? [shape.orchestration] : []));
}

/** The Receives of a definition itself: name and port. */
export function receives(one: OrchestrationDefinition): { readonly name: string; readonly port: string }[] {
  return allShapes(one).flatMap((shape) => (shape.kind === 'receive' ? [shape] : []));
}
