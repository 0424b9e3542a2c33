/**
 * Guarantee: `verify` finds nothing in a sound folder, whether a group stopped, died or still writes, and finds each kind of damage wherever it
 * is; it changes nothing.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { markFile } from '../../../emulator/messagebox/storage/mark.ts';
import { historyFolder, listSegments } from '../../../emulator/messagebox/storage/segments.ts';
import { previousSnapshotFile, snapshotFile } from '../../../emulator/messagebox/storage/snapshot.ts';
import { bodiesOf } from '../../../emulator/messagebox/upkeep/bodiesOf.ts';
import { verify } from '../../../emulator/messagebox/upkeep/verify.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { folder, idle, openFolder, recordsOf, writeFolder } from '../../faults/realFolder.ts';

/** One with two snapshots, a history, several live segments and bodies that are needed. */
async function sound(): Promise<SimulatedDisk> {
  for (let seed = 1; ; seed++) {
    const disk = await writeFolder(seededRandom(seed), 200);
    const copy = copyOf(disk);
    const { state } = await openFolder(copy);
    const names = disk.list(folder);
    const rich = names.includes(previousSnapshotFile) && listSegments(disk, folder).length > 1 && bodiesOf(state).size > 1;
    if (rich && listSegments(disk, join(folder, historyFolder)).length > 1) return disk;
  }
}

function copyOf(disk: SimulatedDisk): SimulatedDisk {
  const copy = new SimulatedDisk(seededRandom(1));
  for (const path of disk.paths()) copy.put(path, disk.content(path));
  return copy;
}

async function codes(disk: SimulatedDisk): Promise<string[]> {
  const before = disk.paths().map((path) => [path, disk.content(path).toString('latin1')]);
  const { problems } = await verify(disk, folder);
  assert.deepEqual(
    disk.paths().map((path) => [path, disk.content(path).toString('latin1')]),
    before,
    'nothing is changed',
  );
  return problems.map(({ code }) => code);
}

function flip(disk: SimulatedDisk, path: string, at = 0.5): void {
  const bytes = disk.content(path);
  const place = Math.floor(bytes.length * at);
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  disk.put(path, bytes);
}

test('nothing is found in sound folders', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const disk = await writeFolder(seededRandom(seed), 40 + 8 * seed);
    assert.deepEqual(await codes(disk), [], `seed ${String(seed)}`);
    const { sequence, segments, unmarked } = await verify(disk, folder);
    assert.equal(sequence, Math.max(...(await recordsOf(disk)).keys()));
    assert.equal(segments, [folder, join(folder, historyFolder)].flatMap((place) => listSegments(disk, place)).length);
    assert.equal(unmarked, undefined);
  }
});

test('each kind of damage is found', async () => {
  const disk = await sound();
  const [live = '', newest = ''] = [listSegments(disk, folder)[0]?.path, listSegments(disk, folder).at(-1)?.path];
  const [oldest = '', archived = ''] = listSegments(disk, join(folder, historyFolder)).map(({ path }) => path);
  const [body = ''] = [...bodiesOf((await openFolder(copyOf(disk))).state).keys()];
  const at = (name: string): string => join(folder, name);
  const cases: readonly [string, (damaged: SimulatedDisk) => void, string][] = [
    ['a live segment', (damaged) => flip(damaged, live), 'messageBox.damaged'],
    ['the newest segment', (damaged) => damaged.put(newest, Buffer.alloc(0)), 'messageBox.segmentEmptied'],
    ['a live segment gone', (damaged) => damaged.remove(live), 'messageBox.segmentMissing'],
    ['a history segment', (damaged) => flip(damaged, oldest), 'messageBox.damaged'],
    ['a history segment gone', (damaged) => damaged.remove(archived), 'messageBox.segmentMissing'],
    ['the snapshot', (damaged) => flip(damaged, at(snapshotFile)), 'messageBox.snapshotDamaged'],
    ['the snapshot before', (damaged) => damaged.put(at(previousSnapshotFile), Buffer.from('{}')), 'messageBox.snapshotDamaged'],
    ['a body', (damaged) => flip(damaged, at(`bodies/${body}`)), 'messageBox.bodyUnreadable'],
    ['a body gone', (damaged) => damaged.remove(at(`bodies/${body}`)), 'messageBox.bodyUnreadable'],
  ];
  for (const [what, damage, code] of cases) {
    const damaged = copyOf(disk);
    damage(damaged);
    assert.ok((await codes(damaged)).includes(code), what);
  }
  const both = copyOf(disk);
  flip(both, live);
  flip(both, oldest);
  flip(both, at(snapshotFile));
  assert.deepEqual((await codes(both)).sort(), ['messageBox.damaged', 'messageBox.damaged', 'messageBox.snapshotDamaged']);
});

test('an interrupted write and a missing mark are told, and are no damage', async () => {
  const disk = await sound();
  const newest = listSegments(disk, folder).at(-1)?.path ?? '';
  disk.put(newest, Buffer.concat([disk.content(newest), Buffer.from('1c291ca3 0000')]));
  disk.remove(join(folder, markFile));
  const { problems, interrupted, unmarked } = await verify(disk, folder);
  assert.deepEqual([problems, interrupted?.bytes, unmarked], [[], 13, join(folder, markFile)]);
});

test('a group may write, make snapshots and move segments meanwhile', async () => {
  const disk = new SimulatedDisk(seededRandom(7));
  const { opened, state } = await openFolder(disk);
  opened.log.append({ kind: 'generation', at: state.at, generation: state.generation, origin: state.origin });
  let checked = 0;
  for (let round = 0; round < 60; round++) {
    for (let count = 0; count < 20; count++) opened.log.append(idle(state.at + round, count));
    const busy = opened.log.flush().then(async () => {
      if (round % 3 === 0) await opened.log.archive((await opened.snapshot(opened.log.sealedSequence)).sequence);
    });
    const { problems } = await verify(disk, folder);
    assert.deepEqual(problems, []);
    await busy;
    checked++;
  }
  assert.equal(checked, 60);
});

test('no data is not the same as no damage', async () => {
  await assert.rejects(verify(new SimulatedDisk(seededRandom(1)), folder), (error) => isCode(error, 'messageBox.noData'));
});
