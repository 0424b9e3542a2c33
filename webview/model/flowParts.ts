/** The parts of the drawing of a definition, in pixels. */
import type { InstanceDetail } from '../../emulator/control/instances.ts';

export type Outline = InstanceDetail['outline'];

/** True for what is drawn beside its scope: a way that is not the usual one. */
export function isBesideScope(kind: string): boolean {
  return kind === 'handler' || kind === 'compensation';
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface FlowBox extends Point {
  /** In the outline. */
  readonly number: number;
  readonly kind: string;
  readonly name: string;
  /** `frame`: it contains others, and has its own name in a strip of the height `HEADER`. `label`: the name of a branch. */
  readonly form: 'shape' | 'label' | 'frame';
  readonly width: number;
  readonly height: number;
}

export interface FlowLine {
  readonly points: readonly Point[];
  /** `parallel`: a bar where branches begin or meet. `handler`: the way of an exception. */
  readonly kind: 'flow' | 'parallel' | 'handler';
  readonly arrow: boolean;
}

export interface Flow {
  readonly width: number;
  readonly height: number;
  /** In document order. */
  readonly boxes: readonly FlowBox[];
  readonly lines: readonly FlowLine[];
  readonly start: Point;
  /** `null`: every way ends before. */
  readonly end: Point | null;
  /** Where a branch or handler ends, by its number. */
  readonly exits: ReadonlyMap<number, Point>;
}

export const SHAPE = { width: 190, height: 46 } as const;
export const HEADER = 32;
/** Radius of the circles of start and end. */
export const CIRCLE = 11;

/** Numbers of what is directly inside, by the number around it; -1 at the top. */
export function childrenOf(outline: Outline): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const [number, { parent }] of outline.entries()) {
    const there = children.get(parent);
    if (there) there.push(number);
    else children.set(parent, [number]);
  }
  return children;
}
