/** The lines between the host instances and the MessageBox, one for each direction, drawn where the boxes were measured to be. */
import { lineKey, type Direction } from '../../model/traffic.ts';
import type { HostRole } from '../../model/topology.ts';

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export type Point = readonly [x: number, y: number];

export interface Wire {
  readonly hostInstance: string;
  readonly direction: Direction;
  /** `lineKey` of both. */
  readonly key: string;
  /** Corners, in the direction of the messages. */
  readonly corners: readonly [Point, Point, Point];
  /** Path of the line and of its arrow head. */
  readonly line: string;
  readonly head: string;
  /** Where the figure of the line ends, above it and left of the box. */
  readonly label: Point;
}

/** Left of a box: the place of the figures, and then that of the lines (px). */
export const GUTTER = 84;
const FIGURES = 54;
const STEP = 8;
const CORNER = 6;
const HEAD = 4;

/** A box on the drawing whose lines are wanted. */
export interface Wired {
  readonly hostInstance: string;
  readonly box: Box;
  readonly directions: readonly Direction[];
}

/** A host of that role always has these lines; the other one only when messages took it. */
export function directionsOf(role: HostRole, { delivered, published }: { delivered: number; published: number }): readonly Direction[] {
  const down = role !== 'receiving' || delivered > 0;
  const up = role !== 'sending' || published > 0;
  return [...(down ? (['delivered'] as const) : []), ...(up ? (['published'] as const) : [])];
}

/** The lines of one column, whose boxes come from top to bottom: the higher its box, the further left a line goes, so that none cross. */
export function wiresOf(column: readonly Wired[], messageBox: Box): readonly Wire[] {
  const wanted = column.flatMap(({ hostInstance, box, directions }) =>
    directions.map((direction, index) => ({ hostInstance, box, direction, part: (index + 1) / (directions.length + 1) })),
  );
  const step = Math.min(STEP, (GUTTER - FIGURES - HEAD) / Math.max(1, wanted.length - 1));
  return wanted.map(({ hostInstance, box, direction, part }, index) => {
    const x = box.left - FIGURES - (wanted.length - 1 - index) * step;
    const y = Math.round(box.top + (box.bottom - box.top) * part);
    return { hostInstance, direction, key: lineKey(hostInstance, direction), ...drawn(direction, box.left, x, y, messageBox.top) };
  });
}

function drawn(direction: Direction, left: number, x: number, y: number, end: number): Pick<Wire, 'corners' | 'line' | 'head' | 'label'> {
  const line = `M${left} ${y}H${x + CORNER}Q${x} ${y} ${x} ${y + CORNER}V${end}`;
  const label: Point = [left - 10, y - 5];
  const corners: readonly [Point, Point, Point] = [
    [left, y],
    [x, y],
    [x, end],
  ];
  if (direction === 'published')
    return { corners, line, label, head: `M${x - HEAD} ${end - HEAD * 1.6}L${x} ${end - 1}L${x + HEAD} ${end - HEAD * 1.6}z` };
  const [a, b, c] = corners;
  return { corners: [c, b, a], line, label, head: `M${left - HEAD * 1.6} ${y - HEAD}L${left - 1} ${y}L${left - HEAD * 1.6} ${y + HEAD}z` };
}

/** The place on a line after that part of the way, 0 to 1. */
export function along({ corners: [from, over, to] }: Wire, part: number): Point {
  const first = Math.hypot(over[0] - from[0], over[1] - from[1]);
  const second = Math.hypot(to[0] - over[0], to[1] - over[1]);
  const way = Math.min(1, Math.max(0, part)) * (first + second);
  return way < first ? between(from, over, way / first) : between(over, to, second === 0 ? 1 : (way - first) / second);
}

function between([x, y]: Point, [toX, toY]: Point, part: number): Point {
  return [x + (toX - x) * part, y + (toY - y) * part];
}
