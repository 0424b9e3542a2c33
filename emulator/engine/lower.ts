/** Makes the instructions of a tree of shapes. */
import type { Block, NumberedShape } from '../orchestration/outline.ts';
import type { Code, ScopeShape, Shape } from '../orchestration/shapes.ts';
import { END, ORCHESTRATION, type Around, type Instruction, type Operation, type Operations, type Scope } from './instruction.ts';
import { PLACES_OF_A_SCOPE } from './state.ts';

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
  compensate: 'compensate',
  throw: 'throw',
  terminate: 'end',
  suspend: 'suspend',
} as const satisfies { readonly [K in Shape['kind']]: OperationFor<Extract<Shape, { kind: K }>> };

type OperationFor<S> = { [K in Operation]: S extends Operations[K] ? K : never }[Operation];

export interface Lowered {
  readonly start: number;
  /** By place. */
  readonly instructions: readonly (Instruction | undefined)[];
  /** By number. */
  readonly scopes: ReadonlyMap<number, Scope>;
  /** Place of the orchestration's own default handler. */
  readonly defaultHandler: number;
}

/**
 * The instructions of an orchestration's body.
 *
 * @param size of its outline
 */
export function lower(shapes: readonly NumberedShape[], size: number): Lowered {
  const lowering = new Lowering(size + 1);
  const around = { scopes: [], handler: undefined, transaction: ORCHESTRATION, compensates: undefined, atomic: false };
  const start = lowering.sequence(shapes, END, around, ORCHESTRATION);
  const body = { number: ORCHESTRATION, shape: undefined, last: size - 1 };
  lowering.add('defaultHandler', body, { place: size, next: END, around });
  return { start, instructions: lowering.instructions, scopes: lowering.scopes, defaultHandler: size };
}

/** What an instruction has besides what it is made of. */
interface Way {
  readonly place: number;
  readonly next: number;
  readonly around: Around;
  readonly first?: readonly number[];
  readonly scope?: Scope;
}

class Lowering {
  readonly instructions: (Instruction | undefined)[] = [];
  readonly scopes = new Map<number, Scope>();
  /** The next free place behind the outline. */
  #free: number;

  constructor(free: number) {
    this.#free = free;
  }

  /**
   * Adds a sequence that goes on at `next`; returns its first place.
   *
   * @param parent number of the transaction it is in
   */
  sequence(shapes: readonly NumberedShape[], next: number, around: Around, parent: number): number {
    shapes.forEach((shape, index) => {
      this.#shape(shape, shapes[index + 1]?.number ?? next, around, parent);
    });
    return shapes[0]?.number ?? next;
  }

  add(operation: Operation, made: { number: number; shape: Shape | undefined; last: number }, way: Way): void {
    const { number, shape, last } = made;
    const { place, next, around, first = [], scope } = way;
    const conditions = conditionsOf(shape);
    this.instructions[place] = { operation, place, shape, number, last, next, first, conditions, scope, around } as Instruction;
  }

  #shape(numbered: NumberedShape, next: number, around: Around, parent: number): void {
    const { number, shape, blocks } = numbered;
    if (shape.kind === 'scope') {
      this.#scope(numbered, shape, next, around, parent);
      return;
    }
    const first = blocks.map((block) => this.#block(numbered, block, next, around, parent));
    this.add(operations[shape.kind], numbered, { place: number, next, first, around });
  }

  #block(inside: NumberedShape, block: Block, next: number, around: Around, parent: number): number {
    switch (inside.shape.kind) {
      case 'loop':
        return this.sequence(block.shapes, inside.number, around, parent);
      case 'parallel':
        this.add('join', inside, { place: block.number, next, around });
        return this.sequence(block.shapes, block.number, around, parent);
      default:
        return this.sequence(block.shapes, next, around, parent);
    }
  }

  #scope(numbered: NumberedShape, shape: ScopeShape, next: number, around: Around, parent: number): void {
    const { number, last, blocks } = numbered;
    const { transaction } = shape;
    const leave = this.#free;
    this.#free += PLACES_OF_A_SCOPE;
    const own = transaction === 'none' ? parent : number;
    const handlers = blocks.filter(({ kind }) => kind === 'handler');
    const block = blocks.find(({ kind }) => kind === 'compensation');
    const places = { stop: leave + 1, defaultHandler: leave + 2 };
    const scope: Scope = {
      ...{ number, last, name: shape.name, transaction, parent, ...places },
      synchronized: shape.synchronized === true || transaction === 'atomic',
      handlers: handlers.map((handler, index) => ({ ...beginOf(handler), exception: shape.handlers[index]?.exception ?? '*' })),
      compensation: block && beginOf(block).first,
      compensable: isCompensable(numbered),
      variables: Object.keys(shape.variables ?? {}),
    };
    this.scopes.set(number, scope);
    for (const handler of handlers) this.#handler(numbered, handler, next, { ...around, handler: handler.number, transaction: own }, scope);
    const plain = transaction === 'none' && !scope.synchronized && scope.variables.length === 0;
    const inside = { ...around, scopes: [scope, ...around.scopes], atomic: around.atomic || transaction === 'atomic' };
    const first = [this.sequence(blocks[0]?.shapes ?? [], plain ? next : leave, inside, own)];
    this.add('enterScope', numbered, { place: number, next, first, scope, around });
    if (!plain) this.add('leaveScope', numbered, { place: leave, next, scope, around });
    this.add('stopScope', numbered, { place: places.stop, next, scope, around });
    if (transaction !== 'none')
      this.add('defaultHandler', numbered, { place: places.defaultHandler, next, scope, around: { ...around, transaction: number } });
    if (block) this.#compensation(numbered, block, scope);
  }

  #handler(numbered: NumberedShape, { number, shapes }: Block, next: number, around: Around, scope: Scope): void {
    this.add('leaveHandler', numbered, { place: number, next, scope, around });
    this.sequence(shapes, number, around, around.transaction);
  }

  #compensation(numbered: NumberedShape, { number, shapes }: Block, scope: Scope): void {
    const around = { scopes: [], handler: undefined, transaction: scope.number, compensates: scope, atomic: false };
    this.add('leaveCompensation', numbered, { place: number, next: END, scope, around });
    this.sequence(shapes, number, around, scope.number);
  }
}

function conditionsOf(shape: Shape | undefined): readonly Code<boolean>[] {
  if (shape?.kind === 'decide') return shape.rules.map(({ when }) => when);
  return shape?.kind === 'loop' ? [shape.while] : [];
}

function beginOf({ number, shapes }: Block): { number: number; first: number } {
  return { number, first: shapes[0]?.number ?? number };
}

/** True when somebody wrote how to compensate a scope, or something nested in it. */
function isCompensable({ shape, blocks }: NumberedShape): boolean {
  if (shape.kind === 'scope' && shape.compensation) return true;
  return blocks.some((block) => block.shapes.some(isCompensable));
}
