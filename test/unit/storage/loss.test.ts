/**
 * Guarantee: acknowledged work that is gone from the journal is told, never passed over, and in its own words: deleted, emptied, cut, damaged,
 * of another journal. What was never acknowledged is cut and told as that. A refusal changes nothing.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ErrorCode } from '../../../emulator/errorCatalogue.ts';
import { SohError } from '../../../emulator/errors.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { LineBuffer } from '../../../emulator/messagebox/storage/journalLine.ts';
import { markFile } from '../../../emulator/messagebox/storage/mark.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { entry, folder, openJournal, snapshotStore } from '../../faults/journalFixture.ts';

const mark = join(folder, markFile);

interface Store {
  readonly disk: SimulatedDisk;
  /** Paths of the segments, oldest first. */
  readonly segments: readonly string[];
  /** First records of the segments. */
  readonly firsts: readonly number[];
  readonly last: number;
}

/** A journal of some segments, each flush of three records; the process dies, or stops in order. */
async function store({ stops = false, groups = 20 } = {}): Promise<Store> {
  const disk = new SimulatedDisk(seededRandom(5));
  const { journal } = await openJournal(disk, 0, () => undefined, 1500);
  for (let group = 0; group < groups; group++) {
    for (let count = 0; count < 3; count++) journal.append(entry(journal.sequence + 1));
    await journal.flush();
  }
  const last = journal.sequence;
  if (stops) await journal.close();
  else disk.crash();
  const names = disk.list(folder).filter((name) => name.startsWith('journal-'));
  return { disk, segments: names.map((name) => join(folder, name)), firsts: names.map((name) => Number(name.slice(8, 20))), last };
}

const opening = (disk: SimulatedDisk, from = 0) => openJournal(disk, from, () => undefined, 1500);

async function refusalOf(disk: SimulatedDisk, from = 0): Promise<SohError> {
  const before = disk.paths().map((path) => [path, disk.content(path).toString('latin1')]);
  try {
    await opening(disk, from);
  } catch (error) {
    assert.ok(error instanceof SohError, String(error));
    assert.deepEqual(
      disk.paths().map((path) => [path, disk.content(path).toString('latin1')]),
      before,
      'a refusal changes nothing',
    );
    return error;
  }
  return assert.fail('it opened without a word');
}

/** Where each record of a segment ends. */
function ends(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) found.push(at + 1);
  return found;
}

for (const stops of [true, false]) {
  const how = stops ? 'stopped in order' : 'killed';

  test(`${how}: the last segment emptied, deleted, or cut at any record or inside of one`, async () => {
    const { segments, firsts, last } = await store({ stops });
    const [victim = '', first = 0] = [segments.at(-1), firsts.at(-1)];
    const expect = async (change: (disk: SimulatedDisk) => void, code: ErrorCode, sequence: number): Promise<void> => {
      const { disk } = await store({ stops });
      change(disk);
      const error = await refusalOf(disk);
      assert.equal(error.code, code);
      assert.deepEqual([error.parameters['file'], error.parameters['sequence'], error.parameters['last']], [victim, sequence, last]);
    };
    await expect((disk) => disk.put(victim, Buffer.alloc(0)), 'messageBox.segmentEmptied', first);
    await expect((disk) => disk.remove(victim), 'messageBox.segmentMissing', first);
    const { disk: whole } = await store({ stops });
    const bytes = whole.content(victim);
    for (const [index, end] of ends(bytes).slice(0, -1).entries()) {
      await expect((disk) => disk.put(victim, bytes.subarray(0, end)), 'messageBox.segmentCut', first + index + 1);
      await expect((disk) => disk.put(victim, bytes.subarray(0, end + 20)), 'messageBox.segmentCut', first + index + 1);
    }
  });
}

test('a sealed segment emptied, deleted, or cut at any record', async () => {
  const { segments, firsts } = await store();
  const [victim = '', first = 0, next = 0] = [segments[1], firsts[1], firsts[2]];
  const { disk: whole } = await store();
  const bytes = whole.content(victim);
  const cases: [(disk: SimulatedDisk) => void, ErrorCode, number][] = [
    [(disk) => disk.put(victim, Buffer.alloc(0)), 'messageBox.segmentEmptied', first],
    [(disk) => disk.remove(victim), 'messageBox.segmentMissing', first],
    ...ends(bytes)
      .slice(0, -1)
      .map((end, index): [(disk: SimulatedDisk) => void, ErrorCode, number] => [
        (disk) => disk.put(victim, bytes.subarray(0, end)),
        'messageBox.segmentCut',
        first + index + 1,
      ]),
  ];
  for (const [change, code, sequence] of cases) {
    const { disk } = await store();
    change(disk);
    const error = await refusalOf(disk);
    assert.deepEqual([error.code, error.parameters], [code, { ...error.parameters, file: victim, sequence, last: next - 1 }]);
  }
});

test('several segments at the end deleted, or everything', async () => {
  const { segments, firsts, last } = await store();
  for (const count of [2, segments.length]) {
    const { disk } = await store();
    for (const path of segments.slice(-count)) disk.remove(path);
    const { code, parameters } = await refusalOf(disk);
    assert.deepEqual([code, parameters['file'], parameters['last']], ['messageBox.segmentMissing', segments.at(-count), last]);
    assert.equal(parameters['sequence'], firsts.at(-count));
  }
});

