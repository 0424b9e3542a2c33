/**
 * Whoever goes on from a saved state, and however often a host instance dies, the instance ends the same way and publishes the same
 * messages exactly once, compensations in their order too (docs/behaviour.md, sections 7.3 and 9). Random small definitions; a failure prints its seed and the definition.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import type { QueueEntry } from '../../../emulator/engine/door.ts';
import type { WithOwn } from '../../../emulator/authoring/declarations.ts';
import { orchestration, type ShapeBuilder } from '../../../emulator/authoring/index.ts';
import { declarations, define, entry, publish, TestGroup, type TestShapes } from './group.ts';

/** A shape to make; names and numbers are given when it is made. */
type Plan =
  | { readonly kind: 'count' | 'publish' | 'notify' | 'receive' | 'ask' | 'throw' | 'suspend' | 'terminate' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'decide' | 'listen'; readonly first: boolean; readonly one: Plans; readonly other: Plans }
  | { readonly kind: 'loop'; readonly turns: number; readonly body: Plans }
  | { readonly kind: 'parallel'; readonly branches: readonly Plans[] }
  | { readonly kind: 'scope'; readonly body: Plans; readonly handler: Plans }
  | { readonly kind: 'group'; readonly body: Plans }
  | {
      readonly kind: 'call';
      readonly transaction: boolean;
      readonly timeout: number | null;
      readonly body: Plans;
      readonly undo: Plans | null;
    }
  | { readonly kind: 'start' }
  /** A loop over a scope with a message and a correlation set of its own, which is a transaction where the rules allow one. */
  | { readonly kind: 'own'; readonly turns: number; readonly transaction: boolean; readonly body: Plans; readonly handler: Plans }
  /** Becomes a scope without a transaction where the rules allow none. */
  | {
      readonly kind: 'transaction';
      readonly atomic: boolean;
      readonly timeout: number | null;
      readonly body: Plans;
      readonly handler: Plans | null;
      readonly undo: Plans | null;
    };
type Plans = readonly Plan[];

