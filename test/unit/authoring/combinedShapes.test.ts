/**
 * Guarantee: what is written in one line is made of shapes that are saved, drawn and checked like all others; a loop over a list goes on at its
 * item, whoever dies.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Body,
  messageType,
  number,
  orchestration,
  receivePort,
  requestResponsePort,
  sendPort,
  type ShapeBuilder,
} from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import { sourceOf } from '../../../emulator/orchestration/source.ts';
import { entry, numberOf, TestGroup } from '../engine/group.ts';

type Line = { readonly item: string; readonly parts: readonly number[] };

const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' }, distinguished: { amount: number('/amount') } });
const declarations = {
  longRunning: true,
  messages: { In: note, Out: note, Answer: note },
  variables: { n: 0, seen: [] as string[] },
  correlationSets: { Key: ['key'] },
  ports: { In: receivePort(), Answers: receivePort(), Ask: requestResponsePort(), Out: sendPort() },
} as const;
type Shapes = ShapeBuilder<typeof declarations>;

const define = (body: (o: Shapes) => Body) =>
  compile(orchestration('Test', declarations, (o) => [o.receive('Start', { port: 'In', message: 'In', activate: true }), body(o)]));
const linesOf = (content: unknown): readonly Line[] => (content as { lines: readonly Line[] }).lines;
const body = (...items: readonly (readonly [string, ...number[]])[]): string =>
  JSON.stringify({ key: 'k', lines: items.map(([item, ...parts]) => ({ item, parts })) });
const started = (body_: string) => [entry('q0', 0, { key: 'k' }, body_)];
const bodies = (group: TestGroup): string[] =>
  group.commits.flatMap(({ published }) => published.map(({ body: sent = '' }) => (JSON.parse(sent) as { key: string }).key));

/** Sends one message for each part of each line. */
const nested = define((o) => [
  o.each(
    'Each line',
    ({ messages }) => linesOf(messages.In.content),
    'line',
    (each) => [
      each.each(
        'Each part',
        ({ variables }) => variables.line.parts,
        'part',
        (inner) =>
          inner.constructAndSend('Tell', { port: 'Out', message: 'Out' }, ({ variables: { line, part } }) => ({
            body: { key: `${line.item}${String(part)}` },
          })),
      ),
    ],
  ),
  o.constructAndSend('Tell the end', { port: 'Out', message: 'Out' }, () => ({ body: { key: 'end' } })),
  o.delay('Stay', 1),
]);

test('each: an iteration for each item, also when the instance goes on elsewhere after each Send', () => {
  const expected = ['a1', 'a2', 'c3', 'end'];
  for (const way of ['goOn', 'restore'] as const) {
    const group = new TestGroup(nested, started(body(['a', 1, 2], ['b'], ['c', 3])));
    assert.equal(group.finish(way), 'completed');
    assert.deepEqual(bodies(group), expected, way);
    const left = group.variables();
    assert.deepEqual([left['line'], left['part'], left['Each line: position']], [null, null, null], 'nothing of it stays');
  }
});

test('each: whenever the host instance dies before a commit, nothing is left out and nothing comes twice', () => {
  const text = body(['a', 1, 2], ['c', 3]);
  for (let death = 1; death < 12; death++) {
    const group = new TestGroup(nested, started(text));
    let runs = 0;
    assert.equal(
      group.finish('restore', () => ++runs === death),
      'completed',
    );
    assert.deepEqual(bodies(group), ['a1', 'a2', 'c3', 'end'], String(death));
  }
});

test('each: drawn as one Loop; an empty list runs nothing', () => {
  assert.deepEqual(
    nested.outline.map(({ kind, name }) => `${kind} ${name}`),
    [
      'receive Start',
      'loop Each line',
      'loop Each part',
      'construct Tell: construct',
      'send Tell',
      'expression Each part: next',
      'expression Each line: next',
      'construct Tell the end: construct',
      'send Tell the end',
      'delay Stay',
    ],
  );
  const group = new TestGroup(nested, started(body()));
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(bodies(group), ['end']);
});

test('each: a loop that an exception left in its middle begins with the first item when it is entered again', () => {
  const compiled = define((o) => [
    o.loop('Twice', ({ variables }) => variables.n < 2, [
      o.scope(
        'Try',
        [
          o.each(
            'Each line',
            ({ messages }) => linesOf(messages.In.content),
            'line',
            (each) => [
              each.expression('Look', ({ variables }) => {
                variables.seen.push(variables.line.item);
                if (variables.line.item === 'b' && variables.n === 0) throw new Error('the first time');
              }),
            ],
          ),
        ],
        [o.handler('Any', '*', [])],
      ),
      o.expression('Count', ({ variables }) => void variables.n++),
    ]),
    o.constructAndSend('Tell', { port: 'Out', message: 'Out' }, ({ variables }) => ({ body: { key: variables.seen.join('') } })),
  ]);
  const group = new TestGroup(compiled, started(body(['a'], ['b'], ['c'])));
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(bodies(group), ['ababc']);
});

