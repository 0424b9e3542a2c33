/** Transform: messages made of messages by a map, one or many of each, also where what they promote is found out elsewhere (docs/behaviour.md, section 10). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageType, number, orchestration, receivePort, sendPort } from '../../../emulator/authoring/index.ts';
import { createExecution } from '../../../emulator/engine/execution.ts';
import { isCode } from '../../../emulator/errors.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { entry, services, TestGroup } from './group.ts';

const order = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' }, distinguished: { amount: number('/amount') } });
const bill = messageType({ name: 'Bill', format: 'json', promoted: { key: '/key' } });
const declarations = {
  messages: { Order: order, Bill: bill, Copy: bill, Later: bill },
  variables: { note: '' },
  ports: { In: receivePort(), Out: sendPort() },
} as const;

const define = (body: (o: Parameters<Parameters<typeof orchestration<typeof declarations>>[2]>[0]) => readonly Shape[]) =>
  compile(
    orchestration('Billing', declarations, (o) => [o.receive('Start', { port: 'In', message: 'Order', activate: true }), ...body(o)]),
  );

const bodies = (group: TestGroup): unknown[] =>
  group.commits.flatMap(({ published }) => published.map(({ body, properties }) => [JSON.parse(body ?? '') as unknown, properties['key']]));

test('one message of one, and two of two', () => {
  const compiled = define((o) => [
    o.transform('bill', { from: ['Order'], to: ['Bill'] }, (from) => ({ key: 'b', sum: from.type })),
    o.send('first', { port: 'Out', message: 'Bill' }),
    o.transform('both', { from: ['Order', 'Bill'], to: ['Copy', 'Bill'] }, (from, made) => [
      { key: 'c', of: String(made.field('key')) },
      { key: 'd', amount: from.field('amount') ?? 0 },
    ]),
    o.send('second', { port: 'Out', message: 'Copy' }),
    o.send('third', { port: 'Out', message: 'Bill' }),
  ]);
  for (const atCommit of ['goOn', 'restore'] as const) {
    const group = new TestGroup(compiled);
    assert.equal(group.finish(atCommit), 'completed');
    assert.deepEqual(bodies(group), [
      [{ key: 'b', sum: 'Note' }, 'b'],
      [{ key: 'c', of: 'b' }, 'c'],
      [{ key: 'd', amount: 1 }, 'd'],
    ]);
    assert.deepEqual(
      group.traced().filter((name) => name === 'bill' || name === 'both'),
      ['bill', 'both'],
    );
  }
});

test('a map of one message may give a list, which is its body', () => {
  const group = new TestGroup(
    define((o) => [o.transform('list', { from: ['Order'], to: ['Bill'] }, () => [1, 2]), o.send('send', { port: 'Out', message: 'Bill' })]),
  );
  assert.equal(group.finish(), 'completed');
  assert.equal(group.commits[0]?.published[0]?.body, '[1,2]');
});

test('a map that throws, or gives too little, is an exception of its shape', () => {
  const shapes: Record<string, (o: Parameters<Parameters<typeof define>[0]>[0]) => Shape> = {
    'as it says': (o) =>
      o.transform('map', { from: ['Order'], to: ['Bill'] }, () => {
        throw new RangeError('as it says');
      }),
    'Transform "map" gives no body to message "Copy"': (o) =>
      o.transform('map', { from: ['Order'], to: ['Bill', 'Copy'] }, () => [{ key: 'x' }] as never),
    'gives no body to message "Bill"': (o) => o.transform('map', { from: ['Order'], to: ['Bill', 'Copy'] }, () => undefined as never),
  };
  for (const [message, shape] of Object.entries(shapes)) {
    const group = new TestGroup(define((o) => [shape(o)]));
    assert.equal(group.finish(), 'error');
    assert.ok(group.commits[0]?.error?.message.includes(message), group.commits[0]?.error?.message);
    assert.equal(group.commits[0]?.error?.shape, 'map');
  }
});

test('what two of them promote is found out elsewhere, one after the other; the map runs once', () => {
  let runs = 0;
  const compiled = define((o) => [
    o.transform('both', { from: ['Order'], to: ['Bill', 'Copy'] }, () => {
      runs++;
      return [{ key: 'b' }, { key: 'c' }];
    }),
    o.send('first', { port: 'Out', message: 'Copy' }),
  ]);
  const execution = createExecution({ compiled, instanceId: 'i1', services: { ...services, promote: () => 'elsewhere' } });
  const asked: string[] = [];
  let result = execution.run({ kind: 'deliver', entries: [entry('q0', 0)] }, 0);
  for (; result.kind === 'promote'; result = execution.run({ kind: 'promoted', properties: () => ({ key: String(asked.length) }) }, 0))
    asked.push(result.body);
  assert.equal(result.kind, 'persist');
  assert.deepEqual([asked, runs], [['{"key":"b"}', '{"key":"c"}'], 1]);
  assert.equal(execution.takeCommit().published[0]?.properties['key'], '2');
});

/** Why a definition does not load. */
function refusedBy(body: Parameters<typeof define>[0]): string {
  try {
    define(body);
  } catch (error) {
    assert.ok(isCode(error, 'definition.invalid'));
    return error.message;
  }
  return '';
}

test('what it reads has a value, and it needs something to read and to make', () => {
  assert.match(
    refusedBy((o) => [o.transform('map', { from: ['Later'], to: ['Bill'] }, () => '')]),
    /"map" reads message "Later", which has no value/,
  );
  assert.match(
    refusedBy((o) => [o.transform('map', { from: [], to: ['Bill'] }, () => '')]),
    /needs messages to read and messages to make/,
  );
});

test('Call Rules, Role Links and what there is not are refused by name', () => {
  for (const [kind, name] of [
    ['callRules', 'a Call Rules shape, which cannot be run yet'],
    ['roleLink', 'a Role Link shape'],
    ['fly', 'of kind "fly", which there is not'],
  ] as const)
    assert.match(
      refusedBy(() => [{ kind, name: 'odd' } as unknown as Shape]),
      new RegExp(name),
    );
});
