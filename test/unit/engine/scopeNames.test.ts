/**
 * Guarantee: messages and correlation sets of a scope exist from where it is entered to where it is left, by whatever way, and again for its
 * compensation; what comes for one turn of a scope never reaches another one (docs/behaviour.md, sections 9.1 and 11).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import type { WithOwn } from '../../../emulator/authoring/declarations.ts';
import { orchestration, sendPort, type ShapeBuilder } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import { declarations, define, entry, numberOf, TestGroup } from './group.ts';

const { In: note } = declarations.messages;
/** What the scopes of these tests declare. */
const own = { messages: { Question: note, Answer: note }, correlationSets: { Asked: ['key'] } } as const;
type Inside = ShapeBuilder<WithOwn<typeof declarations, undefined, typeof own.messages, typeof own.correlationSets>>;

const ask = (o: Inside, name: string): Shape[] => [
  o.construct(`make ${name}`, 'Question', ({ variables }) => ({ body: { key: `k${String(variables.n)}`, amount: variables.n } })),
  o.send(name, { port: 'Out', message: 'Question', initializes: ['Asked'] }),
];
const answer = (o: Inside, name: string): Shape[] => [
  o.receive(name, { port: 'More', message: 'Answer', follows: ['Asked'] }),
  o.expression(`note ${name}`, ({ variables, messages }) => void variables.list.push(messages.Answer.body)),
];
const count = (o: Inside, name = 'count'): Shape => o.expression(name, ({ variables }) => void variables.n++);
const fail = (o: Inside, name = 'fail'): Shape => o.throw(name, () => ({ type: 'Planned', message: '' }));

/** Commits until it waits or is suspended; going on from the saved state of each commit where that is asked for. */
function settle(group: TestGroup, restore: boolean, begin = group.start()): void {
  let result = begin;
  for (let turn = 0; turn < 100 && (result.kind !== 'blocked' || result.mustPersist); turn++) {
    const { outcome } = group.commit(result.kind === 'blocked' ? 'dehydration' : undefined);
    if (outcome !== 'running' && outcome !== 'idle') return;
    result = restore ? group.crash() : group.run({ kind: 'continue' });
  }
}

/** Both ways to run. */
function both(define: () => CompiledOrchestration, run: (group: TestGroup, restore: boolean) => void): () => void {
  return () => {
    for (const restore of [false, true]) run(new TestGroup(define()), restore);
  };
}

const turns = (): CompiledOrchestration =>
  define((o) => [
    o.loop('turns', ({ variables }) => variables.n < 2, [
      o.scope('turn', own, (inside) => [count(inside), ...ask(inside, 'ask'), ...answer(inside, 'answer')]),
    ]),
    o.suspend('look at it', ''),
  ]);

test(
  'in a loop each turn initializes the set anew, and gets its own messages only',
  both(turns, (group, restore) => {
    const receive = String(numberOf(group.compiled, 'answer'));
    settle(group, restore);
    assert.deepEqual([...group.subscriptions], [`${receive}.1`]);
    const [subscribed] = group.commits.flatMap(({ subscribe }) => subscribe);
    assert.deepEqual(
      subscribed?.filter.flat().find(({ property }) => property === 'key'),
      { property: 'key', operator: '==', value: 'k1' },
    );
    // Two come for the first turn; the second of them is for nobody.
    settle(group, restore, group.arrive(entry('first', `${receive}.1`, {}, 'one')));
    const late = group.arrive(entry('late', `${receive}.1`, {}, 'late'));
    settle(group, restore, late);
    assert.deepEqual([...group.subscriptions], [`${receive}.2`]);
    settle(group, restore, group.arrive(entry('second', `${receive}.2`, {}, 'two')));
    assert.deepEqual(group.variables(), { ...group.variables(), n: 2, list: ['one', 'two'] });
    assert.deepEqual(
      group.commits.flatMap(({ consumed }) => consumed),
      ['q0', 'first', 'second'],
    );
    assert.deepEqual([...group.subscriptions], []);
  }),
);

test('behind the scope nothing of it is saved, and the MessageBox need not keep its messages', () => {
  const group = new TestGroup(turns());
  const receive = String(numberOf(group.compiled, 'answer'));
  settle(group, false);
  settle(group, false, group.arrive(entry('first', `${receive}.1`)));
  const saved = JSON.parse(group.state ?? '') as Record<string, object>;
  assert.deepEqual(Object.keys(saved['m'] ?? {}), ['In', 'Question']);
  assert.deepEqual(saved['s'], { [numberOf(group.compiled, 'turn')]: [2, {}] });
  settle(group, false, group.arrive(entry('second', `${receive}.2`)));
  const end = JSON.parse(group.state ?? '') as Record<string, object>;
  assert.deepEqual([Object.keys(end['m'] ?? {}), Object.keys(end['c'] ?? {}), end['s']], [['In'], ['Key'], undefined]);
  assert.deepEqual(group.commits.at(-1)?.holds, ['message-q0']);
});

