/** Ways to write several shapes, or a loop with its place in a list, in one line. They are made of the shapes there are. */
import type { VariableValue } from '../orchestration/json.ts';
import type { Assignment, Code, CodeScope, LoopShape, Shape } from '../orchestration/shapes.ts';
import type { Body, BodyWith, SendOptions, ShapeBuilder, Variables } from './builder.ts';
import type { Declarations, Names, PortNames, TwoWayNames, TypedCode } from './declarations.ts';

export interface RespondOptions<D extends Declarations> {
  /** The request-response port the request came in through. */
  readonly port: TwoWayNames<D['ports']>;
  readonly message: Names<D['messages']>;
}

export interface RequestOptions<D extends Declarations> {
  /** Port and message of the question. */
  readonly to: PortNames<D['ports'], 'send'>;
  readonly message: Names<D['messages']>;
  /** Port and message of the answer. */
  readonly from: PortNames<D['ports'], 'receive'>;
  readonly reply: Names<D['messages']>;
  /** Correlation set that the question initializes and the answer follows. */
  readonly correlation: Names<D['correlationSets']>;
}

export interface CombinedShapes<D extends Declarations> {
  /** Construct and Send of a message. */
  constructAndSend(name: string, options: SendOptions<D>, assign: TypedCode<D, Assignment>): Body;
  /** Construct and Send of the response to a request; the caller gets it. */
  respond(name: string, options: RespondOptions<D>, assign: TypedCode<D, Assignment>): Body;
  /**
   * Construct and Send of a question, and the Receive of its answer: two one-way ports, and a correlation set by which the answer finds the
   * instance. A set is initialized once, so this stands in no Loop.
   */
  request(name: string, options: RequestOptions<D>, assign: TypedCode<D, Assignment>): Body;
  /**
   * A Loop over a list. The item is a variable of the orchestration, so it is there again after a takeover.
   *
   * @param list asked for before each iteration: of a message, or of a variable that the body leaves alone
   * @param item name of the variable; no other variable may have it
   */
  each<const N extends string, T extends VariableValue>(
    name: string,
    list: TypedCode<D, readonly T[]>,
    item: N,
    body: BodyWith<D, Readonly<Record<N, T>>>,
  ): LoopShape;
}

/** What they are made with. */
interface Tools<D extends Declarations> extends Pick<ShapeBuilder<D>, 'receive' | 'send' | 'construct'> {
  /** The shapes of a body. */
  readonly shapesOf: (body: BodyWith<D, Variables>) => readonly Shape[];
  /** Takes variables that a shape brings with it. */
  readonly declare: (variables: Variables) => void;
}

export function combinedShapes<D extends Declarations>(tools: Tools<D>): CombinedShapes<D> {
  const { receive, send, construct, shapesOf, declare } = tools;
  const constructAndSend: CombinedShapes<D>['constructAndSend'] = (name, options, assign) => [
    construct(`${name}: construct`, options.message, assign),
    send(name, options),
  ];
  return {
    constructAndSend,
    // The response is sent through the port of the request.
    respond: (name, options, assign) => constructAndSend(name, options, assign),
    request: (name, { to, message, from, reply, correlation }, assign) => [
      constructAndSend(name, { port: to, message, initializes: [correlation] }, assign),
      receive(`${name}: reply`, { port: from, message: reply, follows: [correlation] }),
    ],
    each: (name, list, item, body) => {
      const position = `${name}: position`;
      declare({ [item]: null, [position]: null });
      const shapes = shapesOf(body as unknown as BodyWith<D, Variables>);
      return loopOver({ name, list: list as unknown as Code<readonly VariableValue[]>, item, position }, shapes);
    },
  };
}

interface Each {
  readonly name: string;
  readonly list: Code<readonly VariableValue[]>;
  /** Names of its variables. */
  readonly item: string;
  readonly position: string;
}

/** How far a loop over a list is, as it is saved. */
interface Position {
  readonly [part: string]: VariableValue;
  readonly at: number;
  /** The body has come to its end for this item. */
  readonly done: boolean;
}

/**
 * The condition takes the next item. Only that and its index are saved with the instance, not the list: it would be in every commit of every
 * iteration. So the list is asked for again before each of them.
 *
 * Whoever leaves the body in its middle (an exception, a time-out) leaves `done` unset, so the loop begins with the first item when it is entered
 * again.
 */
function loopOver({ name, list, item, position }: Each, body: readonly Shape[]): LoopShape {
  const positionIn = ({ variables }: CodeScope): Position | null => variables[position] as Position | null;
  const takeNext = (scope: CodeScope): boolean => {
    const items: unknown = list(scope);
    if (!Array.isArray(items)) throw new TypeError(`The list of "${name}" is given as ${typeof items}, which is no list.`);
    const last = positionIn(scope);
    const at = last?.done === true ? last.at + 1 : 0;
    const goesOn = at < items.length;
    scope.variables[item] = goesOn ? (items[at] as VariableValue) : null;
    scope.variables[position] = goesOn ? ({ at, done: false } satisfies Position) : null;
    return goesOn;
  };
  const next = (scope: CodeScope): void => {
    scope.variables[position] = { at: positionIn(scope)?.at ?? 0, done: true } satisfies Position;
  };
  return { kind: 'loop', name, while: takeNext, body: [...body, { kind: 'expression', name: `${name}: next`, run: next }] };
}
