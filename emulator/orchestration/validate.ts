/**
 * The rules a definition keeps (docs/behaviour.md, sections 9 to 11). The first broken one is reported with the place of the shape.
 */
import { SohError } from '../errors.ts';
import type { OrchestrationDefinition } from './definition.ts';
import { calledBy, checkArguments, checkCalls, checkParameters } from './calls.ts';
import { checkConvoys } from './convoys.ts';
import { checkFlow, type Bodies } from './flow.ts';
import { findNotJson } from './json.ts';
import type { Fail } from './mistakes.ts';
import { eachShape, numberShapes, type NumberedShape, type Numbering } from './outline.ts';
import { checkAnswer, checkFaults, checkNotification, isAnswered } from './ports.ts';
import { isReservedName } from './propertyValue.ts';
import { checkScopeNames, setMistake } from './scopeNames.ts';
import { checkScopes } from './scopeRules.ts';
import type { ReceiveShape, SendShape, Shape } from './shapes.ts';
import { sourceOf, type SourcePlace } from './source.ts';
import { withScopes } from './withScopes.ts';

const operators: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', 'exists']);

/** Throws `definition.invalid` for the first rule that the definition, or one it calls, breaks. */
export function validate(definition: OrchestrationDefinition): void {
  checkCalls(definition, (one, detail, shape) => invalid(one, detail, shape?.name ?? 'body', shape && sourceOf(shape)));
  for (const one of [...calledBy(definition), definition]) validateOne(one);
}

/** A definition by itself; it is numbered as where it is called, so that its compensation is there too. */
function validateOne(written: OrchestrationDefinition): void {
  const definition = withScopes(written);
  const { name, compensation: undo } = definition;
  const numbering = numberShapes([{ kind: 'call', name, orchestration: written, arguments: {} }]);
  const [body, compensation] = numbering.shapes[0]?.blocks ?? [];
  const bodies: Bodies = { shapes: body?.shapes ?? [], compensation: compensation?.shapes ?? [] };
  const all = [...eachShape([...bodies.shapes, ...bodies.compensation])];
  const places = new Map(all.map((numbered) => [numbered.shape, placeOf(numbering, numbered.number)]));
  const fail: Fail = (detail, shape) => invalid(definition, detail, places.get(shape) ?? shape.name, sourceOf(shape));
  const missing = (parameter: string): never =>
    invalid(definition, `it gives back "${parameter}", which has no value at the end of every path`, `parameters.${parameter}`);
  checkDeclarations(written);
  const wrongPort = (detail: string, port: string): never => invalid(definition, detail, `ports.${port}`);
  checkFaults(written, wrongPort);
  checkNotification(written, wrongPort);
  checkParameters(written, (one, detail) => invalid(one, detail, 'parameters'));
  if (undo && definition.transaction === undefined)
    invalid(definition, 'it is compensated, but it is no transaction; declare it longRunning', undo.name);
  if (definition.timeout && definition.transaction === undefined)
    invalid(definition, 'it has a time-out, but it is no transaction; declare it longRunning', 'timeout');
  checkNames(all, fail);
  checkScopeNames(written, [...bodies.shapes, ...bodies.compensation], fail);
  for (const numbered of all) checkShape(definition, numbered, all, fail);
  if (definition.parameters === undefined) checkActivation(definition, all, activatingReceives(bodies.shapes), bodies.shapes, fail);
  else checkNotActivated(definition, all, fail);
  checkScopes(definition, bodies.shapes, bodies.compensation, fail);
  checkFlow(definition, bodies, fail, missing);
}

/** Who is called or started is activated by no message. */
function checkNotActivated({ name }: OrchestrationDefinition, all: readonly NumberedShape[], fail: Fail): void {
  for (const { shape } of all)
    if (shape.kind === 'receive' && shape.activate)
      fail(`"${shape.name}" activates, but "${name}" has parameters, so it is called or started and not activated by a message`, shape);
}

/** The receives that may come first: the first shape, or the first one of every branch of a Listen or Parallel. */
function activatingReceives(shapes: readonly NumberedShape[]): NumberedShape[] {
  const first = shapes[0];
  if (first === undefined) return [];
  switch (first.shape.kind) {
    case 'receive':
      return [first];
    case 'scope':
    case 'group':
      return activatingReceives(first.blocks[0]?.shapes ?? []);
    case 'listen':
    case 'parallel': {
      const branches = first.blocks.map((block) => activatingReceives(block.shapes));
      return branches.every((branch) => branch.length > 0) ? branches.flat() : [];
    }
    default:
      return [];
  }
}

