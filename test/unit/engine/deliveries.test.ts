/** Delivery notification: scopes end when what was sent in them has left (docs/behaviour.md, section 14). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { orchestration, receivePort, sendPort } from '../../../emulator/authoring/index.ts';
import { DELIVERIES } from '../../../emulator/engine/deliveries.ts';
import type { EngineResult } from '../../../emulator/engine/door.ts';
import { shapeAtPlace } from '../../../emulator/engine/state.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import { BTS } from '../../../emulator/orchestration/message.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { declarations, define, publish, TestGroup, type TestShapes } from './group.ts';

const told = (o: TestShapes, name = 'tell'): Shape[] => publish(o, name, 0, 'Told');
const failed = (o: TestShapes, name = 'failed'): ReturnType<TestShapes['handler']> =>
  o.handler(name, 'DeliveryFailureException', [
    o.expression(
      `${name} read`,
      ({ variables, exception }) => void (variables.text = `${exception?.from ?? ''}: ${exception?.message ?? ''}`),
    ),
    ...publish(o, `${name} told`),
  ]);

function groupOf(body: (o: TestShapes) => readonly Shape[], answers: TestGroup['acknowledge'] = () => undefined): TestGroup {
  const group = new TestGroup(define(body));
  group.acknowledge = answers;
  return group;
}

const waitsForDelivery = (result: EngineResult): boolean =>
  result.kind === 'blocked' && result.waits.some((wait) => wait.kind === 'receive' && wait.subscription === DELIVERIES);

test('the Send goes on at once, and the orchestration ends when the message has left', () => {
  const group = groupOf(
    (o) => [...told(o), o.expression('after', ({ variables }) => void variables.n++)],
    () => 'ACK',
  );
  assert.equal(group.start().kind, 'persist');
  const { published, subscribe } = group.commit();
  assert.equal(published[0]?.properties[BTS.ackRequired], true);
  assert.deepEqual(
    subscribe.map(({ id }) => id),
    [DELIVERIES],
  );
  const waiting = group.run({ kind: 'continue' });
  assert.ok(waitsForDelivery(waiting));
  assert.ok(group.traced().length > 0);
  const ended = group.goOn();
  assert.equal(ended.kind, 'persist');
  assert.equal(group.commit().outcome, 'completed');
});

test('without an answer it waits, also after a takeover', () => {
  const group = groupOf((o) => told(o));
  assert.equal(group.finish(), 'waiting');
  assert.ok(waitsForDelivery(group.crash()));
});

test('a scope waits for what was sent in it; what was sent before it is not its business', () => {
  const group = groupOf(
    (o) => [...told(o, 'before'), o.scope('all', told(o, 'inside')), ...publish(o, 'after')],
    (number) => (number === 2 ? 'ACK' : undefined),
  );
  assert.equal(group.finish(), 'waiting');
  assert.deepEqual(group.published(), ['before', 'inside', 'after']);
});

test('an exception at the end of the scope, whose handler knows which Send and why', () => {
  for (const how of ['goOn', 'restore', 'leave'] as const) {
    const group = groupOf(
      (o) => [o.scope('all', told(o), [failed(o)]), o.suspend('look', '')],
      () => 'NACK',
    );
    assert.equal(group.finish(how), 'completed', how);
    assert.deepEqual(group.published(), ['tell', 'failed told']);
    assert.equal(group.variables()['text'], 'tell: The message of Send "tell" was not delivered: no such folder');
  }
});

test('nobody handles it: the instance is suspended, and goes on when the port has sent it after all', () => {
  const group = groupOf(
    (o) => told(o),
    () => 'NACK',
  );
  assert.equal(group.finish(), 'error');
  const { error } = group.commits.at(-1) ?? {};
  assert.match(error?.message ?? '', /DeliveryFailureException.*Send "tell" was not delivered/s);
  const again = { [BTS.ackType]: 'ACK', [BTS.correlationToken]: 'i1#deliveries.1' };
  group.arrive({ id: 'again', subscription: DELIVERIES, message: { id: 'm', type: '', body: '', properties: again } });
  group.crash();
  assert.equal(group.commit().outcome, 'completed');
});

test('what an atomic scope sends is awaited by what is around it', () => {
  const group = groupOf(
    (o) => [
      o.scope('outer', { longRunning: true, handlers: [failed(o)] }, [
        o.scope('inner', { atomic: true }, told(o)),
        ...publish(o, 'between'),
      ]),
    ],
    () => 'NACK',
  );
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.published(), ['tell', 'between', 'failed told']);
});

test('an atomic scope that is given back has sent nothing', () => {
  const group = groupOf(
    (o) => [
      o.scope('outer', { longRunning: true, handlers: [o.handler('no', 'No', [])] }, [
        o.scope('inner', { atomic: true }, [...told(o), o.throw('no way', () => ({ type: 'No', message: '' }))]),
      ]),
      ...told(o, 'second'),
    ],
    () => 'ACK',
  );
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.published(), ['second']);
  assert.deepEqual([...group.subscriptions], [DELIVERIES]);
});

test('a called orchestration waits at its own end', () => {
  const { messages, ports } = declarations;
  const callee = orchestration('Callee', { messages, ports, parameters: {} }, (o) => [
    o.construct('make called', 'Out', () => ({ body: {} })),
    o.send('called', { port: 'Told', message: 'Out' }),
  ]);
  const group = new TestGroup(define((o) => [o.scope('all', [o.call('call', callee)], [failed(o)])]));
  group.acknowledge = () => 'NACK';
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.published(), ['called', 'failed told']);
});

test('an exception of another kind ends the wait, and a late answer harms nothing', () => {
  const group = groupOf(
    (o) => [
      o.loop('twice', ({ variables }) => variables.n < 2, [
        o.scope(
          'all',
          [...told(o), o.expression('count', ({ variables }) => void variables.n++), o.throw('no', () => ({ type: 'No', message: '' }))],
          [o.handler('handler', 'No', [])],
        ),
      ]),
    ],
    (number) => (number === 1 ? 'NACK' : 'ACK'),
  );
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.published(), ['tell', 'tell']);
});

test('the commit that sends is refused: nothing was sent, so nothing is awaited', () => {
  const group = groupOf(
    (o) => [o.scope('all', told(o), [o.handler('nobody', 'PersistenceException', publish(o, 'nobody told'))])],
    () => 'ACK',
  );
  group.start();
  const { published } = group.execution.takeCommit();
  assert.equal(published.length, 1);
  group.run({ kind: 'refused', publish: 0, message: 'nobody' });
  const { subscribe, outcome } = group.commit();
  assert.deepEqual([subscribe, outcome], [[], 'completed']);
});

test('what waits for a delivery is shown at its scope', () => {
  const compiled = define((o) => [o.scope('one', told(o)), o.scope('two', [])]);
  const group = new TestGroup(compiled);
  group.finish();
  const saved = JSON.parse(group.state ?? '{}') as { t: number[] };
  assert.deepEqual(
    saved.t.map((place) => compiled.outline[shapeAtPlace(compiled.outline, place) ?? -1]?.name),
    ['one'],
  );
});

test('rules: a one-way send port with an address of its own, that is bound', () => {
  const invalid = (detail: RegExp, ports: object, body: (o: TestShapes) => readonly Shape[] = () => []): void => {
    const definition = orchestration('Wrong', { ...declarations, ports: { ...declarations.ports, ...ports } }, (o) => [
      o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
      ...body(o as unknown as TestShapes),
    ]);
    assert.throws(
      () => compile(definition),
      (error: Error) => isCode(error, 'definition.invalid') && detail.test(error.message),
    );
  };
  invalid(/only a one-way send port/, { Two: { direction: 'send', twoWay: true, deliveryNotification: true } });
  invalid(/only a one-way send port/, { More: { ...receivePort(), deliveryNotification: true } });
  invalid(/no dynamic port/, { Told: sendPort({ deliveryNotification: true }) }, (o) => [
    o.construct('make', 'Out', () => ({ body: {} })),
    o.send('dynamic', { port: 'Told', message: 'Out', address: () => 'file:x' }),
  ]);
});

test('without anything on its way such a port changes nothing: a Send and the end behind it are one save', () => {
  const group = groupOf((o) => [o.scope('all', publish(o, 'elsewhere'))]);
  group.start();
  assert.deepEqual([group.commit().points, group.commits[0]?.outcome], [['send', 'end'], 'completed']);
});
