/** Dehydration and what wakes an instance (docs/behaviour.md, section 8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import { define, send } from '../../unit/engine/trip.ts';
import { SmallHost } from '../../unit/messagebox/smallHost.ts';
import { conform } from './case.ts';
import { cases, more, offer } from './dehydration.cases.ts';

conform(cases);

/** An instance that waits out of memory; the MessageBox and the host instance have been restarted since. */
function asleep(compiled: CompiledOrchestration): SmallHost {
  const host = new SmallHost(compiled);
  host.enlist('Out');
  host.submit('In');
  host.work();
  assert.equal(host.store.stateOf(host.instance), 'Dehydrated');
  host.restart();
  host.enlist('Out');
  host.work();
  return host;
}

const published = ({ core }: SmallHost): string[] =>
  core.records.flatMap(({ record }) => (record.kind === 'commit' ? (record.published ?? []).map(({ shape }) => String(shape)) : []));
const number = (compiled: CompiledOrchestration, name: string): string => String(compiled.outline.findIndex((one) => one.name === name));

test('a message wakes an instance that is out of memory, also in another process', () => {
  // Source: orchestration-dehydration-and-rehydration.
  const compiled = define((o) => [more(o, 'more'), send(o, 'one')]);
  const host = asleep(compiled);
  assert.deepEqual(published(host), []);
  host.submit('More');
  host.work();
  assert.deepEqual(published(host), [number(compiled, 'one')]);
});

test('a Delay that is over wakes it, and not before; the timer outlives every process', () => {
  // Sources: orchestration-dehydration-and-rehydration, KB 951762.
  const compiled = define((o) => [o.delay('wait', 5000), send(o, 'one')]);
  const host = asleep(compiled);
  host.pass(4000);
  host.work();
  assert.deepEqual(published(host), []);
  host.pass(1000);
  host.work();
  assert.deepEqual(published(host), [number(compiled, 'one')]);
});

for (const [comes, expected] of [
  ['in time', 'in time'],
  ['never', 'too late'],
] as const) {
  test(`the time-out of a scope outlives every process: an answer that comes ${comes}`, () => {
    // Sources: orchestration-dehydration-and-rehydration, long-running-transactions.
    const compiled = define((o) => [offer(o)]);
    const host = asleep(compiled);
    if (comes === 'in time') host.submit('More');
    host.work();
    host.pass(5000);
    host.work();
    assert.deepEqual(published(host), [number(compiled, expected)]);
  });
}
