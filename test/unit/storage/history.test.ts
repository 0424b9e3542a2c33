/** Guarantee: the history keeps to its limit, the oldest goes first, and what a restart needs is never touched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { pruneHistory } from '../../../emulator/messagebox/storage/history.ts';
import { segmentName } from '../../../emulator/messagebox/storage/segments.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { entry, folder, recoverStore, snapshotStore, sourceOn } from '../../faults/journalFixture.ts';

/** Segments of 100 bytes each by their first record. */
function withHistory(...firsts: readonly number[]): SimulatedDisk {
  const disk = new SimulatedDisk(seededRandom(1));
  for (const first of firsts) disk.put(`/data/history/${segmentName(first)}`, Buffer.alloc(100));
  disk.put(`/data/${segmentName(1000)}`, Buffer.alloc(100));
  disk.put('/data/messagebox.json', Buffer.alloc(100));
  disk.put('/data/history/notes.txt', Buffer.alloc(500));
  return disk;
}

const kept = (disk: SimulatedDisk): number[] =>
  disk
    .list('/data/history')
    .flatMap((name) => /^journal-0*(\d+)\.log$/.exec(name)?.[1] ?? [])
    .map(Number);

test('the oldest segments go, as many as it takes, and nothing else', () => {
  for (const [limit, left] of [
    [1000, [1, 20, 300, 400]],
    [400, [1, 20, 300, 400]],
    [399, [20, 300, 400]],
    [200, [300, 400]],
    [99, []],
    [0, []],
  ] as const) {
    const disk = withHistory(400, 20, 1, 300);
    const pruned = pruneHistory(disk, '/data', limit);
    assert.deepEqual(
      kept(disk).sort((a, b) => a - b),
      left,
      `limit ${String(limit)}`,
    );
    assert.deepEqual(pruned, { segments: 4 - left.length, bytes: 100 * (4 - left.length) });
    assert.deepEqual(disk.list('/data').sort(), [segmentName(1000), 'messagebox.json'].sort());
    assert.ok(disk.list('/data/history').includes('notes.txt'), 'what is not ours stays');
  }
});

test('a folder without a history is fine', () => {
  assert.deepEqual(pruneHistory(new SimulatedDisk(seededRandom(1)), '/data', 0), { segments: 0, bytes: 0 });
});

test('when it is interrupted anywhere, the rest has no gap, and the next time goes on', () => {
  for (let nth = 1; nth <= 4; nth++) {
    const disk = withHistory(1, 20, 300, 400);
    disk.failWith({ operation: 'remove', nth, code: 'EIO' });
    try {
      pruneHistory(disk, '/data', 0);
    } catch {
      // As if the process had died there.
    }
    assert.deepEqual(kept(disk), [1, 20, 300, 400].slice(nth - 1));
    disk.heal();
    pruneHistory(disk, '/data', 100);
    assert.deepEqual(kept(disk), [400]);
  }
});

/** A journal of many small segments, most of them in the history. */
async function longJournal(): Promise<{ disk: SimulatedDisk; last: number }> {
  const disk = new SimulatedDisk(seededRandom(1));
  const { journal } = await recoverStore(disk, 400);
  for (let group = 0; group < 60; group++) {
    journal.append(entry(journal.sequence + 1));
    await journal.flush();
  }
  await snapshotStore(disk, journal.sealedSequence);
  await journal.archive(journal.sealedSequence);
  return { disk, last: journal.durable };
}

test('who reads goes on with what is left when segments go while they are read, without a word of a loss', async () => {
  for (let read = 1; read < 40; read++) {
    const { disk, last } = await longJournal();
    const follower = sourceOn(disk).follow();
    const numbers = (await follower.next(read)).records.map(({ sequence }) => sequence);
    pruneHistory(disk, folder, 700);
    for (let end = false; !end;) {
      const next = await follower.next(7);
      numbers.push(...next.records.map(({ sequence }) => sequence));
      ({ end } = next);
    }
    assert.deepEqual(
      numbers.slice(0, read),
      Array.from({ length: read }, (_, index) => index + 1),
    );
    const rest = numbers.slice(read);
    assert.equal(rest.at(-1), last);
    assert.deepEqual(
      rest,
      Array.from({ length: rest.length }, (_, index) => last - rest.length + 1 + index),
      'no gap in what is left',
    );
  }
});

test('segments that go between being listed and being opened are no loss either', async () => {
  for (let nth = 1; nth <= 12; nth++) {
    const { disk, last } = await longJournal();
    const open = disk.open.bind(disk);
    let opened = 0;
    disk.open = (path, mode) => {
      if (mode === 'read' && ++opened === nth) {
        disk.open = open;
        pruneHistory(disk, folder, 700);
      }
      return open(path, mode);
    };
    const follower = sourceOn(disk).follow();
    const numbers: number[] = [];
    for (let end = false; !end;) {
      const next = await follower.next(3);
      numbers.push(...next.records.map(({ sequence }) => sequence));
      ({ end } = next);
    }
    assert.equal(numbers.at(-1), last, `at the ${String(nth)}th file`);
  }
});

test('a segment that is gone from the middle is a loss, and is told', async () => {
  const { disk } = await longJournal();
  const [, middle = ''] = disk.list(`${folder}/history`).sort();
  disk.remove(`${folder}/history/${middle}`);
  const follower = sourceOn(disk).follow();
  const reading = async (): Promise<void> => {
    for (let end = false; !end;) ({ end } = await follower.next(50));
  };
  await assert.rejects(reading(), (error) => isCode(error, 'messageBox.segmentMissing'));
});
