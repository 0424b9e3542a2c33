/** Writes a definition as one readable list of shapes; names and types of the declarations are known inside their code. */
import type { OrchestrationDefinition } from '../orchestration/definition.ts';
import type { VariableValue } from '../orchestration/json.ts';
import type { Filter } from '../orchestration/predicates.ts';
import type {
  Arguments,
  Assignment,
  CallShape,
  Code,
  CompensateShape,
  ConstructShape,
  DecideShape,
  DelayShape,
  Direction,
  ExceptionValue,
  ExpressionShape,
  GroupShape,
  ListenShape,
  LoopShape,
  ParallelShape,
  ReadableMessage,
  ReceiveShape,
  ScopeShape,
  SendShape,
  Shape,
  StartShape,
  SuspendShape,
  TerminateShape,
  ThrowShape,
  TransformShape,
} from '../orchestration/shapes.ts';
import { markSource, type SourcePlace } from '../orchestration/source.ts';
import { callerOf } from './caller.ts';
import type {
  Declarations,
  Messages,
  Names,
  PortNames,
  Sets,
  TwoWayNames,
  TypedCode,
  TypedMessage,
  Variables,
  WithOwn,
} from './declarations.ts';
import { loopOver } from './loopOver.ts';

type Branch = ParallelShape['branches'][number];
type Handler = ScopeShape['handlers'][number];
type Rule = DecideShape['rules'][number];
/** Shapes in their order; a list among them stands for what is in it. */
export type Body = readonly (Shape | Body)[];

interface CorrelationOptions<D extends Declarations> {
  /** Correlation sets that get their values from this message. */
  readonly initializes?: readonly Names<D['correlationSets']>[];
  readonly follows?: readonly Names<D['correlationSets']>[];
}

export interface ReceiveOptions<D extends Declarations> extends CorrelationOptions<D> {
  readonly port: PortNames<D['ports'], 'receive'>;
  readonly message: Names<D['messages']>;
  /** Creates the instance. */
  readonly activate?: boolean;
  /** Extra conditions of an activating Receive: groups joined by OR of predicates joined by AND. */
  readonly filter?: Filter;
}

export interface SendOptions<D extends Declarations> extends CorrelationOptions<D> {
  readonly port: PortNames<D['ports'], 'send'>;
  readonly message: Names<D['messages']>;
  /** Address of a dynamic send port. */
  readonly address?: TypedCode<D, string>;
}

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

/** Shapes, or what makes them with the names that are known inside. */
type BodyWith<D extends Declarations> = Body | ((o: ShapeBuilder<D>) => Body);

/** What a scope is (docs/behaviour.md, section 9.1). Transactions are nested only in long-running scopes and orchestrations. */
export interface ScopeOptions<D extends Declarations, V extends Variables, M extends Messages, C extends Sets> {
  /** A transaction that is saved when it ends, and can be compensated afterwards. */
  readonly longRunning?: boolean;
  /** A transaction in which nothing is saved: it happens at its end, or not at all. It has no handlers; put it into another scope. */
  readonly atomic?: boolean;
  /** No two synchronized scopes of an instance run at the same time: for what branches of a Parallel share. */
  readonly synchronized?: boolean;
  /** How long a long-running scope may take: ms, or `{ at: UTC ms }`. Then it gets a `TimeoutException`. */
  readonly timeout?: number | TypedCode<D, number | { readonly at: number }>;
  /** false: an atomic scope does not run again after a `RetryTransactionException`. */
  readonly retry?: boolean;
  /** Variables of its own. They are gone after its end, and there again, as they were then, when it is compensated. */
  readonly variables?: V;
  /** Messages of its own. They have no value at its entry, and as with its variables they are gone after its end. */
  readonly messages?: M;
  /** Correlation sets of its own: in a Loop each turn initializes them anew. What has come by them and was not received stays behind. */
  readonly correlationSets?: C;
  readonly handlers?: readonly Handler[] | ((o: ShapeBuilder<WithOwn<D, V, M, C>>) => readonly Handler[]);
  /** Undoes what the transaction did, when it has committed and what is around it fails. */
  readonly compensate?: BodyWith<WithOwn<D, V, M, C>>;
}

type Parameters = Readonly<Record<string, Direction>>;

/** An orchestration that knows its parameters. */
export type OrchestrationWith<P extends Parameters> = OrchestrationDefinition & { readonly parameters?: P };

type ParametersOf<D extends Declarations> = D extends { readonly parameters: infer P extends Parameters } ? P : Parameters;

/** What is given for the parameters, by direction: names of what this orchestration declares; nothing where there are none. */
type Given<D extends Declarations, P extends Parameters> = string extends keyof P
  ? [given?: Arguments]
  : [keyof P] extends [never]
    ? []
    : [given: { readonly [W in P[keyof P]]: { readonly [K in keyof P as P[K] extends W ? K : never]: NamesOf<D> } }];

