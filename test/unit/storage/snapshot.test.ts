/**
 * Guarantee: a snapshot that was written is read back exactly; a damaged one is never believed: the previous one and the journal (history
 * included) give the same state, or it is refused; no failure while writing costs the snapshots that were there.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { DurableJsonFile, loadSnapshot, previousSnapshotFile, snapshotFile } from '../../../emulator/messagebox/storage/snapshot.ts';
import { anyFormat, entry, folder, openJournal, recoverStore, snapshotStore, stateFormat } from '../../faults/journalFixture.ts';

const current = join(folder, snapshotFile);
const previous = join(folder, previousSnapshotFile);

/** Twenty groups over several segments, two snapshots, everything before the second one archived. */
async function store(): Promise<{ disk: SimulatedDisk; sequences: number[] }> {
  const disk = new SimulatedDisk(seededRandom(3));
  const { journal } = await openJournal(disk, 0, () => undefined, 600);
  const sequences: number[] = [];
  for (let group = 1; group <= 20; group++) {
    journal.append(entry(group));
    journal.append(entry(group));
    await journal.flush();
    if (group !== 8 && group !== 16) continue;
    const upTo =
      Number(
        disk
          .list(folder)
          .filter((name) => name.startsWith('journal-'))
          .at(-1)
          ?.slice(8, 20),
      ) - 1;
    await snapshotStore(disk, upTo);
    await journal.archive(upTo);
    sequences.push(upTo);
  }
  await journal.close();
  return { disk, sequences };
}

function damage(disk: SimulatedDisk, path: string): void {
  const bytes = disk.content(path);
  bytes[20] = (bytes[20] ?? 0) ^ 4;
  disk.put(path, bytes);
}

test('any plain data comes back exactly, one entry a line', async () => {
  const disk = new SimulatedDisk(seededRandom(3));
  const data = {
    sequence: 12,
    none: {},
    empty: [],
    list: [1, null, 'é\n'],
    nothing: null,
    text: '"',
    instances: { 'a"b': { state: 1 }, 数: [2] },
  };
  const file = new DurableJsonFile(disk, folder, anyFormat<typeof data>('snapshot'));
  assert.equal(await file.read(), null);
  await file.write(data);
  assert.deepEqual(await file.read(), data);
  const text = disk.content(current).toString();
  assert.ok(text.includes('\n"a\\"b":{"state":1},\n"数":[2]}'));
  assert.deepEqual((JSON.parse(text) as { data: unknown }).data, data);
});

test('a damaged snapshot: the previous one and the journal give the same state, and the damage is reported', async () => {
  const { disk, sequences } = await store();
  const intact = await recoverStore(disk);
  assert.equal((await loadSnapshot(disk, folder, stateFormat)).sequence, sequences[1]);
  damage(disk, current);
  const second = await recoverStore(disk);
  assert.equal(second.damagedSnapshot, current);
  assert.deepEqual(second.entries, intact.entries);
  damage(disk, previous);
  assert.deepEqual((await recoverStore(disk)).entries, intact.entries, 'the whole history does as well');
});

test('a damaged snapshot is refused when the history it replaces is gone', async () => {
  const { disk } = await store();
  for (const name of disk.list(join(folder, 'history'))) disk.remove(join(folder, 'history', name));
  assert.ok((await recoverStore(disk)).entries.size > 0);
  damage(disk, current);
  await assert.rejects(recoverStore(disk), (error) => isCode(error, 'messageBox.snapshotDamaged') && error.parameters['file'] === current);
  for (const name of disk.list(folder).filter((file) => file.startsWith('journal-'))) disk.remove(join(folder, name));
  await assert.rejects(recoverStore(disk), (error) => isCode(error, 'messageBox.snapshotDamaged'));
});

test('a damaged snapshot never takes the place of an intact previous one', async () => {
  const { disk } = await store();
  const kept = disk.content(previous);
  damage(disk, current);
  const { journal } = await recoverStore(disk, 600);
  for (let count = 0; count < 20; count++) {
    journal.append(entry(count));
    await journal.flush();
  }
  await snapshotStore(disk, journal.sequence - 5);
  assert.deepEqual(disk.content(previous), kept);
  assert.equal((await loadSnapshot(disk, folder, stateFormat)).sequence, journal.sequence - 5);
});

test('each step of writing a snapshot fails once: the state is still there', async () => {
  for (const operation of ['open', 'write', 'dataSync', 'list', 'rename', 'syncFolder'] as const) {
    for (let nth = 1; nth <= 3; nth++) {
      const { disk } = await store();
      const before = (await recoverStore(disk)).entries;
      const data = await new DurableJsonFile<{ sequence: number }>(disk, folder, stateFormat).read();
      disk.failWith({ operation, nth, code: 'EIO' });
      await new DurableJsonFile<{ sequence: number }>(disk, folder, stateFormat).write(data ?? { sequence: 0 }).catch((error: unknown) => {
        assert.ok(isCode(error, 'messageBox.storageFailed'), String(error));
      });
      disk.heal();
      disk.losePower();
      assert.deepEqual((await recoverStore(disk)).entries, before, `${operation} ${String(nth)}`);
    }
  }
});
