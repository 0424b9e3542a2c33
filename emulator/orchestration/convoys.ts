/**
 * The rules of convoys (docs/behaviour.md, section 11). The product's documents that they are from are named in each text; which definitions
 * count as a convoy here is decided in docs/decisions/006-convoys.md.
 */
import { argumentsOf, kindOf } from './calls.ts';
import type { OrchestrationDefinition } from './definition.ts';
import type { Fail } from './mistakes.ts';
import { shapesIn, eachShape, type NumberedShape } from './outline.ts';
import type { CallShape, ReceiveShape } from './shapes.ts';
import { withScopes } from './withScopes.ts';

/** The convoy sets of the product's database have room for so many values. */
const MAX_CONVOY_PROPERTIES = 3;

const sources = {
  sequential: '(BizTalk Server, "Sequential Convoys")',
  parallel: '(BizTalk Server, "Parallel Convoys")',
  both: '(BizTalk Server, "Working with Convoy Scenarios")',
} as const;

/**
 * Throws for the first rule of convoys that a definition breaks.
 *
 * @param all its shapes, in document order
 * @param starts its activating receives
 */
export function checkConvoys(
  definition: OrchestrationDefinition,
  all: readonly NumberedShape[],
  starts: readonly ReceiveShape[],
  fail: Fail,
): void {
  const receives = all.flatMap(({ shape }) => (shape.kind === 'receive' ? [shape] : []));
  const parallel = parallelConvoys(all, starts);
  for (const convoy of parallel) checkSameSets(convoy, fail);
  checkWidth(definition, receives, starts, parallel, fail);
  const ports = new Map<string, ReceiveShape>();
  for (const start of starts) {
    const followers = receives.filter((receive) => receive.port === start.port && sharedSets(start, receive).length > 0);
    checkSequential(definition, start, followers, fail);
    for (const follower of followers) checkOneConvoy(start, follower, parallel, ports, fail);
    for (const { shape } of all) if (shape.kind === 'call') checkCalled(start, shape, fail);
  }
}

/** An activating receive, and one that follows it on another port with messages of its type. */
export interface AcrossPorts {
  readonly start: ReceiveShape;
  readonly follower: ReceiveShape;
}

/** Those are convoys as soon as their two ports are bound to one place: which message is for whom nobody could tell then. */
export function acrossPorts(definition: OrchestrationDefinition): AcrossPorts[] {
  const { body, messages } = withScopes(definition);
  const receives = [...shapesIn(body)].filter((shape) => shape.kind === 'receive');
  const type = ({ message }: ReceiveShape): string => messages[message]?.name ?? '';
  return receives
    .filter(({ activate }) => activate)
    .flatMap((start) =>
      receives
        .filter((one) => one.port !== start.port && type(one) === type(start) && sharedSets(start, one).length > 0)
        .map((follower) => ({ start, follower })),
    );
}

/** Activating receives of each Parallel that has several of them. */
function parallelConvoys(all: readonly NumberedShape[], starts: readonly ReceiveShape[]): ReceiveShape[][] {
  const inside = all.flatMap(({ shape, blocks }) =>
    shape.kind === 'parallel' ? [blocks.flatMap((block) => [...eachShape(block.shapes)].map((one) => one.shape))] : [],
  );
  return inside.map((shapes) => starts.filter((start) => shapes.includes(start))).filter((convoy) => convoy.length > 1);
}

/** Sets of an activating receive that another one follows. */
function sharedSets({ initializes }: ReceiveShape, { follows }: ReceiveShape): string[] {
  return follows.filter((set) => initializes.includes(set));
}

/** Or the second message would start another instance. */
function checkSameSets(convoy: readonly ReceiveShape[], fail: Fail): void {
  const key = ({ initializes }: ReceiveShape): string => JSON.stringify([...initializes].sort());
  const odd = convoy.find((receive) => receive.initializes.length === 0 || key(receive) !== key(convoy[0] ?? receive));
  if (odd) fail(`all activating Receives of a Parallel have to initialize the same correlation sets ${sources.parallel}`, odd);
}