const { plans } = fc.letrec<{ plan: Plan; plans: Plans }>((tie) => ({
  plan: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Plan>({ kind: 'count' }, { kind: 'publish' }, { kind: 'notify' }, { kind: 'receive' }, { kind: 'ask' }),
    fc.record({ kind: fc.constant('delay' as const), ms: fc.integer({ min: 0, max: 30 }) }),
    fc.constantFrom<Plan>({ kind: 'start' }, { kind: 'throw' }, { kind: 'suspend' }, { kind: 'terminate' }),
    fc.record({ kind: fc.constantFrom('decide' as const, 'listen' as const), first: fc.boolean(), one: tie('plans'), other: tie('plans') }),
    fc.record({ kind: fc.constant('loop' as const), turns: fc.integer({ min: 0, max: 3 }), body: tie('plans') }),
    fc.record({ kind: fc.constant('parallel' as const), branches: fc.array(tie('plans'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant('scope' as const), body: tie('plans'), handler: tie('plans') }),
    fc.record({ kind: fc.constant('group' as const), body: tie('plans') }),
    fc.record({
      ...{ kind: fc.constant('call' as const), transaction: fc.boolean(), timeout: fc.option(fc.integer({ min: 0, max: 40 })) },
      ...{ body: tie('plans'), undo: fc.option(tie('plans')) },
    }),
    fc.record({
      ...{ kind: fc.constant('own' as const), turns: fc.integer({ min: 1, max: 3 }), transaction: fc.boolean() },
      ...{ body: tie('plans'), handler: tie('plans') },
    }),
    fc.record({
      ...{ kind: fc.constant('transaction' as const), atomic: fc.boolean(), body: tie('plans') },
      ...{ timeout: fc.option(fc.integer({ min: 0, max: 40 })), handler: fc.option(tie('plans')), undo: fc.option(tie('plans')) },
    }),
  ),
  plans: fc.array(tie('plan'), { maxLength: 4 }),
}));

const calleeDeclarations = { ...declarations, parameters: { n: 'ref', list: 'ref', Key: 'in' } } as const;
type OwnMessages = Readonly<Record<string, typeof declarations.messages.In>>;
type OwnSets = Readonly<Record<string, readonly string[]>>;
type OwnShapes = ShapeBuilder<WithOwn<typeof declarations, undefined, OwnMessages, OwnSets>>;
const started = orchestration('Started', { ...declarations, parameters: { n: 'in', Key: 'in' } }, () => []);

/** What the rules of section 9.1 allow at a place. */
interface Allowed {
  readonly transactions: boolean;
  readonly suspend: boolean;
}

/** Makes shapes of plans. With `crashes`, delays end at once, because a rerun starts them again and branches would overtake each other. */
function make(o: TestShapes, all: Plans, crashes: boolean): Shape[] {
  let made = 0;
  /** The turns are counted in a variable, so that whoever goes on knows how many have begun. */
  const looped = (name: string, turns: number, body: readonly Shape[]): Shape[] => {
    const turn = (list: readonly string[]): number => list.filter((text) => text === name).length;
    return [
      o.expression(`${name} start`, ({ variables }) => void (variables.list = variables.list.filter((text) => text !== name))),
      o.loop(name, ({ variables }) => turn(variables.list) < turns, [
        o.expression(`${name} next`, ({ variables }) => void variables.list.push(name)),
        ...body,
      ]),
    ];
  };
  const one = (plan: Plan, allowed: Allowed): Shape[] => {
    const many = (some: Plans, inside = allowed): Shape[] => some.flatMap((inner) => one(inner, inside));
    const name = `${plan.kind} ${String(++made)}`;
    switch (plan.kind) {
      case 'count':
        return [o.expression(name, ({ variables }) => void variables.n++)];
      case 'publish':
        return publish(o, name, made);
      case 'notify':
        return publish(o, name, made, 'Told');
      case 'receive':
        return [o.receive(name, { port: 'More', message: 'More', follows: ['Key'] })];
      case 'ask':
        // An atomic scope waits for no answer to what it sends.
        if (!allowed.suspend) return [];
        return [...publish(o, name, made, 'Quote'), o.receive(`${name} answer`, { port: 'Quote', message: 'More' })];
      case 'throw':
        return [o.throw(name, () => ({ type: 'Planned', message: '' }))];
      case 'suspend':
        return allowed.suspend ? [o.suspend(name, '')] : [];
      case 'terminate':
        return [o.terminate(name, '')];
      case 'delay':
        return [o.delay(name, crashes ? 0 : plan.ms)];
      case 'decide':
        return [o.decide(name, [o.rule('rule', () => plan.first, many(plan.one))], many(plan.other))];
      case 'listen':
        return [
          o.listen(name, [
            o.branch('one', [o.delay(`${name} one`, crashes ? 0 : plan.first ? 3 : 7), ...many(plan.one)]),
            o.branch('other', [o.delay(`${name} other`, 5), ...many(plan.other)]),
          ]),
        ];
      case 'loop':
        return looped(name, plan.turns, many(plan.body));
      case 'own':
        return looped(name, plan.turns, [ownScope(name, plan, allowed)]);
      case 'parallel':
        return [
          o.parallel(
            name,
            plan.branches.map((branch, index) => o.branch(String(index), many(branch))),
          ),
        ];
      case 'scope':
        return [
          o.scope(name, many(plan.body, { ...allowed, transactions: false }), [
            o.handler('handler', 'Planned', many(plan.handler, { ...allowed, transactions: false })),
          ]),
        ];
      case 'group':
        return [o.group(name, many(plan.body))];
      case 'start':
        return [o.start(name, started, { in: { n: 'n', Key: 'Key' } })];
      case 'call': {
        const transactional = plan.transaction && allowed.transactions;
        const inside = { ...allowed, transactions: transactional };
        // Shapes are made with names of their own, so those of a called orchestration may be made with the builder of its caller.
        const body =
          (shapes: Plans, where = inside) =>
          (): Shape[] =>
            many(shapes, where);
        const undo =
          transactional && plan.undo ? body([{ kind: 'publish' }, ...plan.undo], { transactions: true, suspend: true }) : undefined;
        const timeout = transactional && !crashes && plan.timeout !== null ? { timeout: plan.timeout } : {};
        const declared = { ...calleeDeclarations, longRunning: transactional, ...timeout };
        const callee = orchestration(`Callee ${name}`, declared, body(plan.body), undo);
        return [o.call(name, callee, { in: { Key: 'Key' }, ref: { n: 'n', list: 'list' } })];
      }
      case 'transaction': {
        if (!allowed.transactions) return [o.scope(name, many(plan.body))];
        const inside = { transactions: !plan.atomic, suspend: !plan.atomic };
        const outside = { transactions: true, suspend: true };
        // What is nested in a handler is compensated with the rest.
        const handler = plan.handler && [...many(plan.handler, outside), o.compensate(`${name} compensates`)];
        return [
          o.scope(
            name,
            {
              ...(plan.atomic ? { atomic: true } : { longRunning: true }),
              ...(!plan.atomic && !crashes && plan.timeout !== null && { timeout: plan.timeout }),
              ...(!plan.atomic && handler && { handlers: [o.handler('handler', 'System.Exception', handler)] }),
              ...(plan.undo && { compensate: [...publish(o, `undo ${name}`, made), ...many(plan.undo, outside)] }),
            },
            many(plan.body, inside),
          ),
        ];
      }
    }
  };
  /** Asks with a message of its own, and sends on what it gets for that; a handler and its compensation use the same names. */
  const ownScope = (name: string, { transaction, body, handler }: Extract<Plan, { kind: 'own' }>, allowed: Allowed): Shape => {
    const [message, set] = [`message ${name}`, `set ${name}`];
    const messages: OwnMessages = { [message]: declarations.messages.In };
    const correlationSets: OwnSets = { [set]: ['key'] };
    const many = (some: Plans, where: Allowed): Shape[] => some.flatMap((inner) => one(inner, where));
    const longRunning = transaction && allowed.transactions;
    const inside = { ...allowed, transactions: longRunning };
    return o.scope(
      `${name} scope`,
      {
        ...{ longRunning, messages, correlationSets },
        handlers: (own) => [
          own.handler('handler', 'Planned', [
            own.construct(`${name} handled`, message, () => ({ body: { key: 'h' } })),
            own.send(`${name} tells`, { port: 'Out', message, initializes: [set] }),
            ...many(handler, inside),
          ]),
        ],
        ...(longRunning && { compensate: (own: OwnShapes) => [own.send(`${name} undoes`, { port: 'Out', message, follows: [set] })] }),
      },
      (own) => [
        own.construct(`${name} make`, message, ({ variables }) => ({ body: { key: `k${String(variables.n)}`, amount: variables.n } })),
        own.send(`${name} asks`, { port: 'Out', message, initializes: [set] }),
        ...many(body, inside),
        // An atomic scope waits for no answer to what it sends.
        ...(allowed.suspend ? [own.receive(`${name} answer`, { port: 'More', message, follows: [set] })] : []),
        own.send(`${name} sends on`, { port: 'Out', message }),
      ],
    );
  };
  return all.flatMap((plan) => one(plan, { transactions: true, suspend: true }));
}

/** Three messages for every Receive there is; for those in a Call or a scope of its own names, of each of the first times. */
function messagesFor({ outline }: CompiledOrchestration): QueueEntry[] {
  const receives = outline.flatMap(({ kind }, number) => (kind === 'receive' ? [number] : []));
  const isCalled = (number: number): boolean =>
    number >= 0 && (outline[number]?.kind === 'call' || isCalled(outline[number]?.parent ?? -1));
  return receives.flatMap((number) => {
    if (number === 0) return [entry('q0', 0)];
    if (outline[number]?.name.startsWith('ask') === true) return answersFor(number);
    const isCounted = isCalled(number) || outline[number]?.name.startsWith('own') === true;
    const subscriptions = isCounted ? [1, 2, 3, 4, 5, 6, 7, 8, 9].map((call) => `${String(number)}.${String(call)}`) : [String(number)];
    return subscriptions.flatMap((subscription) => [0, 1, 2].map((index) => entry(`q${subscription}-${String(index)}`, subscription)));
  });
}

/** Two answers for each of the first tokens of the port, of this orchestration and the first calls. */
function answersFor(first: number): QueueEntry[] {
  const tokens = [0, 1, 2, 3, 4, 5, 6].flatMap((call) => [1, 2, 3, 4].map((times) => `${String(first)}.${String(call)}.${String(times)}`));
  return tokens.flatMap((subscription) => [0, 1].map((index) => entry(`q${subscription}-${String(index)}`, subscription)));
}

function run(
  compiled: CompiledOrchestration,
  ...how: Parameters<TestGroup['finish']>
): { outcome: string; published: unknown; consumed: unknown; variables: unknown } {
  const group = new TestGroup(compiled, messagesFor(compiled));
  group.acknowledge = (number) => (number % 4 === 3 ? 'NACK' : 'ACK');
  const outcome = group.finish(...how);
  const published = group.commits.flatMap((commit) => commit.published);
  return { outcome, published, consumed: group.commits.flatMap((commit) => commit.consumed), variables: group.variables() };
}

test('restoring at every commit changes nothing', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const compiled = define((o) => make(o, plan, false));
      assert.deepEqual(run(compiled, 'restore'), run(compiled));
    }),
    { numRuns: 400 },
  );
});

test('dying before commits changes nothing', () => {
  fc.assert(
    fc.property(plans, fc.infiniteStream(fc.boolean()), (plan, dies) => {
      const compiled = define((o) => make(o, plan, true));
      let deaths = 0;
      const crash = (): boolean => deaths < 20 && dies.next().value === true && ++deaths > 0;
      assert.deepEqual(run(compiled, 'goOn', crash), run(compiled));
    }),
    { numRuns: 400 },
  );
});

test('the comparison notices a state that forgets a variable', () => {
  const compiled = define((o) => [
    o.expression('count', ({ variables }) => void variables.n++),
    ...publish(o, 'one'),
    o.decide('choose', [o.rule('lost', ({ variables }) => variables.n === 0, publish(o, 'two'))]),
  ]);
  const group = new TestGroup(compiled);
  group.start();
  group.commit();
  group.state = group.state?.replace('"n":1', '"n":0');
  group.crash();
  group.commit();
  const published = group.commits.flatMap((commit) => commit.published);
  assert.notDeepEqual(published, run(compiled).published);
});
