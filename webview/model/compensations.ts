/**
 * Which transactions were compensated, and in which order. A compensation block is no shape that runs, so this is told by the shapes in it.
 * Pure.
 */
import type { InstanceDetail } from '../../emulator/control/instances.ts';
import { aroundOf, type Outline } from './flowParts.ts';

export interface Compensations {
  /** By the number of a compensation block: as which ones of all it ran, counted from 1. */
  readonly order: ReadonlyMap<number, readonly number[]>;
  /** Scopes and Calls that were compensated and have not run since. */
  readonly undone: readonly number[];
}

export function compensationsOf(detail: InstanceDetail): Compensations {
  const { outline, position } = detail;
  const order = new Map<number, number[]>();
  // Most have none.
  if (!outline.some(({ kind }) => kind === 'compensation')) return { order, undone: [] };
  const ran = [...committed(detail), ...position.atRisk];
  const undone = new Set<number>();
  let count = 0;
  for (const [index, shape] of ran.entries()) {
    undone.delete(shape);
    const block = beginsBlock(outline, shape, ran[index - 1]);
    if (block === undefined) continue;
    order.set(block, [...(order.get(block) ?? []), ++count]);
    undone.add(outline[block]?.parent ?? -1);
  }
  // What is in a block still, has not undone anything yet.
  for (const place of [...position.saved, ...position.atRisk])
    for (const at of aroundOf(outline, place)) if (outline[at]?.kind === 'compensation') undone.delete(outline[at].parent);
  return { order, undone: [...undone] };
}

/** Shapes that ran, in order, without those an exception nobody handled took back: they ran in vain. */
function committed({ history }: InstanceDetail): number[] {
  return history.flatMap((event, index) => {
    if (event.kind !== 'committed') return [];
    const next = history[index + 1];
    const failed = next?.kind === 'suspended' && next.sequence === event.sequence && next.error.code !== 'suspended';
    return event.outcome === 'suspended' && failed ? [] : event.shapes.map(({ shape }) => shape);
  });
}

/** The compensation block that begins with this shape; each iteration of a loop, and each run of an atomic scope, begins nothing. */
function beginsBlock(outline: Outline, shape: number, before: number | undefined): number | undefined {
  const { kind, parent = -1 } = outline[shape] ?? {};
  if (outline[parent]?.kind !== 'compensation' || shape !== parent + 1) return undefined;
  const repeats = kind === 'loop' || kind === 'scope';
  return repeats && before !== undefined && aroundOf(outline, before).includes(shape) ? undefined : parent;
}
