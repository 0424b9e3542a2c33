/**
 * Numbers the shapes of a definition in document order. Branches, rules and handlers get numbers of their own, so everything inside a
 * shape lies in the range `number..last`; the engine uses those ranges to join and to stop logical threads.
 */
import type { OrchestrationDefinition, OutlineEntry } from './definition.ts';
import type { Shape, Transaction } from './shapes.ts';
import { sourceOf } from './source.ts';

/**
 * What a number in a saved state means: how shapes are numbered here, and what the engine makes of the numbers (engine/program.ts). It is
 * part of the version that instances are pinned to. Raise it when either changes: then no instance goes on from a number that means something
 * else now. A test compares both with what they were.
 */
export const PROGRAM_FORMAT: number = 1;

/** A shape with its number and its inner sequences. */
export interface NumberedShape {
  readonly number: number;
  readonly shape: Shape;
  readonly blocks: readonly Block[];
  /** Highest number inside, its own when it contains nothing. */
  readonly last: number;
}

/** A sequence of shapes inside a shape. Bodies of Loop, Scope, Group and Call carry the number of their shape, the others one of their own. */
export interface Block {
  readonly kind: 'body' | 'rule' | 'else' | 'branch' | 'handler' | 'compensation';
  readonly number: number;
  readonly name: string;
  readonly shapes: readonly NumberedShape[];
  readonly last: number;
}

/** A definition's shapes with numbers, as a tree and as a list. */
export interface Numbering {
  readonly shapes: readonly NumberedShape[];
  readonly outline: readonly OutlineEntry[];
}

interface InnerSequence {
  readonly kind: Block['kind'];
  readonly name: string;
  readonly body: readonly Shape[];
  /** What was written for it. */
  readonly part: object;
}

/** Numbers all shapes of a body. */
export function numberShapes(body: readonly Shape[]): Numbering {
  const outline: OutlineEntry[] = [];
  const add = (part: object, entry: Omit<OutlineEntry, 'source'>): number => {
    const source = sourceOf(part);
    return outline.push(source === undefined ? entry : { ...entry, source }) - 1;
  };
  const sequence = (shapes: readonly Shape[], parent: number): NumberedShape[] => shapes.map((shape) => one(shape, parent));
  const one = (shape: Shape, parent: number): NumberedShape => {
    const number = add(shape, { kind: shape.kind, name: shape.name, parent, ...aboutOf(shape) });
    const blocks = innerSequences(shape).map(({ kind, name, body: inner, part }): Block => {
      const block = kind === 'body' ? number : add(part, { kind, name, parent: number });
      return { kind, number: block, name, shapes: sequence(inner, block), last: outline.length - 1 };
    });
    return { number, shape, blocks, last: outline.length - 1 };
  };
  return { shapes: sequence(body, -1), outline };
}

/** What people are told of a shape besides its kind and name. */
function aboutOf(shape: Shape): Pick<OutlineEntry, 'transaction' | 'orchestration' | 'compensates'> {
  switch (shape.kind) {
    case 'scope':
      return transactionOf(shape);
    case 'call':
      return { orchestration: shape.orchestration.name, ...transactionOf(shape.orchestration) };
    case 'start':
      return { orchestration: shape.orchestration.name };
    case 'compensate':
      return shape.transaction === undefined ? {} : { compensates: shape.transaction };
    default:
      return {};
  }
}

function transactionOf({ transaction }: { readonly transaction?: Transaction }): Pick<OutlineEntry, 'transaction'> {
  return transaction === undefined || transaction === 'none' ? {} : { transaction };
}

/** Every shape of one definition, in document order: not those of the orchestrations it calls. */
export function* eachShape(shapes: readonly NumberedShape[]): Generator<NumberedShape> {
  for (const shape of shapes) {
    yield shape;
    if (shape.shape.kind !== 'call') for (const block of shape.blocks) yield* eachShape(block.shapes);
  }
}

/** The same without numbers, so also of what may call itself. */
export function* shapesIn(body: readonly Shape[]): Generator<Shape> {
  for (const shape of body) {
    yield shape;
    if (shape.kind !== 'call') for (const inner of innerSequences(shape)) yield* shapesIn(inner.body);
  }
}

function compensationOf(compensation: { readonly name: string; readonly body: readonly Shape[] }): InnerSequence {
  return { kind: 'compensation', name: compensation.name, body: compensation.body, part: compensation };
}

/** A called orchestration as if it stood where it is called. */
function bodyOf({ name, body, compensation }: OrchestrationDefinition, part: object): InnerSequence[] {
  return [{ kind: 'body', name, body, part }, ...(compensation ? [compensationOf(compensation)] : [])];
}

function innerSequences(shape: Shape): InnerSequence[] {
  switch (shape.kind) {
    case 'decide':
      return [
        ...shape.rules.map((rule): InnerSequence => ({ kind: 'rule', name: rule.name, body: rule.body, part: rule })),
        { kind: 'else', name: 'Else', body: shape.otherwise, part: shape },
      ];
    case 'loop':
    case 'group':
      return [{ kind: 'body', name: shape.name, body: shape.body, part: shape }];
    case 'listen':
    case 'parallel':
      return shape.branches.map((branch): InnerSequence => ({ kind: 'branch', name: branch.name, body: branch.body, part: branch }));
    case 'scope':
      return [
        { kind: 'body', name: shape.name, body: shape.body, part: shape },
        ...shape.handlers.map((handler): InnerSequence => ({ kind: 'handler', name: handler.name, body: handler.body, part: handler })),
        ...(shape.compensation ? [compensationOf(shape.compensation)] : []),
      ];
    case 'call':
      return bodyOf(shape.orchestration, shape);
    default:
      return [];
  }
}
