/**
 * T06. Guarantee: after a power loss that keeps any subset of what was not synced, the store opens and holds every acknowledged record
 * unchanged, with snapshots, archiving and restarts going on in between. The same run must notice a disk whose syncs do nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../emulator/faults/seededRandom.ts';
import { SimulatedDisk } from '../../emulator/simulation/simulatedDisk.ts';
import { entry, folder, recoverStore, snapshotStore } from './journalFixture.ts';

const firstSeed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const seeds = 200;

interface Run {
  readonly restarts: number;
  readonly cuts: number;
  readonly acknowledged: number;
}

/** One seeded life of a store: work, power loss or crash, restart, four to eight times. Throws when an acknowledged record is not there. */
async function live(seed: number, kind: 'weak' | 'lying' | 'windows' = 'weak'): Promise<Run> {
  const random = seededRandom(seed);
  const disk = new SimulatedDisk(random);
  disk.shortWrites = random.next();
  disk.namesInOrder = kind === 'windows';
  if (kind === 'lying') {
    const honest = disk.open.bind(disk);
    disk.open = (path, mode) => ({ ...honest(path, mode), dataSync: () => Promise.resolve() });
  }
  let acknowledged = 0;
  let cuts = 0;
  const restarts = 4 + random.below(5);
  for (let restart = 0; restart < restarts; restart++) {
    const mine = disk.forProcess();
    const { entries, journal, cut } = await recoverStore(mine, 2000);
    if (cut) cuts++;
    assert.ok(
      entries.size >= acknowledged,
      `seed ${String(seed)}: ${String(entries.size)} of ${String(acknowledged)} acknowledged records`,
    );
    for (const [at, value] of entries) {
      if (value.kind === 'header') continue;
      assert.deepEqual(value, entry(value.at), `seed ${String(seed)}: record ${String(at)}`);
      // A header that the journal put in front took the number the entry was made for.
      assert.ok(
        value.at === at || (value.at === at - 1 && entries.get(value.at)?.kind === 'header'),
        `seed ${String(seed)}: record ${String(at)}`,
      );
    }
    acknowledged = entries.size;
    // The power goes at any turn of the event loop: in the middle of a flush, a snapshot or a move.
    let on = true;
    const work = async (): Promise<void> => {
      for (let step = 0; on && step < 25; step++) {
        for (let count = 1 + random.below(4); count > 0; count--) journal.append(entry(journal.sequence + 1));
        await journal.flush();
        acknowledged = journal.durable;
        if (!random.chance(0.15)) continue;
        const last = mine
          .list(folder)
          .filter((name) => name.startsWith('journal-'))
          .sort()
          .at(-1);
        const upTo = Number(last?.slice(8, 20)) - 1;
        await snapshotStore(mine, upTo);
        await journal.archive(upTo);
      }
    };
    const working = work().catch((error: unknown) => {
      if (on) throw error;
    });
    for (let turns = random.below(120); turns > 0; turns--) await Promise.resolve();
    on = false;
    if (random.chance(0.3)) disk.crash();
    else disk.losePower();
    await working;
  }
  return { restarts, cuts, acknowledged };
}

for (const [kind, of] of [
  ['weak', 'that promises only what was synced'],
  ['windows', 'whose folders cannot be synced and whose names are kept in order'],
] as const)
  test(`${String(seeds)} seeded lives with power losses on a disk ${of} (first SEED=${String(firstSeed)})`, async (t) => {
    let [restarts, cuts, acknowledged] = [0, 0, 0];
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const run = await live(seed, kind);
      restarts += run.restarts;
      cuts += run.cuts;
      acknowledged += run.acknowledged;
    }
    t.diagnostic(
      `seeds from ${String(firstSeed)}: ${String(restarts)} restarts, ${String(cuts)} interrupted writes cut, ${String(acknowledged)} records acknowledged`,
    );
    assert.ok(cuts > 10 && acknowledged > 1000, 'the faults must really happen');
  });

test(`a disk whose syncs do nothing is noticed (first SEED=${String(firstSeed)})`, async () => {
  let noticed = 0;
  for (let seed = firstSeed; seed < firstSeed + 20; seed++) await live(seed, 'lying').catch(() => noticed++);
  assert.ok(noticed > 10, `noticed ${String(noticed)} of 20`);
});
