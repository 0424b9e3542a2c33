/** The state is saved at the points of docs/behaviour.md, section 7.1, at no others, and adjacent points are merged the same way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { define, entry, numberOf, publish, TestGroup } from './group.ts';

test('two plain sends are two saves: the second one and the end are merged', () => {
  const group = new TestGroup(define((o) => [...publish(o, 'one'), ...publish(o, 'two')]));
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.points(), ['send', 'send+end']);
});

test('a shape between the last send and the end keeps them apart', () => {
  const group = new TestGroup(define((o) => [...publish(o, 'one'), o.expression('after', () => undefined)]));
  group.finish();
  assert.deepEqual(group.points(), ['send', 'end']);
});

test('closing a scope, a branch and a join does not keep a send and the end apart', () => {
  const group = new TestGroup(
    define((o) => [o.scope('scope', [o.parallel('both', [o.branch('a', []), o.branch('b', publish(o, 'one'))])])]),
  );
  group.finish();
  assert.deepEqual(group.points(), ['send+end']);
});

test('a send is not merged with the end while another branch still runs', () => {
  const group = new TestGroup(define((o) => [o.parallel('both', [o.branch('a', publish(o, 'one')), o.branch('b', [o.delay('wait', 5)])])]));
  group.finish();
  assert.deepEqual(group.points(), ['send', 'end']);
});

test('the condition of a loop runs after a send at its end', () => {
  const group = new TestGroup(
    define((o) => [
      o.loop('loop', ({ variables }) => variables.n < 2, [
        o.expression('count', ({ variables }) => void variables.n++),
        ...publish(o, 'one'),
      ]),
    ]),
  );
  group.finish();
  assert.deepEqual(group.points(), ['send', 'send', 'end']);
});

test('no other shape is a persistence point', () => {
  const group = new TestGroup(
    define((o) => [
      o.construct('make', 'Out', () => ({ body: {} })),
      o.decide('choose', [o.rule('yes', () => true, [o.expression('count', ({ variables }) => void variables.n++)])]),
      o.loop('loop', ({ variables }) => variables.n < 5, [o.expression('again', ({ variables }) => void variables.n++)]),
      o.parallel('both', [o.branch('a', [o.delay('wait', 5)]), o.branch('b', [])]),
      o.listen('listen', [o.branch('c', [o.delay('first', 1)]), o.branch('d', [o.delay('second', 2)])]),
      o.scope('scope', [o.expression('inside', () => undefined)]),
    ]),
  );
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.points(), ['end']);
});

test('Suspend is a point; the instance goes on after the shape', () => {
  const group = new TestGroup(define((o) => [o.suspend('stop', 'look at it'), o.expression('after', () => undefined)]));
  group.start();
  const commit = group.commit();
  assert.equal(commit.outcome, 'suspended');
  assert.deepEqual(commit.error, { code: 'suspended', message: 'look at it', shape: 'stop' });
  assert.deepEqual(commit.points, ['suspension']);
  group.crash();
  assert.equal(group.commit().outcome, 'completed');
  assert.deepEqual(group.traced(), ['Start', 'stop', 'after']);
});

test('an operator suspends a blocked instance where it is, and it goes on from there', () => {
  const group = new TestGroup(define((o) => [o.expression('before', () => undefined), o.delay('wait', 100)]));
  group.start();
  assert.deepEqual(group.run({ kind: 'suspend' }), { kind: 'persist' });
  const commit = group.commit();
  assert.deepEqual([commit.outcome, commit.points, commit.error], ['suspended', ['suspension'], undefined]);
  const due = group.now + 100;
  group.now += 30;
  const waits = group.crash();
  assert.deepEqual(waits.kind === 'blocked' && waits.waits.map((wait) => wait.kind === 'timer' && wait.due), [due]);
});

test('Terminate ends the instance at once, other branches too', () => {
  const group = new TestGroup(
    define((o) => [
      o.parallel('both', [o.branch('a', [o.delay('wait', 5)]), o.branch('b', [o.terminate('stop', 'enough')])]),
      ...publish(o, 'never'),
    ]),
  );
  assert.equal(group.finish(), 'terminated');
  assert.deepEqual(group.commits[0]?.error, { code: 'terminated', message: 'enough', shape: 'stop' });
  assert.deepEqual(group.points(), ['end']);
});

test('shapes since the last point are at risk, and no longer after the commit', () => {
  const group = new TestGroup(
    define((o) => [...publish(o, 'one'), o.delay('wait', 5), o.expression('x', () => undefined), o.delay('more', 5)]),
  );
  group.start();
  group.commit();
  assert.deepEqual(group.execution.atRisk(), []);
  const waiting = group.run({ kind: 'continue' });
  group.waitForTimer(waiting);
  const wait = numberOf(group.compiled, 'wait');
  assert.deepEqual(group.execution.atRisk(), [
    [wait, 5],
    [wait + 1, 5],
  ]);
});

test('a long loop neither overflows the stack nor fills the trace', () => {
  const group = new TestGroup(
    define((o) => [
      o.loop('loop', ({ variables }) => variables.n < 100_000, [o.expression('count', ({ variables }) => void variables.n++)]),
    ]),
  );
  assert.equal(group.finish(), 'completed');
  assert.ok((group.commits[0]?.trace.length ?? 0) <= 1000);
});

test('shutdown of a blocked instance saves it idle, with its timers', () => {
  const group = new TestGroup(define((o) => [o.delay('wait', 100)]));
  group.start();
  const commit = group.commit('shutdown');
  assert.deepEqual([commit.outcome, commit.points], ['idle', ['shutdown']]);
  assert.deepEqual(commit.timers, [{ id: `${String(numberOf(group.compiled, 'wait'))}.1`, due: group.now + 100 }]);
});

test('shutdown at a persistence point saves it idle there, with the timers of its other branches; another host goes on behind it', () => {
  const compiled = define((o) => [
    o.parallel('both', [o.branch('one', [o.delay('wait', 100)]), o.branch('two', [...publish(o, 'first'), ...publish(o, 'second')])]),
  ]);
  const group = new TestGroup(compiled);
  assert.equal(group.start().kind, 'persist');
  const commit = group.commit('shutdown');
  assert.deepEqual([commit.outcome, commit.points], ['idle', ['send', 'shutdown']]);
  assert.deepEqual(commit.timers, [{ id: `${String(numberOf(compiled, 'wait'))}.1`, due: group.now + 100 }]);
  assert.equal(group.crash().kind, 'persist');
  group.commit();
  assert.deepEqual(group.published(), ['first', 'second']);
});

test('shutdown right behind a commit saves nothing new', () => {
  const group = new TestGroup(define((o) => [...publish(o, 'first'), ...publish(o, 'second')]));
  group.start();
  group.commit();
  const { state, trace, outcome, points } = group.commit('shutdown');
  assert.deepEqual({ state, trace, outcome, points }, { state: undefined, trace: [], outcome: 'idle', points: ['shutdown'] });
});

test('shutdown of what ends or is suspended adds nothing: it leaves by itself', () => {
  const ending = new TestGroup(define((o) => publish(o, 'last')));
  ending.start();
  const end = ending.commit('shutdown');
  assert.deepEqual([end.outcome, end.points], ['completed', ['send', 'end']]);
  const stopping = new TestGroup(define((o) => [o.delay('wait', 100), o.suspend('stop', 'because')]));
  stopping.waitForTimer(stopping.start());
  const stop = stopping.commit('shutdown');
  assert.deepEqual([stop.outcome, stop.points, stop.timers], ['suspended', ['suspension'], []]);
});

test('a commit without any change carries no state', () => {
  const group = new TestGroup(define((o) => [o.receive('more', { port: 'More', message: 'More', follows: ['Key'] })]));
  group.start();
  assert.ok(group.commit('dehydration').state);
  group.crash();
  const again = group.commit('dehydration');
  assert.deepEqual([again.state, again.outcome, again.holds], [undefined, 'idle', ['message-q0']]);
  assert.equal(group.arrive(entry('q1', numberOf(group.compiled, 'more'))).kind, 'persist');
});