/** Everything an orchestration declares. */
type NamesOf<D extends Declarations> = Names<D['messages']> | Names<D['variables']> | Names<D['correlationSets']> | Names<D['ports']>;

/** A class of errors, as `catch` in other languages names it. */
type ErrorClass = abstract new (...parameters: never[]) => Error;

/** Makes the shapes of one orchestration. */
export interface ShapeBuilder<D extends Declarations> {
  receive(name: string, options: ReceiveOptions<D>): ReceiveShape;
  send(name: string, options: SendOptions<D>): SendShape;
  construct(name: string, message: Names<D['messages']>, assign: TypedCode<D, Assignment>): ConstructShape;
  /**
   * Applies a map: the messages `to` are made of the messages `from`. A map is a function of what it reads, in that order, and gives one body, or
   * a list of bodies in the order of `to`.
   */
  transform<const F extends readonly Names<D['messages']>[], const T extends readonly Names<D['messages']>[]>(
    name: string,
    messages: { readonly from: F; readonly to: T },
    map: (
      ...from: { [K in keyof F]: TypedMessage<D['messages'][F[K]]> }
    ) => T['length'] extends 1 ? Assignment['body'] : { [K in keyof T]: Assignment['body'] },
  ): TransformShape;
  /** Construct and Send of a message. */
  constructAndSend(name: string, options: SendOptions<D>, assign: TypedCode<D, Assignment>): Body;
  /** Construct and Send of the response to a request; the caller gets it. */
  respond(name: string, options: RespondOptions<D>, assign: TypedCode<D, Assignment>): Body;
  /**
   * Construct and Send of a question, and the Receive of its answer: two one-way ports, and a correlation set by which the answer finds the
   * instance. A set is initialized once, so in a Loop this stands in a scope that declares it.
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
    body: BodyWith<WithOwn<D, Readonly<Record<N, T>>>>,
  ): LoopShape;
  expression(name: string, run: TypedCode<D, void>): ExpressionShape;
  /** The first rule that holds decides; without one, `otherwise` runs. */
  decide(name: string, rules: readonly Rule[], otherwise?: Body): DecideShape;
  rule(name: string, when: TypedCode<D, boolean>, body: Body): Rule;
  loop(name: string, condition: TypedCode<D, boolean>, body: Body): LoopShape;
  /** Waits some ms (0 or more), or until a UTC time in ms; one in the past is over at once. */
  delay(name: string, until: number | TypedCode<D, number | { readonly at: number }>): DelayShape;
  /** The first branch whose Receive has a message or whose Delay is over runs, the others never do. */
  listen(name: string, branches: readonly Branch[]): ListenShape;
  /** All branches run; goes on when all have ended. */
  parallel(name: string, branches: readonly Branch[]): ParallelShape;
  branch(name: string, body: Body): Branch;
  scope(name: string, body: Body, handlers?: readonly Handler[]): ScopeShape;
  scope<const V extends Variables = undefined, const M extends Messages = undefined, const C extends Sets = undefined>(
    name: string,
    options: ScopeOptions<D, V, M, C>,
    body: BodyWith<WithOwn<D, V, M, C>>,
  ): ScopeShape;
  /** Catches exceptions of a type, by its name or its class, and of all that are derived from it; '*' catches all. */
  handler(name: string, exception: string | ErrorClass, body: Body): Handler;
  /** Compensates a nested transaction, or all of them, the last one first; only in a handler, and where a scope is compensated. */
  compensate(name: string, transaction?: string): CompensateShape;
  /**
   * Runs another orchestration in this instance. What it declares as parameters is given by name: `{ in: { Order: 'Order' } }` gives its
   * message, variable, correlation set or port `Order` what is called `Order` here; `out` comes back at its end, `ref` goes both ways.
   */
  call<const P extends Parameters>(name: string, orchestration: OrchestrationWith<P>, ...given: Given<D, P>): CallShape;
  /** Starts an instance of another orchestration, which runs by itself; it has `in` parameters only. */
  start<const P extends Parameters>(name: string, orchestration: OrchestrationWith<P>, ...given: Given<D, P>): StartShape;
  /** Shapes drawn as one. */
  group(name: string, body: Body): GroupShape;
  throw(name: string, exception: TypedCode<D, ExceptionValue>): ThrowShape;
  /** Throws the exception being handled again. */
  rethrow(name: string): ThrowShape;
  terminate(name: string, reason: string | TypedCode<D, string>): TerminateShape;
  suspend(name: string, reason: string | TypedCode<D, string>): SuspendShape;
}

