/** Makes the instructions of a tree of shapes. */
import { calledBy } from '../orchestration/calls.ts';
import type { Block, NumberedShape } from '../orchestration/outline.ts';
import type { OrchestrationDefinition, OutlineEntry } from '../orchestration/definition.ts';
import { faultTypes, isAnswered } from '../orchestration/ports.ts';
import type { CallShape, Code, ReceiveShape, ScopeShape, Shape } from '../orchestration/shapes.ts';
import { takenBy } from '../orchestration/subscriptions.ts';
import { newFrame, type GrowingFrame } from './frames.ts';
import {
  END,
  ORCHESTRATION,
  type Answer,
  type Around,
  type Frame,
  type Instruction,
  type Operation,
  type Operations,
  type Scope,
} from './instruction.ts';
import { PLACES_OF_A_SCOPE, placesBehind, scopesOf } from './state.ts';

/** The operation that a shape begins with. */
const operations = {
  receive: 'receive',
  send: 'send',
  construct: 'construct',
  transform: 'construct',
  expression: 'evaluate',
  decide: 'branch',
  loop: 'branch',
  delay: 'wait',
  listen: 'waitAny',
  parallel: 'fork',
  scope: 'enterScope',
  compensate: 'compensate',
  call: 'call',
  start: 'start',
  group: 'group',
  throw: 'throw',
  terminate: 'end',
  suspend: 'suspend',
} as const satisfies { readonly [K in Shape['kind']]: OperationFor<Extract<Shape, { kind: K }>> };

type OperationFor<S> = { [K in Operation]: S extends Operations[K] ? K : never }[Operation];

export interface Lowered {
  readonly start: number;
  /** By place. */
  readonly instructions: readonly (Instruction | undefined)[];
  /** By number; the outer ones first. */
  readonly scopes: ReadonlyMap<number, Scope>;
  /** By number; the orchestration's own is the first. */
  readonly frames: ReadonlyMap<number, Frame>;
  /** By the number of a Receive: what it gets by the token of its port. */
  readonly answers: ReadonlyMap<number, Answer>;
  /** Place of the orchestration's own default handler. */
  readonly defaultHandler: number;
}

