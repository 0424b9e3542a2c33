/** Activation subscriptions carry type, port and filter, and the instance subscriptions of a convoy (docs/behaviour.md, sections 4.3 and 11). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageType, orchestration, receivePort, type ShapeBuilder } from '../../../emulator/authoring/index.ts';
import type { Activation } from '../../../emulator/messagebox/protocol/frames.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { activations } from '../../../emulator/orchestration/subscriptions.ts';

const declarations = {
  messages: { A: messageType({ name: 'A', format: 'json', promoted: { key: '/key' } }), Any: messageType({ name: '', format: 'xml' }) },
  correlationSets: { Key: ['key'], Other: ['key'] },
  ports: { Bound: receivePort(), Direct: receivePort() },
} as const;
type O = ShapeBuilder<typeof declarations>;

const port = (name: string): Record<string, string> => (name === 'Bound' ? { 'BTS.ReceivePortName': 'Orders' } : {});
const subscriptions = (body: (o: O) => readonly Shape[]): readonly Activation[] =>
  activations(compile(orchestration('Test', declarations, body)), port);

const typeA = { property: 'BTS.MessageType', operator: '==', value: 'A' };
const orders = { property: 'BTS.ReceivePortName', operator: '==', value: 'Orders' };
const large = { property: 'size', operator: '>', value: 10 } as const;
const marked = { property: 'mark', operator: 'exists' } as const;

test('type, port and each group of the filter', () => {
  assert.deepEqual(
    subscriptions((o) => [o.receive('r', { port: 'Bound', message: 'A', activate: true, filter: [[large], [marked]] })]),
    [
      {
        id: '0',
        filter: [
          [typeA, orders, large],
          [typeA, orders, marked],
        ],
        follows: [],
      },
    ],
  );
});

test('an untyped message on a direct port matches everything the filter lets through', () => {
  assert.deepEqual(
    subscriptions((o) => [o.receive('r', { port: 'Direct', message: 'Any', activate: true, filter: [[marked]] })]),
    [{ id: '0', filter: [[marked]], follows: [] }],
  );
});

test('later receives follow what the activating one initializes; those that need more come later', () => {
  const [activation] = subscriptions((o) => [
    o.receive('r', { port: 'Bound', message: 'A', activate: true, initializes: ['Key'] }),
    o.receive('next', { port: 'Direct', message: 'A', follows: ['Key'], initializes: ['Other'] }),
    o.receive('last', { port: 'Direct', message: 'A', follows: ['Key', 'Other'] }),
  ]);
  assert.deepEqual(activation?.follows, [{ id: '1', filter: [[typeA]], correlation: ['key'] }]);
});

test('the receives of a parallel convoy join each other, those of a Listen activate on their own', () => {
  const branches = (o: O): ReturnType<O['branch']>[] =>
    (['Bound', 'Direct'] as const).map((name) =>
      o.branch(`branch ${name}`, [o.receive(name, { port: name, message: 'A', activate: true, initializes: ['Key'] })]),
    );
  const joining = [
    { id: '2', filter: [[typeA, orders]], correlation: ['key'] },
    { id: '4', filter: [[typeA]], correlation: ['key'] },
  ];
  assert.deepEqual(
    subscriptions((o) => [o.parallel('p', branches(o))]).map(({ id, follows }) => [id, follows]),
    [
      ['2', joining],
      ['4', joining],
    ],
  );
  assert.deepEqual(
    subscriptions((o) => [o.listen('l', branches(o))]).map(({ id, follows }) => [id, follows]),
    [
      ['2', []],
      ['4', []],
    ],
  );
});

test('receives that take the same messages share a subscription: following other sets is another one', () => {
  const next = (o: O, name: string, follows: readonly ('Key' | 'Other')[] = ['Key']): Shape =>
    o.receive(name, { port: 'Direct', message: 'A', follows });
  const [activation, ...others] = subscriptions((o) => [
    o.receive('r', { port: 'Bound', message: 'A', activate: true, initializes: ['Key', 'Other'] }),
    next(o, 'one'),
    next(o, 'two'),
    next(o, 'four', ['Other', 'Key']),
    next(o, 'five', ['Key', 'Other']),
    next(o, 'six', ['Other']),
  ]);
  assert.deepEqual([others, activation?.follows.map(({ id }) => id)], [[], ['1', '3', '5']]);
  const twice = subscriptions((o) => [
    o.parallel(
      'p',
      ['x', 'y'].map((name) =>
        o.branch(`branch ${name}`, [o.receive(name, { port: 'Direct', message: 'A', activate: true, initializes: ['Key'] })]),
      ),
    ),
  ]);
  assert.deepEqual(
    twice.map(({ id, follows }) => [id, follows.map((one) => one.id)]),
    [['2', ['2']]],
  );
});

test('who is started gets no convoy treatment: what follows the sets it is given is subscribed by its first commit', () => {
  const started = orchestration('Started', { ...declarations, parameters: { Key: 'in' } }, (o) => [
    o.receive('next', { port: 'Direct', message: 'A', follows: ['Key'] }),
  ]);
  assert.deepEqual(
    activations(compile(started), port).map(({ id, follows }) => [id, follows]),
    [['start', []]],
  );
});
