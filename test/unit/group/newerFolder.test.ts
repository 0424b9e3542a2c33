/**
 * Guarantee: a data folder in which anything was written by a newer version is refused by name, whoever starts on it, and not one byte of
 * it is changed: no owner file, no lock, no log, no process list, no cache, no types for the editor.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { spawnSupervisor } from '../../../emulator/cli/spawnSupervisor.ts';
import { CONTROL_VERSION } from '../../../emulator/control/commands.ts';
import { nodeClock } from '../../../emulator/clock.ts';
import { isCode } from '../../../emulator/errors.ts';
import { startSupervisor } from '../../../emulator/group/supervisor.ts';
import { filesOf } from '../../../emulator/messagebox/process/openStore.ts';
import { MarkFile } from '../../../emulator/messagebox/storage/mark.ts';
import { nodeDisk } from '../../../emulator/messagebox/storage/disk.ts';
import { decodeLine, LineBuffer } from '../../../emulator/messagebox/storage/journalLine.ts';
import { startSupervisor as startFromEditor } from '../../../extension/session/supervisorProcess.ts';

const golden = fileURLToPath(new URL('../../fixtures/golden/v1/', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'soh-newer-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** Every file with its content, every folder, and when each was changed. */
function tree(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name);
    const { mtimeMs, mode } = statSync(path);
    hash.update(`${name} ${String(mode)} ${String(mtimeMs)}\n`);
    if (statSync(path).isFile()) hash.update(readFileSync(path));
  }
  return hash.digest('hex');
}

const segment = (folder: string, index: number): string =>
  join(
    folder,
    readdirSync(folder)
      .filter((name) => name.startsWith('journal-'))
      .sort()
      .at(index) ?? '',
  );

/** Replaces the first record of a segment by one of a newer format. */
function newerSegment(path: string): void {
  const bytes = readFileSync(path);
  const end = bytes.indexOf(0x0a);
  const line = decodeLine(bytes.subarray(0, end));
  assert.ok(line);
  const record = { ...(JSON.parse(line.json.toString()) as object), segment: { format: 99, sealed: 'in another way' }, more: true };
  const lines = new LineBuffer();
  lines.add(line.prevCrc, line.sequence, line.group, JSON.stringify(record));
  writeFileSync(path, Buffer.concat([lines.content, bytes.subarray(end + 1)]));
}

/** A snapshot of which only the head is known. */
function newerSnapshot(path: string): void {
  writeFileSync(path, '{"format":99,\n"data":[["another way"]]}\n');
}

async function newerMark(folder: string): Promise<void> {
  (await MarkFile.create(nodeDisk, folder, { sequence: 162, crc: 1, segment: 119, bytes: 13_779 })).close();
  const says = '{"format":99,"sequence":"162"}';
  const line = `${crc32(says).toString(16).padStart(8, '0')} ${says}`.padEnd(127).concat('\n');
  writeFileSync(join(folder, 'journal.mark'), line + line);
}

const discovery = { pid: 1_999_999, startTime: 'x', port: 1, token: 'x'.repeat(32), clusterFile: null, started: '' };
const written: Readonly<Record<string, (data: string) => void | Promise<void>>> = {
  'the last segment': (data) => newerSegment(segment(join(data, 'messagebox'), -1)),
  'a live segment': (data) => newerSegment(segment(join(data, 'messagebox'), 0)),
  'the history': (data) => newerSegment(segment(join(data, 'messagebox/history'), -1)),
  'the snapshot': (data) => newerSnapshot(join(data, 'messagebox/messagebox.json')),
  'the previous snapshot': (data) => newerSnapshot(join(data, 'messagebox/messagebox.previous.json')),
  'the mark': (data) => newerMark(join(data, 'messagebox')),
  'the discovery file': (data) =>
    writeFileSync(join(data, 'group.json'), JSON.stringify({ ...discovery, version: 99, control: CONTROL_VERSION })),
  'the owner file': (data) => writeFileSync(join(data, 'messagebox', 'owner.json'), '{ "version": 99, "owners": [] }'),
  'the owner file of the supervisor': (data) => writeFileSync(join(data, 'owner.json'), '{ "version": 99, "owners": [] }'),
  'the process list': (data) => writeFileSync(join(data, 'processes.json'), JSON.stringify({ version: 99, processes: 'none' })),
};

const log = (): void => undefined;
const starters: Readonly<Record<string, (data: string, clusterFile: string) => Promise<unknown>>> = {
  'a supervisor': (dataFolder, clusterFile) => startSupervisor({ clusterFile, dataFolder, log, clock: nodeClock }),
  'the command line': (dataFolder, clusterFile) => spawnSupervisor({ clusterFile, dataFolder }),
  'the editor': (folder, clusterFile) => startFromEditor({ folder, clusterFile }, { program: 'none', node: 'none', stopWithWindow: false }),
};

for (const [what, write] of Object.entries(written)) {
  for (const [who, start] of Object.entries(starters)) {
    // Whoever starts a process asks first whether one runs.
    if (what === 'the discovery file' && who !== 'a supervisor') continue;
    test(`${what} is newer: ${who} refuses and changes nothing`, async () => {
      const folder = mkdtempSync(join(root, 'group-'));
      // The data folder beside the group file: the editor's types would come to lie in it.
      const data = join(folder, '.scaled-out-hosts');
      for (const name of ['cluster.json', 'golden.ts', 'helper.ts']) cpSync(join(golden, name), join(folder, name));
      cpSync(join(golden, 'data'), data, { recursive: true });
      appendFileSync(join(data, 'supervisor.log'), 'said before\n');
      mkdirSync(join(data, 'modules'));
      await write(data);
      const before = tree(folder);
      await assert.rejects(start(data, join(folder, 'cluster.json')), (error) => isCode(error, 'format.newer'), what);
      assert.equal(tree(folder), before);
    });
  }
}

test('the MessageBox itself refuses, too', async () => {
  for (const [what, write] of Object.entries(written).slice(0, 6)) {
    const data = join(mkdtempSync(join(root, 'messagebox-')), 'data');
    cpSync(join(golden, 'data'), data, { recursive: true });
    await write(data);
    const before = tree(data);
    const { storage: files } = filesOf({ folder: data }, nodeClock, () => assert.fail());
    const replay = { begin: () => assert.fail(), record: () => assert.fail(), segmentHeader: () => assert.fail() };
    await assert.rejects(files.open(replay), (error) => isCode(error, 'format.newer'), what);
    assert.equal(tree(data), before, what);
  }
});