/** What the MessageBox subscribes together with an instance counts, whatever port it is on. */
function checkWidth(
  { correlationSets }: OrchestrationDefinition,
  receives: readonly ReceiveShape[],
  starts: readonly ReceiveShape[],
  parallel: readonly (readonly ReceiveShape[])[],
  fail: Fail,
): void {
  const initialized = new Set(starts.flatMap(({ initializes }) => initializes));
  for (const receive of receives) {
    const inParallel = parallel.some((convoy) => convoy.includes(receive));
    const sets = inParallel ? receive.initializes : receive.follows.filter((set) => initialized.has(set));
    const wide = sets.find((set) => (correlationSets[set]?.length ?? 0) > MAX_CONVOY_PROPERTIES);
    if (wide === undefined) continue;
    fail(`correlation set "${wide}" of a convoy has more than ${String(MAX_CONVOY_PROPERTIES)} properties ${sources.both}`, receive);
  }
}

function checkSequential({ messages }: OrchestrationDefinition, start: ReceiveShape, followers: readonly ReceiveShape[], fail: Fail): void {
  const [first] = followers;
  if (first === undefined) return;
  if (start.filter.length > 0)
    fail(`"${start.name}" has a filter, but begins a sequential convoy, because "${first.name}" follows it ${sources.sequential}`, start);
  for (const follower of followers) {
    const [one, other] = [start, follower].map(({ message }) => messages[message]?.name ?? '');
    if (one !== other)
      fail(
        `"${follower.name}" takes messages of type "${other ?? ''}" and "${start.name}" of type "${one ?? ''}", but Receives of a sequential convoy take one type from their port; take another type from another port ${sources.sequential}`,
        follower,
      );
    const [sets, others] = [first, follower].map((receive) => sharedSets(start, receive).sort());
    if (JSON.stringify(sets) !== JSON.stringify(others))
      fail(
        `"${follower.name}" follows other correlation sets of "${start.name}" than "${first.name}" does, but one Receive cannot begin two convoys ${sources.both}`,
        follower,
      );
  }
}

/** @param ports who made a sequential convoy of a set before; its port is that of the convoy */
function checkOneConvoy(
  start: ReceiveShape,
  follower: ReceiveShape,
  parallel: readonly (readonly ReceiveShape[])[],
  ports: Map<string, ReceiveShape>,
  fail: Fail,
): void {
  const again = `but a set belongs to one convoy ${sources.both}`;
  for (const set of sharedSets(start, follower)) {
    if (parallel.some((convoy) => convoy.includes(start)))
      fail(
        `"${follower.name}" follows "${set}" of a parallel convoy on the port of "${start.name}", as in a sequential one, ${again}`,
        follower,
      );
    const other = ports.get(set);
    if (other && other.port !== start.port)
      fail(`"${follower.name}" follows "${set}" after "${start.name}", and other Receives do after "${other.name}", ${again}`, follower);
    ports.set(set, start);
  }
}

/**
 * What a called orchestration follows on the port of the activating receive. On a port of its own that is no convoy.
 *
 * @param outer the name here of a correlation set or port of whoever calls; `undefined` when it is not one of here
 */
function checkCalled(
  start: ReceiveShape,
  call: CallShape,
  fail: Fail,
  shape = call,
  outer = (name: string): string | undefined => name,
): void {
  const { orchestration } = shape;
  const given = argumentsOf(shape.arguments);
  const here = (kind: 'correlationSets' | 'ports') => (name: string) => {
    const argument = Object.hasOwn(given, name) && kindOf(orchestration, name) === kind ? given[name] : undefined;
    return argument === undefined ? undefined : outer(argument);
  };
  const [set, port] = [here('correlationSets'), here('ports')];
  for (const inner of shapesIn([...orchestration.body, ...(orchestration.compensation?.body ?? [])])) {
    if (inner.kind === 'call') checkCalled(start, call, fail, inner, (name) => set(name) ?? port(name));
    if (inner.kind !== 'receive' || port(inner.port) !== start.port) continue;
    const followed = inner.follows.map(set).find((name) => name !== undefined && start.initializes.includes(name));
    if (followed !== undefined)
      fail(
        `"${call.name}" calls "${orchestration.name}", whose "${inner.name}" follows "${followed}" on the port of "${start.name}", but a sequential convoy cannot go on in a called orchestration ${sources.sequential}`,
        call,
      );
  }
}
