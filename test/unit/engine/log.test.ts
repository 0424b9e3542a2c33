/** Guarantee: what code logs reaches whoever looks, with its instance and shape, and changes nothing, whatever it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal } from '../../../emulator/authoring/index.ts';
import type { EngineServices } from '../../../emulator/engine/door.ts';
import { createExecution } from '../../../emulator/engine/execution.ts';
import { logText } from '../../../emulator/engine/logText.ts';
import { logLine } from '../../../emulator/hosting/logLine.ts';
import { define, entry, publish, services, TestGroup, type TestShapes } from './group.ts';

const shapes = define((o) => [
  o.expression('Look', ({ log, messages, variables }) => {
    log('amount', messages.In.field('amount'), variables.list, { now: 1 });
    log('again');
  }),
  o.decide('Large?', [o.rule('Yes', ({ log }) => log('asked') === undefined, [])]),
  o.scope(
    'Scope',
    [o.throw('Fail', () => ({ type: 'Full', message: 'no room' }))],
    [o.handler('Any', '*', [o.expression('Tell', ({ log, exception }) => log('caught', exception?.type))])],
  ),
  ...publish(o, 'after'),
]);

test('lines come with the instance and the shape, in their order', () => {
  const lines: string[] = [];
  const log = (...line: string[]): void => void lines.push(line.join(' | '));
  const execution = createExecution({ compiled: shapes, instanceId: 'i1', services: { ...services, log } });
  execution.run({ kind: 'deliver', entries: [entry('q0', 0)] }, 1);
  assert.deepEqual(lines, ['i1 | Look | amount 1 [] {"now":1}', 'i1 | Look | again', 'i1 | Large? | asked', 'i1 | Tell | caught Full']);
});

test('with or without somebody who looks the same is saved and published', () => {
  const run = (more: Partial<EngineServices>): unknown => {
    const execution = createExecution({ compiled: shapes, instanceId: 'i1', services: { ...services, ...more } });
    execution.run({ kind: 'deliver', entries: [entry('q0', 0)] }, 1);
    return execution.takeCommit();
  };
  assert.deepEqual(run({ log: () => undefined }), run({}));
});

test('without somebody who looks no value is looked at', () => {
  const looked = { toJSON: (): never => assert.fail('looked at') };
  const code: Parameters<TestShapes['expression']>[1] = ({ log }) => log('text', looked);
  const group = new TestGroup(define((o) => [o.expression('Look', code)]));
  assert.equal(group.finish('restore'), 'completed');
});

const cyclic: Record<string, unknown> = { a: 1 };
cyclic['self'] = cyclic;
const hostile: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  'no text': Symbol('x'),
  'a large integer': 10n ** 30n,
  'a function': () => 1,
  'a cycle': cyclic,
  'what throws when it is looked at': new Proxy({}, { ownKeys: () => assert.fail('no'), get: () => assert.fail('no') }),
  'an error whose text throws': Object.defineProperty(new Error('x'), 'message', { get: () => assert.fail('no') }),
  'a toJSON that gives itself': { toJSON: (): unknown => hostile['a toJSON that gives itself'] },
  'a date that is none': new Date(NaN),
  'no prototype': Object.create(null) as unknown,
  'a long text': 'x'.repeat(1_000_000),
  'many members': Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`m${String(index)}`, index])),
  'many parts': Array.from({ length: 100_000 }, (_, index) => ({ index })),
};

test('no value throws, and no line is longer than 8 KB or more than one', () => {
  for (const [what, value] of Object.entries(hostile)) {
    const text = logText(['text', value, value]);
    assert.ok(text.startsWith('text') && text.length <= 8192, `${what}: ${String(text.length)}`);
  }
  const long = logLine('i1', 'a\nshape', logText(['é'.repeat(9000), '\u001b[31m']));
  assert.ok(Buffer.byteLength(long) <= 8192);
  assert.match(long, /^i1 "a\\nshape": é+…$/);
  assert.equal(logLine('i1', 'Look', 'a\r\n\tb\u001b[31m'), 'i1 "Look": a\\r\\n\\tb\\u001b[31m');
});

test('values are shown as JSON would have them', () => {
  const error = new RangeError('too far');
  const values = ['a', 1.5, null, undefined, new Decimal('1.10'), { t: 'x"', d: new Decimal(2), l: [true] }, error, [error]];
  assert.equal(logText(values), 'a 1.5 null undefined 1.10 {"t":"x\\"","d":2,"l":[true]} RangeError: too far [RangeError: too far]');
});