/**
 * Defines an orchestration: `orchestration('ProcessOrder', { messages, variables, correlationSets, ports }, (o) => [o.receive(...), ...])`.
 *
 * Mistakes that types cannot see are reported when the group loads it (`definition.invalid`).
 *
 * @param compensate undoes what it did, when another orchestration has called it and fails afterwards; only of a `longRunning` one
 */
export function orchestration<const D extends Declarations>(
  name: string,
  declarations: D,
  body: (shapes: ShapeBuilder<D>) => Body,
  compensate?: (shapes: ShapeBuilder<D>) => Body,
): OrchestrationWith<ParametersOf<D>> {
  const { parameters } = declarations;
  const variables: Record<string, VariableValue> = { ...declarations.variables };
  const declare = (more: Readonly<Record<string, VariableValue>>): void => {
    const taken = Object.keys(more).find((one) => Object.hasOwn(variables, one));
    if (taken !== undefined) throw new TypeError(`Two variables of orchestration "${name}" are named "${taken}".`);
    Object.assign(variables, more);
  };
  const o = shapeBuilder<D>(declare);
  const shapes = flat(body(o));
  const undo = compensate && flat(compensate(o));
  return {
    name,
    messages: declarations.messages,
    variables,
    correlationSets: declarations.correlationSets ?? {},
    ports: declarations.ports,
    ...(declarations.longRunning === true && { transaction: 'longRunning' }),
    ...(declarations.timeout !== undefined && { timeout: codeOf(declarations.timeout) }),
    ...(parameters && { parameters: parameters as ParametersOf<D> }),
    body: shapes,
    ...(undo && { compensation: { name: 'Compensation', body: undo } }),
  };
}

function flat(body: Body): Shape[] {
  return body.flatMap((part) => (isBody(part) ? flat(part) : [part]));
}

function shapeBuilder<D extends Declarations>(declare: Declare): ShapeBuilder<D> {
  const simple: Omit<ShapeBuilder<D>, Combined> = {
    receive: (name, { port, message, activate = false, filter = [], initializes = [], follows = [] }) => ({
      kind: 'receive',
      name,
      port,
      message,
      activate,
      filter,
      initializes,
      follows,
    }),
    send: (name, { port, message, initializes = [], follows = [], address }) => ({
      kind: 'send',
      name,
      port,
      message,
      initializes,
      follows,
      ...(address && { address: untyped(address) }),
    }),
    construct: (name, message, assign) => ({ kind: 'construct', name, message, assign: untyped(assign) }),
    transform: (name, { from, to }, map) => {
      const apply = map as unknown as (...messages: readonly ReadableMessage[]) => Assignment['body'] | readonly Assignment['body'][];
      return { kind: 'transform', name, from, to, map: ({ messages }) => mapped(to, apply(...from.map((one) => readable(messages, one)))) };
    },
    expression: (name, run) => ({ kind: 'expression', name, run: untyped(run) }),
    decide: (name, rules, otherwise = []) => ({ kind: 'decide', name, rules, otherwise: flat(otherwise) }),
    rule: (name, when, body) => ({ name, when: untyped(when), body: flat(body) }),
    loop: (name, condition, body) => ({ kind: 'loop', name, while: untyped(condition), body: flat(body) }),
    delay: (name, until) => ({ kind: 'delay', name, until: codeOf(until) }),
    listen: (name, branches) => ({ kind: 'listen', name, branches }),
    parallel: (name, branches) => ({ kind: 'parallel', name, branches }),
    branch: (name, body) => ({ name, body: flat(body) }),
    // Both ways to write a scope are one here; the types of the builder tell them apart.
    scope: (name: string, given: Body | AnyScope<D>, then: readonly Handler[] | BodyWith<D> = []): ScopeShape =>
      isBody(given)
        ? { kind: 'scope', name, transaction: 'none', body: flat(given), handlers: then as readonly Handler[] }
        : scopeOf(builder, name, given, then as BodyWith<D>),
    handler: (name, exception, body) => ({ name, exception: typeof exception === 'string' ? exception : exception.name, body: flat(body) }),
    compensate: (name, transaction) => ({ kind: 'compensate', name, ...(transaction !== undefined && { transaction }) }),
    call: (name, callee, ...[given]) => ({ kind: 'call', name, orchestration: callee, arguments: (given as Arguments | undefined) ?? {} }),
    start: (name, started, ...[given]) => ({
      kind: 'start',
      name,
      orchestration: started,
      arguments: (given as Arguments | undefined) ?? {},
    }),
    group: (name, body) => ({ kind: 'group', name, body: flat(body) }),
    throw: (name, exception) => ({ kind: 'throw', name, exception: untyped(exception) }),
    rethrow: (name) => ({ kind: 'throw', name }),
    terminate: (name, reason) => ({ kind: 'terminate', name, reason: codeOf(reason) }),
    suspend: (name, reason) => ({ kind: 'suspend', name, reason: codeOf(reason) }),
  };
  const builder: ShapeBuilder<D> = noting<ShapeBuilder<D>>({ ...simple, ...combined(simple, (body) => body(builder), declare) });
  return builder;
}

