/** Makes the instructions of a tree of shapes. */
import type { Block, NumberedShape } from '../orchestration/outline.ts';
import type { Code, Shape } from '../orchestration/shapes.ts';
import { END, type Instruction, type Operation, type Operations, type ScopeHandlers } from './instruction.ts';

/** The operation that a shape begins with. */
const operations = {
  receive: 'receive',
  send: 'send',
  construct: 'construct',
  expression: 'evaluate',
  decide: 'branch',
  loop: 'branch',
  delay: 'wait',
  listen: 'waitAny',
  parallel: 'fork',
  scope: 'enterScope',
  throw: 'throw',
  terminate: 'end',
  suspend: 'suspend',
} as const satisfies { readonly [K in Shape['kind']]: OperationFor<Extract<Shape, { kind: K }>> };

type OperationFor<S> = { [K in Operation]: S extends Operations[K] ? K : never }[Operation];

interface Surroundings {
  readonly scopes: readonly ScopeHandlers[];
  readonly handler: number | undefined;
}

interface Lowered {
  readonly start: number;
  readonly instructions: readonly (Instruction | undefined)[];
}

/** The instructions of an orchestration's body, by place. */
export function lower(shapes: readonly NumberedShape[]): Lowered {
  const lowering = new Lowering();
  const start = lowering.sequence(shapes, END, { scopes: [], handler: undefined });
  return { start, instructions: lowering.instructions };
}

class Lowering {
  readonly instructions: (Instruction | undefined)[] = [];

  /** Adds a sequence that goes on at `next`; returns its first place. */
  sequence(shapes: readonly NumberedShape[], next: number, around: Surroundings): number {
    shapes.forEach((shape, index) => {
      this.#shape(shape, shapes[index + 1]?.number ?? next, around);
    });
    return shapes[0]?.number ?? next;
  }

  #shape(numbered: NumberedShape, next: number, around: Surroundings): void {
    const { shape, blocks } = numbered;
    const first =
      shape.kind === 'scope'
        ? this.#scope(numbered, next, around)
        : blocks.map((block) => this.#block(numbered, block, next, around));
    this.#add(operations[shape.kind], numbered, numbered.number, next, first, around);
  }

  #block(inside: NumberedShape, block: Block, next: number, around: Surroundings): number {
    switch (inside.shape.kind) {
      case 'loop':
        return this.sequence(block.shapes, inside.number, around);
      case 'parallel':
        this.#add('join', inside, block.number, next, [], around);
        return this.sequence(block.shapes, block.number, around);
      default:
        return this.sequence(block.shapes, next, around);
    }
  }

  #scope(numbered: NumberedShape, next: number, around: Surroundings): number[] {
    const { number, shape, blocks, last } = numbered;
    const [body, ...handlers] = blocks;
    const exceptions = shape.kind === 'scope' ? shape.handlers : [];
    const added = handlers.map((handler, index) => {
      const inHandler = { scopes: around.scopes, handler: handler.number };
      this.#add('leaveHandler', numbered, handler.number, next, [], inHandler);
      const first = this.sequence(handler.shapes, handler.number, inHandler);
      return { number: handler.number, exception: exceptions[index]?.exception ?? '*', first };
    });
    const scopes = [{ number, last, handlers: added }, ...around.scopes];
    return [this.sequence(body?.shapes ?? [], next, { scopes, handler: around.handler })];
  }

  #add(
    operation: Operation,
    { number, shape, last }: NumberedShape,
    place: number,
    next: number,
    first: readonly number[],
    { scopes, handler }: Surroundings,
  ): void {
    const conditions = conditionsOf(shape);
    this.instructions[place] = { operation, place, shape, number, last, next, first, conditions, scopes, handler } as Instruction;
  }
}

function conditionsOf(shape: Shape): readonly Code<boolean>[] {
  if (shape.kind === 'decide') return shape.rules.map(({ when }) => when);
  return shape.kind === 'loop' ? [shape.while] : [];
}
