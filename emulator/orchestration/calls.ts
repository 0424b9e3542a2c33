/** What orchestrations may call and start, and what they give each other (docs/behaviour.md, section 10, Call and Start). */
import type { OrchestrationDefinition, PortDeclaration } from './definition.ts';
import type { Fail, FailIn } from './mistakes.ts';
import { shapesIn } from './outline.ts';
import { faultTypes, responseType } from './ports.ts';
import type { Arguments, CallShape, Direction, Shape, StartShape } from './shapes.ts';
import { withScopes } from './withScopes.ts';

/** The product's limit of calls inside each other. */
const MAX_DEPTH = 100;
/** Every Call has the shapes of its own callee, so that two of them cannot meet; this many are enough for anybody. */
const MAX_SHAPES = 20_000;

/** Kinds of declarations that a parameter may have its name from. */
const kinds = ['messages', 'variables', 'correlationSets', 'ports'] as const;
type Kind = (typeof kinds)[number];

const words: Readonly<Record<Kind, string>> = {
  messages: 'message',
  variables: 'variable',
  correlationSets: 'correlation set',
  ports: 'port',
};

/** What a parameter is; `undefined` when nothing of that name is declared. */
export function kindOf(definition: OrchestrationDefinition, name: string): Kind | undefined {
  return kinds.find((kind) => Object.hasOwn(definition[kind], name));
}

/** The parameters of an orchestration that have one of these directions, by kind. */
export function parametersOf(definition: OrchestrationDefinition, kind: Kind, ...directions: readonly Direction[]): string[] {
  const parameters = Object.entries(definition.parameters ?? {});
  return parameters.flatMap(([name, direction]) => (directions.includes(direction) && kindOf(definition, name) === kind ? [name] : []));
}

/** What a Call or Start gives for a parameter: a name of the caller. */
export function argumentsOf({ in: given = {}, out = {}, ref = {} }: Arguments): Readonly<Record<string, string>> {
  return { ...given, ...out, ...ref };
}

/** All orchestrations that a definition calls, directly or not, each once. Call `checkCalls` first: it ends only without recursion. */
export function calledBy(definition: OrchestrationDefinition): OrchestrationDefinition[] {
  const found = new Set<OrchestrationDefinition>();
  const open = [definition];
  for (let next; (next = open.pop());) {
    for (const shape of shapesOf(next)) {
      if (shape.kind !== 'call' || found.has(shape.orchestration)) continue;
      found.add(shape.orchestration);
      open.push(shape.orchestration);
    }
  }
  return [...found];
}

/** Names of the orchestrations that a definition, or one that it calls, starts. */
export function startedBy(definition: OrchestrationDefinition): string[] {
  const all = [definition, ...calledBy(definition)].flatMap((one) => [...shapesOf(one)]);
  return [...new Set(all.flatMap((shape) => (shape.kind === 'start' ? [shape.orchestration.name] : [])))];
}

function shapesOf({ body, compensation }: OrchestrationDefinition): Iterable<Shape> {
  return shapesIn([...body, ...(compensation?.body ?? [])]);
}

/** How much a definition is with everything it calls. */
interface Extent {
  readonly shapes: number;
  readonly depth: number;
}

/** Calls end: there is no recursion, and what is inlined stays within bounds. Before anything is numbered, or that would not end. */
export function checkCalls(definition: OrchestrationDefinition, fail: FailIn): void {
  const known = new Map<OrchestrationDefinition, Extent>();
  const measure = (one: OrchestrationDefinition, callers: readonly OrchestrationDefinition[]): Extent => {
    let shapes = 0;
    let depth = 0;
    for (const shape of shapesOf(one)) {
      shapes += 1;
      if (shape.kind !== 'call' && shape.kind !== 'start') continue;
      const { orchestration: callee } = shape;
      if (!isOrchestration(callee)) fail(one, `"${shape.name}" ${shape.kind}s something that is no orchestration`, shape);
      if (callee.parameters === undefined)
        fail(
          one,
          `"${shape.name}" ${shape.kind}s "${callee.name}", which declares no parameters: only an orchestration that does can be ${shape.kind}ed`,
          shape,
        );
      if (shape.kind === 'start') continue;
      const chain = [...callers, one];
      if (chain.includes(callee))
        fail(one, `"${shape.name}" calls "${callee.name}", which is calling it: an orchestration cannot call itself`, shape);
      if (chain.length > MAX_DEPTH) fail(one, `"${shape.name}" calls more than ${String(MAX_DEPTH)} levels deep`, shape);
      const inner = known.get(callee) ?? measure(callee, chain);
      shapes += inner.shapes;
      depth = Math.max(depth, inner.depth + 1);
      if (callers.length + depth > MAX_DEPTH) fail(one, `"${shape.name}" calls more than ${String(MAX_DEPTH)} levels deep`, shape);
      if (shapes > MAX_SHAPES)
        fail(
          one,
          `it has more than ${String(MAX_SHAPES)} shapes, with those of the orchestrations it calls, each as often as it is called`,
        );
    }
    const extent = { shapes, depth };
    known.set(one, extent);
    return extent;
  };
  measure(definition, []);
}