/** The instructions of an orchestration's body. */
export function lower(definition: OrchestrationDefinition, shapes: readonly NumberedShape[], outline: readonly OutlineEntry[]): Lowered {
  const size = outline.length;
  const scopes = scopesOf(outline).length;
  const behind = placesBehind(size, scopes);
  const lowering = new Lowering(size + 1, notifies(definition) ? behind.deliveries : undefined);
  const frame = lowering.frame(newFrame(definition));
  const around = { frame, scopes: [], handler: undefined, transaction: ORCHESTRATION, compensates: undefined, atomic: false };
  const body = { number: ORCHESTRATION, shape: undefined, last: size - 1 };
  const end = lowering.awaitDeliveries(scopes, body, { next: END, around });
  const first = lowering.sequence(shapes, end, around, ORCHESTRATION);
  lowering.add('defaultHandler', body, { place: size, next: END, around });
  const { instructions, frames, answers } = lowering;
  const made = { instructions, scopes: lowering.scopes, frames, answers, defaultHandler: size };
  if (definition.parameters === undefined && definition.timeout === undefined) return { start: first, ...made };
  lowering.add('begin', body, { place: behind.begin, next: first, around });
  return { start: behind.begin, ...made };
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
  readonly frames = new Map<number, Frame>();
  readonly answers = new Map<number, Answer>();
  /** The same, while they grow. */
  readonly #growing = new Map<Frame, GrowingFrame>();
  /** By the frame and what is taken. */
  readonly #shared = new Map<string, { number: number; readonly scopes: readonly number[] }>();
  /** The first place of the first scope. */
  readonly #begin: number;
  /** The first place where deliveries are awaited, if they are. */
  readonly #deliveries: number | undefined;
  /** Scopes and Calls so far. */
  #scopes = 0;

  constructor(begin: number, deliveries: number | undefined) {
    this.#begin = begin;
    this.#deliveries = deliveries;
  }

  /** Where a body ends, be it at once or when deliveries have come. @param index of the scope or Call it is of */
  awaitDeliveries(index: number, of: Parameters<Lowering['add']>[1], way: Omit<Way, 'place'>): number {
    if (this.#deliveries === undefined || way.around.atomic) return way.next;
    const place = this.#deliveries + index;
    this.add('awaitDeliveries', of, { ...way, place });
    return place;
  }

  frame(frame: GrowingFrame): Frame {
    this.frames.set(frame.number, frame);
    this.#growing.set(frame, frame);
    return frame;
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
    if (shape.kind === 'scope' || shape.kind === 'call') {
      this.#scope(numbered, shape, next, around, parent);
      return;
    }
    if (shape.kind === 'receive') this.#receive(number, shape, around.frame);
    const first = blocks.map((block) => this.#block(numbered, block, next, around, parent));
    this.add(operations[shape.kind], numbered, { place: number, next, first, around });
  }

  #receive(number: number, shape: ReceiveShape, frame: Frame): void {
    for (const set of shape.follows) add(this.#growing.get(frame)?.followers, set, { number, shape });
    const port = frame.ports.get(shape.port);
    if (port === undefined || !isAnswered(port.declaration)) {
      this.#share(number, shape, frame);
      return;
    }
    const type = frame.definition.messages[shape.message]?.name ?? '';
    const known = [...this.answers.values()].find(
      (one) => one.port.frame === port.frame && one.port.port === port.port && one.type === type,
    );
    this.answers.set(number, known ?? { port, first: number, type, faults: faultTypes(frame.definition, shape.port) });
  }

  /** Receives that take the same messages share a subscription, so that each message comes to one of them. */
  #share(number: number, shape: ReceiveShape, frame: Frame): void {
    const taken = `${String(frame.number)} ${takenBy(frame.definition, shape)}`;
    const scopes = shape.follows.flatMap((set) => frame.owners.get(set) ?? []);
    const shared = this.#shared.get(taken) ?? { number, scopes };
    // Handlers are lowered before the body they belong to.
    shared.number = Math.min(shared.number, number);
    this.#shared.set(taken, shared);
    this.#growing.get(frame)?.subscriptions.set(number, shared);
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

  /** A called orchestration is a scope of the kind that it declares, with variables, messages and whatever else of its own. */
  #scope(numbered: NumberedShape, shape: ScopeShape | CallShape, next: number, around: Around, parent: number): void {
    const { number, last, blocks } = numbered;
    const { frame } = around;
    const written = shape.kind === 'scope' ? shape : scopeOf(shape);
    const { transaction, synchronized, handlers: declared } = written;
    const index = this.#scopes++;
    const leave = this.#begin + PLACES_OF_A_SCOPE * index;
    const called = shape.kind === 'call' ? this.frame(newFrame(shape.orchestration, number, { shape, caller: frame })) : undefined;
    const own = transaction === 'none' ? parent : number;
    const handlers = blocks.filter(({ kind }) => kind === 'handler');
    const block = blocks.find(({ kind }) => kind === 'compensation');
    const places = { stop: leave + 1, defaultHandler: leave + 2 };
    const scope: Scope = {
      ...{ number, last, name: shape.name, transaction, parent, ...places },
      synchronized: synchronized === true || transaction === 'atomic',
      handlers: handlers.map((handler, index) => ({ ...beginOf(handler), exception: declared[index]?.exception ?? '*' })),
      compensation: block && beginOf(block).first,
      compensable: isCompensable(numbered),
      ...{ frame, called, ...ownOf(written) },
    };
    this.scopes.set(number, scope);
    const growing = this.#growing.get(frame);
    for (const set of scope.correlationSets) growing?.owners.set(set, number);
    if (transaction !== 'none') growing?.transactions.set(shape.name, scope);
    for (const handler of handlers) this.#handler(numbered, handler, next, { ...around, handler: handler.number, transaction: own }, scope);
    const owns = scope.variables.length + scope.messages.length + scope.correlationSets.length > 0;
    const plain = called === undefined && transaction === 'none' && !scope.synchronized && !owns;
    const inside = {
      ...around,
      frame: called ?? frame,
      scopes: [scope, ...around.scopes],
      atomic: around.atomic || transaction === 'atomic',
    };
    const end = this.awaitDeliveries(index, numbered, { next: plain ? next : leave, scope, around: inside });
    const first = [this.sequence(blocks[0]?.shapes ?? [], end, inside, own)];
    this.add(operations[shape.kind], numbered, { place: number, next, first, scope, around });
    if (!plain) this.add(called ? 'return' : 'leaveScope', numbered, { place: leave, next, scope, around });
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
    const frame = scope.called ?? scope.frame;
    const around = { frame, scopes: [], handler: undefined, transaction: scope.number, compensates: scope, atomic: false };
    this.add('leaveCompensation', numbered, { place: number, next: END, scope, around });
    this.sequence(shapes, number, around, scope.number);
  }
}

type Declared = Pick<ScopeShape, 'variables' | 'messages' | 'correlationSets'>;

/** What a called orchestration is as a scope. */
function scopeOf({ orchestration }: CallShape): Pick<ScopeShape, 'transaction' | 'synchronized' | 'handlers'> & Declared {
  return { transaction: orchestration.transaction ?? 'none', handlers: [] };
}

/** Names of what a scope declares for itself. */
function ownOf({ variables = {}, messages = {}, correlationSets = {} }: Declared): Pick<Scope, keyof Declared> {
  return { variables: Object.keys(variables), messages: Object.keys(messages), correlationSets: Object.keys(correlationSets) };
}

function add<T>(lists: Map<string, T[]> | undefined, key: string, one: T): void {
  const list = lists?.get(key);
  if (list) list.push(one);
  else lists?.set(key, [one]);
}

function conditionsOf(shape: Shape | undefined): readonly Code<boolean>[] {
  if (shape?.kind === 'decide') return shape.rules.map(({ when }) => when);
  return shape?.kind === 'loop' ? [shape.while] : [];
}

function beginOf({ number, shapes }: Block): { number: number; first: number } {
  return { number, first: shapes[0]?.number ?? number };
}

/** True when somebody wrote how to compensate a scope, or something nested in it. */
function isCompensable({ blocks }: NumberedShape): boolean {
  if (blocks.some(({ kind }) => kind === 'compensation')) return true;
  return blocks.some((block) => block.shapes.some(isCompensable));
}

/** True when an orchestration, or one that it calls, has a port with delivery notification. */
function notifies(definition: OrchestrationDefinition): boolean {
  return [definition, ...calledBy(definition)].some(({ ports }) =>
    Object.values(ports).some(({ deliveryNotification }) => deliveryNotification === true),
  );
}