test('left by an exception or a time-out too; its handler may initialize the set again', () => {
  for (const how of ['exception', 'time-out'] as const) {
    const leaving = (): CompiledOrchestration =>
      define((o) => [
        o.loop('turns', ({ variables }) => variables.n < 2, [
          o.scope(
            'turn',
            {
              ...{ ...own, longRunning: true, ...(how === 'time-out' && { timeout: 10 }) },
              handlers: (inside) => [
                inside.handler('failed', '*', [
                  inside.expression('look', ({ variables, messages }) => {
                    try {
                      variables.text = messages.Question.body;
                    } catch (error) {
                      variables.text = (error as Error).message;
                    }
                  }),
                  ...[...ask(inside, 'ask again'), ...answer(inside, 'answer again')],
                ]),
              ],
            },
            (inside) => [
              ...[count(inside), ...ask(inside, 'ask')],
              ...(how === 'exception' ? [fail(inside)] : []),
              ...answer(inside, 'answer'),
            ],
          ),
        ]),
        o.suspend('look at it', ''),
      ]);
    both(leaving, (group, restore) => {
      const [first, again] = [numberOf(group.compiled, 'answer'), numberOf(group.compiled, 'answer again')];
      const shared = String(Math.min(first, again));
      const leave = (): void => {
        if (how === 'exception') return;
        const waits = group.crash();
        const next = group.waitForTimer(waits);
        assert.ok(next);
        settle(group, restore, next);
      };
      settle(group, restore);
      leave();
      assert.deepEqual([...group.subscriptions], [`${shared}.2`]);
      settle(group, restore, group.arrive(entry('one', `${shared}.2`, {}, 'one')));
      leave();
      assert.deepEqual([...group.subscriptions], [`${shared}.4`]);
      settle(group, restore, group.arrive(entry('two', `${shared}.4`, {}, 'two')));
      assert.deepEqual([...group.subscriptions], []);
      const { n, list, text } = group.variables();
      assert.deepEqual([n, list, text], [2, ['one', 'two'], 'Message "Question" has no value yet.']);
    })();
  }
});

test(
  'its compensation has messages and sets as they were when it committed, and subscriptions of its own',
  both(
    () =>
      define((o) => [
        o.scope(
          'outer',
          { longRunning: true, handlers: [o.handler('failed', 'Planned', [o.compensate('undo'), o.suspend('look at it', '')])] },
          [
            o.loop('turns', ({ variables }) => variables.n < 2, [
              o.scope(
                'turn',
                {
                  ...own,
                  longRunning: true,
                  compensate: (inside) => [
                    inside.send('cancel', { port: 'Out', message: 'Question', follows: ['Asked'] }),
                    ...answer(inside, 'cancelled'),
                  ],
                },
                (inside) => [count(inside), ...ask(inside, 'ask')],
              ),
            ]),
            o.throw('fail', () => ({ type: 'Planned', message: '' })),
          ],
        ),
      ]),
    (group, restore) => {
      const receive = String(numberOf(group.compiled, 'cancelled'));
      settle(group, restore);
      assert.deepEqual([...group.subscriptions], [`${receive}.3`]);
      settle(group, restore, group.arrive(entry('one', `${receive}.3`, {}, 'one')));
      assert.deepEqual([...group.subscriptions], [`${receive}.4`]);
      settle(group, restore, group.arrive(entry('two', `${receive}.4`, {}, 'two')));
      assert.deepEqual([...group.subscriptions], []);
      assert.deepEqual(group.variables()['list'], ['one', 'two']);
      const cancelled = group.commits
        .flatMap(({ published }) => published)
        .filter(({ shape }) => shape === numberOf(group.compiled, 'cancel'));
      assert.deepEqual(
        cancelled.map(({ body, properties }) => [JSON.parse(body ?? '') as unknown, properties['key']]),
        [
          [{ key: 'k2', amount: 2 }, 'k2'],
          [{ key: 'k1', amount: 1 }, 'k1'],
        ],
      );
    },
  ),
);

