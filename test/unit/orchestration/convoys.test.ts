/** Each rule of convoys (docs/behaviour.md, section 11) is told with the document it is from; ordinary correlation keeps none of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageType, orchestration, receivePort, sendPort, type ShapeBuilder } from '../../../emulator/authoring/index.ts';
import { isCode } from '../../../emulator/errors.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';

const promoted = { a: '/a', b: '/b', c: '/c', d: '/d' };
const declarations = {
  messages: {
    Note: messageType({ name: 'Note', format: 'json', promoted }),
    Other: messageType({ name: 'Other', format: 'json', promoted }),
  },
  correlationSets: { One: ['a'], Two: ['b'], Wide: ['a', 'b', 'c', 'd'], Three: ['a', 'b', 'c'] },
  ports: { In: receivePort(), More: receivePort(), Out: sendPort() },
} as const;
type O = ShapeBuilder<typeof declarations>;
type Set = keyof typeof declarations.correlationSets;
type Port = 'In' | 'More';
type Body = (o: O) => readonly Shape[];

const first = (o: O, name: string, initializes: readonly Set[], port: Port = 'In'): Shape =>
  o.receive(name, { port, message: 'Note', activate: true, initializes });
const next = (o: O, name: string, follows: readonly Set[], port: Port = 'In', message: 'Note' | 'Other' = 'Note'): Shape =>
  o.receive(name, { port, message, follows });
const both = (o: O, sets: readonly Set[]): Shape =>
  o.parallel('both', [o.branch('a', [first(o, 'x', sets)]), o.branch('b', [first(o, 'y', sets, 'More')])]);
const filtered = (o: O): Shape =>
  o.receive('first', {
    port: 'In',
    message: 'Note',
    activate: true,
    initializes: ['One'],
    filter: [[{ property: 'b', operator: 'exists' }]],
  });
const load = (body: Body): unknown => compile(orchestration('Test', declarations, body));

/** What is called has the port and the set of the convoy as `Its port` and `Its set`. */
const inner = orchestration(
  'Inner',
  {
    messages: { Note: declarations.messages.Note },
    correlationSets: { Its: ['a'] },
    ports: { There: receivePort(), Own: receivePort() },
    parameters: { Its: 'in', There: 'in' },
  },
  (o) => [o.receive('take', { port: 'There', message: 'Note', follows: ['Its'] })],
);
const between = orchestration(
  'Between',
  { messages: {}, correlationSets: { Mine: ['a'] }, ports: { Here: receivePort() }, parameters: { Mine: 'in', Here: 'in' } },
  (o) => [o.call('deeper', inner, { in: { Its: 'Mine', There: 'Here' } })],
);

