/** What an instance ran, in order, and what became of it: an atomic scope that fails gives back what it did. Pure. */
import type { HistoryEvent, InstanceDetail } from '../../emulator/control/instances.ts';
import type { Outline } from './flowParts.ts';

export interface Run {
  readonly shape: number;
  /** Host instance. */
  readonly by: string | null;
  /** Because an owner was lost. */
  readonly again: boolean;
  readonly fate: 'persisted' | 'given back' | 'at risk';
}

/** What ran between two persistence points; the last ones of all are at risk. */
export interface Runs {
  readonly runs: readonly Run[];
  /** Transactions that ended with it. */
  readonly ended: number;
}

type Committed = Extract<HistoryEvent, { kind: 'committed' }>;

/** Everything that ran, as far as it is known. */
export function runsOf(detail: InstanceDetail): readonly Runs[] {
  const { outline, position, history, owner, timers } = detail;
  const atomic = atomicScopes(outline);
  const commits = history.flatMap((event, index) => (event.kind === 'committed' ? [committed(event, history[index + 1], atomic)] : []));
  const lost = lostSince(detail);
  const live = position.atRisk.length > 0;
  const shapes = live ? position.atRisk : lost.shapes;
  const fails = ranInVain(shapes, atomic);
  const pausing = new Set(timers.flatMap(({ kind, number }) => (kind === 'retry' ? [number] : [])));
  const runs = shapes.map((shape, index): Run => {
    const fate = fails(index) || pausing.has(atomic[shape] ?? -1) ? 'given back' : 'at risk';
    return { shape, by: live ? owner : lost.by, again: live && lost.shapes.includes(shape), fate };
  });
  return [...commits, { runs, ended: 0 }];
}

function committed({ shapes, hostInstance, points, outcome, sequence }: Committed, next: HistoryEvent | undefined, atomic: Atomic): Runs {
  const failed = outcome === 'suspended' && next?.kind === 'suspended' && next.sequence === sequence && !saved.has(next.error.code);
  const ended = points.filter((point) => point === 'scope-end').length;
  // It is saved with its end, at once: whatever else ran of it was given back.
  const succeeded = ended > 0 ? atomic[shapes.at(-1)?.shape ?? -1] : undefined;
  const fails = ranInVain(
    shapes.map(({ shape }) => shape),
    atomic,
  );
  const runs = shapes.map(({ shape, again }, index): Run => {
    const scope = atomic[shape];
    const back = failed || (scope !== undefined && (scope !== succeeded || fails(index)));
    return { shape, by: hostInstance, again, fate: back ? 'given back' : 'persisted' };
  });
  return { runs, ended: failed ? 0 : ended };
}

/** Suspensions of what is saved where it stands; with any other one, an exception that nobody handled takes back what ran. */
const saved: ReadonlySet<string> = new Set(['suspended', 'orchestration.retriesExhausted']);

/** Of each shape, the number of the atomic scope that it is or is in. */
type Atomic = readonly (number | undefined)[];

function atomicScopes(outline: Outline): Atomic {
  const scopes: (number | undefined)[] = [];
  // What is around has a lower number. A compensation block runs when its scope is long over.
  for (const [number, { kind, parent, transaction }] of outline.entries())
    scopes.push(transaction === 'atomic' ? number : kind === 'compensation' ? undefined : scopes[parent]);
  return scopes;
}

/** Whether the atomic scope of a shape has begun once more since. */
function ranInVain(shapes: readonly number[], atomic: Atomic): (index: number) => boolean {
  const begun = new Map<number, number>();
  for (const [index, shape] of shapes.entries()) if (atomic[shape] === shape) begun.set(shape, index);
  return (index) => index < (begun.get(atomic[shapes[index] ?? -1] ?? -1) ?? 0);
}

/** What ran under the last owner that was lost, when nobody has committed since: it will run again. */
function lostSince({ history }: InstanceDetail): { readonly shapes: readonly number[]; readonly by: string | null } {
  const loss = history.findLast((event) => event.kind === 'ownerLost' || event.kind === 'committed');
  if (loss?.kind !== 'ownerLost') return { shapes: [], by: null };
  return { shapes: loss.atRiskShapes, by: loss.hostInstance };
}
