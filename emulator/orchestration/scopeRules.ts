/** How scopes, transactions and compensation may be nested (docs/behaviour.md, sections 9.1 and 9.3). */
import { argumentsOf, calledBy } from './calls.ts';
import type { OrchestrationDefinition } from './definition.ts';
import type { Fail } from './mistakes.ts';
import { shapesIn, eachShape, type NumberedShape } from './outline.ts';
import { isAnswered } from './ports.ts';
import type { CallShape, CompensateShape, ReceiveShape, ScopeShape, Shape, Transaction } from './shapes.ts';

/** Maximal nesting of scopes. */
const MAX_SCOPES = 21;

/** Where a shape is. */
interface Place {
  readonly depth: number;
  /** The kind of the innermost scope around, or of the orchestration. */
  readonly around: Transaction;
  readonly atomic: boolean;
  readonly synchronized: boolean;
  readonly inHandler: boolean;
  /** Names of the transactions that a Compensate here may name; `undefined` where there is nothing to compensate. */
  readonly compensable: readonly string[] | undefined;
}

/** Checks all scopes, those of the orchestration's own compensation included. */
export function checkScopes(
  definition: OrchestrationDefinition,
  shapes: readonly NumberedShape[],
  compensation: readonly NumberedShape[],
  fail: Fail,
): void {
  const around: Transaction = definition.transaction ?? 'none';
  const outside = { depth: 0, around, atomic: false, synchronized: false, inHandler: false, compensable: undefined };
  for (const shape of shapes) check(shape, outside, fail);
  for (const shape of compensation) check(shape, { ...outside, compensable: shapes.flatMap(transactionsIn) }, fail);
  for (const one of eachShape([...shapes, ...compensation]))
    if (one.shape.kind === 'scope' && one.shape.transaction === 'atomic') checkRequests(definition, one, one.shape, fail);
}

function check(numbered: NumberedShape, place: Place, fail: Fail): void {
  const { shape, blocks } = numbered;
  switch (shape.kind) {
    case 'scope':
      checkScope(numbered, shape, place, fail);
      return;
    case 'throw':
      if (shape.exception === undefined && !place.inHandler)
        fail(`"${shape.name}" throws again, but is not inside an exception handler`, shape);
      break;
    case 'compensate':
      checkCompensate(shape, place, fail);
      break;
    case 'call':
      checkCall(shape, place, fail);
      return;
    case 'suspend':
      if (place.atomic) fail(`"${shape.name}" suspends inside an atomic scope, in which nothing is saved`, shape);
      break;
    default:
  }
  for (const block of blocks) for (const inner of block.shapes) check(inner, place, fail);
}

function checkScope(numbered: NumberedShape, shape: ScopeShape, place: Place, fail: Fail): void {
  const { transaction } = shape;
  const depth = place.depth + 1;
  if (depth > MAX_SCOPES) fail(`scopes are nested more than ${String(MAX_SCOPES)} levels deep`, shape);
  checkKind(shape, place, fail);
  const own = transaction !== 'none';
  const nested = own ? childTransactions(numbered) : undefined;
  const inner: Place = {
    ...{ depth, around: transaction, atomic: place.atomic || transaction === 'atomic' },
    ...{ synchronized: place.synchronized || shape.synchronized === true || transaction === 'atomic' },
    ...{ inHandler: place.inHandler, compensable: own ? undefined : place.compensable },
  };
  for (const block of numbered.blocks) {
    const at =
      block.kind === 'handler'
        ? { ...place, depth, around: own ? transaction : place.around, inHandler: true, compensable: own ? nested : place.compensable }
        : block.kind === 'compensation'
          ? { ...inner, around: transaction, atomic: false, synchronized: false, inHandler: false, compensable: nested }
          : inner;
    for (const one of block.shapes) check(one, at, fail);
  }
}

function checkKind(shape: ScopeShape, { around, atomic, synchronized }: Place, fail: Fail): void {
  const { name, transaction } = shape;
  const own = transaction !== 'none';
  const kind = transaction === 'atomic' ? 'atomic' : 'long-running';
  if (own && atomic) fail(`${kind} scope "${name}" is inside an atomic one, which contains no other transaction`, shape);
  if (own && synchronized) fail(`${kind} scope "${name}" is inside a synchronized one, which contains no transaction`, shape);
  if (own && around === 'none')
    fail(`${kind} scope "${name}" is not directly inside a long-running scope, or an orchestration that is declared longRunning`, shape);
  if (shape.synchronized === true && synchronized) fail(`synchronized scope "${name}" is inside a synchronized one`, shape);
  if (transaction === 'atomic' && shape.handlers.length > 0)
    fail(`atomic scope "${name}" has exception handlers; a scope around it, or one without a transaction inside it, may have them`, shape);
  if (shape.timeout && transaction !== 'longRunning') fail(`scope "${name}" has a time-out, which only a long-running one may have`, shape);
  if (shape.compensation && !own) fail(`scope "${name}" is compensated, but it is no transaction`, shape);
  if (shape.retry !== undefined && transaction !== 'atomic')
    fail(`scope "${name}" says whether it runs again, which only an atomic one does`, shape);
}