const refused: Record<string, { readonly body: Body; readonly detail: RegExp; readonly where: string }> = {
  'a sequential convoy of four properties': {
    body: (o) => [first(o, 'first', ['Wide']), next(o, 'next', ['Wide'])],
    detail: /"Wide" of a convoy has more than 3 properties .*"Working with Convoy Scenarios"/,
    where: 'next',
  },
  'four properties that are followed on another port: the MessageBox subscribes that with the instance, too': {
    body: (o) => [first(o, 'first', ['Wide']), next(o, 'next', ['Wide'], 'More')],
    detail: /more than 3 properties/,
    where: 'next',
  },
  'a parallel convoy of four properties': {
    body: (o) => [both(o, ['Wide'])],
    detail: /"Wide" of a convoy has more than 3 properties/,
    where: 'both / a / x',
  },
  'a parallel convoy of different sets': {
    body: (o) => [o.parallel('both', [o.branch('a', [first(o, 'x', ['One'])]), o.branch('b', [first(o, 'y', ['One', 'Two'])])])],
    detail: /have to initialize the same correlation sets .*"Parallel Convoys"/,
    where: 'both / b / y',
  },
  'two message types in a sequential convoy': {
    body: (o) => [first(o, 'first', ['One']), next(o, 'next', ['One'], 'In', 'Other')],
    detail: /"next" takes messages of type "Other" and "first" of type "Note".*"Sequential Convoys"/,
    where: 'next',
  },
  'a filter': {
    body: (o) => [filtered(o), o.loop('again', () => true, [next(o, 'next', ['One'])])],
    detail: /"first" has a filter, but begins a sequential convoy.*"next" follows it.*"Sequential Convoys"/,
    where: 'first',
  },
  'one Receive that begins two convoys': {
    body: (o) => [first(o, 'first', ['One', 'Two']), next(o, 'c1', ['One']), next(o, 'c2', ['Two'])],
    detail: /"c2" follows other correlation sets of "first" than "c1".*"Working with Convoy Scenarios"/,
    where: 'c2',
  },
  'a set of a parallel and a sequential convoy': {
    body: (o) => [both(o, ['One']), next(o, 'next', ['One'], 'More')],
    detail: /"next" follows "One" of a parallel convoy on the port of "y".*a set belongs to one convoy/,
    where: 'next',
  },
  'a set of two sequential convoys': {
    body: (o) => [
      o.listen('either', [o.branch('a', [first(o, 'x', ['One'])]), o.branch('b', [first(o, 'y', ['One'], 'More')])]),
      next(o, 'one', ['One']),
      next(o, 'two', ['One'], 'More'),
    ],
    detail: /"two" follows "One" after "y", and other Receives do after "x".*a set belongs to one convoy/,
    where: 'two',
  },
  'a convoy that goes on in a called orchestration': {
    body: (o) => [first(o, 'first', ['One']), o.call('call', inner, { in: { Its: 'One', There: 'In' } })],
    detail: /"call" calls "Inner", whose "take" follows "One" on the port of "first".*"Sequential Convoys"/,
    where: 'call',
  },
  'a convoy that goes on two calls deeper': {
    body: (o) => [first(o, 'first', ['One']), o.scope('s', [o.call('call', between, { in: { Mine: 'One', Here: 'In' } })])],
    detail: /whose "take" follows "One"/,
    where: 's / call',
  },
};

for (const [name, { body, detail, where }] of Object.entries(refused)) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => load(body),
      (error) => {
        assert.ok(isCode(error, 'definition.invalid'));
        assert.match(error.message, detail);
        assert.match(String(error.parameters['where']), new RegExp(`^${where} \\(convoys\\.test\\.ts:\\d+\\)$`));
        return true;
      },
    );
  });
}

test('three properties, the same sets and one type are a sequential convoy, in any shape', () => {
  load((o) => [first(o, 'first', ['Three']), o.loop('l', () => true, [o.listen('or', [o.branch('n', [next(o, 'next', ['Three'])])])])]);
  for (const sets of [['One'], ['Two'], ['One', 'Two']] as const)
    load((o) => [first(o, 'first', ['One', 'Two']), next(o, 'r2', sets), next(o, 'r3', [...sets].reverse())]);
  load((o) => [
    o.listen('either', [o.branch('a', [first(o, 'x', ['One'])]), o.branch('b', [first(o, 'y', ['One'])])]),
    next(o, 'next', ['One']),
  ]);
});

test('what follows on another port is the correlation of a response: it may have another type, a filter before it, and be called', () => {
  load((o) => [filtered(o), next(o, 'answer', ['One'], 'More', 'Other'), next(o, 'note', ['One'], 'More')]);
  load((o) => [first(o, 'first', ['One', 'Two']), next(o, 'c1', ['One'], 'More'), next(o, 'c2', ['Two'], 'More', 'Other')]);
  load((o) => [first(o, 'first', ['One']), o.call('call', inner, { in: { Its: 'One', There: 'More' } })]);
});

test('a set that a Send or a later Receive initializes makes no convoy, and may be wide', () => {
  load((o) => [
    first(o, 'first', ['One']),
    o.construct('make', 'Other', () => ({ body: {} })),
    o.send('ask', { port: 'Out', message: 'Other', initializes: ['Wide'] }),
    next(o, 'answer', ['Wide'], 'In', 'Other'),
    o.receive('more', { port: 'More', message: 'Note', follows: ['One'], initializes: ['Two'] }),
    next(o, 'last', ['Two'], 'More', 'Other'),
  ]);
});
