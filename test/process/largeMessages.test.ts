/**
 * Guarantee (docs/files.md, "Sizes"; docs/failure-model.md, P20): what an orchestration does with messages of 30 MB costs no lease, however many of
 * them come at once: reading declared fields, correlating, sending on, making one. What it reads is what it reads of small ones.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fault, TestGroup, type GroupOptions } from '../faults/group.ts';

const MODULE = fileURLToPath(new URL('../fixtures/large/large.ts', import.meta.url));
const MB = 1024 * 1024;
const LIMITS = { skip: process.platform !== 'linux', timeout: 300_000 };
const WORK_MS = 240_000;

const bindings = { In: { receivePort: 'Folder' }, More: { receivePort: 'Folder' }, Out: { sendPort: 'Out' }, On: { sendPort: 'On' } };
const fileSend = (name: string, folder: string): object => ({
  name,
  host: 'SendingHost',
  transport: { adapter: 'FILE', folder, fileName: '%MessageID%', retryCount: 5, retryIntervalMs: 300 },
});
const cluster = {
  messageTypes: {
    LargeNote: { format: 'json', promoted: { Id: { path: '/note' } }, members: ['note', 'amount'] },
    LargeWish: { format: 'json', promoted: {}, members: ['make', 'lines'] },
  },
  orchestrations: [
    { name: 'Meeting', module: MODULE, host: 'ProcessingHost', bindings },
    { name: 'Making', module: MODULE, host: 'ProcessingHost', bindings: { In: bindings.In, On: bindings.On } },
  ],
  receiveLocations: [{ name: 'Folder', host: 'ReceivingHost', transport: { adapter: 'FILE', folder: 'in', mask: '*', pollingMs: 100 } }],
  sendPorts: [fileSend('Out', 'out'), fileSend('On', 'on')],
};

async function startGroup(context: TestContext, options: GroupOptions = {}): Promise<TestGroup> {
  const group = await TestGroup.start({ computers: ['A'], cluster, ...options });
  context.after(() => group.remove());
  return group;
}

const LINES = 40_000;
const filler = (around: number): string => 'x'.repeat(Math.floor((30 * MB) / LINES) - around);
const xmlOrder = (id: number): string =>
  `<Order xmlns="urn:large"><Id>${String(id)}</Id><Customer>M\u00fcller</Customer><Amount>${String(id)}.10</Amount>${`<L>${filler(7)}</L>`.repeat(LINES)}</Order>`;
const jsonNote = (id: number): string =>
  `{"note":"${String(id)}","amount":9007199254740993.10,"lines":[${`"${filler(3)}",`.repeat(LINES)}0],"last":"l${String(id)}"}`;

async function contents(group: TestGroup, folder: string): Promise<string[]> {
  const names = (await readdir(join(group.folder, folder)).catch((): string[] => [])).filter((name) => !name.startsWith('.'));
  return Promise.all(names.map((name) => readFile(join(group.folder, folder, name), 'utf8')));
}

const expected = (id: number): object => ({
  ...{ id: String(id), customer: 'M\u00fcller', sum: `900719925474099${String(3 + id)}.20` },
  ...{ lines: LINES, missing: true, last: `l${String(id)}`, wrong: 'message.badValue' },
});
/** The sum is no double: as a text it is compared exactly. */
const receiptOf = (text: string): unknown => JSON.parse(text.replace(/"sum":([\d.]+)/, '"sum":"$1"'));
const byId = (receipts: readonly unknown[]): unknown[] => (receipts as { id: string }[]).sort((a, b) => (a.id < b.id ? -1 : 1));

async function begun(group: TestGroup): Promise<number> {
  return (await group.client.call('instances', { filter: { kinds: ['orchestration'] } })).instances.length;
}

/** So many files are there; a suspended instance would never send one. */
async function sent(group: TestGroup, folder: string, count: number): Promise<void> {
  const there = (): Promise<boolean> => {
    const { counts } = group.status.messageBox;
    assert.equal(counts['Suspended (resumable)'] + counts['Suspended (not resumable)'], 0);
    return readdir(join(group.folder, folder)).then(
      (names) => names.filter((name) => !name.startsWith('.')).length === count,
      () => false,
    );
  };
  await group.until(there, `${String(count)} in ${folder}`, WORK_MS);
}

/** Why sessions ended: a lost lease is one of the reasons. */
async function sessionEnds(group: TestGroup): Promise<string[]> {
  const { records } = await group.judge();
  return [...new Set(records.flatMap(({ record }) => (record.kind === 'sessionEnd' ? [record.reason] : [])))];
}

/** Five orders and their notes, up to both having left. */
async function meet(group: TestGroup, ids: readonly number[]): Promise<void> {
  for (const id of ids) await group.drop(`${String(id)}.xml`, xmlOrder(id));
  await group.until(async () => (await begun(group)) === ids.length, 'all orders have their instance', WORK_MS);
  for (const id of ids) await group.drop(`${String(id)}.json`, jsonNote(id));
  await sent(group, 'out', ids.length);
  assert.deepEqual(byId((await contents(group, 'out')).map(receiptOf)), ids.map(expected));
}

test('five that are read, correlated and sent on cost no lease', LIMITS, async (context) => {
  const group = await startGroup(context);
  const ids = [1, 2, 3, 4, 5];
  await meet(group, ids);
  await sent(group, 'on', ids.length);
  assert.deepEqual((await contents(group, 'on')).sort(), ids.map(xmlOrder));
  await group.down();
  assert.deepEqual(await sessionEnds(group), ['bye']);
});

test('whoever goes on after a loss reads and sends the same', LIMITS, async (context) => {
  const group = await startGroup(context, { computers: ['A', 'B'], fault: 'hostInstance.beforeCommit:2:kill' });
  fault(undefined);
  const ids = [1, 2, 3];
  await meet(group, ids);
  await sent(group, 'on', ids.length);
  assert.deepEqual((await contents(group, 'on')).sort(), ids.map(xmlOrder));
  assert.ok(group.processing.some(({ restarts }) => restarts > 0));
});

test('sent by HTTP they cost no lease either', LIMITS, async (context) => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      bodies.push(Buffer.concat(parts).toString());
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  const http = { name: 'On', host: 'SendingHost', transport: { adapter: 'HTTP', url, retryCount: 5, retryIntervalMs: 300 } };
  const group = await startGroup(context, { cluster: { ...cluster, sendPorts: [fileSend('Out', 'out'), http] } });
  const ids = [1, 2, 3];
  await meet(group, ids);
  await group.until(() => bodies.length === ids.length, 'all were sent on', WORK_MS);
  assert.deepEqual(bodies.sort(), ids.map(xmlOrder));
  await group.down();
  assert.deepEqual(await sessionEnds(group), ['bye']);
});

test('three that are made cost no lease', LIMITS, async (context) => {
  const group = await startGroup(context);
  for (const id of [1, 2, 3])
    await group.drop(`${String(id)}.json`, JSON.stringify({ make: String(id), lines: LINES, length: filler(7).length }));
  await sent(group, 'on', 3);
  await group.down();
  assert.deepEqual(await sessionEnds(group), ['bye']);
});
