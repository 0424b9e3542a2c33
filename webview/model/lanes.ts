/** What the page knows of the ownership lanes, and the one way it changes: a frame of the command `lanes`. */
import type { HostInstanceLane, InstanceLane, LanesFrame, LaneStretch } from '../../emulator/control/lanes.ts';

export interface LanesModel {
  readonly revision: number | null;
  readonly lanes: ReadonlyMap<string, InstanceLane>;
  readonly hostInstances: readonly HostInstanceLane[];
  readonly generations: NonNullable<LanesFrame['generations']>;
  readonly shapes: NonNullable<LanesFrame['shapes']>;
  /** UTC ms */
  readonly from: number | null;
  /** Messages whose instances are not shown, because they came in too fast. */
  readonly unseen: number;
  /** Why a part of the journal is not in it. */
  readonly unread: LanesFrame['unread'];
  /** To add to the page clock for the time of the group (ms). */
  readonly clock: number;
}

export const NO_LANES: LanesModel = {
  revision: null,
  lanes: new Map(),
  hostInstances: [],
  generations: [],
  shapes: {},
  from: null,
  unseen: 0,
  unread: undefined,
  clock: 0,
};

/** `now`: page clock, ms. A frame without news keeps the lanes as they are, so that nothing is laid out again. */
export function applyLanes(model: LanesModel, frame: LanesFrame, now: number): LanesModel {
  const { revision, from, hostInstances, generations, shapes } = frame;
  const unchanged = !frame.reset && frame.lanes.length === 0 && frame.gone.length === 0;
  let { lanes } = model;
  if (!unchanged) {
    const changed = new Map(frame.reset ? [] : lanes);
    for (const id of frame.gone) changed.delete(id);
    for (const lane of frame.lanes) changed.set(lane.instance, lane);
    lanes = changed;
  }
  return {
    revision,
    lanes,
    hostInstances: hostInstances ?? model.hostInstances,
    generations: generations ?? model.generations,
    shapes: shapes ?? model.shapes,
    from,
    unseen: frame.unseen,
    unread: frame.unread,
    clock: frame.now - now,
  };
}

export interface LaneRow {
  readonly lane: InstanceLane;
  /** How deep it is nested under those of the instances that started it which have a row. */
  readonly depth: number;
}

/** The row of the instance that started the one of a row; -1 when it has none above. */
export function rowOfParent(rows: readonly LaneRow[], index: number): number {
  const row = rows[index];
  if (row === undefined || row.depth === 0) return -1;
  let above = index - 1;
  while (above >= 0 && (rows[above]?.depth ?? 0) >= row.depth) above -= 1;
  return rows[above]?.lane.instance === row.lane.parent ? above : -1;
}

/** Newest first; what an instance started stands under it. */
export function laneRows({ lanes }: LanesModel, onlyTakenOver: boolean): readonly LaneRow[] {
  const children = new Map<string | null, InstanceLane[]>();
  for (const lane of lanes.values()) {
    const parent = lane.parent !== null && lanes.has(lane.parent) ? lane.parent : null;
    const siblings = children.get(parent);
    if (siblings) siblings.push(lane);
    else children.set(parent, [lane]);
  }
  const rows: LaneRow[] = [];
  const add = (lane: InstanceLane, depth: number): void => {
    const shown = !onlyTakenOver || lane.takeovers.length > 0;
    if (shown) rows.push({ lane, depth });
    for (const child of children.get(lane.instance) ?? []) add(child, shown ? depth + 1 : depth);
  };
  const roots = children.get(null) ?? [];
  for (const lane of roots.sort((a, b) => b.begun - a.begun || (a.instance < b.instance ? 1 : -1))) add(lane, 0);
  return rows;
}

/** Index of the stretch at a time, or -1. */
export function stretchAt({ stretches }: InstanceLane, time: number): number {
  return stretches.findLastIndex(({ from, to }: LaneStretch) => from <= time && (to === null || time <= to));
}
