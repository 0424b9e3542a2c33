/** Guarantee: a reader sees every record once and in order while the MessageBox writes, rotates and archives; real damage is told. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { findRecords, readRecords, tail } from '../../../emulator/tracking/journalReader.ts';
import { entry, type Entry, folder, openJournal } from '../../faults/journalFixture.ts';

async function written(
  groups: number,
): Promise<{ disk: SimulatedDisk; journal: Awaited<ReturnType<typeof openJournal>>['journal']; add: () => Promise<void> }> {
  const disk = new SimulatedDisk(seededRandom(4));
  const { journal } = await openJournal(disk, 0, () => undefined, 1000);
  const add = async (): Promise<void> => {
    journal.append(entry(journal.sequence + 1));
    journal.append(entry(journal.sequence + 1));
    await journal.flush();
  };
  for (let group = 0; group < groups; group++) await add();
  return { disk, journal, add };
}

async function sequences(records: AsyncGenerator<{ sequence: number }>): Promise<number[]> {
  const found: number[] = [];
  for await (const { sequence } of records) found.push(sequence);
  return found;
}

const upTo = (last: number, from = 1): number[] => Array.from({ length: last - from + 1 }, (_, index) => from + index);

test('history and live segments are one feed, from any sequence', async () => {
  const { disk, journal } = await written(30);
  await journal.archive(25);
  assert.ok(disk.list(join(folder, 'history')).length > 1);
  for (const from of [1, 2, 14, 25, 26, journal.sequence, journal.sequence + 1]) {
    assert.deepEqual(await sequences(readRecords<Entry>(folder, { from, disk })), upTo(journal.sequence, from));
  }
  assert.deepEqual(await sequences(readRecords<Entry>('/nowhere', { disk })), []);
});

test('segments may move while they are read', async () => {
  const { disk, journal } = await written(30);
  const found: number[] = [];
  for await (const { sequence } of readRecords<Entry>(folder, { disk })) {
    found.push(sequence);
    if (sequence % 7 === 0) await journal.archive(Math.min(journal.sequence, sequence + 12));
  }
  assert.deepEqual(found, upTo(journal.sequence));
});

test('a tail gives every record once, over rotation, archiving and half-written lines', async () => {
  const { disk, journal, add } = await written(3);
  const follower = tail<Entry>(folder, 4, disk);
  const found: number[] = [];
  const take = (limit?: number): number => found.push(...follower.next(limit).map(({ sequence }) => sequence));
  take(1);
  assert.deepEqual(found, [4]);
  for (let round = 0; round < 40; round++) {
    await add();
    if (round % 3 === 0) take(round % 2 === 0 ? 2 : undefined);
    if (round % 10 === 9) await journal.archive(journal.sequence);
  }
  take();
  assert.deepEqual(found, upTo(journal.sequence, 4));
  const live = join(
    folder,
    disk
      .list(folder)
      .filter((name) => name.startsWith('journal'))
      .at(-1) ?? '',
  );
  const whole = disk.content(live);
  const first = journal.sequence + 1;
  await add();
  const grown = disk.content(live).length > whole.length ? disk.content(live) : undefined;
  if (grown) disk.put(live, grown.subarray(0, whole.length + 30));
  assert.deepEqual(follower.next(), grown ? [] : follower.next());
  if (grown) disk.put(live, grown);
  take();
  assert.deepEqual(found.slice(-1), [journal.sequence]);
  assert.ok(found.includes(first));
});

test('a search finds exactly the records that hold the text', async () => {
  const { disk, journal } = await written(60);
  await journal.archive(50);
  const wanted = 'order 7';
  const all: number[] = [];
  for await (const { sequence, record } of readRecords<Entry>(folder, { disk })) if (record.text?.includes(wanted)) all.push(sequence);
  assert.ok(all.length > 1);
  assert.deepEqual(await sequences(findRecords<Entry>(folder, wanted, disk)), all);
  assert.deepEqual(await sequences(findRecords<Entry>(folder, 'no such text', disk)), []);
});

test('an incomplete end is ignored, damage and gaps in between are told', async () => {
  const { disk, journal } = await written(30);
  const names = disk.list(folder);
  const last = join(folder, names.at(-1) ?? '');
  disk.put(last, disk.content(last).subarray(0, -5));
  assert.deepEqual(await sequences(readRecords<Entry>(folder, { disk })), upTo(journal.sequence - 1));
  const second = join(folder, names[1] ?? '');
  const intact = disk.content(second);
  const bytes = Buffer.from(intact);
  const at = bytes.indexOf('order');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  disk.put(second, bytes);
  await assert.rejects(
    sequences(readRecords<Entry>(folder, { disk })),
    (error) => isCode(error, 'messageBox.damaged') && error.parameters['file'] === second,
  );
  assert.throws(
    () => tail<Entry>(folder, 1, disk).next(),
    (error) => isCode(error, 'messageBox.damaged'),
  );
  await assert.rejects(sequences(findRecords<Entry>(folder, '"kind"', disk)), (error) => isCode(error, 'messageBox.damaged'));
  disk.remove(second);
  await assert.rejects(sequences(readRecords<Entry>(folder, { disk })), (error) => isCode(error, 'messageBox.damaged'));
});
