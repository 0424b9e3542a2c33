/**
 * Guarantee: an orchestration that takes longer than it may gets a TimeoutException that nobody in it handles, whoever runs it by then; called, it
 * comes to its caller (docs/behaviour.md, section 9.1).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import { orchestration } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import { STARTS, START_TYPE } from '../../../emulator/orchestration/starting.ts';
import { booking, send, type Shapes } from './trip.ts';
import { declarations } from './trip.ts';
import { define, entry, TestGroup } from './group.ts';

const limited = (timeout: number | (() => number | { at: number }), body: (o: Shapes) => readonly Shape[]): CompiledOrchestration =>
  compile(
    orchestration('Limited', { ...declarations, timeout } as unknown as typeof declarations, (o) => [
      o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
      o.construct('make', 'Out', () => ({ body: { key: 'k' } })),
      ...body(o),
    ]),
  );
const more = (o: Shapes): Shape => o.receive('more', { port: 'More', message: 'More', follows: ['Key'] });
const errorOf = ({ commits }: TestGroup): string | undefined => commits.at(-1)?.error?.message;
const late = 'Uncaught exception TimeoutException in shape "Limited": Orchestration "Limited" has taken longer than it may.';
const modes = ['goOn', 'restore', 'leave'] as const;

test('when its time is over it is suspended as for an exception that nobody handles, also by who took it over; handlers in it do not get it', () => {
  const handled = (o: Shapes): Shape[] => [o.scope('inside', [more(o)], [o.handler('all', '*', [send(o, 'never')])])];
  for (const mode of modes) {
    const group = new TestGroup(limited(50, handled));
    assert.equal(group.finish(mode), 'error');
    assert.equal(errorOf(group), late);
    assert.equal(group.now, 1_000_050);
    assert.deepEqual(group.published(), []);
  }
});

test('in time it ends as ever; 0 is no time-out; it may be a moment', () => {
  for (const mode of modes) {
    const group = new TestGroup(limited(50, (o) => [o.delay('wait', 49), send(o, 'done')]));
    assert.deepEqual([group.finish(mode), group.published()], ['completed', ['done']]);
    assert.equal(new TestGroup(limited(0, (o) => [o.delay('wait', 1_000_000)])).finish(mode), 'completed');
    const moment = new TestGroup(
      limited(
        () => ({ at: 1_000_020 }),
        (o) => [o.delay('wait', 49)],
      ),
    );
    assert.deepEqual([moment.finish(mode), moment.now], ['error', 1_000_020]);
  }
});

test('its time is a timer of the MessageBox while it is out of memory, and goes on from there', () => {
  const group = new TestGroup(limited(50, (o) => [more(o)]));
  const result = group.start();
  assert.ok(result.kind === 'blocked');
  assert.deepEqual(
    result.waits.map((wait) => (wait.kind === 'timer' ? wait.due : 'message')),
    [1_000_050, 'message'],
  );
  const { timers } = group.commit('dehydration');
  assert.deepEqual(
    timers.map(({ due }) => due),
    [1_000_050],
  );
  group.now += 60;
  assert.equal(group.crash().kind, 'persist', 'whoever takes it over later sees that it is over');
  assert.equal(group.commit().error?.message, late);
});

test('what has committed is compensated before it is suspended', () => {
  for (const mode of modes) {
    const group = new TestGroup(limited(50, (o) => [booking(o, 'Flight'), booking(o, 'Hotel', 'atomic'), more(o)]));
    assert.equal(group.finish(mode), 'error');
    assert.deepEqual(group.published(), ['do Flight', 'do Hotel', 'undo Hotel', 'undo Flight']);
    assert.equal(errorOf(group), late);
  }
});

test('resumed it goes on from its last save, where its time is over', () => {
  const group = new TestGroup(limited(50, (o) => [send(o, 'one'), more(o)]));
  assert.equal(group.finish(), 'error');
  assert.equal(group.crash().kind, 'persist');
  assert.equal(group.commit().error?.message, late);
});

test('an atomic scope that runs is given back before', () => {
  const group = new TestGroup(limited(50, (o) => [o.scope('atomic', { atomic: true }, [send(o, 'never'), more(o)])]));
  assert.equal(group.finish(), 'error');
  assert.deepEqual(group.published(), []);
});

test('called, it is compensated and the exception comes to its caller', () => {
  const callee = orchestration(
    'Callee',
    { ...declarations, timeout: ({ variables }) => Number(variables['n']), parameters: { n: 'in', Key: 'in' } },
    (o) => [
      o.construct('make', 'Out', () => ({ body: { key: 'k' } })),
      o.scope('booked', { longRunning: true, compensate: [o.send('undo', { port: 'Out', message: 'Out' })] }, [
        o.send('do', { port: 'Out', message: 'Out' }),
      ]),
      o.receive('more', { port: 'More', message: 'More', follows: ['Key'] }),
    ],
  );
  const compiled = define((o) => [
    o.expression('how long', ({ variables }) => void (variables.n = 30)),
    o.scope(
      'around',
      {
        longRunning: true,
        handlers: [
          o.handler('late', 'TimeoutException', [
            o.expression(
              'note',
              ({ variables, exception }) => void (variables.text = `${exception?.message ?? ''} ${exception?.from ?? ''}`),
            ),
            o.suspend('look at it', ''),
          ]),
        ],
      },
      [o.call('call', callee, { in: { n: 'n', Key: 'Key' } })],
    ),
  ]);
  for (const mode of modes) {
    const group = new TestGroup(compiled);
    assert.equal(group.finish(mode), 'completed');
    assert.deepEqual(group.published(), ['do', 'undo']);
    assert.equal(group.variables()['text'], 'Orchestration "Callee" has taken longer than it may. call');
    assert.equal(group.now, 1_000_030);
  }
});

test('a call that ends in time leaves no time-out behind', () => {
  const callee = orchestration('Callee', { ...declarations, timeout: 30, parameters: {} }, (o) => [o.delay('short', 10)]);
  const group = new TestGroup(define((o) => [o.call('call', callee), o.delay('long', 100)]));
  assert.deepEqual([group.finish('leave'), group.now], ['completed', 1_000_110]);
});

test('started, its time begins with what it is given', () => {
  const started = compile(
    orchestration('Started', { ...declarations, timeout: ({ variables }) => Number(variables['n']), parameters: { n: 'in' } }, (o) => [
      o.delay('long', 100),
    ]),
  );
  const body = JSON.stringify({ variables: { n: 30 }, messages: {}, correlationSets: {}, ports: {} });
  const { id, subscription } = entry('q0', 'start');
  const message = { id: 'message-q0', type: START_TYPE, body, properties: { [STARTS.orchestration]: 'Started' } };
  for (const mode of modes) {
    const group = new TestGroup(started, [{ id, subscription, message }]);
    assert.deepEqual([group.finish(mode), group.now], ['error', 1_000_030]);
  }
});

test('what is no time is an exception, and only a long-running orchestration has one', () => {
  const group = new TestGroup(limited(-1, (o) => [send(o, 'never')]));
  assert.equal(group.finish(), 'error');
  assert.match(errorOf(group) ?? '', /The time-out of orchestration "Limited" is given -1, which is no time to wait for/);
  const plain = orchestration('Plain', { ...declarations, longRunning: false, timeout: 5 }, (o) => [
    o.receive('Start', { port: 'In', message: 'In', activate: true }),
  ]);
  assert.throws(() => compile(plain), /it has a time-out, but it is no transaction; declare it longRunning/);
});
