/**
 * Guarantee (docs/failure-model.md, 4.11): what a process that lost the folder writes when it wakes goes behind the end of a sealed segment, and
 * counts for nobody: not for a restart, not for a snapshot, not for who reads the history. It acknowledges nothing of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SohError } from '../../../emulator/errors.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { entry, folder, recoverStore, snapshotStore, sourceOn } from '../../faults/journalFixture.ts';

const firstSeed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const SEEDS = 60;

async function live(seed: number): Promise<number> {
  const random = seededRandom(seed);
  const disk = new SimulatedDisk(random);
  let late = 0;
  /** Id of the claim on the folder; whoever has another one has lost it. */
  let claim = 0;
  const acknowledged = new Map<number, string>();
  const begin = async (segmentBytes: number) => {
    const mine = ++claim;
    const confirm = (): void => {
      if (claim !== mine) throw new SohError('messageBox.claimLost', { folder, computer: 'c', pid: 1 });
    };
    const { entries, journal } = await recoverStore(disk, segmentBytes, { confirm });
    for (const [sequence, text] of acknowledged)
      assert.equal(entries.get(sequence)?.text, text, `seed ${String(seed)}: record ${String(sequence)}`);
    return journal;
  };
  let journal = await begin(1500);
  for (let owner = 0; owner < 4; owner++) {
    const write = async (count: number): Promise<void> => {
      const made = Array.from({ length: count }, () => {
        const { text = '' } = entry(journal.sequence + 1);
        return [journal.append({ kind: 'entry', at: journal.sequence + 1, text }), text] as const;
      });
      await journal.flush();
      for (const [sequence, text] of made) acknowledged.set(sequence, text);
    };
    for (let group = random.below(12); group >= 0; group--) await write(1 + random.below(3));
    const old = journal;
    // It has decided more, and perhaps begun to write it, when it is stopped.
    for (let more = 1 + random.below(4); more > 0; more--) old.append(entry(old.sequence + 1));
    journal = await begin(1500);
    await write(1 + random.below(3));
    const woken = old.flush();
    await assert.rejects(woken, (error) => error instanceof SohError, `seed ${String(seed)}: it acknowledges nothing`);
    late++;
    await write(1);
    const upTo = journal.sealedSequence;
    if (random.chance(0.7)) await snapshotStore(disk, upTo);
    if (random.chance(0.5)) await journal.archive(upTo);
  }
  const read = new Map<number, string>();
  const follower = sourceOn(disk).follow();
  for (let end = false; !end;) {
    const next = await follower.next(50);
    for (const { sequence, record } of next.records) if (record.kind === 'entry') read.set(sequence, record.text ?? '');
    ({ end } = next);
  }
  for (const [sequence, text] of read)
    assert.equal(acknowledged.get(sequence), text, `seed ${String(seed)}: record ${String(sequence)} is nobody's`);
  assert.equal(read.size, acknowledged.size, `seed ${String(seed)}`);
  await begin(1500);
  return late;
}

test(`${String(SEEDS)} seeded lives of a folder that is taken over while its owner is stopped (first SEED=${String(firstSeed)})`, async () => {
  let late = 0;
  for (let seed = firstSeed; seed < firstSeed + SEEDS; seed++) late += await live(seed);
  assert.equal(late, 4 * SEEDS);
});
