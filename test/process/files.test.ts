/**
 * Guarantee (docs/files.md): in a real group every file becomes one message and every message one complete file, whoever still writes,
 * whatever lies in the folders and wherever a host instance dies; nothing is left behind, in the folders or in the MessageBox's memory.
 */
import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fault, TestGroup, type GroupOptions } from '../faults/group.ts';

const MB = 1024 * 1024;
const LINUX = { skip: process.platform !== 'linux', timeout: 180_000 };

/** Everything that comes into `in` leaves through `through`. */
const THROUGH = {
  name: 'Through',
  host: 'SendingHost',
  transport: { adapter: 'FILE', folder: 'through', fileName: '%SourceFileName%', retryCount: 50, retryIntervalMs: 200 },
  filter: [[{ property: 'BTS.ReceivePortName', operator: '==', value: 'Folder' }]],
};

async function startGroup(context: TestContext, options: GroupOptions = {}): Promise<TestGroup> {
  const group = await TestGroup.start({ computers: ['A'], sendPorts: [THROUGH], ...options });
  context.after(() => group.remove());
  return group;
}

const visible = async (group: TestGroup, folder: string): Promise<string[]> =>
  (await readdir(join(group.folder, folder)).catch((): string[] => [])).filter((name) => !name.startsWith('.')).sort();

/** Contents of what went through. */
async function contents(group: TestGroup): Promise<string[]> {
  const names = await visible(group, 'through');
  return (await Promise.all(names.map((name) => readFile(join(group.folder, 'through', name), 'utf8')))).sort();
}

/** Receive ids that were never forgotten. */
async function remembered(group: TestGroup): Promise<string[]> {
  const ids = new Set<string>();
  for (const { record } of (await group.judge()).records) {
    if (record.kind === 'submit') ids.add(record.receiveId);
    else if (record.kind === 'forget') for (const id of record.receiveIds) ids.delete(id);
  }
  return [...ids];
}

const bodyOf = (id: string): string => JSON.stringify({ big: id });

test('killed at every step of a file, and the MessageBox too: once each, and nothing is left or remembered', LINUX, async (context) => {
  for (const point of [
    'hostInstance.fileClaimed',
    'hostInstance.fileSubmitted',
    'hostInstance.fileDone',
    'hostInstance.fileWritten',
    'hostInstance.fileSent',
  ]) {
    const group = await startGroup(context, { fault: `${point}:7:kill` });
    fault(undefined);
    const ids = Array.from({ length: 20 }, (_, n) => `${point} ${String(n)}`);
    for (const id of ids.slice(0, 10)) await group.drop(`${id}.json`, bodyOf(id));
    await group.until(() => group.status.hostInstances.some(({ restarts }) => restarts > 0), `${point}: it dies`);
    const { pid, generation } = group.status.messageBox;
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    for (const id of ids.slice(10)) await group.drop(`${id}.json`, bodyOf(id));
    await group.until(() => group.status.messageBox.generation > generation, 'the MessageBox is back');
    await group.until(async () => (await visible(group, 'through')).length >= ids.length, `${point}: all went through`, 60_000);
    await group.until(async () => (await readdir(join(group.folder, 'in', '.claimed'))).length === 0, `${point}: no claim is left`, 30_000);
    await group.until(async () => (await remembered(group)).length === 0, `${point}: no receive id is remembered`);
    assert.deepEqual(await contents(group), ids.map(bodyOf).sort(), point);
    await group.down();
    assert.deepEqual(
      (await readdir(group.folder)).filter((name) => name.startsWith('.soh')),
      [],
      `${point}: no temporary file is left`,
    );
    await group.remove();
  }
});

test('a file that is still written arrives whole, however long its writer pauses; what came too early is told', LINUX, async (context) => {
  const group = await startGroup(context);
  const handle = await open(join(group.folder, 'in', 'slow.json'), 'w');
  await handle.write('{"big":');
  await group.until(() => group.status.messageBox.counts['Suspended (not resumable)'] === 1, 'the beginning is a message, and no good one');
  await pause(1000);
  await handle.write('"slow"}');
  await handle.close();
  await group.until(async () => (await contents(group)).includes('{"big":"slow"}'), 'the whole file went through');
  const [folder] = group.status.receiveLocations;
  assert.deepEqual(
    folder?.notices?.map(({ error }) => error.code),
    ['receive.grew'],
  );
});

