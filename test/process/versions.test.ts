/**
 * Guarantee: what a group has loaded is what takes work, also after an edit, its undo, and a change of the group file. An instance goes on only
 * in the version it began with, helpers included, and says so while nobody has it; one that ran nothing runs in the version of now. A module
 * that cannot be loaded stops its own host and no other.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { InstanceSummary } from '../../emulator/control/instances.ts';
import { BUNDLES, type GroupOptions, TestGroup } from '../faults/group.ts';

const LIMIT = { timeout: 180_000, skip: process.platform === 'win32' };

/** Waits for a signal between its two persistence points; `label` of its receipt comes from a helper. */
const orders = (name = 'ProcessOrder', note = ''): string => `
import { messageType, orchestration, receivePort, sendPort } from 'scaled-out-hosts';
import { label } from './label.ts';
// ${note}
const order = messageType({ name: 'Order', format: 'json', promoted: { OrderId: '/order' } });
const signal = messageType({ name: 'Signal', format: 'json', promoted: { OrderId: '/signal' } });
const receipt = messageType({ name: 'Receipt', format: 'json', promoted: { OrderId: '/receipt' } });
const ports = { In: receivePort(), Signals: receivePort(), Out: sendPort() };
export const one = orchestration('${name}', { messages: { Order: order, Signal: signal, Receipt: receipt }, correlationSets: { Key: ['OrderId'] }, ports }, (o) => [
  o.receive('Receive order', { port: 'In', message: 'Order', activate: true, initializes: ['Key'] }),
  o.receive('Receive signal', { port: 'Signals', message: 'Signal', follows: ['Key'] }),
  o.construct('Write', 'Receipt', ({ messages }) => ({ body: { receipt: messages.Order.field('OrderId'), label: label() } })),
  o.send('Send', { port: 'Out', message: 'Receipt' }),
]);`;
const label = (text: string): string => `export const label = (): string => '${text}';`;

const orchestration = { name: 'ProcessOrder', module: 'orders.ts', host: 'ProcessingHost', bindings: { Out: { sendPort: 'Receipts' } } };
const type = (member: string): object => ({ format: 'json', members: [member], promoted: { OrderId: { path: `/${member}` } } });
const cluster = { messageTypes: { Order: type('order'), Signal: type('signal') }, orchestrations: [orchestration] };
const options: GroupOptions = {
  computers: ['A'],
  processing: { dehydration: { behavior: 'always' } },
  cluster,
  files: { 'orders.ts': orders(), 'label.ts': label('one') },
};

async function restart(group: TestGroup, changes: Pick<GroupOptions, 'cluster' | 'files'>): Promise<void> {
  await group.down();
  await group.write({ cluster, ...changes });
  await group.up();
}

async function instances(group: TestGroup): Promise<readonly InstanceSummary[]> {
  return (await group.client.call('instances', { filter: { kinds: ['orchestration'] } })).instances;
}

/** Drops an order and waits until its instance is as it should be. */
async function order(group: TestGroup, id: string, state: InstanceSummary['state']): Promise<InstanceSummary> {
  const before = new Set((await instances(group)).map((instance) => instance.id));
  await group.drop(`order-${id}.json`, JSON.stringify({ order: id }));
  return group.until(
    async () => (await instances(group)).find((instance) => !before.has(instance.id) && instance.state === state),
    `order ${id} is ${state}`,
  );
}

/** Signals an order and waits for its receipt; gives the label. */
async function finish(group: TestGroup, id: string): Promise<string> {
  await group.drop(`signal-${id}.json`, JSON.stringify({ signal: id }));
  return group.until(async () => (await receipts(group)).get(id), `order ${id} has its receipt`);
}

async function receipts(group: TestGroup): Promise<Map<string, string>> {
  const folder = join(group.folder, 'out');
  const found = new Map<string, string>();
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith('.') || !name.endsWith('.json')) continue;
    const { receipt, label: text } = JSON.parse(await readFile(join(folder, name), 'utf8')) as { receipt: string; label: string };
    found.set(receipt, text);
  }
  return found;
}

async function cli(group: TestGroup, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(BUNDLES, 'cli.mjs'), ...args, '--data', group.dataFolder]);
  return stdout;
}

test('an edit and its undo: each version takes the work while it is loaded, and finishes what it began', LIMIT, async (context) => {
  const group = await TestGroup.start(options);
  context.after(() => group.remove());
  const first = await order(group, 'a', 'Dehydrated');

  // The helper is another one; the orchestration's own text is not.
  await restart(group, { files: { 'label.ts': label('two') } });
  const second = await order(group, 'b', 'Dehydrated');
  assert.notEqual(second.version, first.version);
  assert.equal(await finish(group, 'b'), 'two');
  // What is signalled now waits with the instance for its version.
  await group.drop('signal-a.json', JSON.stringify({ signal: 'a' }));
  await group.until(async () => {
    const { queue } = await group.client.call('show', { instance: first.id });
    return queue.length === 1;
  }, 'the signal is there');
  const waiting = await group.client.call('show', { instance: first.id });
  assert.deepEqual([waiting.state, waiting.version], ['Waits for version', first.version]);
  const version = first.version?.slice(0, 8) ?? '';
  await group.until(() => group.status.messageBox.counts['Waits for version'] === 1, 'it is counted');
  const line = group.status.services.find(({ name }) => name === 'ProcessOrder');
  assert.deepEqual([line?.version, line?.waiting], [second.version, [{ version: first.version, instances: 1 }]]);
  const sentence = new RegExp(`waits for version ${version} of ProcessOrder`, 'i');
  for (const command of [['status'], ['instances'], ['instances', '--state', 'waits'], ['show', first.id]])
    assert.match(await cli(group, ...command), sentence, command.join(' '));
  assert.match(await cli(group, 'status', '--lang', 'zh-cn'), new RegExp(`等待 ProcessOrder 的版本 ${version}`));

  // Undone, with comments and layout of its own.
  await restart(group, { files: { 'label.ts': `// as it was\n${label('one')}\n`, 'orders.ts': orders('ProcessOrder', 'a comment more') } });
  await group.until(async () => (await receipts(group)).get('a'), 'the first order has its receipt');
  assert.equal((await receipts(group)).get('a'), 'one');
  assert.equal((await order(group, 'c', 'Dehydrated')).version, first.version);
  assert.equal(await finish(group, 'c'), 'one');
  assert.equal(group.status.messageBox.counts['Waits for version'], 0);
});

