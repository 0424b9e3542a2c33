/** Receive, Delay, Listen, Parallel and correlation wait for the right things and go on when they come (docs/behaviour.md, sections 8, 10, 11). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineResult } from '../../../emulator/engine/door.ts';
import { define, entry, numberOf, publish, TestGroup } from './group.ts';

function waits(result: EngineResult): unknown {
  return result.kind === 'blocked' ? result.waits : result;
}

test('a message is consumed with the next commit and received again until then', () => {
  const group = new TestGroup(define((o) => [o.delay('wait', 10), ...publish(o, 'one')]));
  group.start();
  group.crash();
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.commits[0]?.consumed, ['q0']);
});

test('a message that comes early waits for its Receive', () => {
  const compiled = define((o) => [o.delay('wait', 10), o.receive('more', { port: 'More', message: 'More', follows: ['Key'] })]);
  const more = numberOf(compiled, 'more');
  const group = new TestGroup(compiled, [entry('q0', 0), entry('q1', more), entry('q2', more)]);
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.commits[0]?.consumed, ['q0', 'q1'], 'the second one stays in the MessageBox');
});

test('an entry that is delivered twice counts once', () => {
  const compiled = define((o) => [
    o.loop('twice', ({ variables }) => variables.n < 2, [
      o.receive('more', { port: 'More', message: 'More', follows: ['Key'] }),
      o.expression('count', ({ variables }) => void variables.n++),
    ]),
  ]);
  const more = entry('q1', numberOf(compiled, 'more'));
  const group = new TestGroup(compiled);
  group.start();
  group.arrive(more);
  assert.equal(group.run({ kind: 'deliver', entries: [more] }).kind, 'blocked');
});

test('what follows the activating Receive is subscribed by the MessageBox, so blocking needs no commit', () => {
  const compiled = define((o) => [o.receive('more', { port: 'More', message: 'More', follows: ['Key'] })]);
  const group = new TestGroup(compiled);
  const more = numberOf(compiled, 'more');
  assert.deepEqual(group.start(), {
    kind: 'blocked',
    waits: [{ kind: 'receive', shape: more, subscription: String(more) }],
    mustPersist: false,
    atomic: false,
  });
  assert.deepEqual(group.commit('dehydration').subscribe, []);
});

test('a set that a Send initializes subscribes its followers with the same commit', () => {
  const compiled = define((o) => [
    o.construct('make', 'Out', () => ({ body: { key: 'z' } })),
    o.send('ask', { port: 'Out', message: 'Out', initializes: ['Second'] }),
    o.receive('more', { port: 'More', message: 'More', follows: ['Second'] }),
  ]);
  const group = new TestGroup(compiled);
  group.start();
  const id = String(numberOf(compiled, 'more'));
  const filter = [
    [
      { property: 'key', operator: '==', value: 'z' },
      { property: 'BTS.MessageType', operator: '==', value: 'Note' },
      { property: 'BTS.ReceivePortName', operator: '==', value: 'More' },
    ],
  ];
  assert.deepEqual(group.commit().subscribe, [{ id, filter }]);
  const result = group.run({ kind: 'continue' });
  assert.equal(result.kind === 'blocked' && result.mustPersist, false);
});

test('a Receive whose subscription is not committed makes a blocked instance persist', () => {
  const compiled = define((o) => [
    o.receive('more', { port: 'More', message: 'More', follows: ['Key'], initializes: ['Second'] }),
    o.receive('again', { port: 'More', message: 'In', follows: ['Second'] }),
  ]);
  const group = new TestGroup(compiled, [entry('q0', 0), entry('q1', numberOf(compiled, 'more'))]);
  const result = group.start();
  assert.equal(result.kind === 'blocked' && result.mustPersist, true);
  assert.deepEqual(
    group.commit('dehydration').subscribe.map(({ id }) => id),
    [String(numberOf(compiled, 'again'))],
  );
  const restored = group.crash();
  assert.equal(restored.kind === 'blocked' && restored.mustPersist, false);
});

test('following a set promotes its properties on what is sent', () => {
  const group = new TestGroup(
    define((o) => [o.construct('make', 'Out', () => ({ body: {} })), o.send('one', { port: 'Out', message: 'Out', follows: ['Key'] })]),
  );
  group.finish();
  assert.deepEqual(group.commits[0]?.published[0]?.properties, { key: 'k', 'BTS.SPName': 'Out' });
});

test('a message without the property of a set it initializes is an exception', () => {
  const group = new TestGroup(
    define((o) => publish(o, 'one')),
    [entry('q0', 0, {})],
  );
  assert.equal(group.finish(), 'error');
  assert.match(group.commits[0]?.error?.message ?? '', /CorrelationException.*"key"/);
});

test('a message that is sent on does not say where it came in', () => {
  const properties = { key: 'k', 'BTS.ReceivePortName': 'In', 'FILE.ReceivedFileName': 'a.xml' };
  const group = new TestGroup(
    define((o) => [o.send('on', { port: 'Out', message: 'In' })]),
    [entry('q0', 0, properties)],
  );
  group.finish();
  assert.deepEqual(group.commits[0]?.published[0]?.properties, { key: 'k', 'FILE.ReceivedFileName': 'a.xml', 'BTS.SPName': 'Out' });
});

test('a delay is short in memory: a wait with an absolute time and no timer', () => {
  const group = new TestGroup(define((o) => [o.delay('wait', 50)]));
  const shape = numberOf(group.compiled, 'wait');
  const expected = [{ kind: 'timer', shape, timer: `${String(shape)}.1`, due: group.now + 50 }];
  assert.deepEqual(waits(group.start()), expected);
  group.now += 49;
  assert.deepEqual(waits(group.run({ kind: 'continue' })), expected);
  group.now += 1;
  assert.equal(group.run({ kind: 'continue' }).kind, 'persist');
  assert.deepEqual(group.commit().timers, []);
});

test('a rerun from an older state starts the delay again, a dehydrated one keeps its time', () => {
  const group = new TestGroup(define((o) => [o.delay('wait', 50)]));
  const due = (result: EngineResult): number | undefined =>
    result.kind === 'blocked' && result.waits[0]?.kind === 'timer' ? result.waits[0].due : undefined;
  const start = group.now;
  group.start();
  group.now += 20;
  assert.equal(due(group.crash()), start + 70);
  group.commit('dehydration');
  group.now += 20;
  assert.equal(due(group.crash()), start + 70);
});

test('a durable timer that is no longer needed is cancelled, one that fired as well', () => {
  const compiled = define((o) => [
    o.listen('listen', [
      o.branch('answer', [o.receive('more', { port: 'More', message: 'More', follows: ['Key'] })]),
      o.branch('late', [o.delay('timeout', 50)]),
    ]),
    o.delay('wait', 10),
  ]);
  const group = new TestGroup(compiled);
  group.start();
  group.commit('dehydration');
  const timer = `${String(numberOf(compiled, 'timeout'))}.1`;
  assert.deepEqual(
    group.commits[0]?.timers.map(({ id }) => id),
    [timer],
  );
  group.crash();
  group.arrive(entry('q1', numberOf(compiled, 'more')));
  const second = group.commit('dehydration');
  assert.deepEqual([second.cancelTimers, second.timers.map(({ id }) => id)], [[timer], [`${String(numberOf(compiled, 'wait'))}.2`]]);
  group.crash();
  group.run({ kind: 'timer', timer: `${String(numberOf(compiled, 'wait'))}.2` });
  assert.deepEqual(group.commit().cancelTimers, [`${String(numberOf(compiled, 'wait'))}.2`]);
});

test('Listen: the first branch that can go on wins, the others never run', () => {
  const body = (message: boolean): string[] => {
    const compiled = define((o) => [
      o.listen('listen', [
        o.branch('late', [o.delay('timeout', 50), ...publish(o, 'gave up')]),
        o.branch('answer', [o.receive('more', { port: 'More', message: 'More', follows: ['Key'] }), ...publish(o, 'answered')]),
      ]),
    ]);
    const group = new TestGroup(compiled, [entry('q0', 0), ...(message ? [entry('q1', numberOf(compiled, 'more'))] : [])]);
    assert.equal(group.finish(), 'completed');
    return group.published();
  };
  assert.deepEqual(body(true), ['answered']);
  assert.deepEqual(body(false), ['gave up']);
});

test('a Listen with a timeout in a loop takes one message a turn', () => {
  const compiled = define((o) => [
    o.loop('loop', ({ variables }) => variables.text === '', [
      o.listen('listen', [
        o.branch('answer', [
          o.receive('more', { port: 'More', message: 'More', follows: ['Key'] }),
          o.expression('count', ({ variables }) => void variables.n++),
        ]),
        o.branch('late', [o.delay('timeout', 50), o.expression('stop', ({ variables }) => void (variables.text = 'done'))]),
      ]),
    ]),
    ...publish(o, 'one'),
  ]);
  const more = numberOf(compiled, 'more');
  const group = new TestGroup(compiled, [entry('q0', 0), entry('q1', more), entry('q2', more)]);
  assert.equal(group.finish(), 'completed');
  assert.equal(group.traced().filter((name) => name === 'count').length, 2);
});

test('Parallel goes on when all branches have ended, nested ones too', () => {
  const group = new TestGroup(
    define((o) => [
      o.parallel('outer', [
        o.branch('a', [
          o.parallel('inner', [o.branch('b', [o.delay('slow', 30)]), o.branch('c', [o.delay('fast', 10)])]),
          o.expression('joined', () => undefined),
        ]),
        o.branch('d', [o.delay('middle', 20)]),
      ]),
      o.expression('after', () => undefined),
    ]),
  );
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.traced(), ['Start', 'outer', 'inner', 'fast', 'middle', 'slow', 'joined', 'after']);
});

test('a branch that sends all the time does not keep the other from running', () => {
  const group = new TestGroup(
    define((o) => [
      o.parallel('both', [
        o.branch('a', [
          o.loop('loop', ({ variables }) => variables.n < 100 && variables.text === '', [
            o.expression('count', ({ variables }) => void variables.n++),
            ...publish(o, 'one'),
          ]),
        ]),
        o.branch('b', [o.expression('stop', ({ variables }) => void (variables.text = 'stop'))]),
      ]),
    ]),
  );
  group.finish();
  assert.deepEqual(group.published(), ['one']);
});

test('the response goes through the two-way port with the token of its request', () => {
  const compiled = define((o) => [
    o.receive('request', { port: 'Ask', message: 'More', follows: ['Key'] }),
    o.construct('make', 'Out', () => ({ body: {} })),
    o.send('respond', { port: 'Ask', message: 'Out' }),
  ]);
  const group = new TestGroup(compiled, [
    entry('q0', 0),
    entry('q1', numberOf(compiled, 'request'), { key: 'k', 'BTS.CorrelationToken': 't1' }),
  ]);
  group.finish('restore');
  assert.equal(group.commits[0]?.published[0]?.properties['BTS.CorrelationToken'], 't1');
});

test('who waits at a port waits for the answer to its newest request, also when that goes out while the threads run', () => {
  const compiled = define((o) => [
    o.parallel('both', [
      o.branch('one', [...publish(o, 'first', 0, 'Quote'), o.receive('answer', { port: 'Quote', message: 'More' })]),
      o.branch('two', [
        ...publish(o, 'note'),
        ...publish(o, 'second', 0, 'Quote'),
        o.receive('other answer', { port: 'Quote', message: 'More' }),
      ]),
    ]),
  ]);
  const newest = `${String(numberOf(compiled, 'answer'))}.0.2`;
  const answers = [entry('q1', newest), entry('q2', newest)];
  for (const how of ['goOn', 'restore'] as const) {
    const group = new TestGroup(compiled, [entry('q0', 0), ...answers]);
    assert.equal(group.finish(how), 'completed', how);
  }
});