/** A module in JavaScript may give anything. */
function isOrchestration(value: unknown): boolean {
  const { body, ports } = (value ?? {}) as Partial<OrchestrationDefinition>;
  return Array.isArray(body) && typeof ports === 'object';
}

/** Parameters are of what is declared, each of it once. */
export function checkParameters(definition: OrchestrationDefinition, fail: FailIn): void {
  for (const [name, direction] of Object.entries(definition.parameters ?? {})) {
    const found = kinds.filter((kind) => Object.hasOwn(definition[kind], name));
    if (found.length === 0) fail(definition, `parameter "${name}" is no declared message, variable, correlation set or port`);
    if (found.length > 1)
      fail(
        definition,
        `parameter "${name}" is the name of a ${found.map((kind) => words[kind]).join(' and of a ')}, so it is unclear which it is; rename one of them`,
      );
    if (found[0] === 'ports' && direction !== 'in') fail(definition, `parameter "${name}" is a port, which can only be an in parameter`);
  }
}

/** The arguments fit the parameters: all of them, in the right direction, of the same kind and type. */
export function checkArguments(caller: OrchestrationDefinition, shape: CallShape | StartShape, fail: Fail): void {
  const { name, kind: does, orchestration: callee } = shape;
  const { parameters = {} } = callee;
  for (const direction of ['in', 'out', 'ref'] as const) {
    for (const parameter of Object.keys(shape.arguments[direction] ?? {})) {
      const declared = Object.hasOwn(parameters, parameter) ? parameters[parameter] : undefined;
      const known = Object.entries(parameters).map(([one, way]) => `${way} ${one}`);
      if (declared === undefined)
        fail(`"${name}" gives "${parameter}", which is no parameter of "${callee.name}" (there: ${known.join(', ') || 'none'})`, shape);
      if (declared !== direction)
        fail(`"${name}" gives "${parameter}" as ${direction}, which "${callee.name}" declares as ${declared}`, shape);
    }
  }
  const given = argumentsOf(shape.arguments);
  for (const [parameter, direction] of Object.entries(parameters)) {
    if (does === 'start' && direction !== 'in')
      fail(
        `"${name}" starts "${callee.name}", whose parameter "${parameter}" is ${direction}: who is started has nobody to give it to`,
        shape,
      );
    const argument = Object.hasOwn(given, parameter) ? given[parameter] : undefined;
    if (argument === undefined) fail(`"${name}" gives nothing for parameter "${parameter}" of "${callee.name}"`, shape);
    checkArgument(caller, shape, parameter, argument, fail);
  }
}

function checkArgument(
  caller: OrchestrationDefinition,
  shape: CallShape | StartShape,
  parameter: string,
  argument: string,
  fail: Fail,
): void {
  const { name, kind: does, orchestration: callee } = shape;
  const kind = kindOf(callee, parameter);
  if (kind === undefined) return;
  if (!Object.hasOwn(caller[kind], argument))
    fail(`"${name}" gives "${argument}" for ${words[kind]} "${parameter}", which is no declared ${words[kind]}`, shape);
  const mine = caller[kind][argument];
  const its = callee[kind][parameter];
  const differ = (detail: string): never => fail(`"${name}" gives ${words[kind]} "${argument}" for "${parameter}", ${detail}`, shape);
  if (kind === 'messages') {
    const [one, other] = [caller.messages[argument]?.name, callee.messages[parameter]?.name];
    if (one !== other) differ(`which is of type "${String(one)}" and not "${String(other)}"`);
  }
  if (kind === 'correlationSets' && JSON.stringify(mine) !== JSON.stringify(its)) differ('which has other properties');
  if (kind === 'ports') {
    if (does === 'start') checkGiven(caller.ports[argument], callee.ports[parameter], differ);
    else if (JSON.stringify(mine) !== JSON.stringify(its)) differ('which has another direction, or other faults');
    checkTypes(caller, argument, callee, parameter, differ);
  }
}

/** Who is started sends through it to who starts it. */
function checkGiven(mine: PortDeclaration | undefined, its: PortDeclaration | undefined, differ: (detail: string) => never): void {
  if (mine?.selfCorrelating !== true)
    differ('but only a self-correlating port can be given to an orchestration that is started; bind its own port');
  if (its?.direction !== 'send' || its.twoWay) differ('which is no one-way send port there: who is started answers through it');
}

/** Messages have names of their own in every orchestration, so the declarations of a port do not tell their types. */
function checkTypes(
  caller: OrchestrationDefinition,
  argument: string,
  callee: OrchestrationDefinition,
  parameter: string,
  differ: (detail: string) => never,
): void {
  if (String(faultTypes(caller, argument)) !== String(faultTypes(callee, parameter))) differ('whose faults are of other types');
  if (caller.ports[argument]?.direction !== 'send') return;
  const [one, other] = [caller, withScopes(callee)].map((of, index) => responseType(of, index === 0 ? argument : parameter, shapesOf(of)));
  if (one !== undefined && other !== undefined && one !== other) differ(`whose response is of type "${one}" and not "${other}"`);
}