test('what the group file does not have any more takes nothing, and what it left says so', LIMIT, async (context) => {
  const group = await TestGroup.start(options);
  context.after(() => group.remove());
  const { id } = await order(group, 'a', 'Dehydrated');
  await restart(group, { cluster: { ...cluster, orchestrations: [], sendPorts: [] } });
  await group.drop('order-b.json', JSON.stringify({ order: 'b' }));
  const kept = await group.until(
    async () => (await group.client.call('instances', { filter: { states: ['Suspended (resumable)'] } })).instances[0],
    'the order is kept',
  );
  assert.equal(kept.error?.code, 'message.routingFailure');
  assert.equal((await group.client.call('show', { instance: id })).state, 'Waits for version');
  const line = group.status.services.find(({ name }) => name === 'ProcessOrder');
  assert.deepEqual([line?.enlisted, line?.removed, line?.waiting?.length], [false, true, 1]);
  await restart(group, {});
  assert.deepEqual((await group.client.call('resume', { filter: { ids: [kept.id] } })).done, [kept.id]);
  assert.deepEqual([await finish(group, 'a'), await finish(group, 'b')], ['one', 'one']);
});

test('what ran nothing runs in the version of now', LIMIT, async (context) => {
  const group = await TestGroup.start(options);
  context.after(() => group.remove());
  await group.client.call('stopHostInstance', { name: 'ProcessingHost@A' });
  const waiting = await order(group, 'a', 'Ready to run');
  await restart(group, { files: { 'label.ts': label('two') } });
  const moved = await group.until(
    async () => (await instances(group)).find(({ id, state }) => id === waiting.id && state === 'Dehydrated'),
    'it has begun',
  );
  assert.notEqual(moved.version, waiting.version);
  const { history } = await group.client.call('show', { instance: waiting.id });
  assert.deepEqual(
    history.flatMap((event) => (event.kind === 'moved' ? [event.version] : [])),
    [moved.version],
  );
  assert.match(await cli(group, 'show', waiting.id), /had not run anything yet/);
  assert.equal(await finish(group, 'a'), 'two');
});

test(
  'one host instance of two is started again after an edit: work goes to the newer, and each finishes its own',
  LIMIT,
  async (context) => {
    const group = await TestGroup.start({ ...options, computers: ['A', 'B'] });
    context.after(() => group.remove());
    const older = await order(group, 'a', 'Dehydrated');
    await group.write({ cluster, files: { 'label.ts': label('two') } });
    await group.client.call('stopHostInstance', { name: 'ProcessingHost@B' });
    await group.client.call('startHostInstance', { name: 'ProcessingHost@B' });
    await group.running();
    const newer = await order(group, 'b', 'Dehydrated');
    assert.notEqual(newer.version, older.version);
    // A MessageBox that is started again is told of both by host instances that loaded nothing new.
    const { generation } = group.status.messageBox;
    await group.client.call('killMessageBox', {});
    await group.until(() => group.status.messageBox.generation > generation, 'the MessageBox is back');
    await group.running();
    assert.equal((await order(group, 'c', 'Dehydrated')).version, newer.version);
    assert.deepEqual([await finish(group, 'a'), await finish(group, 'b'), await finish(group, 'c')], ['one', 'two', 'two']);
  },
);

test('a module that cannot be loaded stops its own host, with file and line, until it is corrected', LIMIT, async (context) => {
  const hosts = ['ReceivingHost', 'ProcessingHost', 'SendingHost', 'BrokenHost'].map((name) => ({ name, instances: ['A'] }));
  const orchestrations = [
    orchestration,
    { name: 'Broken', module: 'broken.ts', host: 'BrokenHost', bindings: { Out: { sendPort: 'Receipts' } } },
  ];
  const group = await TestGroup.start({
    ...options,
    down: ['BrokenHost@A'],
    cluster: { ...cluster, hosts, orchestrations },
    files: { ...options.files, 'broken.ts': '\nexport const broken = ;' },
  });
  context.after(() => group.remove());
  await order(group, 'a', 'Active');
  assert.equal(await finish(group, 'a'), 'one');
  const broken = await group.until(() => {
    const found = group.instance('BrokenHost@A');
    return found.state === 'failed' ? found : undefined;
  }, 'the host instance has failed');
  assert.equal(broken.error?.code, 'definition.moduleFailed');
  assert.match(broken.error?.message ?? '', /\(broken\.ts:2:23\)/);
  await group.write({ cluster: { ...cluster, hosts, orchestrations }, files: { 'broken.ts': orders('Broken') } });
  await group.client.call('startHostInstance', { name: 'BrokenHost@A' });
  await group.until(() => group.status.services.find(({ name }) => name === 'Broken')?.enlisted, 'it is enlisted');
  await group.drop('order-b.json', JSON.stringify({ order: 'b' }));
  await group.drop('signal-b.json', JSON.stringify({ signal: 'b' }));
  await group.until(() => group.completed('Broken') === 1, 'the corrected one did its work');
});
