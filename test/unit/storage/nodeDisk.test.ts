/** Guarantee: the real disk keeps the promises of the port, and the store works on it from the first record to archive and restart. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hasCode } from '../../../emulator/errors.ts';
import { type Disk, nodeDisk, readAll, writeAll } from '../../../emulator/messagebox/storage/disk.ts';
import { Journal } from '../../../emulator/messagebox/storage/journal.ts';
import { loadSnapshot } from '../../../emulator/messagebox/storage/snapshot.ts';
import { makeSnapshot } from '../../../emulator/messagebox/storage/snapshotWorker.ts';
import { JournalSource } from '../../../emulator/messagebox/storage/follower.ts';
import { anyFormat } from '../../faults/journalFixture.ts';

const root = mkdtempSync(join(tmpdir(), 'disk-'));
after(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Entry {
  readonly kind: string;
  readonly at: number;
}

interface Sums {
  readonly sequence: number;
  readonly sums: Record<string, number>;
}

const recordFormat = anyFormat<Entry>('journal');
const snapshotFormat = anyFormat<Sums>('snapshot');

function opened(folder: string, from: number, onRecord: (record: Entry) => void = () => undefined, disk: Disk = nodeDisk) {
  return Journal.open<Entry>({
    ...{ disk, folder, format: recordFormat, from, onRecord, segmentBytes: 2000 },
    segmentHeader: () => ({ kind: 'header', at: 0 }),
  });
}

test('files, names and errors are as the port says', async () => {
  const folder = join(root, 'files', 'inside');
  assert.deepEqual(nodeDisk.list(folder), []);
  nodeDisk.makeFolder(folder);
  nodeDisk.makeFolder(folder);
  const path = join(folder, 'a');
  assert.throws(
    () => nodeDisk.open(path, 'read'),
    (error) => hasCode(error, 'ENOENT'),
  );
  assert.throws(
    () => nodeDisk.open(path, 'change'),
    (error) => hasCode(error, 'ENOENT'),
  );
  const file = nodeDisk.open(path, 'create');
  writeAll(file, Buffer.from('hello '));
  writeAll(file, Buffer.from('world'));
  await file.dataSync();
  file.close();
  assert.throws(
    () => nodeDisk.open(path, 'create'),
    (error) => hasCode(error, 'EEXIST'),
  );
  const change = nodeDisk.open(path, 'change');
  change.truncate(5);
  assert.equal(change.size(), 5);
  change.close();
  await nodeDisk.rename(path, join(folder, 'b'));
  await nodeDisk.syncFolder(folder);
  assert.deepEqual(nodeDisk.list(folder), ['b']);
  assert.equal(readAll(nodeDisk, join(folder, 'b')).toString(), 'hello');
  nodeDisk.open(join(folder, 'b'), 'replace').close();
  assert.equal(readAll(nodeDisk, join(folder, 'b')).length, 0);
  nodeDisk.remove(join(folder, 'b'));
  nodeDisk.remove(join(folder, 'b'));
  assert.deepEqual(nodeDisk.list(folder), []);
});

test('journal, snapshot, archive, restart and reader together', async () => {
  const folder = join(root, 'store');
  nodeDisk.makeFolder(folder);
  const { journal } = await opened(folder, 0);
  for (let at = 1; at <= 200; at++) {
    journal.append({ kind: at % 2 === 0 ? 'even' : 'odd', at });
    if (at % 5 === 0) await journal.flush();
  }
  const segments = nodeDisk
    .list(folder)
    .filter((name) => name.startsWith('journal-'))
    .sort();
  const upTo = Number(segments.at(-1)?.slice(8, 20)) - 1;
  const add = (sums: Record<string, number>, { kind, at }: Entry): void => void (sums[kind] = (sums[kind] ?? 0) + at);
  const formats = { recordFormat, snapshotFormat };
  const job = { disk: nodeDisk, folder, upTo, ...formats, load: (data: Sums | undefined) => ({ ...data?.sums }), apply: add };
  const made = await makeSnapshot<Entry, Record<string, number>, Sums>({ ...job, save: (sums, sequence) => ({ sequence, sums }) });
  assert.deepEqual(made, { sequence: upTo, records: upTo });
  await journal.archive(upTo);
  await journal.close();
  assert.deepEqual(nodeDisk.list(join(folder, 'history')).sort(), segments.slice(0, -1));
  const { data, sequence } = await loadSnapshot(nodeDisk, folder, snapshotFormat);
  const sums = { ...data?.sums };
  await opened(folder, sequence, (record) => {
    add(sums, record);
  });
  assert.deepEqual(sums, { even: 10_100, odd: 10_000, header: 0 });
  let read = 0;
  const source = new JournalSource({ disk: nodeDisk, folder, format: recordFormat, isNote: () => false });
  for (const { record } of (await source.follow().next(1000)).records) read += record.at;
  assert.equal(read, 20_100);
});