function invalid(definition: OrchestrationDefinition, detail: string, names: string, source?: SourcePlace): never {
  const where = source === undefined ? names : `${names} (${source.file.split('/').at(-1) ?? ''}:${String(source.line)})`;
  throw new SohError('definition.invalid', { orchestration: definition.name, detail, where, ...source });
}

function placeOf(numbering: Numbering, number: number): string {
  const names: string[] = [];
  for (let at = number; at > 0; at = numbering.outline[at]?.parent ?? -1) names.unshift(numbering.outline[at]?.name ?? '');
  return names.join(' / ');
}

function checkDeclarations(definition: OrchestrationDefinition): void {
  if (definition.name === '') invalid(definition, 'it has no name', 'name');
  const found = findNotJson(definition.variables);
  if (found)
    invalid(
      definition,
      `the initial value of variable ${found.path} is a ${found.found}, which JSON cannot carry`,
      `variables.${found.path}`,
    );
  const wrong = setMistake(definition.correlationSets);
  if (wrong) invalid(definition, wrong.detail, `correlationSets.${wrong.set}`);
  for (const part of ['messages', 'variables', 'correlationSets', 'ports'] as const) {
    // A literal with this name has it as its prototype, so it shows only where the object was made otherwise.
    if (Object.hasOwn(definition[part], '__proto__')) invalid(definition, `"__proto__" in its ${part} is a name that is reserved`, part);
  }
}

function checkNames(all: readonly NumberedShape[], fail: Fail): void {
  const names = new Set<string>();
  for (const { shape } of all) {
    if (shape.name === '') fail(`a ${shape.kind} shape has no name`, shape);
    if (names.has(shape.name)) fail(`two shapes are named "${shape.name}"`, shape);
    names.add(shape.name);
  }
}

/** Shapes of the product that cannot run yet, by the kinds they would have. */
const notYet: ReadonlyMap<string, string> = new Map([
  ['callRules', 'Call Rules'],
  ['roleLink', 'Role Link'],
]);

const shapeKinds: Readonly<Record<Shape['kind'], true>> = {
  ...{ receive: true, send: true, construct: true, transform: true, expression: true, decide: true, loop: true, delay: true, listen: true },
  ...{ parallel: true, scope: true, compensate: true, call: true, start: true, group: true, throw: true, terminate: true, suspend: true },
};

/** A module in JavaScript may have shapes of any kind. */
function checkKind(shape: Shape, fail: Fail): void {
  if (Object.hasOwn(shapeKinds, shape.kind)) return;
  const product = notYet.get(shape.kind);
  if (product !== undefined) fail(`"${shape.name}" is a ${product} shape, which cannot be run yet`, shape);
  fail(`"${shape.name}" is of kind "${shape.kind}", which there is not (there are: ${Object.keys(shapeKinds).join(', ')})`, shape);
}

function checkShape(
  definition: OrchestrationDefinition,
  { shape, blocks }: NumberedShape,
  all: readonly NumberedShape[],
  fail: Fail,
): void {
  checkKind(shape, fail);
  switch (shape.kind) {
    case 'receive':
      return checkReceive(definition, shape, all, fail);
    case 'send':
      return checkSend(definition, shape, fail);
    case 'construct':
      return checkKnown(definition.messages, 'message', shape.message, shape, fail);
    case 'transform':
      for (const message of [...shape.from, ...shape.to]) checkKnown(definition.messages, 'message', message, shape, fail);
      if (shape.from.length === 0 || shape.to.length === 0)
        fail(`Transform "${shape.name}" needs messages to read and messages to make`, shape);
      return;
    case 'listen':
      for (const block of blocks) {
        const kind = block.shapes[0]?.shape.kind;
        if (kind !== 'receive' && kind !== 'delay')
          fail(`branch "${block.name}" of Listen "${shape.name}" does not start with a Receive or a Delay`, shape);
      }
      break;
    case 'decide':
      if (shape.rules.length === 0) fail(`Decide "${shape.name}" has no rule`, shape);
      break;
    case 'call':
    case 'start':
      return checkArguments(definition, shape, fail);
    default:
  }
  if ((shape.kind === 'listen' || shape.kind === 'parallel') && blocks.length === 0) fail(`"${shape.name}" has no branch`, shape);
}

