/**
 * Follows every path through a definition and checks that messages have a value before they are used, and that a correlation set is
 * initialized once, before anything follows it (docs/behaviour.md, section 11).
 */
import { argumentsOf, parametersOf } from './calls.ts';
import type { OrchestrationDefinition } from './definition.ts';
import type { Fail } from './mistakes.ts';
import type { Block, NumberedShape } from './outline.ts';
import { faultsCaught, isAnswered } from './ports.ts';
import type { CallShape, ReceiveShape, ScopeShape, SendShape, Shape, StartShape } from './shapes.ts';

/** What is known at one place. Names of correlation sets and of messages carry a prefix, so that one set holds both. */
interface Knowledge {
  /** Given a value on every path to here; `undefined` = no path leads here. */
  readonly surely: ReadonlySet<string> | undefined;
  /** Given a value on some path to here. */
  readonly maybe: ReadonlySet<string>;
}

const setName = (name: string): string => `set ${name}`;
const messageName = (name: string): string => `message ${name}`;
/** A port has sent what may be answered. */
const portName = (name: string): string => `port ${name}`;

/** What shapes are checked with. */
interface Rules {
  readonly definition: OrchestrationDefinition;
  readonly fail: Fail;
  /** What scopes around declare for themselves. */
  readonly around: ReadonlySet<string>;
}

/** The body of a definition, and what undoes it. */
export interface Bodies {
  readonly shapes: readonly NumberedShape[];
  readonly compensation: readonly NumberedShape[];
}

/**
 * Checks all paths. Names have to be known already.
 *
 * @param missing told of an out parameter that has no value at the end of every path
 */
export function checkFlow(
  definition: OrchestrationDefinition,
  { shapes, compensation }: Bodies,
  fail: Fail,
  missing: (parameter: string) => never,
): void {
  const given = new Set([
    ...parametersOf(definition, 'messages', 'in', 'ref').map(messageName),
    ...parametersOf(definition, 'correlationSets', 'in', 'ref').map(setName),
    ...parametersOf(definition, 'ports', 'in').map(portName),
  ]);
  const rules = { definition, fail, around: new Set<string>() };
  const end = sequence(shapes, { surely: given, maybe: given }, rules);
  for (const parameter of parametersOf(definition, 'messages', 'out', 'ref')) if (!isSure(end, messageName(parameter))) missing(parameter);
  for (const parameter of parametersOf(definition, 'correlationSets', 'out')) if (!isSure(end, setName(parameter))) missing(parameter);
  sequence(compensation, end, rules);
}

function sequence(shapes: readonly NumberedShape[], start: Knowledge, rules: Rules): Knowledge {
  return shapes.reduce((known, shape) => through(shape, known, rules), start);
}

function through(numbered: NumberedShape, known: Knowledge, rules: Rules): Knowledge {
  const { shape, blocks } = numbered;
  switch (shape.kind) {
    case 'receive':
      checkFollowed(shape, known, rules);
      checkAsked(shape, known, rules);
      return give(initialize(shape, known, rules), [messageName(shape.message)]);
    case 'send':
      if (!isSure(known, messageName(shape.message)))
        rules.fail(`"${shape.name}" sends message "${shape.message}", which has no value on every path to it`, shape);
      checkFollowed(shape, known, rules);
      return give(initialize(shape, known, rules), [portName(shape.port)]);
    case 'construct':
      return give(known, [messageName(shape.message)]);
    case 'transform':
      for (const message of shape.from)
        if (!isSure(known, messageName(message)))
          rules.fail(`"${shape.name}" reads message "${message}", which has no value on every path to it`, shape);
      return give(known, shape.to.map(messageName));
    case 'decide':
    case 'listen':
      return oneOf(blocks.map((block) => sequence(block.shapes, known, rules)));
    case 'loop':
      return throughLoop(blocks, known, rules);
    case 'parallel':
      return throughParallel(blocks, known, rules);
    case 'scope':
      return throughScope(shape, blocks, known, rules);
    case 'group':
      return sequence(blocks[0]?.shapes ?? [], known, rules);
    case 'call':
    case 'start':
      return throughCall(shape, known, rules);
    case 'throw':
    case 'terminate':
      return { surely: undefined, maybe: known.maybe };
    default:
      return known;
  }
}

