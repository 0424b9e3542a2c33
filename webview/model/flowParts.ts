/** The parts of the drawing of a definition, in pixels. */
import type { InstanceDetail } from '../../emulator/control/instances.ts';

export type Outline = InstanceDetail['outline'];

/** True for what is drawn beside its scope: a way that is not the usual one. */
export function isBesideScope(kind: string): boolean {
  return kind === 'handler' || kind === 'compensation';
}

const blocks: ReadonlySet<string> = new Set(['rule', 'else', 'branch', 'handler', 'compensation']);

/** True for what has a number in the outline but never runs itself. */
export function isBlock(kind: string): boolean {
  return blocks.has(kind);
}

/** Numbers of what a shape is in, innermost first. */
export function aroundOf(outline: Outline, number: number): number[] {
  const around: number[] = [];
  for (let at = outline[number]?.parent ?? -1; at >= 0; at = outline[at]?.parent ?? -1) around.push(at);
  return around;
}

/** True for a frame that says more than its name: what it calls, or which transaction it is. */
export function saysMore({ kind, transaction }: Said): boolean {
  return kind === 'call' || (kind === 'scope' && transaction !== undefined);
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What the outline says of a box. */
export type Said = Pick<Outline[number], 'kind' | 'name' | 'transaction' | 'orchestration'>;

export interface FlowBox extends Point, Said {
  /** In the outline. */
  readonly number: number;
  /** `frame`: it contains others, and has its own name in a strip of the height `head`. `label`: the name of a branch. */
  readonly form: 'shape' | 'label' | 'frame';
  /** Height of the part with the name: all of it, but of a frame. */
  readonly head: number;
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
/** The strip of a frame that says more than its name, in a second line; and the least width of such a frame. */
export const TALL_HEADER = 48;
export const WIDE = 290;
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