function checkReceive(definition: OrchestrationDefinition, shape: ReceiveShape, all: readonly NumberedShape[], fail: Fail): void {
  checkEnds(definition, shape, fail);
  const port = definition.ports[shape.port];
  if (port?.direction === 'send' && !port.twoWay)
    fail(`"${shape.name}" receives from port "${shape.port}", which is a one-way send port`, shape);
  if (!shape.activate && shape.filter.length > 0) fail(`"${shape.name}" has a filter, which only an activating Receive may have`, shape);
  checkFilter(shape, fail);
  if (isAnswered(port)) checkAnswer(definition, shape, all, fail);
  else if (!shape.activate && shape.follows.length === 0)
    fail(`"${shape.name}" neither activates nor follows a correlation set, so no message could reach it`, shape);
  if (shape.activate && shape.follows.length > 0) fail(`"${shape.name}" activates, so it cannot follow a correlation set`, shape);
  const promoted = definition.messages[shape.message]?.promoted ?? {};
  for (const set of [...shape.initializes, ...shape.follows]) {
    // A name with a dot is a context property that an adapter or an assignment sets.
    const missing = definition.correlationSets[set]?.find((property) => !Object.hasOwn(promoted, property) && !property.includes('.'));
    if (missing !== undefined)
      fail(`message "${shape.message}" of "${shape.name}" does not promote "${missing}" of correlation set "${set}"`, shape);
  }
}

/** What a filter may not hold would be refused by the MessageBox, and with it the host instance. Types do not check modules in JavaScript. */
function checkFilter(shape: ReceiveShape, fail: Fail): void {
  for (const predicate of shape.filter.flat()) {
    const { property, operator, value } = predicate as { readonly property: unknown; readonly operator: unknown; readonly value?: unknown };
    if (typeof property !== 'string' || isReservedName(property))
      fail(`the filter of "${shape.name}" has the property "${nameOf(property)}", a name that is reserved`, shape);
    if (typeof operator !== 'string' || !operators.has(operator))
      fail(`the filter of "${shape.name}" has the operator "${nameOf(operator)}", which there is not`, shape);
    const isValue = typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
    if (operator !== 'exists' && !isValue)
      fail(`the filter of "${shape.name}" compares "${property}" with ${nameOf(value)}, which no property can hold`, shape);
  }
}

function nameOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : value === null ? 'null' : typeof value;
}

function checkSend(definition: OrchestrationDefinition, shape: SendShape, fail: Fail): void {
  checkEnds(definition, shape, fail);
  const port = definition.ports[shape.port];
  if (port?.direction === 'receive' && !port.twoWay)
    fail(`"${shape.name}" sends through port "${shape.port}", which is a one-way receive port`, shape);
  if (port?.deliveryNotification === true && shape.address)
    fail(`"${shape.name}" gives an address, but port "${shape.port}" has delivery notification, which no dynamic port brings`, shape);
}

function checkEnds(definition: OrchestrationDefinition, shape: ReceiveShape | SendShape, fail: Fail): void {
  checkKnown(definition.ports, 'port', shape.port, shape, fail);
  checkKnown(definition.messages, 'message', shape.message, shape, fail);
  for (const set of [...shape.initializes, ...shape.follows]) checkKnown(definition.correlationSets, 'correlation set', set, shape, fail);
}

function checkKnown(declared: Readonly<Record<string, unknown>>, kind: string, name: string, shape: Shape, fail: Fail): void {
  if (Object.hasOwn(declared, name)) return;
  fail(`"${shape.name}" uses ${kind} "${name}", which is not declared (declared: ${Object.keys(declared).join(', ') || 'none'})`, shape);
}

function checkActivation(
  definition: OrchestrationDefinition,
  all: readonly NumberedShape[],
  activating: readonly NumberedShape[],
  shapes: readonly NumberedShape[],
  fail: Fail,
): void {
  const first = shapes[0]?.shape;
  const starts = activating.map(({ shape }) => shape as ReceiveShape);
  const receives = all.flatMap(({ shape }) => (shape.kind === 'receive' ? [shape] : []));
  for (const shape of receives) {
    if (shape.activate && !starts.includes(shape)) fail(`"${shape.name}" activates, but it is not the first shape`, shape);
  }
  for (const shape of starts) {
    if (!shape.activate) fail(`"${shape.name}" comes first, so it has to activate`, shape);
  }
  if (starts.length === 0)
    invalid(definition, 'it does not start with an activating Receive, so nothing could start it', first?.name ?? 'body');
  checkConvoys(definition, all, starts, fail);
}