/** The body runs any number of times: what it gives may be there already when it starts. */
function throughLoop(blocks: readonly Block[], known: Knowledge, rules: Rules): Knowledge {
  const body = blocks[0]?.shapes ?? [];
  const again: Knowledge = { surely: known.surely, maybe: union([known.maybe, givenIn(body)]) };
  sequence(body, again, rules);
  return again;
}

/** All branches run: after the join everything any of them gave is there. */
function throughParallel(blocks: readonly Block[], known: Knowledge, rules: Rules): Knowledge {
  const ends = blocks.map((block) => {
    const others = blocks.filter((other) => other !== block).map((other) => givenIn(other.shapes, isConvoyStart));
    return sequence(block.shapes, { surely: known.surely, maybe: union([known.maybe, ...others]) }, rules);
  });
  const maybe = union(ends.map((end) => end.maybe));
  if (ends.some((end) => end.surely === undefined)) return { surely: undefined, maybe };
  return { surely: union(ends.map((end) => end.surely ?? new Set<string>())), maybe };
}

/**
 * A handler starts with what was there before the scope; what the body gave may or may not be there. A compensation block starts with what
 * the body gave; nothing goes on after it. What is the scope's own is there from its entry to its end, and again for its compensation: for
 * that of a scope inside it may be gone.
 */
function throughScope(shape: ScopeShape, blocks: readonly Block[], before: Knowledge, outer: Rules): Knowledge {
  const [body, ...others] = blocks;
  const shapes = body?.shapes ?? [];
  const own = ownNames(shape);
  const rules: Rules = own.size === 0 ? outer : { ...outer, around: union([outer.around, own]) };
  const known = without(before, own);
  const thrown = without({ surely: known.surely, maybe: union([known.maybe, givenIn(shapes)]) }, own);
  const end = sequence(shapes, known, rules);
  const handlers = others
    .filter(({ kind }) => kind === 'handler')
    .map((handler, index) => {
      const faults = faultsCaught(rules.definition, shape.handlers[index]?.exception ?? '*');
      return sequence(handler.shapes, give(thrown, faults.map(messageName)), rules);
    });
  for (const { kind, shapes: undoing } of others) if (kind === 'compensation') sequence(undoing, without(end, outer.around), rules);
  return without(oneOf([end, ...handlers]), own);
}

function ownNames({ messages = {}, correlationSets = {} }: ScopeShape): Set<string> {
  return new Set([...Object.keys(messages).map(messageName), ...Object.keys(correlationSets).map(setName)]);
}

function without({ surely, maybe }: Knowledge, names: ReadonlySet<string>): Knowledge {
  const left = (known: ReadonlySet<string>): ReadonlySet<string> => new Set([...known].filter((name) => !names.has(name)));
  return names.size === 0 ? { surely, maybe } : { surely: surely && left(surely), maybe: left(maybe) };
}

/** What it gets has a value before, what it gives has one afterwards. */
function throughCall(shape: CallShape | StartShape, known: Knowledge, rules: Rules): Knowledge {
  const { name, kind, orchestration: callee, arguments: given } = shape;
  const all = argumentsOf(given);
  const named = (parameters: readonly string[]): string[] => parameters.map((parameter) => all[parameter] ?? '');
  for (const message of named(parametersOf(callee, 'messages', 'in', 'ref')))
    if (!isSure(known, messageName(message)))
      rules.fail(`"${name}" ${kind}s with message "${message}", which has no value on every path to it`, shape);
  for (const set of named(parametersOf(callee, 'correlationSets', 'in', 'ref')))
    if (!isSure(known, setName(set)))
      rules.fail(`"${name}" ${kind}s with correlation set "${set}", which is not initialized on every path to it`, shape);
  for (const set of named(parametersOf(callee, 'correlationSets', 'out')))
    if (known.maybe.has(setName(set)))
      rules.fail(`"${name}" initializes correlation set "${set}", which may be initialized already`, shape);
  const ports = named(parametersOf(callee, 'ports', 'in')).map(portName);
  return give(known, kind === 'start' ? ports : [...ports, ...givenByCall(shape)]);
}

