/**
 * What a host may have checked of the values messages correlate by (docs/behaviour.md, section 11), and that nothing of it is by default, as
 * in the product.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageType, orchestration, receivePort } from '../../../emulator/authoring/index.ts';
import type { CorrelationChecks, EngineCommit, QueueEntry } from '../../../emulator/engine/door.ts';
import { createExecution } from '../../../emulator/engine/execution.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import type { PropertyValue } from '../../../emulator/orchestration/message.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { declarations, define, entry, services, type TestShapes } from './group.ts';

const validating: CorrelationChecks = { validate: true, empty: 'accept' };
const refusing: CorrelationChecks = { validate: false, empty: 'refuse' };

/** Runs until it has something to commit. */
function run(compiled: CompiledOrchestration, entries: readonly QueueEntry[], correlation?: CorrelationChecks): EngineCommit {
  const given = correlation === undefined ? services : { ...services, correlation };
  const execution = createExecution({ compiled, instanceId: 'i1', services: given });
  const { kind } = execution.run({ kind: 'deliver', entries }, 0);
  return execution.takeCommit(kind === 'blocked' ? 'dehydration' : undefined);
}
const errorOf = ({ error }: EngineCommit): string => error?.message ?? '';

const sending = (body: Readonly<Record<string, string | number>>): CompiledOrchestration =>
  define((o) => [o.construct('make', 'Out', () => ({ body })), o.send('answer', { port: 'Out', message: 'Out', follows: ['Key'] })]);

test('a Send that says something else than the set it follows: promoted as the set has it, or an exception', () => {
  const compiled = sending({ key: 'other' });
  for (const checks of [undefined, refusing, { ...validating, validate: false }]) {
    const { published, outcome } = run(compiled, [entry('q0', 0)], checks);
    assert.deepEqual([outcome, published[0]?.properties['key'], published[0]?.body], ['completed', 'k', '{"key":"other"}']);
  }
  const { published, outcome, error } = run(compiled, [entry('q0', 0)], validating);
  assert.deepEqual([outcome, published, error?.shape], ['suspended', [], 'answer']);
  assert.match(error?.message ?? '', /CorrelationValidationException.*another value of "key" than correlation set "Key"/);
});

test('a Send that says the same, or nothing, is in order', () => {
  for (const body of [{ key: 'k' }, { amount: 1 }])
    assert.equal(run(sending(body), [entry('q0', 0)], validating).published[0]?.properties['key'], 'k');
  const same = (first: PropertyValue, key: string | number): string =>
    errorOf(run(sending({ key }), [entry('q0', 0, { key: first })], validating));
  assert.equal(same('17', 17), '', 'equal is what a subscription takes for equal');
  assert.match(same('007', 7), /CorrelationValidationException/);
});

test('a handler gets the exception, and what was received is consumed', () => {
  const compiled = compile(
    orchestration('Handled', declarations, (o) => [
      o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
      o.scope(
        'try',
        [o.receive('more', { port: 'More', message: 'More', follows: ['Key'] })],
        [o.handler('wrong', 'CorrelationValidationException', [o.delay('handled', 1000)])],
      ),
    ]),
  );
  const entries = (key: string): QueueEntry[] => [entry('q0', 0), entry('q1', 2, { key })];
  const handled = run(compiled, entries('other'), validating);
  assert.deepEqual([handled.outcome, handled.consumed], ['idle', ['q0', 'q1']]);
  for (const commit of [run(compiled, entries('other')), run(compiled, entries('k'), validating)])
    assert.equal(commit.outcome, 'completed');
});

test('the later message of a parallel convoy is compared with what the first one said', () => {
  const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' } });
  const declared = {
    messages: { One: note, Two: note },
    correlationSets: { Key: ['key'] },
    ports: { In: receivePort(), More: receivePort() },
  };
  const compiled = compile(
    orchestration('Convoy', declared, (o) => [
      o.parallel('both', [
        o.branch('one', [o.receive('one', { port: 'In', message: 'One', activate: true, initializes: ['Key'] })]),
        o.branch('two', [o.receive('two', { port: 'More', message: 'Two', activate: true, initializes: ['Key'] })]),
      ]),
    ]),
  );
  const came = (key: string): QueueEntry[] => [entry('q0', 4, { key: 'k' }), entry('q1', 2, { key })];
  assert.equal(run(compiled, came('k'), validating).outcome, 'completed');
  assert.equal(run(compiled, came('other')).outcome, 'completed');
  assert.match(errorOf(run(compiled, came('other'), validating)), /CorrelationValidationException/);
});

test('an empty value initializes a set, unless that is refused; any other text does in any case', () => {
  const receiving = define((o) => [o.delay('wait', 1000)]);
  const made = (key: string) => {
    const shapes = (o: TestShapes): Shape[] => [
      o.construct('make', 'Out', () => ({ body: { key } })),
      o.send('ask', { port: 'Out', message: 'Out', initializes: ['Second'] }),
    ];
    return define(shapes);
  };
  for (const checks of [undefined, validating]) {
    assert.equal(run(receiving, [entry('q0', 0, { key: '' })], checks).outcome, 'idle');
    assert.equal(run(made(''), [entry('q0', 0)], checks).outcome, 'completed');
  }
  for (const commit of [run(receiving, [entry('q0', 0, { key: '' })], refusing), run(made(''), [entry('q0', 0)], refusing)])
    assert.match(errorOf(commit), /CorrelationException.*has an empty "key" of correlation set/);
  for (const key of [' ', '0', 0, false]) assert.equal(run(receiving, [entry('q0', 0, { key })], refusing).outcome, 'idle', typeof key);
  assert.match(errorOf(run(receiving, [entry('q0', 0, {})], refusing)), /CorrelationException.*lacks "key"/);
});