test('the journal ends before the snapshot', async () => {
  const { disk, segments, firsts, last } = await store({ stops: true });
  await snapshotStore(disk, last);
  disk.remove(mark);
  const bytes = disk.content(segments.at(-1) ?? '');
  for (const [length, code] of [
    [0, 'messageBox.segmentEmptied'],
    [ends(bytes)[0], 'messageBox.segmentCut'],
  ] as const) {
    disk.put(segments.at(-1) ?? '', bytes.subarray(0, length));
    const error = await refusalOf(disk, last);
    assert.deepEqual([error.code, error.parameters['last']], [code, last]);
  }
  // Without a mark nobody can tell whether the one before is all there; what is gone is told all the same.
  disk.remove(segments.at(-1) ?? '');
  const { code, parameters } = await refusalOf(disk, last);
  assert.deepEqual([code, parameters['sequence'], parameters['last']], ['messageBox.segmentCut', firsts.at(-1), last]);
});

test('damage inside of the last group, which looks like an interrupted write, is told when it had been acknowledged', async () => {
  const { disk, segments, last } = await store();
  const path = segments.at(-1) ?? '';
  const bytes = disk.content(path);
  bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1;
  disk.put(path, bytes);
  const error = await refusalOf(disk);
  assert.deepEqual([error.code, error.parameters['sequence']], ['messageBox.damaged', last]);
});

test('an interrupted write is cut, and what it was about is told', async () => {
  const { disk, segments, last } = await store();
  const path = segments.at(-1) ?? '';
  const bytes = disk.content(path);
  const lines = new LineBuffer();
  lines.add(
    1,
    last + 1,
    last + 1,
    JSON.stringify({ kind: 'commit', at: 1, instance: '3-7-abc', published: [{ to: [{ instance: '3-8-abc' }] }] }),
  );
  disk.put(path, Buffer.concat([bytes, lines.content.subarray(0, -4)]));
  const { recovered } = await opening(disk);
  assert.deepEqual(recovered.cut, {
    file: path,
    offset: bytes.length,
    bytes: lines.length - 4,
    sequence: last + 1,
    instances: ['3-7-abc', '3-8-abc'],
  });
  assert.equal(disk.content(path).length, bytes.length);
});

test('an end that was replaced by another journal of the same length is noticed', async () => {
  const { disk, segments, last } = await store();
  const path = segments.at(-1) ?? '';
  const bytes = disk.content(path);
  const [begin = 0] = ends(bytes).slice(-2);
  const lines = new LineBuffer();
  const prev = Number.parseInt(bytes.toString('latin1', begin + 9, begin + 17), 16);
  lines.add(prev, last, last - 2, JSON.stringify({ kind: 'entry', at: 1, text: 'another' }));
  disk.put(path, Buffer.concat([bytes.subarray(0, begin), lines.content]));
  assert.equal((await refusalOf(disk)).code, 'messageBox.foreign');
});

test('what a process wrote to a segment after it had been sealed does not count', async () => {
  const { disk, segments } = await store();
  const intact: number[] = [];
  await openJournal(disk, 0, (_, sequence) => intact.push(sequence));
  const zombie = await store();
  for (const path of segments.slice(0, -1))
    zombie.disk.put(path, Buffer.concat([zombie.disk.content(path), zombie.disk.content(segments[0] ?? '')]));
  const found: number[] = [];
  await openJournal(zombie.disk, 0, (_, sequence) => found.push(sequence));
  assert.deepEqual(found, intact);
});

test('without its mark the journal opens, and it is told that a loss would not have been noticed', async () => {
  const content: readonly (Buffer | undefined)[] = [undefined, Buffer.alloc(0), Buffer.alloc(256), Buffer.from('something else')];
  for (const bytes of content) {
    const { disk } = await store();
    if (bytes === undefined) disk.remove(mark);
    else disk.put(mark, bytes);
    const { recovered, journal } = await opening(disk);
    assert.equal(recovered.unmarked, mark);
    await journal.close();
    assert.equal((await opening(disk)).recovered.unmarked, undefined, 'it is written anew');
  }
  const fresh = new SimulatedDisk(seededRandom(5));
  assert.equal((await opening(fresh)).recovered.unmarked, undefined);
});

test('a mark of which one half was torn still tells what the other half knew', async () => {
  for (const half of [0, 128]) {
    const { disk, segments, last } = await store({ stops: true });
    const bytes = disk.content(mark);
    bytes.fill(0, half, half + 64);
    disk.put(mark, bytes);
    disk.put(segments.at(-1) ?? '', Buffer.alloc(0));
    const error = await refusalOf(disk);
    assert.deepEqual([error.code, error.parameters['last']], ['messageBox.segmentEmptied', last]);
  }
});

test('power losses never make the mark know more than was acknowledged', async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed);
    const disk = new SimulatedDisk(random);
    for (let start = 0; start < 4; start++) {
      const mine = disk.forProcess();
      const { journal } = await openJournal(mine, 0, () => undefined, 800);
      let on = true;
      const working = (async () => {
        while (on) {
          journal.append(entry(journal.sequence + 1));
          await journal.flush();
        }
      })().catch(() => undefined);
      for (let turns = random.below(60); turns > 0; turns--) await Promise.resolve();
      on = false;
      disk.losePower();
      await working;
    }
    await openJournal(disk, 0, () => undefined, 800);
  }
});