test('the settle time is a setting: one message of a slow writer', LINUX, async (context) => {
  const patient = { name: 'Patient', host: 'ReceivingHost', transport: { adapter: 'FILE', folder: 'slow', mask: '*', settleMs: 1500 } };
  const group = await startGroup(context, {
    receiveLocations: [patient],
    sendPorts: [{ ...THROUGH, filter: [[{ property: 'BTS.ReceivePortName', operator: '==', value: 'Patient' }]] }],
  });
  await mkdir(join(group.folder, 'slow'), { recursive: true });
  const handle = await open(join(group.folder, 'slow', 'a'), 'w');
  for (let part = 0; part < 5; part++) {
    await handle.write('part;');
    await pause(300);
  }
  await handle.close();
  await group.until(async () => (await visible(group, 'through')).length > 0, 'it went through');
  assert.deepEqual(await contents(group), ['part;part;part;part;part;']);
});

test('what is not taken is named in the status and in the events, once', LINUX, async (context) => {
  const group = await startGroup(context);
  const inside = join(group.folder, 'in');
  const events: string[] = [];
  await group.client.follow((frame) => {
    for (const event of (frame.kind === 'delta' ? frame.events : undefined) ?? [])
      if (event.kind === 'receiveNotice') events.push(event.error.code);
  });
  await mkdir(join(inside, 'folder.json'));
  await symlink('/etc/passwd', join(inside, 'link.json'));
  for (const [name, content] of [
    ['.hidden.json', '{}'],
    ['order.xml', '<a/>'],
    ['empty.json', ''],
    [`${'n'.repeat(200)}.json`, '{}'],
  ] as const)
    await writeFile(join(inside, name), content);
  await writeFile(Buffer.concat([Buffer.from(`${inside}/`), Buffer.from([0xff]), Buffer.from('.json')]), '{}');
  const expected = ['empty', 'folder', 'hidden', 'link', 'nameNotText', 'nameTooLong', 'unmatched'].map((what) => `receive.${what}`);
  const told = (): string[] => (group.status.receiveLocations[0]?.notices ?? []).map(({ error }) => error.code).sort();
  await group.until(() => told().length >= expected.length, 'all are named');
  assert.deepEqual(told(), expected);
  await group.until(() => events.length >= expected.length, 'all are told');
  assert.deepEqual(events.sort(), expected);
  await rename(join(inside, 'order.xml'), join(inside, 'order.json'));
  await group.until(() => told().length === expected.length - 1, 'what was put right is named no more');
});

test('a removed send folder is made again; nobody who looks into it sees a half file', LINUX, async (context) => {
  const group = await startGroup(context, { sendPorts: [{ ...THROUGH, transport: { ...THROUGH.transport, fileName: '%MessageID%' } }] });
  const out = join(group.folder, 'through');
  await group.drop('first.json', bodyOf('first'));
  await group.until(async () => (await visible(group, 'through')).length === 1, 'the first');
  const seen = new Set<string>();
  const watcher = watch(out, (_kind, name) => seen.add(String(name)));
  context.after(() => {
    watcher.close();
  });
  for (let n = 0; n < 20; n++) await group.drop(`${String(n)}.json`, bodyOf(`${String(n)} ${'x'.repeat(100_000)}`));
  await group.until(async () => (await visible(group, 'through')).length === 21, 'all of them');
  assert.deepEqual(
    [...seen].filter((name) => name.startsWith('.') || name.endsWith('.tmp')),
    [],
  );
  watcher.close();
  await rm(out, { recursive: true });
  await group.drop('after.json', bodyOf('after'));
  await group.until(async () => (await visible(group, 'through')).length === 1, 'the folder is made again');
});

test('five messages of 30 MB at once cost no lease', { ...LINUX, timeout: 300_000 }, async (context) => {
  const group = await startGroup(context);
  const lines = 400_000;
  const line = `"${'x'.repeat(Math.floor((30 * MB) / lines) - 3)}",`;
  for (let n = 0; n < 5; n++) await group.drop(`${String(n)}.json`, `{"big":"${String(n)}","lines":[${line.repeat(lines)}0]}`);
  await group.until(async () => (await visible(group, 'through')).length === 5, 'all went through', 240_000);
  await group.down();
  const { records } = await group.judge();
  const ends = records.flatMap(({ record }) => (record.kind === 'sessionEnd' ? [record.reason] : []));
  assert.deepEqual([...new Set(ends)], ['bye']);
});