test(
  'an atomic scope that fails gives them back, and runs again with none',
  both(
    () =>
      define((o) => [
        o.scope('own', { ...own, longRunning: true }, (inside) => [
          inside.scope('retried', { atomic: true }, [
            ...[count(inside), ...ask(inside, 'ask')],
            inside.decide('fails', [
              inside.rule('once', ({ succeeded, now }) => !succeeded('retried') && now < 1_001_000, [
                inside.throw('again', () => ({ type: 'RetryTransactionException', message: '' })),
              ]),
            ]),
          ]),
          ...answer(inside, 'answer'),
          inside.suspend('look at it', ''),
        ]),
      ]),
    (group, restore) => {
      const receive = String(numberOf(group.compiled, 'answer'));
      const waits = group.start();
      assert.deepEqual([...group.subscriptions], []);
      const next = group.waitForTimer(waits);
      assert.ok(next);
      settle(group, restore, next);
      assert.equal(group.subscriptions.size, 1);
      const [id = ''] = group.subscriptions;
      assert.ok(id.startsWith(`${receive}.`));
      settle(group, restore, group.arrive(entry('one', id, {}, 'one')));
      assert.deepEqual([group.variables()['n'], group.variables()['list']], [1, ['one']]);
      assert.deepEqual(group.commits.flatMap(({ subscribe }) => subscribe).length, 1);
    },
  ),
);

test('a refused Send takes back that the set was initialized', () => {
  const group = new TestGroup(
    define((o) => [
      o.scope(
        'outer',
        [o.loop('turns', ({ variables }) => variables.n < 2, [o.scope('turn', own, (inside) => [count(inside), ...ask(inside, 'ask')])])],
        [o.handler('nobody', 'PersistenceException', [o.suspend('look at it', '')])],
      ),
    ]),
  );
  assert.equal(group.start().kind, 'persist');
  settle(group, false, group.refuse());
  const saved = JSON.parse(group.state ?? '') as Record<string, object>;
  assert.deepEqual([Object.keys(saved['m'] ?? {}), Object.keys(saved['c'] ?? {}), saved['s']], [['In'], ['Key'], undefined]);
  assert.deepEqual([...group.subscriptions], []);
});

test('an activating Receive may be in the scope: what it initializes is the convoy of the instance, and ends with the scope', () => {
  const compiled = compile(
    orchestration('Test', { ...declarations, messages: { Out: note }, correlationSets: {} }, (o) => [
      o.scope('first', { messages: { Order: note }, correlationSets: { Mine: ['key'] } }, (inside) => [
        inside.receive('Start', { port: 'In', message: 'Order', activate: true, initializes: ['Mine'] }),
        inside.receive('next', { port: 'In', message: 'Order', follows: ['Mine'] }),
      ]),
      o.suspend('look at it', ''),
    ]),
  );
  const group = new TestGroup(compiled, [entry('q0', numberOf(compiled, 'Start'))]);
  // The MessageBox has made it with the instance.
  const receive = String(numberOf(compiled, 'next'));
  group.subscriptions.add(receive);
  settle(group, false);
  settle(group, true, group.arrive(entry('q1', receive)));
  assert.deepEqual([...group.subscriptions], []);
  assert.deepEqual(
    group.commits.flatMap(({ consumed }) => consumed),
    ['q0', 'q1'],
  );
});

test('a called orchestration gives values to a message and a set of a scope', () => {
  const callee = orchestration(
    'Asks',
    { ...declarations, longRunning: false, parameters: { More: 'out', Second: 'out' }, ports: { Out: sendPort() } },
    (o) => [
      o.construct('make', 'More', () => ({ body: { key: 'k' } })),
      o.send('asks', { port: 'Out', message: 'More', initializes: ['Second'] }),
    ],
  );
  const group = new TestGroup(
    define((o) => [
      o.loop('turns', ({ variables }) => variables.n < 2, [
        o.scope('turn', { messages: { Answer: note, Question: note }, correlationSets: { Asked: ['key'] } }, (inside) => [
          count(inside),
          inside.call('call', callee, { out: { More: 'Question', Second: 'Asked' } }),
          ...answer(inside, 'answer'),
        ]),
      ]),
      o.suspend('look at it', ''),
    ]),
  );
  const receive = String(numberOf(group.compiled, 'answer'));
  settle(group, true);
  const [first = ''] = group.subscriptions;
  assert.ok(first.startsWith(`${receive}.`));
  settle(group, true, group.arrive(entry('one', first, {}, 'one')));
  const [second = ''] = group.subscriptions;
  assert.notEqual(second, first);
  settle(group, true, group.arrive(entry('two', second, {}, 'two')));
  assert.deepEqual(group.variables()['list'], ['one', 'two']);
});