/** Takes variables that a shape brings with it. */
type Declare = (variables: Readonly<Record<string, VariableValue>>) => void;

/** Names that a scope declares are names of the same code, so the builder of what is in it is the same. */
type AnyScope<D extends Declarations> = Pick<ScopeShape, 'variables' | 'messages' | 'correlationSets'> &
  Omit<ScopeOptions<D, undefined, undefined, undefined>, 'variables' | 'messages' | 'correlationSets'>;

/** What is made of several shapes, or brings variables with it. */
type Combined = 'constructAndSend' | 'respond' | 'request' | 'each';

/**
 * @param made what a body is that is given as a function
 */
function combined<D extends Declarations>(
  { receive, send, construct }: Omit<ShapeBuilder<D>, Combined>,
  made: (body: (o: ShapeBuilder<D>) => Body) => Body,
  declare: Declare,
): Pick<ShapeBuilder<D>, Combined> {
  const constructAndSend: ShapeBuilder<D>['constructAndSend'] = (name, options, assign) => [
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
    each: (name, list, item, given) => {
      const position = `${name}: position`;
      declare({ [item]: null, [position]: null });
      const body = given as unknown as BodyWith<D>;
      return loopOver({ name, list: untyped(list), item, position }, flat(body instanceof Function ? made(body) : body));
    },
  };
}

/** A map of one message gives its body, which may be a list. */
function mapped(to: readonly string[], made: Assignment['body'] | readonly Assignment['body'][]): readonly Assignment['body'][] {
  return to.length === 1 ? [made] : (made as readonly Assignment['body'][]);
}

/** Reading one that has no value throws. */
function readable(messages: Readonly<Record<string, ReadableMessage>>, name: string): ReadableMessage {
  return messages[name] as ReadableMessage;
}

function isBody(given: Body | object): given is Body {
  return Array.isArray(given);
}

/** A scope with options. What it does not have is left out, so that the hash of a plain one is what it always was. */
function scopeOf<D extends Declarations>(o: ShapeBuilder<D>, name: string, options: AnyScope<D>, body: BodyWith<D>): ScopeShape {
  const { longRunning, atomic, synchronized, timeout, retry, variables, messages, correlationSets, handlers = [], compensate } = options;
  const made = <T>(part: T | ((o: ShapeBuilder<D>) => T)): T => (part instanceof Function ? part(o) : part);
  return {
    ...{ kind: 'scope', name, transaction: atomic === true ? 'atomic' : longRunning === true ? 'longRunning' : 'none' },
    ...(synchronized === true && { synchronized }),
    ...(timeout !== undefined && { timeout: codeOf(timeout) }),
    ...(retry === false && { retry }),
    ...(variables && { variables }),
    ...(messages && { messages }),
    ...(correlationSets && { correlationSets }),
    body: flat(made(body)),
    handlers: made(handlers),
    ...(compensate && { compensation: { name: 'Compensation', body: flat(made(compensate)) } }),
  };
}

/** The builder, noting for everything it makes where its call is written. */
function noting<B extends object>(builder: B): B {
  const makers = Object.entries(builder as Readonly<Record<string, (...parameters: readonly unknown[]) => object>>);
  const notingMakers = makers.map(([name, make]) => {
    const maker = (...parameters: readonly unknown[]): object => noted(make(...parameters), callerOf(maker));
    return [name, maker] as const;
  });
  return Object.fromEntries(notingMakers) as B;
}

/** A list stands for several shapes, all written there. */
function noted(made: object, place: SourcePlace | undefined): object {
  return Array.isArray(made) ? (made as object[]).map((part) => noted(part, place)) : markSource(made, place);
}

/** The engine hands every shape the scope of its own definition, so the names the types promise are there. */
function untyped<D extends Declarations, T>(code: TypedCode<D, T>): Code<T> {
  return code as unknown as Code<T>;
}

/** Code that gives a fixed value. The value is part of its text, because the text is what a definition's hash is made of. */
function codeOf<D extends Declarations, T extends string | number, R>(value: T | TypedCode<D, R> | Code<R>): Code<T | R> {
  if (typeof value === 'function') return value as Code<R>;
  const constant = (): T => value;
  return Object.assign(constant, { toString: () => `() => ${typeof value === 'string' ? JSON.stringify(value) : String(value)}` });
}
