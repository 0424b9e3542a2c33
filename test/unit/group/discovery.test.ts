/** Guarantee: a discovery file names a group only while exactly that process lives, and nobody but the user can read it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { defaultDataFolder } from '../../../emulator/control/dataFolder.ts';
import { isCode } from '../../../emulator/errors.ts';
import {
  DISCOVERY_FILE,
  findRunning,
  readDiscovery,
  removeDiscovery,
  writeDiscovery,
  type Discovery,
} from '../../../emulator/control/discovery.ts';
import { CONTROL_VERSION } from '../../../emulator/control/commands.ts';
import { processIdentity, processPlace } from '../../../emulator/wire/processIdentity.ts';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'soh-discovery-'));
});
after(() => rm(root, { recursive: true }));

function own(): Discovery {
  const startTime = processIdentity(process.pid)?.startTime ?? '';
  return {
    version: 2,
    control: CONTROL_VERSION,
    pid: process.pid,
    startTime,
    port: 4711,
    token: 'x'.repeat(32),
    clusterFile: null,
    started: '2026-01-01T00:00:00.000Z',
  };
}

test('what was written is read, with permissions for the user only', async () => {
  const folder = join(root, 'a', 'data');
  await writeDiscovery(folder, own());
  assert.deepEqual(await readDiscovery(folder), own());
  if (process.platform !== 'win32') {
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    assert.equal((await stat(join(folder, DISCOVERY_FILE))).mode & 0o777, 0o600);
  }
  await removeDiscovery(folder, 'y'.repeat(32));
  assert.notEqual(await readDiscovery(folder), undefined, 'only the supervisor that wrote it may remove it');
  await removeDiscovery(folder, own().token);
  assert.equal(await readDiscovery(folder), undefined);
  await removeDiscovery(folder, own().token);
});

test('a process with the same pid and another start time is not the group', { skip: own().startTime === '' }, async () => {
  const folder = join(root, 'b');
  await writeDiscovery(folder, { ...own(), startTime: 'another' });
  assert.equal(await readDiscovery(folder), undefined);
  await writeDiscovery(folder, own());
  assert.equal((await readDiscovery(folder))?.port, 4711, 'a dead file is replaced');
});

test('of a group in another container it is said where it is, and nobody removes its file for having the same pid', async () => {
  const folder = join(root, 'c');
  const there = { ...own(), place: 'linux:1:2:pid:[3]', computer: 'container-7' };
  await writeDiscovery(folder, there);
  assert.equal(await readDiscovery(folder), undefined, 'it does not run here, so nothing of it can be used');
  await assert.rejects(findRunning(folder), (error) => isCode(error, 'group.elsewhere') && error.parameters['computer'] === 'container-7');
  await removeDiscovery(folder, 'y'.repeat(32));
  await assert.rejects(findRunning(folder), (error) => isCode(error, 'group.elsewhere'));
  await writeDiscovery(folder, { ...own(), place: processPlace() });
  assert.equal((await findRunning(folder))?.port, 4711);
});

test('a file that makes no sense is an error, not "no group"', async () => {
  const hostile = [
    '',
    '{}',
    'null',
    '[]',
    '7',
    JSON.stringify({ ...own(), version: 0 }),
    JSON.stringify({ ...own(), more: 1 }),
    ' '.repeat(2_000_000),
  ];
  for (const text of hostile) {
    await writeFile(join(root, DISCOVERY_FILE), text);
    await assert.rejects(readDiscovery(root), (error) => isCode(error, 'group.discoveryUnreadable'));
  }
});

test('a file of the first release is read; one of a newer version is refused by name, whether its process lives or not', async () => {
  await writeFile(join(root, DISCOVERY_FILE), JSON.stringify({ ...own(), control: undefined, version: 1 }));
  assert.deepEqual(await readDiscovery(root), { ...own(), control: 1 });
  for (const pid of [process.pid, 1_999_999]) {
    await writeFile(join(root, DISCOVERY_FILE), JSON.stringify({ ...own(), pid, version: 3, unknown: true }));
    await assert.rejects(readDiscovery(root), (error) => isCode(error, 'format.newer'));
  }
});

test('the data folder lies beside the group file, or in the home folder', () => {
  assert.equal(defaultDataFolder('/data/orders/cluster.json', '/home/me'), '/data/orders/.scaled-out-hosts');
  assert.equal(defaultDataFolder(null, '/home/me'), join('/home/me', '.scaled-out-hosts', 'sample'));
});
