/**
 * T08. Guarantee: damage is never silent. One bit is flipped at 500 sampled places of segments and snapshots: the state is recovered
 * exactly, or the MessageBox refuses and names the file and the place; in a folder of the first release, which has no mark, the last write
 * group may be cut and reported. The same checker must notice a reader that does not check.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom, type SeededRandom } from '../../emulator/faults/seededRandom.ts';
import { SimulatedDisk } from '../../emulator/simulation/simulatedDisk.ts';
import { markFile } from '../../emulator/messagebox/storage/mark.ts';
import { type Entry, entry, folder, openJournal, recoverStore, refusal, snapshotStore, type StateData } from './journalFixture.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const flips = 500;
const lastGroup = 4;

interface Store {
  readonly files: Map<string, Buffer>;
  readonly expected: Map<number, Entry>;
}

/** Two snapshots, archived and live segments, and a last group of four records. */
async function writtenStore(): Promise<Store> {
  const disk = new SimulatedDisk(seededRandom(8));
  const { journal } = await openJournal(disk, 0, () => undefined, 3000);
  const put = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) journal.append(entry(journal.sequence + 1));
    await journal.flush();
  };
  for (let round = 0; round < 3; round++) {
    for (let group = 0; group < 12; group++) await put(3);
    if (round === 2) break;
    const live = disk.list(folder).filter((name) => name.startsWith('journal-'));
    const upTo = Number(live.at(-1)?.slice(8, 20)) - 1;
    await snapshotStore(disk, upTo);
    await journal.archive(upTo);
  }
  await put(lastGroup);
  await journal.close();
  const expected = (await recoverStore(disk)).entries;
  return { files: new Map(disk.paths().map((path) => [path, disk.content(path)])), expected };
}

function damagedDisk(store: Store, victim: string, bit: number): SimulatedDisk {
  const disk = new SimulatedDisk(seededRandom(8));
  for (const [path, content] of store.files) {
    const bytes = Buffer.from(content);
    if (path === victim) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    disk.put(path, bytes);
  }
  return disk;
}

type Recover = (disk: SimulatedDisk) => Promise<{ entries: Map<number, Entry>; reported: boolean }>;

/** What became of the damage; 'silent' is the one thing that must not happen. */
async function outcomeOf(store: Store, recover: Recover, disk: SimulatedDisk, victim: string): Promise<string> {
  let found: Awaited<ReturnType<Recover>> | undefined;
  const error = await refusal(recover(disk).then((result) => (found = result)));
  if (error !== undefined) {
    const place = error.parameters['offset'] ?? /byte \d+/.exec(error.message);
    return error.parameters['file'] === victim && place !== null ? 'refused' : 'refused without saying where';
  }
  const present = [...store.expected].filter(([at]) => found?.entries.has(at) === true);
  const same =
    present.length === found?.entries.size &&
    present.every(([at, value]) => JSON.stringify(found?.entries.get(at)) === JSON.stringify(value));
  if (!same) return 'silent';
  const missing = store.expected.size - present.length;
  if (missing === 0) return 'exact';
  const prefix = present.every(([at], index) => at === index + 1);
  return found?.reported === true && prefix && missing <= lastGroup ? 'last group cut' : 'silent';
}

async function run(store: Store, recover: Recover, random: SeededRandom, victims: string[]): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  for (let flip = 0; flip < flips; flip++) {
    const victim = victims[random.below(victims.length)] ?? '';
    const bit = random.below((store.files.get(victim)?.length ?? 0) * 8);
    const outcome = await outcomeOf(store, recover, damagedDisk(store, victim, bit), victim);
    if (outcome.startsWith('refused without')) assert.fail(`seed ${String(seed)}: bit ${String(bit)} of ${victim}: ${outcome}`);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  return outcomes;
}

const checked: Recover = async (disk) => {
  const { entries, cut, damagedSnapshot } = await recoverStore(disk);
  return { entries, reported: cut !== undefined || damagedSnapshot !== undefined };
};

/** The planted bug: believes whatever still looks like JSON. */
const unchecked: Recover = async (disk) => {
  const snapshot = JSON.parse(disk.content(join(folder, 'messagebox.json')).toString()) as { data: StateData };
  const entries = new Map(Object.entries(snapshot.data.entries).map(([at, value]) => [Number(at), value]));
  for (const name of disk.list(folder).filter((file) => file.startsWith('journal-'))) {
    for (const line of disk.content(join(folder, name)).toString().split('\n')) {
      const sequence = Number(line.slice(28, 40));
      if (line !== '' && sequence > snapshot.data.sequence) entries.set(sequence, JSON.parse(line.slice(54)) as Entry);
    }
  }
  return { entries, reported: false };
};

test(`${String(flips)} flipped bits: no silent difference (SEED=${String(seed)})`, async (t) => {
  const store = await writtenStore();
  const outcomes = await run(store, checked, seededRandom(seed), [...store.files.keys()]);
  t.diagnostic(`seed ${String(seed)}: ${JSON.stringify(Object.fromEntries(outcomes))}`);
  assert.equal(outcomes.get('silent') ?? 0, 0);
  for (const outcome of ['exact', 'refused']) assert.ok((outcomes.get(outcome) ?? 0) > 0, `${outcome} never happened`);
  assert.equal(outcomes.get('last group cut') ?? 0, 0, 'what was acknowledged is never cut');
});

test('the last byte of the journal, in each bit: its record is damaged, and not called cut', async () => {
  const store = await writtenStore();
  const victim =
    [...store.files.keys()]
      .filter((path) => path.includes('journal-'))
      .sort()
      .at(-1) ?? '';
  const last = (store.files.get(victim)?.length ?? 0) - 1;
  for (let bit = 0; bit < 8; bit++) {
    const error = await refusal(checked(damagedDisk(store, victim, last * 8 + bit)));
    assert.deepEqual([error?.code, error?.parameters['file']], ['messageBox.damaged', victim], `bit ${String(bit)}`);
  }
});

test(`without a mark nothing but the last group is cut (SEED=${String(seed)})`, async (t) => {
  const store = await writtenStore();
  store.files.delete(join(folder, markFile));
  const outcomes = await run(store, checked, seededRandom(seed), [...store.files.keys()]);
  t.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
  assert.equal(outcomes.get('silent') ?? 0, 0);
  for (const outcome of ['exact', 'refused', 'last group cut']) assert.ok((outcomes.get(outcome) ?? 0) > 0, `${outcome} never happened`);
});

test(`the checker notices a reader that checks nothing (SEED=${String(seed)})`, async () => {
  const store = await writtenStore();
  const lenient: Recover = (disk) => unchecked(disk).catch(() => ({ entries: new Map(store.expected), reported: true }));
  const outcomes = await run(
    store,
    lenient,
    seededRandom(seed),
    [...store.files.keys()].filter((path) => !path.includes('previous')),
  );
  assert.ok((outcomes.get('silent') ?? 0) > 50, JSON.stringify(Object.fromEntries(outcomes)));
});
