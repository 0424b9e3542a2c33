/**
 * A definition as the interpreter walks it: one step per number of the outline. What comes after a shape is resolved beforehand, so a
 * logical thread is a single number and running needs no recursion.
 */
import type { CompiledOrchestration } from '../orchestration/definition.ts';
import { eachShape, numberShapes, type Block, type NumberedShape } from '../orchestration/outline.ts';
import type { ReceiveShape, Shape } from '../orchestration/shapes.ts';
import { packVariables } from './variables.ts';

/** The place after the last shape. */
export const END = -1;

/** A place in the program. The number of a branch or handler is the place where it has ended. */
export type Step = ShapeStep | BranchEnd | HandlerEnd;

export interface ShapeStep {
  readonly kind: 'shape';
  readonly number: number;
  readonly shape: Shape;
  /** Where the thread goes on afterwards. */
  readonly next: number;
  /** First places of the inner sequences: rules and else, branches, bodies. */
  readonly first: readonly number[];
  /** Highest number inside the shape. */
  readonly last: number;
  /** Scopes whose body this is in, innermost first. */
  readonly scopes: readonly ScopeStep[];
  /** The handler this is in, if any. */
  readonly handler: number | undefined;
}

/** One end of a Parallel branch: the thread ends, the last one goes on after the Parallel. */
export interface BranchEnd {
  readonly kind: 'branchEnd';
  readonly parallel: number;
  readonly last: number;
  readonly next: number;
}

export interface HandlerEnd {
  readonly kind: 'handlerEnd';
  readonly handler: number;
  readonly next: number;
}

/** A Scope with its exception handlers. */
export interface ScopeStep {
  readonly number: number;
  readonly last: number;
  readonly handlers: readonly { readonly number: number; readonly exception: string; readonly first: number }[];
}

/** Everything about a definition that does not change while instances run. */
export interface Program {
  readonly compiled: CompiledOrchestration;
  readonly start: number;
  readonly steps: readonly (Step | undefined)[];
  /** Receives that follow a correlation set, by the set's name. */
  readonly followers: ReadonlyMap<string, readonly { readonly number: number; readonly shape: ReceiveShape }[]>;
  /** Names of the declared messages. */
  readonly messages: ReadonlySet<string>;
  /** Initial variables as text, so that every instance gets values of its own. */
  readonly variables: string;
}

interface Surroundings {
  readonly scopes: readonly ScopeStep[];
  readonly handler: number | undefined;
}

const programs = new WeakMap<CompiledOrchestration, Program>();

/** The program of a compiled orchestration, made once. */
export function programOf(compiled: CompiledOrchestration): Program {
  const known = programs.get(compiled);
  if (known) return known;
  const { shapes } = numberShapes(compiled.definition.body);
  const steps: (Step | undefined)[] = [];
  const start = addSequence(steps, shapes, END, { scopes: [], handler: undefined });
  const program: Program = {
    compiled,
    start,
    steps,
    followers: followersOf(shapes),
    messages: new Set(Object.keys(compiled.definition.messages)),
    variables: JSON.stringify(packVariables(compiled.definition.variables)),
  };
  programs.set(compiled, program);
  return program;
}

/** Adds a sequence that goes on at `next`; returns its first place. */
function addSequence(steps: (Step | undefined)[], shapes: readonly NumberedShape[], next: number, around: Surroundings): number {
  shapes.forEach((shape, index) => {
    addShape(steps, shape, shapes[index + 1]?.number ?? next, around);
  });
  return shapes[0]?.number ?? next;
}

function addShape(steps: (Step | undefined)[], numbered: NumberedShape, next: number, around: Surroundings): void {
  const { number, shape, blocks, last } = numbered;
  const first =
    shape.kind === 'scope'
      ? addScope(steps, numbered, next, around)
      : blocks.map((block) => addBlock(steps, numbered, block, next, around));
  steps[number] = { kind: 'shape', number, shape, next, first, last, ...around };
}

function addBlock(steps: (Step | undefined)[], inside: NumberedShape, block: Block, next: number, around: Surroundings): number {
  switch (inside.shape.kind) {
    case 'loop':
      return addSequence(steps, block.shapes, inside.number, around);
    case 'parallel':
      steps[block.number] = { kind: 'branchEnd', parallel: inside.number, last: inside.last, next };
      return addSequence(steps, block.shapes, block.number, around);
    default:
      return addSequence(steps, block.shapes, next, around);
  }
}

function addScope(
  steps: (Step | undefined)[],
  { number, shape, blocks, last }: NumberedShape,
  next: number,
  around: Surroundings,
): number[] {
  const [body, ...handlers] = blocks;
  const exceptions = shape.kind === 'scope' ? shape.handlers : [];
  const added = handlers.map((handler, index) => {
    steps[handler.number] = { kind: 'handlerEnd', handler: handler.number, next };
    const first = addSequence(steps, handler.shapes, handler.number, { scopes: around.scopes, handler: handler.number });
    return { number: handler.number, exception: exceptions[index]?.exception ?? '*', first };
  });
  const scopes = [{ number, last, handlers: added }, ...around.scopes];
  return [addSequence(steps, body?.shapes ?? [], next, { scopes, handler: around.handler })];
}

function followersOf(shapes: readonly NumberedShape[]): Map<string, { number: number; shape: ReceiveShape }[]> {
  const followers = new Map<string, { number: number; shape: ReceiveShape }[]>();
  for (const { number, shape } of eachShape(shapes)) {
    if (shape.kind !== 'receive') continue;
    for (const set of shape.follows) followers.set(set, [...(followers.get(set) ?? []), { number, shape }]);
  }
  return followers;
}
