/**
 * Guarantee: what `flush` acknowledged is read again by the next `open`, in order and unchanged, over segments and archives; a journal
 * whose disk failed once acknowledges nothing any more; missing segments are refused.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { Journal } from '../../../emulator/messagebox/storage/journal.ts';
import { isCode } from '../../../emulator/errors.ts';
import { entryFormat } from '../../faults/journalFixture.ts';

interface Entry {
  readonly kind: string;
  readonly at: number;
  readonly text?: string;
}

const folder = '/data';
const entry = (at: number, text = 'Größe 你好 🎉'): Entry => ({ kind: 'entry', at, text });
const header = (): Entry => ({ kind: 'header', at: 0 });

async function open(disk: SimulatedDisk, from = 0, segmentBytes = 1 << 20) {
  const read: (Entry & { sequence: number })[] = [];
  const onRecord = (record: Entry, sequence: number): void => void read.push({ ...record, sequence });
  const { journal, recovered } = await Journal.open<Entry>({
    disk,
    folder,
    format: entryFormat,
    from,
    onRecord,
    segmentHeader: header,
    segmentBytes,
  });
  return { journal, recovered, read };
}

const segments = (disk: SimulatedDisk): string[] => disk.list(folder).filter((name) => name.startsWith('journal-'));

async function fill(disk: SimulatedDisk, groups: number, perGroup: number, segmentBytes?: number): Promise<void> {
  const { journal } = await open(disk, 0, segmentBytes);
  for (let group = 0; group < groups; group++) {
    for (let index = 0; index < perGroup; index++) journal.append(entry(group * perGroup + index));
    await journal.flush();
  }
  await journal.close();
}

test('records come back in order and unchanged after a restart, with short writes', async () => {
  const disk = new SimulatedDisk(seededRandom(1));
  disk.shortWrites = 0.7;
  const first = await open(disk);
  assert.equal(first.journal.sequence, 0);
  for (let at = 1; at <= 50; at++) assert.equal(first.journal.append(entry(at)), at);
  assert.equal(first.journal.durable, 0);
  await first.journal.flush();
  assert.equal(first.journal.durable, 50);
  await first.journal.close();
  const second = await open(disk);
  assert.deepEqual(
    second.read,
    Array.from({ length: 50 }, (_, index) => ({ ...entry(index + 1), sequence: index + 1 })),
  );
  assert.equal(second.recovered.cut, undefined);
  assert.equal(second.journal.append(entry(51)), 51);
  await second.journal.close();
  assert.deepEqual(segments(disk), ['journal-000000000001.log', 'journal-000000000051.log']);
  assert.equal((await open(disk, 49)).read.length, 2);
});

test('a flush covers what was appended before it, also while another one is under way', async () => {
  const disk = new SimulatedDisk(seededRandom(1));
  const { journal } = await open(disk);
  journal.append(entry(1));
  const first = journal.flush();
  journal.append(entry(2));
  const second = journal.flush();
  assert.equal(journal.flush(), second);
  await first;
  assert.equal(journal.durable, 1);
  await second;
  assert.equal(journal.durable, 2);
  await journal.flush();
});

test('segments rotate at a group boundary, begin with a header, and move to history', async () => {
  const disk = new SimulatedDisk(seededRandom(1));
  await fill(disk, 20, 3, 1000);
  const { journal, read } = await open(disk);
  const live = segments(disk);
  assert.ok(live.length > 3);
  for (const name of live.slice(1)) assert.equal(read.find(({ sequence }) => sequence === Number(name.slice(8, 20)))?.kind, 'header');
  assert.equal(read.filter(({ kind }) => kind === 'entry').length, 60);
  const before = journal.bytes;
  assert.equal(
    before,
    live.reduce((sum, name) => sum + disk.content(join(folder, name)).length, 0),
  );
  const upTo = Number(live[2]?.slice(8, 20));
  assert.deepEqual(journal.sealedBefore(upTo), live.slice(0, 2));
  await journal.archive(upTo);
  assert.deepEqual(disk.list(join(folder, 'history')), live.slice(0, 2));
  assert.ok(journal.bytes < before);
  const again = await open(disk, upTo);
  assert.deepEqual(
    again.read,
    read.filter(({ sequence }) => sequence > upTo),
  );
  const fromTheBeginning = await open(disk, 0);
  assert.deepEqual(fromTheBeginning.read, read, 'archived segments are used when the snapshot is lost');
});

test('missing segments are refused', async () => {
  for (const victim of [0, 1, 2]) {
    const disk = new SimulatedDisk(seededRandom(1));
    await fill(disk, 20, 3, 1000);
    disk.remove(join(folder, segments(disk)[victim] ?? ''));
    await assert.rejects(open(disk), (error) => isCode(error, 'messageBox.segmentMissing'), `segment ${String(victim)}`);
  }
  const empty = new SimulatedDisk(seededRandom(1));
  await assert.rejects(open(empty, 5), (error) => isCode(error, 'messageBox.segmentMissing'));
  await fill(empty, 1, 3);
  await assert.rejects(open(empty, 5), (error) => isCode(error, 'messageBox.segmentCut'), 'the journal ends before the snapshot');
});

for (const fault of [
  { operation: 'write', nth: 2, code: 'ENOSPC' },
  { operation: 'write', nth: 2, code: 'ENOSPC', shortBy: 10 },
  { operation: 'dataSync', nth: 2, code: 'EIO' },
] as const) {
  test(`${fault.operation} fails with ${fault.code}${'shortBy' in fault ? ' after a short write' : ''}: no acknowledgement, dead for ever, clean restart`, async () => {
    const disk = new SimulatedDisk(seededRandom(1));
    const { journal } = await open(disk);
    disk.failWith(fault);
    journal.append(entry(1));
    await journal.flush();
    journal.append(entry(2));
    const failing = journal.flush();
    const following = journal.flush();
    await assert.rejects(failing, (error) => isCode(error, 'messageBox.storageFailed'));
    await assert.rejects(following, (error) => isCode(error, 'messageBox.storageFailed'));
    disk.heal();
    await assert.rejects(journal.flush(), (error) => isCode(error, 'messageBox.storageFailed'));
    assert.throws(
      () => journal.append(entry(3)),
      (error) => isCode(error, 'messageBox.storageFailed'),
    );
    assert.equal(journal.durable, 1);
    await journal.close();
    disk.crash();
    const { read } = await open(disk);
    assert.deepEqual(read[0], { ...entry(1), sequence: 1 });
    assert.ok(read.length <= 2);
  });
}
