/** Guarantee: what a scope declares for itself has a name of its own, is used in that scope only, and keeps the rules of what an orchestration declares. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageType, orchestration, receivePort, sendPort, type ShapeBuilder } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import { activations } from '../../../emulator/orchestration/subscriptions.ts';
import type { ScopeShape, Shape } from '../../../emulator/orchestration/shapes.ts';

const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key', a: '/a', b: '/b', c: '/c' } });
const declarations = {
  longRunning: true,
  messages: { In: note },
  variables: { n: 0 },
  correlationSets: { Key: ['key'] },
  ports: { In: receivePort(), More: receivePort(), Out: sendPort() },
} as const;
/** Types would refuse most of what is refused here. */
type Loose = ShapeBuilder<{
  readonly messages: Record<string, typeof note>;
  readonly variables: Record<string, number>;
  readonly correlationSets: Record<string, readonly string[]>;
  readonly ports: typeof declarations.ports;
}>;

const define = (body: (o: Loose) => readonly Shape[]): unknown =>
  compile(
    orchestration('Test', declarations, (typed) => {
      const o = typed as unknown as Loose;
      return [o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }), ...body(o)];
    }),
  );

/** A scope of its own message and set, with further shapes in it. */
const scope = (o: Loose, name: string, more: readonly Shape[] = [], parts: Partial<ScopeShape> = {}): Shape => ({
  ...o.scope(name, { messages: { [`M${name}`]: note }, correlationSets: { [`S${name}`]: ['key'] } }, [...ask(o, name), ...more]),
  ...parts,
});
const ask = (o: Loose, name: string, by = `ask ${name}`): Shape[] => [
  o.construct(`make ${by}`, `M${name}`, () => ({ body: {} })),
  o.send(by, { port: 'Out', message: `M${name}`, initializes: [`S${name}`] }),
];
const follow = (o: Loose, name: string, by: string, message = `M${name}`): Shape =>
  o.receive(by, { port: 'More', message, follows: [`S${name}`] });
const handlers = (...body: Shape[]): Partial<ScopeShape> => ({ handlers: [{ name: 'failed', exception: '*', body }] });
const compensation = (...body: Shape[]): Partial<ScopeShape> => ({ transaction: 'longRunning', compensation: { name: 'undo', body } });

const accepted: Readonly<Record<string, (o: Loose) => readonly Shape[]>> = {
  'a turn of a loop initializes its set anew': (o) => [o.loop('turns', () => true, [scope(o, 'A', [follow(o, 'A', 'answer')])])],
  'scopes inside each other use what is around them': (o) => [
    scope(o, 'A', [scope(o, 'B', [follow(o, 'A', 'one', 'MB'), follow(o, 'B', 'two', 'MA')])]),
  ],
  'a handler initializes it again': (o) => [scope(o, 'A', [], handlers(...ask(o, 'A', 'again'), follow(o, 'A', 'answer')))],
  'its compensation follows it': (o) => [scope(o, 'A', [], compensation(follow(o, 'A', 'answer')))],
};
test('a set is initialized once in a turn of its scope, and again in the next one, in a handler, and is there for compensation', () => {
  for (const [name, body] of Object.entries(accepted)) assert.doesNotThrow(() => define(body), name);
});

