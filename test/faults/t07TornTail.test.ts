/**
 * T07. Guarantee: an interrupted last write never costs more than itself. The journal is cut at every byte of its last three records:
 * the exact prefix is recovered, reported, and the journal goes on from there. A cut in front of acknowledged records cannot happen to a
 * file, so the same bytes blanked in the middle are refused.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../emulator/faults/seededRandom.ts';
import { SimulatedDisk } from '../../emulator/simulation/simulatedDisk.ts';
import { entry, folder, openJournal, recoverStore, refusal } from './journalFixture.ts';

const name = 'journal-000000000001.log';
const groupSize = 3;
const records = 30;

/** Groups of three records; returns the file and where each record begins. */
async function written(): Promise<{ content: Buffer; starts: number[] }> {
  const disk = new SimulatedDisk(seededRandom(7));
  const { journal } = await openJournal(disk, 0, () => undefined);
  for (let at = 1; at <= records; at++) {
    journal.append(entry(at));
    if (at % groupSize === 0) await journal.flush();
  }
  await journal.close();
  const content = disk.content(join(folder, name));
  const starts = [0];
  for (let at = content.indexOf(0x0a); at >= 0; at = content.indexOf(0x0a, at + 1)) starts.push(at + 1);
  return { content, starts };
}

function diskWith(content: Buffer): SimulatedDisk {
  const disk = new SimulatedDisk(seededRandom(7));
  disk.put(join(folder, name), content);
  return disk;
}

test('cut at every byte of the last three records: exactly the records before it, and the journal goes on', async () => {
  const { content, starts } = await written();
  let cuts = 0;
  for (let length = starts[records - 3] ?? 0; length < content.length; length++, cuts++) {
    const disk = diskWith(content.subarray(0, length));
    const { entries, journal, cut } = await recoverStore(disk);
    const whole = starts.findLastIndex((start) => start <= length);
    assert.deepEqual(
      [...entries.values()],
      Array.from({ length: whole }, (_, index) => entry(index + 1)),
      `cut at byte ${String(length)}`,
    );
    assert.equal(cut?.bytes ?? 0, length - (starts[whole] ?? 0));
    assert.equal(journal.append(entry(whole + 1)), whole + 1);
    await journal.close();
    disk.losePower();
    assert.equal((await recoverStore(disk)).entries.size, whole + 1, `second restart after a cut at byte ${String(length)}`);
  }
  assert.ok(cuts > 200, `only ${String(cuts)} cuts`);
});

test('zeros instead of any part of the last group are cut; instead of any part of an earlier one they are refused', async () => {
  const { content, starts } = await written();
  for (let record = records - 2 * groupSize; record < records; record++) {
    for (const [from, to] of [
      [0, 10],
      [5, 60],
      [54, 56],
      [-1, 0],
    ] as const) {
      const start = (starts[record] ?? 0) + Math.max(from, 0);
      const end = from < 0 ? (starts[record + 1] ?? 0) : (starts[record] ?? 0) + to;
      const blanked = Buffer.from(content).fill(0, from < 0 ? end - 1 : start, end);
      const disk = diskWith(blanked);
      const lastGroup = record >= records - groupSize;
      const error = await refusal(recoverStore(disk));
      assert.equal(error === undefined, lastGroup, `record ${String(record + 1)}, bytes ${String(from)} to ${String(to)}`);
      if (error === undefined) continue;
      assert.deepEqual(error.parameters, { file: join(folder, name), offset: starts[record] ?? 0, sequence: record + 1 });
      assert.deepEqual(disk.content(join(folder, name)), blanked, 'a refusal changes nothing');
    }
  }
});

test('a whole record that is lost, doubled or another one with the same number is refused, even where each line is intact', async () => {
  const { content, starts } = await written();
  const line = (record: number): Buffer => content.subarray(starts[record] ?? 0, starts[record + 1]);
  const other = new SimulatedDisk(seededRandom(7));
  const { journal } = await openJournal(other, 0, () => undefined);
  for (let at = 1; at <= records; at++) {
    journal.append(entry(at + 7));
    if (at % groupSize === 0) await journal.flush();
  }
  await journal.close();
  const foreign = other.content(join(folder, name)).toString().split('\n');
  for (const record of [4, 5, 6, 7]) {
    const before = content.subarray(0, starts[record] ?? 0);
    const after = content.subarray(starts[record + 1] ?? 0);
    for (const middle of [Buffer.alloc(0), Buffer.concat([line(record), line(record)]), Buffer.from(`${foreign[record] ?? ''}\n`)]) {
      const error = await refusal(recoverStore(diskWith(Buffer.concat([before, middle, after]))));
      assert.ok(error !== undefined, `record ${String(record + 1)} replaced by ${String(middle.length)} bytes`);
    }
  }
});
