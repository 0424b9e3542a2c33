/**
 * On the real sample group, `show` tells of a waiting order where it goes on after a loss and what it subscribes to, with the lines of the
 * sample's own file; of one that is kept in memory what is at risk, and saved, its timer; of an ended one the messages of its last state.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { InstanceDetail } from '../../emulator/control/instances.ts';
import { nodeClock } from '../../emulator/clock.ts';
import { ControlClient } from '../../emulator/control/client.ts';
import { sampleFolder } from '../../emulator/cluster/sampleFolder.ts';
import { startSupervisor } from '../../emulator/group/supervisor.ts';
import { BUNDLES, TestGroup, until } from '../faults/group.ts';

const LIMIT = { timeout: 90_000 };

test('an order of the sample, while it waits and when it has ended', LIMIT, async (context) => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'soh-detail-'));
  const supervisor = await startSupervisor({ dataFolder, log: () => undefined, bundles: BUNDLES, clock: nodeClock, clusterFile: null });
  const client = await ControlClient.connect(dataFolder, nodeClock);
  context.after(async () => {
    await client.close();
    await supervisor.stop();
    await rm(dataFolder, { recursive: true, force: true });
  });
  const order = await readFile(join(sampleFolder(dataFolder), 'order.xml'), 'utf8');
  await until(
    () => supervisor.status().hostInstances.every(({ state, leaseAgeMs }) => state === 'running' && leaseAgeMs !== null),
    'it runs',
  );
  await client.call('submit', { location: 'Orders folder', files: [{ name: 'order.xml', content: order }] });
  const show = async (): Promise<InstanceDetail | undefined> => {
    const { instances } = await client.call('instances', { filter: { orchestration: 'ProcessOrder' } });
    return instances[0] && client.call('show', { instance: instances[0].id });
  };
  const waiting = await until(async () => {
    const detail = await show();
    return detail && detail.subscriptions.length > 0 ? detail : undefined;
  }, 'it waits');
  const named = (numbers: readonly number[]): string[] => numbers.map((number) => waiting.outline[number]?.name ?? '?');
  assert.deepEqual(named(waiting.position.saved).sort(), ['Credit check', 'Receive stock reply']);
  // The reply may have come already; it is taken, but not saved, while the credit check takes its two seconds.
  assert.ok(named(waiting.position.atRisk).every((name) => name === 'Receive stock reply'));
  assert.deepEqual(
    waiting.subscriptions.map(({ receive, filter }) => [receive, filter[0]?.[0]]),
    [['Receive stock reply', { property: 'RequestId', operator: '==', value: waiting.id }]],
  );
  const lines = (await readFile(join(sampleFolder(dataFolder), 'orders.ts'), 'utf8')).split('\n');
  for (const { kind, name, source } of waiting.outline) {
    assert.equal(source?.file, 'orders.ts', name);
    if (kind !== 'else') assert.ok(lines[(source?.line ?? 0) - 1]?.includes(`'${name}'`), `${name} in line ${source?.line}`);
  }
  const received = waiting.messages.find(({ name }) => name === 'Order');
  assert.equal(received?.body, order);
  assert.equal(received.properties['OrderId'], '4711');
  const ended = await until(async () => {
    const detail = await show();
    return detail?.state === 'Completed' ? detail : undefined;
  }, 'it ends');
  assert.deepEqual([ended.position.saved, ended.subscriptions, ended.timers, ended.queue], [[], [], [], []]);
  assert.equal(ended.messages.find(({ name }) => name === 'Order')?.body, order);
  assert.ok(ended.outline[0]?.source);
});

test('what ran since the last persistence point is at risk, and a large body is cut', LIMIT, async (context) => {
  const group = await TestGroup.start({ orchestrations: ['Waiter'], processing: { dehydration: { behavior: 'never' } } });
  context.after(() => group.remove());
  const note = 'x'.repeat(100_000);
  await group.drop('a.json', JSON.stringify({ wait: 'a', ms: 3_600_000, note }));
  const atRisk = await group.until(async () => {
    const { instances } = await group.client.call('instances', { filter: { orchestration: 'Waiter' } });
    const detail = instances[0] && (await group.client.call('show', { instance: instances[0].id }));
    return detail && detail.position.atRisk.length > 0 ? detail : undefined;
  }, 'its owner has reported');
  const { position, outline, queue } = atRisk;
  assert.deepEqual(position.saved, []);
  assert.equal(outline[position.atRisk[0] ?? -1]?.name, 'Receive wait');
  assert.equal(queue[0]?.receive, 'Receive wait', 'the message is consumed with the first commit only');
  // Suspended it is saved, and its message is in its hands.
  await group.client.call('suspend', { filter: { ids: [atRisk.id] } });
  const saved = await group.until(async () => {
    const detail = await group.client.call('show', { instance: atRisk.id });
    return detail.messages.length > 0 ? detail : undefined;
  }, 'it is saved');
  const [message] = saved.messages;
  assert.deepEqual([message?.name, message?.cut, message?.body?.length], ['Wait', true, 65_536]);
  assert.ok(
    saved.outline.every(({ source }) => source === undefined),
    'its module is outside of the folder of the group',
  );
});
