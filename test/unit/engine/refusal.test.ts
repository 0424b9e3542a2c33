/**
 * What nobody subscribes to is an exception of whoever sends it: its commit is refused whole, and everything is as before the Send, also what
 * had ended with it (docs/behaviour.md, section 9.2).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageType, orchestration, sendPort } from '../../../emulator/authoring/index.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { entry, numberOf, TestGroup } from './group.ts';
import { both, define, send, type Shapes } from './trip.ts';

/** Runs to the end; what these shapes publish nobody subscribes to, so often. */
function run(
  compiled: CompiledOrchestration,
  refused: Record<string, number>,
  restore: boolean,
  group = new TestGroup(compiled),
): [TestGroup, string] {
  const left = { ...refused };
  let result = group.start();
  for (let turn = 0; turn < 1000; turn++) {
    if (result.kind === 'blocked' && !result.mustPersist) {
      const next = group.waitForTimer(result);
      if (next === undefined) return [group, 'waiting'];
      result = next;
      continue;
    }
    const before = group.state;
    const commit = group.execution.takeCommit(result.kind === 'blocked' ? 'dehydration' : undefined);
    const bad = commit.published.findIndex(({ shape }) => (left[compiled.outline[shape]?.name ?? ''] ?? 0) > 0);
    if (bad >= 0) {
      const name = compiled.outline[commit.published[bad]?.shape ?? 0]?.name ?? '';
      left[name] = (left[name] ?? 0) - 1;
      assert.equal(group.state, before);
      result = group.run({ kind: 'refused', publish: bad, message: 'nobody subscribes' });
      continue;
    }
    group.take(commit);
    if (commit.outcome === 'completed' || commit.outcome === 'terminated') return [group, commit.outcome];
    if (commit.error?.code.startsWith('orchestration.') === true) return [group, commit.error.code];
    result = restore || commit.outcome !== 'running' ? group.crash() : group.run({ kind: 'continue' });
  }
  throw new Error('no end');
}

function each(
  body: (o: Shapes) => readonly Shape[],
  refused: Record<string, number>,
  check: (group: TestGroup, outcome: string) => void,
): void {
  for (const restore of [false, true]) check(...run(define(body), refused, restore));
}

const handled = (o: Shapes, body: readonly Shape[]): Shape =>
  o.scope('guard', body, [
    o.handler('not routed', 'PersistenceException', [
      o.expression('note', ({ variables, exception }) => void variables.list.push(`${exception?.from ?? ''}: ${exception?.message ?? ''}`)),
    ]),
  ]);

test('the exception is raised at the Send, with what is after it undone, and can be handled', () => {
  each(
    (o) => [
      handled(o, [o.expression('count', ({ variables }) => void variables.n++), send(o, 'lost'), send(o, 'never')]),
      send(o, 'next'),
      o.suspend('stop', ''),
    ],
    { lost: 1 },
    (group, outcome) => {
      assert.equal(outcome, 'completed');
      assert.deepEqual(group.published(), ['next']);
      assert.deepEqual(group.variables(), { n: 1, list: ['lost: nobody subscribes'], fails: 0 });
      assert.deepEqual(
        group.commits.flatMap(({ consumed }) => consumed),
        ['q0'],
      );
    },
  );
});

