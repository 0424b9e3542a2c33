/**
 * Start: a publish like any other, so who is started is started once, whatever dies; it gets copies of what it is given (docs/behaviour.md,
 * section 10, Start).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal, messageType, orchestration, receivePort, sendPort } from '../../../emulator/authoring/index.ts';
import type { QueueEntry } from '../../../emulator/engine/door.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import { activations } from '../../../emulator/orchestration/subscriptions.ts';
import { START_SUBSCRIPTION } from '../../../emulator/orchestration/starting.ts';
import { entry, TestGroup } from './group.ts';
import { both, define, send } from './trip.ts';

const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' } });

const child = orchestration(
  'Child',
  {
    messages: { Text: note, Reply: note },
    variables: { price: new Decimal('0.00'), list: [] as string[], n: 7 },
    correlationSets: { Key: ['key'] },
    ports: { In: receivePort(), Out: sendPort() },
    parameters: { Text: 'in', price: 'in', list: 'in', Key: 'in' },
  },
  (o) => [
    o.expression('note', ({ messages, variables }) => {
      variables.list.push(`${String(messages.Text.field('key'))} ${String(variables.price)} ${String(variables.n)}`);
    }),
    o.send('hello', { port: 'Out', message: 'Text', follows: ['Key'] }),
    o.receive('answer', { port: 'In', message: 'Reply', follows: ['Key'] }),
  ],
);

const parent = compile(
  orchestration(
    'Parent',
    {
      messages: { In: note },
      variables: { sum: new Decimal('1.10'), seen: ['first'] },
      correlationSets: { Mine: ['key'] },
      ports: { In: receivePort(), Out: sendPort() },
    },
    (o) => [
      o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Mine'] }),
      o.start('start child', child, { in: { Text: 'In', price: 'sum', list: 'seen', Key: 'Mine' } }),
      o.send('after', { port: 'Out', message: 'In' }),
    ],
  ),
);

/** What the MessageBox hands to the started instance. */
function startEntry(): QueueEntry {
  const group = new TestGroup(parent);
  assert.equal(group.finish('restore'), 'completed');
  const [started] = group.commits.flatMap(({ published }) => published);
  assert.ok(started?.body !== undefined);
  const message = { id: 'start', type: started.type, body: started.body, properties: started.properties };
  return { id: 'start', subscription: START_SUBSCRIPTION, message };
}

test('Start publishes and is a persistence point; in an atomic scope it comes with its end', () => {
  const group = new TestGroup(parent);
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.points(), ['start-orchestration', 'send+end']);
  const nothing = orchestration('Nothing', { messages: {}, ports: {}, parameters: {} }, () => []);
  const atomic = define((o) => [o.scope('all', { atomic: true }, [o.start('start', nothing), send(o, 'send')]), send(o, 'later')]);
  both(atomic, (run) => {
    assert.deepEqual(run.points(), ['scope-end', 'send+end']);
    assert.deepEqual(run.published(), ['start', 'send', 'later']);
  });
});

test('only the started one subscribes to what starts it', () => {
  const [activation] = activations(compile(child), () => ({}));
  assert.equal(activation?.id, START_SUBSCRIPTION);
  const { property, value } = activation.filter[0]?.[0] as { property: string; value: string };
  assert.equal(startEntry().message.properties[property], value);
  assert.equal(value, 'Child');
});

test('it gets copies of messages, variables and correlation sets, before its first persistence point and after', () => {
  for (const atCommit of ['goOn', 'restore'] as const) {
    const group = new TestGroup(compile(child), [startEntry()]);
    assert.equal(group.finish(atCommit), 'waiting');
    assert.deepEqual(group.variables(), { price: { $decimal: '1.10' }, list: ['first', 'k 1.10 7'], n: 7 });
    const [hello] = group.commits.flatMap(({ published }) => published);
    assert.equal(hello?.properties['key'], 'k');
    assert.deepEqual(group.commits[0]?.consumed, ['start']);
    // The race of the product: until now nothing that is sent to it by correlation would have found it.
    assert.deepEqual([...group.subscriptions], ['2']);
  }
});

test('a message that only looks like one that starts suspends it, and nothing else', () => {
  for (const body of ['', '{}', 'null', '[]', '{"variables":1,"messages":{},"correlationSets":{}}']) {
    const { message, ...rest } = startEntry();
    const group = new TestGroup(compile(child), [{ ...rest, message: { ...message, body } }]);
    assert.equal(group.finish(), 'error', body);
  }
  assert.equal(new TestGroup(compile(child), [{ ...entry('x', START_SUBSCRIPTION) }]).finish(), 'error');
});
