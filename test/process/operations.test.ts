/**
 * Guarantee: a person's operations do what docs/behaviour.md, section 12.2 says, on a real group, also across the end of a MessageBox:
 * suspend, resume and terminate; timers that fire once after a downtime; messages nobody takes, malformed ones, large ones; request and response.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { InstanceSummary } from '../../emulator/control/instances.ts';
import type { ServiceInstanceState } from '../../emulator/control/status.ts';
import { readDiscovery } from '../../emulator/control/discovery.ts';
import { fault, TestGroup, until } from '../faults/group.ts';

const LIMIT = { timeout: 90_000 };

async function only(group: TestGroup, orchestration: string, ...states: ServiceInstanceState[]): Promise<InstanceSummary> {
  return group.until(
    async () => {
      const { instances } = await group.client.call('instances', { filter: { orchestration, states } });
      return instances[0];
    },
    `one ${orchestration} is ${states.join(' or ')}`,
  );
}

const later = (key: string, ms: number): string => JSON.stringify({ wait: key, ms });

test('suspend, resume and terminate', LIMIT, async (context) => {
  const group = await TestGroup.start({ orchestrations: ['Waiter'], processing: { dehydration: { behavior: 'never' } } });
  context.after(() => group.remove());
  await group.drop('a.json', later('a', 3_600_000));
  const { id } = await only(group, 'Waiter', 'Active');
  const filter = { ids: [id] };
  // It waits in the memory of its host instance, so the operation goes there first.
  assert.deepEqual((await group.client.call('suspend', { filter })).pending, [id]);
  assert.equal((await only(group, 'Waiter', 'Suspended (resumable)')).id, id);
  assert.equal((await group.client.call('suspend', { filter })).refused[0]?.error.code, 'group.operationNotAllowed');
  assert.deepEqual((await group.client.call('resume', { filter })).done, [id]);
  await only(group, 'Waiter', 'Active');
  assert.deepEqual((await group.client.call('terminate', { filter })).pending, [id]);
  await group.until(() => group.status.services.find(({ name }) => name === 'Waiter')?.counts.Terminated === 1, 'it is terminated');
  const { state, history } = await group.client.call('show', { instance: id });
  assert.equal(state, 'Terminated');
  const operations = history.flatMap((event) => (event.kind === 'operated' ? [`${event.operation} ${event.applied}`] : []));
  assert.deepEqual(operations, ['suspend false', 'resume true', 'terminate false']);
});

test('operations on a dehydrated instance apply at once, and a resumed one takes what came meanwhile', LIMIT, async (context) => {
  const group = await TestGroup.start({ orchestrations: ['Waiter'], processing: { dehydration: { behavior: 'always' } } });
  context.after(() => group.remove());
  await group.drop('a.json', later('a', 3_600_000));
  await group.drop('b.json', later('b', 3_600_000));
  await group.until(() => group.status.messageBox.counts.Dehydrated === 2, 'both are dehydrated');
  const { instances } = await group.client.call('instances', { filter: { orchestration: 'Waiter' } });
  const ids = instances.map(({ id }) => id);
  assert.deepEqual([...(await group.client.call('suspend', { filter: { ids } })).done].sort(), [...ids].sort());
  await group.drop('signal.json', JSON.stringify({ signal: 'a' }));
  await group.until(
    async () =>
      (await Promise.all(ids.map((instance) => group.client.call('show', { instance })))).some(({ history }) =>
        history.some(({ kind }) => kind === 'delivered'),
      ),
    'the signal is delivered',
  );
  // Asked, not read from the feed, which may be a frame behind.
  const still = await group.client.call('instances', { filter: { ids, states: ['Suspended (resumable)'] } });
  assert.equal(still.total, 2, 'a suspended one does not run');
  await group.client.call('resume', { filter: { ids } });
  const shown = await group.until(async () => {
    const found = await group.client.call('instances', { filter: { orchestration: 'Waiter', states: ['Suspended (resumable)'] } });
    return found.instances.find(({ error }) => error !== null);
  }, 'the one with the signal ran on');
  assert.equal(shown.error?.message, 'signal');
  const rest = ids.filter((id) => id !== shown.id);
  await group.until(() => group.status.messageBox.counts.Dehydrated === 1, 'the other waits again');
  assert.deepEqual((await group.client.call('terminate', { filter: { ids } })).done.length, 2);
  assert.equal((await group.client.call('terminate', { filter: { ids: rest } })).refused[0]?.error.code, 'group.unknownInstance');
});

test('one that ends and leaves a message keeps it, also over a restart of the group, until it is terminated', LIMIT, async (context) => {
  const group = await TestGroup.start({ orchestrations: ['Waiter'], processing: { dehydration: { behavior: 'always' } } });
  context.after(() => group.remove());
  await group.drop('a.json', later('a', 3_600_000));
  const { id } = await only(group, 'Waiter', 'Dehydrated');
  const filter = { ids: [id] };
  const show = () => group.client.call('show', { instance: id });
  await group.client.call('suspend', { filter });
  for (const name of ['first', 'second']) await group.drop(`${name}.json`, JSON.stringify({ signal: 'a' }));
  await group.until(async () => (await show()).queue.length === 2, 'both signals wait for it');
  await group.client.call('resume', { filter });
  await group.until(async () => (await show()).error?.message === 'signal', 'it has taken one and suspends itself at its last shape');
  await group.client.call('resume', { filter });
  await only(group, 'Waiter', 'Suspended (not resumable)');
  const kept = await show();
  assert.match(kept.error?.message ?? '', /0xC0C01B4C.* 1\.$/);
  assert.deepEqual(
    kept.messages.map(({ name, type, body }) => [name, type, body]),
    [['Receive signal', 'Signal', '{"signal":"a"}']],
  );
  const { position, subscriptions, timers, history } = kept;
  assert.deepEqual({ position, subscriptions, timers }, { position: { saved: [], atRisk: [] }, subscriptions: [], timers: [] });
  const ends = history.slice(-2).map((event) => (event.kind === 'committed' ? event.outcome : event.kind));
  assert.deepEqual(ends, ['completed', 'suspended']);
  await group.down();
  await group.up();
  assert.deepEqual(await show(), kept);
  assert.equal((await group.client.call('resume', { filter })).refused[0]?.error.code, 'group.notResumable');
  assert.deepEqual((await group.client.call('terminate', { filter })).done, [id]);
  await group.until(() => group.status.messageBox.messages === 0, 'its message is gone with it');
  assert.equal((await show()).state, 'Terminated');
});

test('timers that came due while the MessageBox was down fire once', { ...LIMIT, skip: process.platform === 'win32' }, async (context) => {
  const group = await TestGroup.start({ orchestrations: ['Waiter'], processing: { dehydration: { behavior: 'always' } } });
  context.after(() => group.remove());
  const count = 10;
  const due = Date.now() + 2500;
  for (let index = 0; index < count; index++) await group.drop(`${index}.json`, later(String(index), 2500));
  await group.until(() => group.status.messageBox.counts.Dehydrated === count, 'all wait');
  assert.ok(Date.now() < due, 'the timers have not fired yet');
  // Down for longer than the timers take: the whole group is stopped.
  await group.down();
  await until(() => Date.now() > due + 500, 'the timers are overdue');
  await group.up();
  await group.until(() => group.status.messageBox.counts['Suspended (resumable)'] === count, 'all have gone on');
  const { records } = await group.judge();
  const fired = records.flatMap(({ record }) => (record.kind === 'timer' ? [record.instance] : []));
  assert.equal(fired.length, count);
  assert.equal(new Set(fired).size, count);
  const { instances } = await group.client.call('instances', { filter: { orchestration: 'Waiter' } });
  assert.ok(instances.every(({ error }) => error?.message === 'time'));
});

test('a message nobody takes is kept, and goes on when it is resumed and somebody does', LIMIT, async (context) => {
  const group = await TestGroup.start({ orchestrations: ['Waiter'], processing: { dehydration: { behavior: 'always' } } });
  context.after(() => group.remove());
  await group.drop('early.json', JSON.stringify({ signal: 'late' }));
  const kept = await only(group, 'Folder', 'Suspended (resumable)');
  assert.equal(kept.error?.code, 'message.routingFailure');
  await group.client.call('resume', { filter: { ids: [kept.id] } });
  assert.equal((await only(group, 'Folder', 'Suspended (resumable)')).id, kept.id, 'still nobody: it stays');
  await group.drop('wait.json', later('late', 3_600_000));
  await only(group, 'Waiter', 'Dehydrated');
  assert.deepEqual((await group.client.call('resume', { filter: { ids: [kept.id] } })).done, [kept.id]);
  assert.equal((await only(group, 'Waiter', 'Suspended (resumable)')).error?.message, 'signal');
});

test('a malformed message is suspended with its position and the next one goes through', LIMIT, async (context) => {
  const group = await TestGroup.start();
  context.after(() => group.remove());
  await group.drop('bad.json', '{\n  "ledger": "X",\n  "steps": }');
  const kept = await only(group, 'Folder', 'Suspended (not resumable)');
  assert.match(kept.error?.message ?? '', /line 3|3:/);
  await group.dropLedgers(1, { steps: 1, pause: 0 });
  await group.allDone();
  await group.client.call('terminate', { filter: { ids: [kept.id] } });
  await group.clean();
});

test(
  'a body of 200 KB goes through, also when the MessageBox dies while it takes it',
  { ...LIMIT, skip: process.platform === 'win32' },
  async (context) => {
    const group = await TestGroup.start({ orchestrations: ['Echo'] });
    context.after(() => group.remove());
    const filler = 'x'.repeat(200_000);
    const { generation, pid } = group.status.messageBox;
    assert.ok(pid);
    // The MessageBox that is started now dies when the first body is complete, before it has its name.
    fault('body.beforeRename:1:kill');
    process.kill(pid, 'SIGKILL');
    await group.until(() => group.status.messageBox.generation > generation, 'it is started again');
    fault(undefined);
    await group.drop('big.json', JSON.stringify({ big: filler, size: filler.length }));
    await group.until(() => group.status.messageBox.generation > generation + 1, 'it died while it took the body');
    await group.until(() => group.completed('Echo') === 1 && group.completed('Receipts') === 1 && group.quiet, 'the copy is sent');
    const written = (await readdir(join(group.folder, 'out'))).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
    assert.equal(written.length, 1);
    const copy = JSON.parse(await readFile(join(group.folder, 'out', written[0] ?? ''), 'utf8')) as { echoed: string };
    assert.equal(copy.echoed, filler);
    assert.deepEqual((await group.judge()).problems, []);
  },
);

test('a request gets its response', LIMIT, async (context) => {
  const location = {
    name: 'Questions',
    host: 'ReceivingHost',
    transport: { adapter: 'HTTP', path: '/ask', twoWay: true, timeoutMs: 10_000 },
  };
  const group = await TestGroup.start({ orchestrations: ['Answering'], receiveLocations: [location] });
  context.after(() => group.remove());
  const address = await group.until(
    () => group.status.receiveLocations.find(({ name }) => name === 'Questions')?.address || undefined,
    'it has an address',
  );
  const { token = '' } = (await readDiscovery(group.dataFolder)) ?? {};
  const ask = async (question: string): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const response = await fetch(address, { method: 'POST', headers, body: JSON.stringify({ question }) });
    assert.equal(response.status, 200, await response.clone().text());
    return response.json();
  };
  const questions = Array.from({ length: 20 }, (_, index) => `q${index}`);
  assert.deepEqual(
    await Promise.all(questions.map(ask)),
    questions.map((to) => ({ to })),
  );
  await group.until(() => group.quiet, 'nothing waits any more');
  assert.deepEqual((await group.judge()).problems, []);
});