test('merged points: the end of the orchestration, of a transaction, a handler and a call did not happen', () => {
  each(
    (o) => [handled(o, [send(o, 'lost')])],
    { lost: 1 },
    (group, outcome) => {
      assert.deepEqual([outcome, group.published(), group.points()], ['completed', [], ['end']]);
    },
  );
  each(
    (o) => [
      o.scope('trip', { longRunning: true, handlers: [o.handler('failed', 'System.Exception', [o.compensate('undo'), send(o, 'told')])] }, [
        o.scope('Flight', { longRunning: true, variables: { seat: 4 }, compensate: [send(o, 'undo Flight')] }, [send(o, 'do Flight')]),
        o.scope('Hotel', { longRunning: true, variables: { room: 7 }, compensate: [send(o, 'undo Hotel')] }, [send(o, 'do Hotel')]),
      ]),
    ],
    { 'do Hotel': 1 },
    (group, outcome) => {
      assert.equal(outcome, 'completed');
      assert.deepEqual(group.published(), ['do Flight', 'undo Flight', 'told']);
    },
  );
  const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' } });
  const telling = orchestration(
    'Telling',
    { messages: { Text: note }, variables: { n: 0 }, ports: { Out: sendPort() }, parameters: { Text: 'in', n: 'ref' } },
    (o) => [o.expression('change', ({ variables }) => void (variables.n += 5)), o.send('tell', { port: 'Out', message: 'Text' })],
  );
  each(
    (o) => [handled(o, [o.call('call', telling, { in: { Text: 'Out' }, ref: { n: 'n' } }), send(o, 'never')]), o.suspend('stop', '')],
    { tell: 1 },
    (group) => {
      assert.deepEqual(group.published(), []);
      assert.deepEqual(group.variables(), { n: 5, list: ['tell: nobody subscribes'], fails: 0 });
      assert.doesNotMatch(group.state ?? '', /"s"/);
    },
  );
});

test('an atomic scope is given back and runs again, then it is suspended; without retry the exception goes outward', () => {
  const atomic = (o: Shapes, retry: boolean): Shape[] => [
    o.scope('guard', { longRunning: true, handlers: [o.handler('failed', 'PersistenceException', [send(o, 'told')])] }, [
      o.scope('all', { atomic: true, ...(retry ? {} : { retry: false }) }, [
        o.receive('more', { port: 'More', message: 'More', follows: ['Key'] }),
        o.expression('count', ({ variables }) => void variables.n++),
        send(o, 'one'),
        send(o, 'two'),
      ]),
    ]),
    o.suspend('stop', ''),
  ];
  const start = (compiled: CompiledOrchestration): TestGroup =>
    new TestGroup(compiled, [entry('q0', 0), entry('q1', numberOf(compiled, 'more'))]);
  for (const restore of [false, true]) {
    const again = define((o) => atomic(o, true));
    const [group, outcome] = run(again, { two: 3 }, restore, start(again));
    assert.equal(outcome, 'completed');
    assert.deepEqual([group.published(), group.variables()['n']], [['one', 'two'], 1]);
    const once = define((o) => atomic(o, false));
    const [other] = run(once, { two: 3 }, restore, start(once));
    assert.deepEqual([other.published(), other.variables()['n']], [['told'], 0]);
  }
});

test('nobody handles it: the instance is suspended, resumable, and what ran since the last persistence point is taken back', () => {
  const compiled = define((o) => [send(o, 'one'), o.expression('count', ({ variables }) => void variables.n++), send(o, 'lost')]);
  const [group, outcome] = run(compiled, { lost: 1 }, false);
  assert.equal(outcome, 'orchestration.uncaught');
  const last = group.commits.at(-1);
  assert.deepEqual([last?.outcome, last?.error?.shape, last?.published, group.variables()['n']], ['suspended', 'lost', [], 0]);
  // Somebody subscribes now, and it is resumed.
  group.crash();
  assert.deepEqual(group.commit().published.length, 1);
});

test('a set that the Send initializes has no value after it, and a response can be tried again', () => {
  both(
    define((o) => [o.scope('guard', [o.send('open', { port: 'Out', message: 'Out' })], [o.handler('failed', '*', [])]), send(o, 'end')]),
    (group) => assert.deepEqual(group.published(), ['open', 'end']),
  );
  const group = new TestGroup(define((o) => [send(o, 'one'), send(o, 'two')]));
  group.start();
  assert.equal(group.refuse().kind, 'persist', 'it is suspended');
  assert.equal(group.commit().error?.code, 'orchestration.uncaught');
});
