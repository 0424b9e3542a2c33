/** Atomic scopes: everything at their end or nothing, retries, and nothing saved meanwhile (docs/behaviour.md, section 9.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryTransactionException } from '../../../emulator/authoring/index.ts';
import { entry, TestGroup } from './group.ts';
import { both, define, fail, send } from './trip.ts';

test('sends of an atomic scope are published with its end, in one commit; a failed one publishes nothing and gives everything back', () => {
  const compiled = define((o) => [
    o.scope('around', { longRunning: true, handlers: [o.handler('caught', 'Planned', [send(o, 'after')])] }, [
      o.expression('before', ({ variables }) => void variables.list.push('before')),
      o.scope('Booking', { atomic: true }, [
        send(o, 'one'),
        o.expression('inside', ({ variables }) => void variables.list.push('inside')),
        o.construct('other', 'Out', () => ({ body: { key: 'other' } })),
        send(o, 'two'),
        fail(o, 'fail'),
      ]),
    ]),
    o.suspend('look', ''),
  ]);
  both(compiled, (group) => {
    assert.deepEqual(group.published(), ['after']);
    assert.deepEqual(group.variables()['list'], ['before']);
    assert.match(group.commits.flatMap(({ published }) => published)[0]?.body ?? '', /"k"/, 'the message is the one from before the scope');
  });
});

test('what an atomic scope received is received again after a failure, in its order', () => {
  const compiled = define((o) => [
    o.scope('Booking', { atomic: true }, [
      o.receive('first', { port: 'More', message: 'More', follows: ['Key'] }),
      o.expression('note', ({ variables, messages }) => void variables.list.push(messages.More.id)),
      o.expression('try', ({ now }) => {
        if (now < 1_002_000) throw new RetryTransactionException('not yet');
      }),
    ]),
    o.suspend('look', ''),
  ]);
  const receive = compiled.outline.findIndex(({ name }) => name === 'first');
  const group = new TestGroup(compiled, [entry('q0', 0), entry('q1', receive), entry('q2', receive)]);
  group.finish();
  assert.deepEqual(group.variables()['list'], ['message-q1']);
  assert.deepEqual(
    group.commits.flatMap(({ consumed }) => consumed),
    ['q0', 'q1'],
  );
});

test('RetryTransactionException: 21 times, 2 s apart; then suspended, and resumed at the start of the scope with a fresh count', () => {
  const compiled = define((o) => [
    send(o, 'before'),
    o.scope('Booking', { atomic: true }, [
      send(o, 'never'),
      o.expression('try', ({ variables }) => {
        variables.fails++;
        throw new RetryTransactionException();
      }),
    ]),
  ]);
  const group = new TestGroup(compiled);
  let result = group.start();
  group.commit();
  result = group.run({ kind: 'continue' });
  for (let round = 1; round <= 2; round++) {
    const began = group.now;
    while (result.kind === 'blocked') result = group.waitForTimer(result) ?? assert.fail('it waits for nothing');
    assert.equal(group.now - began, 42_000);
    const { outcome, error, published, points } = group.commit();
    assert.deepEqual([outcome, error?.code, published, points], ['suspended', 'orchestration.retriesExhausted', [], ['suspension']]);
    assert.equal(group.traced().filter((name) => name === 'try').length, 22 * round, 'every attempt ran');
    assert.equal(group.variables()['fails'], 0);
    result = group.crash();
  }
});

test('an exception may name its own pause; a scope that does not run again fails at once', () => {
  const compiled = define((o) => [
    o.scope('Booking', { atomic: true }, [
      o.expression('try', ({ now }) => {
        if (now < 1_000_050) throw new RetryTransactionException('soon', 50);
      }),
    ]),
    o.scope('around', { longRunning: true, handlers: [o.handler('caught', RetryTransactionException, [send(o, 'caught it')])] }, [
      o.scope('Once', { atomic: true, retry: false }, [
        o.expression('again', () => {
          throw new RetryTransactionException();
        }),
      ]),
    ]),
  ]);
  both(compiled, (group) => {
    assert.deepEqual(group.published(), ['caught it']);
    assert.equal(group.now, 1_000_050);
  });
});

test('nothing is saved in an atomic scope: it stays in memory, is not suspended, and a shutdown lets it run again from its start', () => {
  const compiled = define((o) => [
    o.scope('Booking', { atomic: true }, [
      send(o, 'one'),
      o.receive('wait', { port: 'More', message: 'More', follows: ['Key'] }),
      send(o, 'two'),
    ]),
  ]);
  const group = new TestGroup(compiled);
  const waits = group.start();
  assert.ok(waits.kind === 'blocked' && waits.atomic && !waits.mustPersist);
  assert.ok(group.run({ kind: 'suspend' }).kind === 'blocked', 'an operator waits for its end');
  const commit = group.commit('shutdown');
  assert.deepEqual([commit.outcome, commit.published, commit.timers, commit.points], ['idle', [], [], ['shutdown']]);
  assert.equal(group.crash().kind, 'blocked', 'it enters the scope again');
  group.arrive(
    entry(
      'q1',
      compiled.outline.findIndex(({ name }) => name === 'wait'),
    ),
  );
  assert.deepEqual(
    group.commit().published.map(({ shape }) => compiled.outline[shape]?.name),
    ['one', 'two'],
  );
});

test('an atomic scope also gives back what branches in it did, what a time-out around it cuts off, and what comes before a Terminate in it', () => {
  const late = define((o) => [
    o.scope('offer', { longRunning: true, timeout: 5000, handlers: [o.handler('too late', 'TimeoutException', [send(o, 'late')])] }, [
      o.scope('Cut off', { atomic: true }, [
        send(o, 'never'),
        o.expression('inside', ({ variables }) => void variables.list.push('inside')),
        o.receive('answer', { port: 'More', message: 'More', follows: ['Key'] }),
      ]),
    ]),
    o.suspend('look', ''),
  ]);
  both(late, (group) => {
    assert.deepEqual([group.published(), group.variables()['list']], [['late'], []]);
  });
  const pausing = define((o) => [
    o.scope('offer', { longRunning: true, timeout: 5000, handlers: [o.handler('too late', 'TimeoutException', [send(o, 'late')])] }, [
      o.scope('Busy', { atomic: true }, [
        o.expression('try', () => {
          throw new RetryTransactionException();
        }),
      ]),
    ]),
    send(o, 'after'),
  ]);
  both(pausing, (group, outcome) => {
    assert.deepEqual([outcome, group.published(), group.now], ['completed', ['late', 'after'], 1_005_000]);
  });
  const branches = define((o) => [
    o.scope('around', { longRunning: true, handlers: [o.handler('caught', 'Planned', [send(o, 'caught it')])] }, [
      o.scope('Both', { atomic: true }, [
        o.parallel('branches', [
          o.branch('A', [send(o, 'a'), o.delay('long', 1000)]),
          o.branch('B', [send(o, 'b'), o.delay('short', 10), fail(o, 'fail')]),
        ]),
      ]),
    ]),
  ]);
  both(branches, (group, outcome) => {
    assert.deepEqual([outcome, group.published(), group.now], ['completed', ['caught it'], 1_000_010]);
  });
  both(
    define((o) => [o.scope('Ends', { atomic: true }, [send(o, 'never'), o.terminate('stop', 'now')])]),
    (group, outcome) => {
      assert.deepEqual([outcome, group.published()], ['terminated', []]);
    },
  );
});
