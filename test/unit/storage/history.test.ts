/** Guarantee: the history keeps to its limit, the oldest goes first, and what a restart needs is never touched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { pruneHistory } from '../../../emulator/messagebox/storage/history.ts';
import { segmentName } from '../../../emulator/messagebox/storage/segments.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';

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
