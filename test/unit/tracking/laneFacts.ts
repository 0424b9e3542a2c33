/** The same facts of one instance from its lane and from its history, in the same words, so that they can be compared shape by shape. */
import type { HistoryEvent } from '../../../emulator/control/instances.ts';
import type { InstanceLane } from '../../../emulator/control/lanes.ts';

/** Oldest first; facts of one ms in a fixed order. */
export function factsOfLane(lane: InstanceLane, shapes: readonly string[]): string[] {
  const name = (shape: number): string => shapes[shape] ?? String(shape);
  const owner = (version: number): string =>
    lane.stretches.findLast((stretch) => stretch.tone === 'running' && stretch.version < version)?.by ?? '?';
  return sorted([
    ...lane.stretches.flatMap(({ tone, by, from, version, credit, takeover }) =>
      tone === 'running' && credit !== undefined
        ? [fact(from, 'granted', by ?? '?', version, `credit ${credit}${takeover === true ? ' takeover' : ''}`)]
        : [],
    ),
    ...lane.points.map(({ at, version, points, again = [] }) =>
      fact(at, 'committed', owner(version), version, `${points.join('+')} again ${names(again.map(name))}`),
    ),
    ...lane.takeovers.map(({ at, from, reason, version, atRisk }) =>
      fact(at, 'lost', from, version, `${reason} at risk ${names(atRisk.map(name))}`),
    ),
  ]);
}

export function factsOfHistory(history: readonly HistoryEvent[]): string[] {
  return sorted(
    history.flatMap((event): string[] => {
      const at = Date.parse(event.at);
      switch (event.kind) {
        case 'granted':
          return [fact(at, 'granted', event.hostInstance, event.version, `credit ${event.credit}${event.takeover ? ' takeover' : ''}`)];
        case 'committed': {
          const again = event.shapes.filter((shape) => shape.again).map(({ name }) => name);
          return [fact(at, 'committed', event.hostInstance, event.version, `${event.points.join('+')} again ${names(again)}`)];
        }
        case 'ownerLost':
          return [fact(at, 'lost', event.hostInstance, event.version, `${event.reason} at risk ${names(event.atRisk)}`)];
        default:
          return [];
      }
    }),
  );
}

function fact(at: number, kind: string, hostInstance: string, version: number, detail: string): string {
  return `${at} ${kind} ${hostInstance} ${version} ${detail}`;
}

/** A shape in a loop stands in the trace once for each turn. */
function names(shapes: readonly string[]): string {
  return [...new Set(shapes)].sort().join(',');
}

function sorted(facts: readonly string[]): string[] {
  return [...facts].sort();
}