/** A called orchestration is a scope of the kind that it declares, around everything it does. */
function checkCall(shape: CallShape, { around, atomic, synchronized }: Place, fail: Fail): void {
  const { name, orchestration: callee } = shape;
  if (callee.transaction === 'longRunning') {
    const called = `"${name}" calls the long-running orchestration "${callee.name}"`;
    if (atomic) fail(`${called} inside an atomic scope, which contains no other transaction`, shape);
    if (synchronized) fail(`${called} inside a synchronized scope, which contains no transaction`, shape);
    if (around === 'none') fail(`${called}, which needs a long-running scope or orchestration directly around it`, shape);
  }
  if (!atomic) return;
  const inside = [callee, ...calledBy(callee)].find(({ body }) => [...shapesIn(body)].some(({ kind }) => kind === 'suspend'));
  if (inside) fail(`"${name}" is inside an atomic scope, in which nothing is saved, but "${inside.name}" suspends`, shape);
}

function checkCompensate(shape: CompensateShape, { compensable }: Place, fail: Fail): void {
  if (compensable === undefined) fail(`"${shape.name}" compensates, but is in no handler and no compensation of a transaction`, shape);
  if (shape.transaction !== undefined && !compensable.includes(shape.transaction)) {
    const known = compensable.join(', ') || 'none';
    fail(
      `"${shape.name}" compensates "${shape.transaction}", which is no transaction directly inside the current one (there: ${known})`,
      shape,
    );
  }
}

/** The transactions that have this one directly around them, in whatever block. */
function childTransactions({ blocks }: NumberedShape): string[] {
  return blocks.flatMap((block) => block.shapes.flatMap(transactionsIn));
}

function transactionsIn(numbered: NumberedShape): string[] {
  const { shape, blocks } = numbered;
  if (shape.kind === 'scope' && shape.transaction !== 'none') return [shape.name];
  if (shape.kind === 'call') return shape.orchestration.transaction === undefined ? [] : [shape.name];
  return blocks.flatMap((block) => block.shapes.flatMap(transactionsIn));
}

/** A response cannot come before the request is published, and that is at the end of the scope. */
function checkRequests(definition: OrchestrationDefinition, numbered: NumberedShape, scope: ScopeShape, fail: Fail): void {
  const body = numbered.blocks.filter(({ kind }) => kind === 'body').flatMap((block) => [...eachShape(block.shapes)]);
  const inside = body.map(({ shape }) => shape);
  const answer = answered(definition, inside);
  if (answer)
    fail(
      `atomic scope "${scope.name}" waits in "${answer.name}" for the answer to what it sends, which is published when the scope ends`,
      scope,
    );
  for (const shape of inside) {
    if (shape.kind !== 'call') continue;
    const callee = [shape.orchestration, ...calledBy(shape.orchestration)].find((one) => answered(one, [...shapesIn(one.body)]));
    if (callee)
      fail(
        `"${shape.name}" is inside an atomic scope, but "${callee.name}" waits for the answer to what it sends, which comes later`,
        shape,
      );
  }
}

/** A Receive of the answer to what one of these shapes sends. */
function answered({ ports }: OrchestrationDefinition, shapes: readonly Shape[]): ReceiveShape | undefined {
  const sets = new Set<string>();
  const asked = new Set<string>();
  for (const shape of shapes) {
    if (shape.kind === 'send') shape.initializes.forEach((set) => sets.add(set));
    const given = shape.kind === 'send' ? [shape.port] : shape.kind === 'start' ? Object.values(argumentsOf(shape.arguments)) : [];
    for (const port of given) if (isAnswered(ports[port])) asked.add(port);
  }
  return shapes.find((shape) => shape.kind === 'receive' && (asked.has(shape.port) || shape.follows.some((set) => sets.has(set)))) as
    ReceiveShape | undefined;
}
