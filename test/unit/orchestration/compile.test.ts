/** A definition is numbered in document order, has a hash that changes with its code, and is refused with the place of a mistake. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Decimal,
  messageType,
  orchestration,
  receivePort,
  requestResponsePort,
  sendPort,
  type ShapeBuilder,
} from '../../../emulator/authoring/index.ts';
import { isCode } from '../../../emulator/errors.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { CompiledOrchestration, OrchestrationDefinition } from '../../../emulator/orchestration/definition.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';

const type = messageType({ name: 'Note', format: 'json', promoted: { key: '/key', a: '/a', b: '/b', c: '/c' } });
const declarations = {
  messages: { In: type, Out: type, Plain: messageType({ name: 'Plain', format: 'json' }) },
  variables: { n: 0 },
  correlationSets: { Key: ['key'], Other: ['key'], Wide: ['key', 'a', 'b', 'c'] },
  ports: { In: receivePort(), More: receivePort(), Out: sendPort(), Ask: requestResponsePort() },
} as const;
type O = ShapeBuilder<typeof declarations>;

const define = (body: (o: O) => readonly Shape[]): OrchestrationDefinition => orchestration('Test', declarations, body);
const start = (o: O, name = 'Start', sets: readonly ('Key' | 'Other' | 'Wide')[] = ['Key']): Shape =>
  o.receive(name, { port: 'In', message: 'In', activate: true, initializes: sets });
const follow = (o: O, name: string, set: 'Key' | 'Other' | 'Wide' = 'Key', port: 'In' | 'More' = 'In'): Shape =>
  o.receive(name, { port, message: 'In', follows: [set] });
const make = (o: O): Shape => o.construct('make', 'Out', () => ({ body: {} }));
const compiled = (body: (o: O) => readonly Shape[]): CompiledOrchestration => compile(define(body));

test('shapes, rules, branches and handlers are numbered in document order', () => {
  const { outline } = compiled((o) => [
    start(o),
    o.decide('choose', [o.rule('yes', () => true, [o.delay('a', 1)])], [o.delay('b', 1)]),
    o.scope('scope', [o.loop('loop', () => false, [o.delay('c', 1)])], [o.handler('all', '*', [o.delay('d', 1)])]),
    o.parallel('both', [o.branch('left', [o.delay('e', 1)]), o.branch('right', [])]),
  ]);
  assert.deepEqual(
    outline.map(({ kind, name, parent }) => `${kind} ${name} ${String(parent)}`),
    [
      'receive Start -1',
      'decide choose -1',
      'rule yes 1',
      'delay a 2',
      'else Else 1',
      'delay b 4',
      'scope scope -1',
      'loop loop 6',
      'delay c 7',
      'handler all 6',
      'delay d 9',
      'parallel both -1',
      'branch left 11',
      'delay e 12',
      'branch right 11',
    ],
  );
});

test('the hash is the same for the same definition, another for other code, constants and shapes', () => {
  const one = (value: number) => compiled((o) => [start(o), o.delay('wait', value)]).hash;
  assert.match(one(1), /^[0-9a-f]{16}$/);
  assert.equal(one(1), one(1));
  assert.notEqual(one(1), one(2));
  const code = (run: () => void) => compiled((o) => [start(o), o.expression('code', run)]).hash;
  assert.notEqual(
    code(() => undefined),
    code(() => void 1),
  );
});

const mistakes: Record<string, { readonly body: (o: O) => readonly Shape[]; readonly detail: RegExp; readonly where: string }> = {
  'no shape': { body: () => [], detail: /does not start with an activating Receive/, where: 'body' },
  'no activating Receive': { body: (o) => [o.delay('wait', 1)], detail: /does not start with an activating Receive/, where: 'wait' },
  'a first Receive that does not activate': {
    body: (o) => [follow(o, 'first')],
    detail: /"first" comes first, so it has to activate/,
    where: 'first',
  },
  'an activating Receive later': {
    body: (o) => [start(o), start(o, 'late', ['Other'])],
    detail: /"late" activates, but it is not the first/,
    where: 'late',
  },
  'a Listen with an activating Receive and a timeout': {
    body: (o) => [o.listen('listen', [o.branch('a', [start(o)]), o.branch('b', [o.delay('wait', 1)])])],
    detail: /activates, but it is not the first shape/,
    where: 'listen / a / Start',
  },
  'two shapes of one name': {
    body: (o) => [start(o), o.delay('wait', 1), o.scope('s', [o.delay('wait', 1)])],
    detail: /two shapes are named "wait"/,
    where: 's / wait',
  },
  'an unknown port': {
    body: (o) => [start(o), o.receive('r', { port: 'Nowhere' as 'In', message: 'In', follows: ['Key'] })],
    detail: /uses port "Nowhere".*In, More, Out, Ask/,
    where: 'r',
  },
  'an unknown message': {
    body: (o) => [start(o), o.construct('c', 'Nothing' as 'In', () => ({ body: '' }))],
    detail: /uses message "Nothing"/,
    where: 'c',
  },
  'an unknown correlation set': {
    body: (o) => [start(o), follow(o, 'r', 'None' as 'Key')],
    detail: /uses correlation set "None"/,
    where: 'r',
  },
  'a Receive from a send port': {
    body: (o) => [start(o), o.receive('r', { port: 'Out' as 'In', message: 'In', follows: ['Key'] })],
    detail: /which is a one-way send port/,
    where: 'r',
  },
  'a Send through a one-way receive port': {
    body: (o) => [start(o), make(o), o.send('s', { port: 'In' as 'Out', message: 'Out' })],
    detail: /one-way receive port/,
    where: 's',
  },
  'a filter on a later Receive': {
    body: (o) => [
      start(o),
      o.receive('r', { port: 'In', message: 'In', follows: ['Key'], filter: [[{ property: 'a', operator: 'exists' }]] }),
    ],
    detail: /only an activating Receive may have/,
    where: 'r',
  },
  'a Receive that nothing could reach': {
    body: (o) => [start(o), o.receive('r', { port: 'In', message: 'In' })],
    detail: /neither activates nor follows/,
    where: 'r',
  },
  'a set whose property is not promoted': {
    body: (o) => [start(o), o.receive('r', { port: 'In', message: 'Plain', follows: ['Key'] })],
    detail: /does not promote "key"/,
    where: 'r',
  },
  'following before initializing': {
    body: (o) => [start(o), follow(o, 'r', 'Other')],
    detail: /follows correlation set "Other", which is not initialized/,
    where: 'r',
  },
  'initializing on one path only': {
    body: (o) => [
      start(o),
      make(o),
      o.decide('d', [o.rule('x', () => true, [o.send('s', { port: 'Out', message: 'Out', initializes: ['Other'] })])]),
      follow(o, 'r', 'Other'),
    ],
    detail: /not initialized on every path/,
    where: 'r',
  },
  'initializing twice': {
    body: (o) => [start(o), make(o), o.send('s', { port: 'Out', message: 'Out', initializes: ['Key'] })],
    detail: /may be initialized already/,
    where: 's',
  },
  'initializing in a loop': {
    body: (o) => [start(o), make(o), o.loop('l', () => true, [o.send('s', { port: 'Out', message: 'Out', initializes: ['Other'] })])],
    detail: /may be initialized already/,
    where: 'l / s',
  },
  'initializing in two branches': {
    body: (o) => [
      start(o),
      make(o),
      o.parallel('p', [
        o.branch('a', [o.send('s', { port: 'Out', message: 'Out', initializes: ['Other'] })]),
        o.branch('b', [o.send('t', { port: 'Out', message: 'Out', initializes: ['Other'] })]),
      ]),
    ],
    detail: /may be initialized already/,
    where: 'p / a / s',
  },
  'a convoy of four properties': {
    body: (o) => [start(o, 'Start', ['Wide']), follow(o, 'r', 'Wide')],
    detail: /more than 3 properties/,
    where: 'r',
  },
  'a parallel convoy on different sets': {
    body: (o) => [o.parallel('p', [o.branch('a', [start(o, 'x', ['Key'])]), o.branch('b', [start(o, 'y', ['Other'])])])],
    detail: /have to initialize the same correlation sets/,
    where: 'p / b / y',
  },
  'sending a message without a value': {
    body: (o) => [start(o), o.send('s', { port: 'Out', message: 'Out' })],
    detail: /"Out", which has no value/,
    where: 's',
  },
  'a Listen branch that starts with something else': {
    body: (o) => [start(o), o.listen('l', [o.branch('a', [o.expression('e', () => undefined)])])],
    detail: /does not start with a Receive or a Delay/,
    where: 'l',
  },
  'a Listen without branches': { body: (o) => [start(o), o.listen('l', [])], detail: /has no branch/, where: 'l' },
  'a Decide without rules': { body: (o) => [start(o), o.decide('d', [])], detail: /has no rule/, where: 'd' },
  'a rethrow outside a handler': { body: (o) => [start(o), o.rethrow('t')], detail: /not inside an exception handler/, where: 't' },
};

for (const [name, { body, detail, where }] of Object.entries(mistakes)) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => compiled(body),
      (error) => {
        assert.ok(isCode(error, 'definition.invalid'));
        assert.match(error.message, detail);
        // The shape, and the line of this file where it is written.
        assert.match(String(error.parameters['where']), new RegExp(`^${where}( \\(compile\\.test\\.ts:\\d+\\))?$`));
        return true;
      },
    );
  });
}

test('scopes nest 21 levels deep, no deeper', () => {
  const nested = (o: O, depth: number): Shape[] => (depth === 0 ? [] : [o.scope(`s${String(depth)}`, nested(o, depth - 1))]);
  compiled((o) => [start(o), ...nested(o, 21)]);
  assert.throws(() => compiled((o) => [start(o), ...nested(o, 22)]), /more than 21 levels/);
});

test('variables whose initial value JSON cannot carry are refused', () => {
  const definition = { ...define((o) => [start(o)]), variables: { when: new Date(0) as never } };
  assert.throws(() => compile(definition), /variable when is a Date/);
});

test('accepted: every branch initializes, a path that ends needs nothing, a parallel convoy, a Listen of activating Receives', () => {
  compiled((o) => [
    start(o),
    make(o),
    o.decide(
      'd',
      [o.rule('x', () => true, [o.send('s', { port: 'Out', message: 'Out', initializes: ['Other'] })])],
      [o.terminate('t', '')],
    ),
    follow(o, 'r', 'Other'),
  ]);
  compiled((o) => [o.parallel('p', [o.branch('a', [start(o, 'x')]), o.branch('b', [start(o, 'y')])]), follow(o, 'r', 'Key', 'More')]);
  compiled((o) => [o.listen('l', [o.branch('a', [start(o, 'x')]), o.branch('b', [start(o, 'y')])]), follow(o, 'r')]);
  compiled((o) => [
    o.scope('s', [start(o)], [o.handler('h', '*', [o.rethrow('again')])]),
    make(o),
    o.send('answer', { port: 'Ask', message: 'Out' }),
  ]);
});

test('names and values that would be lost or refused on the way into the MessageBox are refused here', () => {
  const filtered = (predicate: object): (() => unknown) => {
    const filter = [[predicate as { property: string; operator: 'exists' }]];
    return () => compiled((o) => [o.receive('Start', { port: 'In', message: 'In', activate: true, filter })]);
  };
  for (const property of ['__proto__', 'constructor', 'prototype']) {
    assert.throws(filtered({ property, operator: 'exists' }), /is reserved/, property);
    const sets = { Key: ['key'], Other: [property], Wide: ['key'] };
    assert.throws(() => compile({ ...define((o) => [start(o)]), correlationSets: sets }), /correlation set "Other".*reserved/, property);
  }
  for (const value of [Number.NaN, Infinity, null, undefined, {}, [], 10n, () => 1])
    assert.throws(filtered({ property: 'key', operator: '==', value }), /no property can hold/, typeof value);
  for (const operator of ['=', 'like', undefined, 7]) assert.throws(filtered({ property: 'key', operator, value: 1 }), /operator/);
  filtered({ property: 'key', operator: '>=', value: -1.5 })();
  for (const part of ['messages', 'variables', 'correlationSets', 'ports'] as const) {
    const definition = define((o) => [start(o)]);
    const odd = JSON.parse('{"__proto__":["key"]}') as object;
    const declared = Object.fromEntries([...Object.entries(definition[part]), ...Object.entries(odd)]);
    assert.throws(() => compile({ ...definition, [part]: declared }), /"__proto__" in its/, part);
  }
});

test('sets whose names contain each other are different sets', () => {
  const sets = { 'a,b': ['key'], a: ['key'], b: ['key'] };
  const body = orchestration('Sets', { ...declarations, correlationSets: sets }, (o) => [
    o.parallel('p', [
      o.branch('x', [o.receive('one', { port: 'In', message: 'In', activate: true, initializes: ['a,b'] })]),
      o.branch('y', [o.receive('two', { port: 'In', message: 'In', activate: true, initializes: ['a', 'b'] })]),
    ]),
  ]);
  assert.throws(() => compile(body), /have to initialize the same correlation sets/);
});

test('decimals are values of variables', () => {
  const definition = { ...define((o) => [start(o)]), variables: { total: new Decimal('0.00'), list: [{ price: new Decimal('1.10') }] } };
  assert.notEqual(
    compile(definition).hash,
    compile({ ...definition, variables: { ...definition.variables, total: new Decimal('0') } }).hash,
  );
});