test('each: what is no list is an exception of the loop', () => {
  const compiled = define((o) => [o.each('Each line', () => 'text' as never, 'line', [])]);
  const group = new TestGroup(compiled);
  assert.equal(group.finish(), 'error');
  assert.match(group.commits[0]?.error?.message ?? '', /TypeError.*"Each line".*string/);
});

test('each: the item is a variable of its own, with the type of the list', () => {
  const declared = (o: Shapes): Body => [
    o.each(
      'Numbers',
      () => [1, 2],
      'count',
      (each) => [
        each.expression('right', ({ variables }) => void (variables.n += variables.count)),
        // @ts-expect-error it is a number
        each.expression('wrong', ({ variables }) => variables.seen.push(variables.count)),
      ],
    ),
    // @ts-expect-error it is known in the body only
    o.expression('outside', ({ variables }) => void variables.count),
    // @ts-expect-error that is not a list
    o.each('Text', () => 7, 'other', []),
  ];
  assert.equal(define(declared).definition.variables['count'], null);
  for (const taken of ['n', 'count'])
    assert.throws(() => define((o) => [o.each('A', () => [1], 'count', []), o.each('B', () => [1], taken, [])]), /are named "(n|count)"/);
});

test('a list among shapes stands for what is in it, and all that a line makes is written there', () => {
  const compiled = define((o) => [
    [[o.delay('One', 1)], o.scope('In', [[o.delay('Two', 1)]], [o.handler('Any', '*', [[o.delay('Three', 1)]])])],
    o.parallel('Both', [o.branch('A', [[o.delay('Four', 1)]]), o.branch('B', [])]),
    o.decide('Which?', [o.rule('Yes', () => true, [[o.delay('Five', 1)]])], [[o.delay('Six', 1)]]),
    o.constructAndSend('Tell', { port: 'Out', message: 'Out' }, () => ({ body: {} })),
  ]);
  const names = compiled.outline.filter(({ kind }) => kind === 'delay').map(({ name }) => name);
  assert.deepEqual(names, ['One', 'Two', 'Three', 'Four', 'Five', 'Six']);
  const told = compiled.definition.body.filter(({ name }) => name.startsWith('Tell')).map((shape) => sourceOf(shape)?.line);
  assert.ok(told.length === 2 && told[0] !== undefined && told[0] === told[1]);
});

test('request: the answer finds the instance that asked', () => {
  const compiled = define((o) => [
    o.request('Ask', { to: 'Out', message: 'Out', from: 'Answers', reply: 'Answer', correlation: 'Key' }, ({ instanceId }) => ({
      body: { key: instanceId },
    })),
    o.constructAndSend('Tell', { port: 'Out', message: 'Out' }, ({ messages }) => ({
      body: { key: String(messages.Answer.field('amount')) },
    })),
  ]);
  const group = new TestGroup(compiled);
  group.start();
  const { subscribe } = group.commit();
  assert.deepEqual(
    subscribe[0]?.filter[0]?.find(({ property }) => property === 'key'),
    { property: 'key', operator: '==', value: 'i1' },
  );
  group.run({ kind: 'continue' });
  group.arrive(entry('q1', numberOf(compiled, 'Ask: reply'), { key: 'i1' }, '{"amount":7}'));
  assert.equal(group.commit().outcome, 'completed');
  assert.deepEqual(bodies(group), ['i1', '7']);
});

test('respond: the response goes to who asked; only a two-way port can respond', () => {
  const compiled = compile(
    orchestration('Answer', declarations, (o) => [
      o.receive('Asked', { port: 'Ask', message: 'In', activate: true }),
      o.respond('Answer', { port: 'Ask', message: 'Out' }, ({ messages }) => ({ body: { key: messages.In.field('key') ?? '' } })),
    ]),
  );
  const group = new TestGroup(compiled, [entry('q0', 0, { key: 'k', 'BTS.CorrelationToken': 't1' })]);
  assert.equal(group.finish(), 'completed');
  assert.equal(group.commits[0]?.published[0]?.properties['BTS.CorrelationToken'], 't1');
  // @ts-expect-error a one-way port has nobody who waits
  define((o) => o.respond('wrong', { port: 'Out', message: 'Out' }, () => ({ body: {} })));
});