function givenByCall({ orchestration: callee, arguments: given }: CallShape): string[] {
  const all = argumentsOf(given);
  return [
    ...parametersOf(callee, 'messages', 'out', 'ref').map((parameter) => messageName(all[parameter] ?? '')),
    ...parametersOf(callee, 'correlationSets', 'out').map((parameter) => setName(all[parameter] ?? '')),
  ];
}

function oneOf(ends: readonly Knowledge[]): Knowledge {
  const maybe = union(ends.map((end) => end.maybe));
  const reached = ends.flatMap((end) => (end.surely === undefined ? [] : [end.surely]));
  const [first, ...others] = reached;
  if (first === undefined) return { surely: undefined, maybe };
  return { surely: new Set([...first].filter((name) => others.every((other) => other.has(name)))), maybe };
}

function checkFollowed(shape: ReceiveShape | SendShape, known: Knowledge, rules: Rules): void {
  for (const set of shape.follows) {
    if (!isSure(known, setName(set)))
      rules.fail(`"${shape.name}" follows correlation set "${set}", which is not initialized on every path to it`, shape);
  }
}

/** Nothing comes to such a port before a request, or the port itself, has been given away. */
function checkAsked(shape: ReceiveShape, known: Knowledge, rules: Rules): void {
  const port = rules.definition.ports[shape.port];
  if (!isAnswered(port) || isSure(known, portName(shape.port))) return;
  const before = port?.twoWay === true ? 'through which no request is sent' : 'which is given to nobody';
  rules.fail(`"${shape.name}" receives from port "${shape.port}", ${before} on some path to it`, shape);
}

function initialize(shape: ReceiveShape | SendShape, known: Knowledge, rules: Rules): Knowledge {
  for (const set of shape.initializes) {
    if (known.maybe.has(setName(set)))
      rules.fail(`"${shape.name}" initializes correlation set "${set}", which may be initialized already`, shape);
  }
  return give(known, shape.initializes.map(setName));
}

function give(known: Knowledge, names: readonly string[]): Knowledge {
  if (names.length === 0) return known;
  return { surely: known.surely && union([known.surely, new Set(names)]), maybe: union([known.maybe, new Set(names)]) };
}

function isSure(known: Knowledge, name: string): boolean {
  return known.surely === undefined || known.surely.has(name);
}

/** Parallel activating receives initialize the same sets: whoever comes first does it, the others join (parallel convoy). */
function isConvoyStart(shape: Shape): boolean {
  return shape.kind === 'receive' && shape.activate;
}

/** Everything that shapes give a value to, whatever the path; shapes that `except` names are left out. */
function givenIn(shapes: readonly NumberedShape[], except: (shape: Shape) => boolean = () => false): Set<string> {
  const names = new Set<string>();
  for (const { shape, blocks } of shapes) {
    if ((shape.kind === 'receive' || shape.kind === 'send') && !except(shape)) shape.initializes.forEach((set) => names.add(setName(set)));
    if (shape.kind === 'transform') shape.to.forEach((message) => names.add(messageName(message)));
    if (shape.kind === 'receive' || shape.kind === 'construct') names.add(messageName(shape.message));
    if (shape.kind === 'call') {
      givenByCall(shape).forEach((name) => names.add(name));
      continue;
    }
    for (const block of blocks) givenIn(block.shapes, except).forEach((name) => names.add(name));
  }
  return names;
}

function union(sets: readonly ReadonlySet<string>[]): Set<string> {
  return new Set(sets.flatMap((set) => [...set]));
}