const refused: Readonly<Record<string, readonly [RegExp, (o: Loose) => readonly Shape[]]>> = {
  'a message that is declared already': [
    /scope "A" declares message "In", which is declared already/,
    (o) => [o.scope('A', { messages: { In: note } }, [])],
  ],
  'a correlation set of a scope around it': [
    /scope "B" declares correlation set "SA", which is declared already/,
    (o) => [scope(o, 'A', [o.scope('B', { correlationSets: { SA: ['key'] } }, [])])],
  ],
  'a variable of a scope around it': [
    /scope "B" declares variable "x", which is declared already/,
    (o) => [o.scope('A', { variables: { x: 1 } }, [o.scope('B', { variables: { x: 1 } }, [])])],
  ],
  'its message outside of it': [
    /"later" uses message "MA" of scope "A", which exists only in that scope/,
    (o) => [scope(o, 'A'), o.construct('later', 'MA', () => ({ body: {} }))],
  ],
  'its set outside of it': [
    /"later" uses correlation set "SA" of scope "A", which exists only in that scope/,
    (o) => [scope(o, 'A'), follow(o, 'A', 'later', 'In')],
  ],
  'two initializations in one turn': [
    /"again" initializes correlation set "SA", which may be initialized already/,
    (o) => [scope(o, 'A', ask(o, 'A', 'again'))],
  ],
  'an initialization in a loop inside the scope': [
    /"ask" initializes correlation set "S", which may be initialized already/,
    (o) => [
      o.scope('A', { messages: { M: note }, correlationSets: { S: ['key'] } }, [
        o.loop('turns', () => true, [
          o.construct('make', 'M', () => ({ body: {} })),
          o.send('ask', { port: 'Out', message: 'M', initializes: ['S'] }),
        ]),
      ]),
    ],
  ],
  'what the body gave, in a handler': [
    /"again" sends message "MA", which has no value on every path to it/,
    (o) => [scope(o, 'A', [], handlers(o.send('again', { port: 'Out', message: 'MA' })))],
  ],
  'a set that the body initialized, in a handler': [
    /"answer" follows correlation set "SA", which is not initialized on every path to it/,
    (o) => [scope(o, 'A', [], handlers(follow(o, 'A', 'answer', 'In')))],
  ],
  'what is of the scope around, in the compensation of one inside': [
    /"cancelled" follows correlation set "SA", which is not initialized on every path to it/,
    (o) => [scope(o, 'A', [scope(o, 'B', [], compensation(follow(o, 'A', 'cancelled', 'MB')))], { transaction: 'longRunning' })],
  ],
  'a set without properties': [
    /correlation set "S" has no properties, in scope "A"/,
    (o) => [o.scope('A', { correlationSets: { S: [] } }, [])],
  ],
  'a message that does not promote what its set has': [
    /does not promote "other" of correlation set "S"/,
    (o) => [
      o.scope('A', { messages: { M: note }, correlationSets: { S: ['other'] } }, [
        o.receive('one', { port: 'More', message: 'M', follows: ['Key'], initializes: ['S'] }),
      ]),
    ],
  ],
};
test('refused: names that are taken, uses outside of the scope or where there is no value, and sets that are none', () => {
  for (const [name, [rule, body]] of Object.entries(refused)) assert.throws(() => define(body), rule, name);
});

const convoy = (properties: readonly string[], filtered = false): ReturnType<typeof compile> =>
  compile(
    orchestration('Test', { ...declarations, messages: {}, correlationSets: {} }, (o) => [
      o.scope('A', { messages: { M: note }, correlationSets: { S: properties } }, (inside) => [
        inside.receive('Start', {
          ...({ port: 'In', message: 'M', activate: true, initializes: ['S'] } as const),
          filter: filtered ? [[{ property: 'a', operator: 'exists' }]] : [],
        }),
        inside.receive('next', { port: 'In', message: 'M', follows: ['S'] }),
      ]),
    ]),
  );

test('a scope that comes first may begin a convoy, by the rules of convoys', () => {
  const [activation] = activations(convoy(['key']), () => ({}));
  assert.deepEqual([activation?.follows.map(({ correlation }) => correlation)], [[['key']]]);
  assert.deepEqual(activation?.filter.flat().at(-1), { property: 'BTS.MessageType', operator: '==', value: 'Note' });
  assert.throws(() => convoy(['key', 'a', 'b', 'c']), /correlation set "S" of a convoy has more than 3 properties/);
  assert.throws(() => convoy(['key'], true), /"Start" has a filter, but begins a sequential convoy/);
});
