/**
 * Guarantee: `repair` makes a copy of a damaged data folder that opens. It gives up exactly what it says, no record before the first that is
 * gone is lost, whatever was damaged and however, and the folder itself stays as it is. 500 folders.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { seededRandom, type SeededRandom } from '../../emulator/faults/seededRandom.ts';
import { toSnapshot, type SnapshotContent } from '../../emulator/messagebox/core/snapshotState.ts';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import { decodeLine } from '../../emulator/messagebox/storage/journalLine.ts';
import { markFile, readMark } from '../../emulator/messagebox/storage/mark.ts';
import { historyFolder, listSegments } from '../../emulator/messagebox/storage/segments.ts';
import { previousSnapshotFile, snapshotFile } from '../../emulator/messagebox/storage/snapshot.ts';
import { bodiesOf } from '../../emulator/messagebox/upkeep/bodiesOf.ts';
import { repair, type Repaired } from '../../emulator/messagebox/upkeep/repair.ts';
import { verify } from '../../emulator/messagebox/upkeep/verify.ts';
import type { SimulatedDisk } from '../../emulator/simulation/simulatedDisk.ts';
import { newSeed } from '../faults/group.ts';
import { mutant, type PlantedBug } from '../faults/mutant.ts';
import { folder, openFolder, recordsOf, stateAt, writeFolder } from '../faults/realFolder.ts';

const FOLDERS = 500;
const target = '/copy/messagebox';
const seed = newSeed();

interface Base {
  readonly disk: SimulatedDisk;
  readonly records: ReadonlyMap<number, JournalRecord>;
  readonly last: number;
  /** By path: each record and its bytes. */
  readonly lines: ReadonlyMap<string, ReadonlyMap<number, Buffer>>;
  /** By name: what is in it, and the last record it covers. */
  readonly snapshots: ReadonlyMap<string, { readonly bytes: Buffer; readonly sequence: number }>;
  readonly bodies: ReadonlyMap<string, Buffer>;
  readonly mark: Buffer;
}

async function base(random: SeededRandom): Promise<Base> {
  const disk = await writeFolder(random, 60 + random.below(100));
  const records = await recordsOf(disk);
  const snapshots: [string, { bytes: Buffer; sequence: number }][] = [];
  for (const name of disk.list(folder)) {
    if (name !== snapshotFile && name !== previousSnapshotFile) continue;
    const bytes = disk.content(join(folder, name));
    snapshots.push([name, { bytes, sequence: (JSON.parse(bytes.toString()) as { data: SnapshotContent }).data.sequence }]);
  }
  return {
    ...{ disk, records, last: Math.max(...records.keys()), snapshots: new Map(snapshots) },
    lines: new Map(segmentPaths(disk).map((path) => [path, linesOf(disk.content(path))])),
    bodies: new Map(disk.list(join(folder, 'bodies')).map((hash) => [hash, disk.content(join(folder, 'bodies', hash))])),
    mark: disk.content(join(folder, markFile)),
  };
}

function linesOf(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (const { sequence, start, end } of placesIn(bytes)) found.set(sequence, bytes.subarray(start, end));
  return found;
}

function segmentPaths(disk: SimulatedDisk): string[] {
  return [join(folder, historyFolder), folder].flatMap((place) => listSegments(disk, place).map(({ path }) => path));
}

const firstOf = (path: string): number => Number(path.slice(-16, -4));

/** Records of a segment and where they are in it; the line break is none of their bytes. */
function placesIn(bytes: Buffer): { sequence: number; start: number; end: number }[] {
  const found: { sequence: number; start: number; end: number }[] = [];
  for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start)) {
    const line = decodeLine(bytes.subarray(start, end));
    if (line !== undefined) found.push({ sequence: line.sequence, start, end });
  }
  return found;
}

/** What other groups have in their folders. */
const strangers: { readonly snapshot: Buffer; readonly segment: Buffer }[] = [];

before(async () => {
  for (let another = 1; strangers.length < 5; another++) {
    const disk = await writeFolder(seededRandom(seed - another), 150);
    if (!disk.list(folder).includes(snapshotFile)) continue;
    const [segment] = segmentPaths(disk);
    if (segment !== undefined) strangers.push({ snapshot: disk.content(join(folder, snapshotFile)), segment: disk.content(segment) });
  }
});

type Kind = (disk: SimulatedDisk, random: SeededRandom) => void;

function some<T>(from: readonly T[], random: SeededRandom): T {
  const chosen = from[random.below(from.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}

/** @param change is given a segment, and the place of a record in it */
function inSegment(change: (bytes: Buffer, random: SeededRandom, place: { start: number; end: number }) => Buffer): Kind {
  return (disk, random) => {
    const paths = segmentPaths(disk).filter((path) => placesIn(disk.content(path)).length > 0);
    if (paths.length === 0) return;
    const path = some(paths, random);
    const bytes = disk.content(path);
    disk.put(path, change(bytes, random, some(placesIn(bytes), random)));
  };
}

function flipped(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  return bytes;
}

const anySnapshot = (disk: SimulatedDisk, random: SeededRandom): string | undefined => {
  const name = some([snapshotFile, previousSnapshotFile], random);
  return disk.list(folder).includes(name) ? join(folder, name) : undefined;
};

const kinds: Readonly<Record<string, Kind>> = {
  'a bit flipped': inSegment(flipped),
  'a stretch of zeros': inSegment((bytes, random) => {
    const from = random.below(bytes.length);
    return bytes.fill(0, from, Math.min(bytes.length, from + 1 + random.below(700)));
  }),
  'cut anywhere': inSegment((bytes, random) => bytes.subarray(0, random.below(bytes.length))),
  'cut between two records': inSegment((bytes, _random, { start }) => bytes.subarray(0, start)),
  emptied: inSegment(() => Buffer.alloc(0)),
  'a record taken out': inSegment((bytes, _random, { start, end }) => Buffer.concat([bytes.subarray(0, start), bytes.subarray(end + 1)])),
  'a record twice': inSegment((bytes, _random, { start, end }) => Buffer.concat([bytes.subarray(0, end + 1), bytes.subarray(start)])),
  'something put in between': inSegment((bytes, random, { start }) => {
    const text = Buffer.from(random.chance(0.5) ? 'not a record\n' : '\0'.repeat(1 + random.below(900)));
    return Buffer.concat([bytes.subarray(0, start), text, bytes.subarray(start)]);
  }),
  'something put behind': inSegment((bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + random.below(5000), 'x')])),
  deleted: (disk, random) => {
    const paths = segmentPaths(disk);
    if (paths.length > 0) disk.remove(some(paths, random));
  },
  'two segments exchanged': (disk, random) => {
    const paths = segmentPaths(disk);
    if (paths.length === 0) return;
    const [a, b] = [some(paths, random), some(paths, random)];
    const [left, right] = [disk.content(a), disk.content(b)];
    disk.put(a, right);
    disk.put(b, left);
  },
  'a snapshot damaged': (disk, random) => {
    const path = anySnapshot(disk, random);
    if (path === undefined) return;
    const bytes = disk.content(path);
    disk.put(path, random.chance(0.5) || bytes.length === 0 ? flipped(bytes, random) : bytes.subarray(0, random.below(bytes.length)));
  },
  'a snapshot deleted': (disk, random) => {
    const path = anySnapshot(disk, random);
    if (path !== undefined) disk.remove(path);
  },
  'a snapshot of another group': (disk, random) => {
    const name = some([snapshotFile, previousSnapshotFile], random);
    disk.put(join(folder, name), some(strangers, random).snapshot);
  },
  'a segment of another group': (disk, random) => {
    // In the place of the only one, and shorter than the mark says, it cannot be told from one that was cut.
    const paths = segmentPaths(disk);
    if (paths.length > 1) disk.put(some(paths, random), some(strangers, random).segment);
  },
  'the mark damaged or deleted': (disk, random) => {
    const path = join(folder, markFile);
    if (random.chance(0.5)) disk.remove(path);
    else disk.put(path, Buffer.alloc(256, random.chance(0.5) ? 0 : 'x'));
  },
  'a body damaged': (disk, random) => {
    const names = disk.list(join(folder, 'bodies'));
    if (names.length === 0) return;
    const path = join(folder, 'bodies', some(names, random));
    if (random.chance(0.5)) disk.remove(path);
    else disk.put(path, Buffer.concat([disk.content(path), Buffer.from('!')]));
  },
};

function contentOf(disk: SimulatedDisk, path: string): Buffer {
  return disk.paths().includes(path) ? disk.content(path) : Buffer.alloc(0);
}

/** Records that are not whole in their segment any more. */
function goneFrom({ disk, lines }: Base): number[] {
  return [...lines].flatMap(([path, there]) => {
    const now = contentOf(disk, path);
    return [...there].filter(([, bytes]) => !now.includes(bytes)).map(([sequence]) => sequence);
  });
}

/** The last record that can be in the copy: from the best of the beginnings there are, up to the first record that is gone. */
function reachable(base: Base): number {
  const { disk, last, snapshots } = base;
  const gone = goneFrom(base);
  const intact = [...snapshots].filter(([name, { bytes }]) => contentOf(disk, join(folder, name)).equals(bytes));
  const beginnings = [0, ...intact.map(([, { sequence }]) => sequence)];
  return Math.max(...beginnings.map((from) => Math.min(...gone.filter((sequence) => sequence > from), last + 1) - 1));
}

function contents(disk: SimulatedDisk, inside: string): Map<string, string> {
  return new Map(
    disk
      .paths()
      .filter((path) => path.startsWith(`${inside}/`))
      .map((path) => [path, disk.content(path).toString('latin1')]),
  );
}

async function check(before: Base, what: string, repairIt = repair): Promise<Repaired> {
  const { disk, records, last } = before;
  const untouched = contents(disk, folder);
  const gone = goneFrom(before);
  const marked = readMark(disk, folder).mark?.sequence;
  const { problems } = await verify(disk, folder);
  const repaired = await repairIt(disk, folder, target);
  assert.deepEqual(contents(disk, folder), untouched, 'the folder itself is as it was');
  const { sequence, lost, historyLost, bodies } = repaired;
  assert.equal(sequence, reachable(before), `${what}: as far as it goes`);
  // In a folder where no segment begins as it should, nothing tells that there was a mark.
  if (segmentPaths(disk).some((path) => linesOf(disk.content(path)).has(firstOf(path))))
    assert.equal(repaired.unmarked !== undefined, marked === undefined, what);

  // What `verify` finds nothing wrong with is whole.
  if (problems.length === 0)
    assert.deepEqual([lost?.acknowledged, historyLost, bodies], [undefined, undefined, []], `${what}: not found by verify`);

  // What is said to be given up is what is given up.
  if (lost === undefined) {
    // Without a mark, records cut off at the end leave no trace, and that is said.
    assert.ok(sequence === last || marked === undefined, `${what}: lost without a word`);
  } else {
    assert.deepEqual([lost.first, lost.acknowledged], [sequence + 1, marked !== undefined && marked > sequence ? marked : undefined], what);
    assert.ok(lost.last <= last + 1 && lost.last > sequence, what);
    assert.ok(marked === undefined || sequence === last || lost.last >= last, what);
  }

  // It opens, with exactly the state up to there, and goes on.
  const { opened, state } = await openFolder(disk, target);
  assert.deepEqual({ ...toSnapshot(state, sequence), sequence: 0 }, { ...stateAt(records, sequence), sequence: 0 }, what);
  assert.deepEqual(opened.recovered, { sequence: sequence + 1, records: 1, snapshot: sequence }, what);
  const isDamaged = (hash: string): boolean => before.bodies.get(hash)?.equals(contentOf(disk, join(folder, 'bodies', hash))) !== true;
  const wanted = [...bodiesOf(state).keys()];
  assert.deepEqual(bodies.map(({ hash }) => hash).sort(), wanted.filter(isDamaged).sort(), what);
  for (const hash of wanted) assert.equal(opened.bodies.has(hash), !isDamaged(hash), what);
  opened.log.append({ kind: 'generation', at: state.at, generation: state.generation + 1, origin: 'after' });
  await opened.log.close();

  // A history is given up only from a segment on of which a record is gone.
  if (historyLost !== undefined) {
    const begins = Math.max(...[...before.lines.keys()].map(firstOf).filter((first) => first <= historyLost.last));
    assert.ok(
      gone.some((at) => at >= begins && at <= historyLost.last),
      `${what}: history given up to ${String(historyLost.last)}`,
    );
  }

  // The history that is there is the true one, without a gap; where its oldest segments are gone, it looks like one that was pruned.
  const copied = await recordsOf(disk, target);
  const oldest = Math.min(sequence + 1, ...segmentPaths(disk).map(firstOf));
  for (let at = Math.max(oldest, (historyLost?.last ?? 0) + 1); at <= sequence; at++)
    assert.deepEqual(copied.get(at), records.get(at), `${what}: record ${String(at)}`);
  return repaired;
}

/** The folder of a number, with one to three damages, and what they are. */
async function damagedFolder(number: number): Promise<{ made: Base; what: string }> {
  const random = seededRandom(number);
  const made = await base(random);
  const done: string[] = [];
  for (let count = 1 + random.below(3); count > 0; count--) {
    const [name, kind] = some(Object.entries(kinds), random);
    // What is of another group shows beside what is not: such a damage comes alone.
    const alone = name.endsWith('of another group');
    if (alone && done.length > 0) continue;
    kind(made.disk, random);
    done.push(name);
    if (alone) break;
  }
  return { made, what: `folder ${String(number)}: ${done.join(', ')}` };
}

test(`${String(FOLDERS)} damaged folders`, async () => {
  const outcomes = { whole: 0, less: 0, 'less history': 0, bodies: 0, 'without a snapshot': 0 };
  for (let index = 0; index < FOLDERS; index++) {
    const { made, what } = await damagedFolder(seed + index);
    const { lost, historyLost, bodies, unusable } = await check(made, what);
    outcomes[lost === undefined ? 'whole' : 'less']++;
    if (historyLost !== undefined) outcomes['less history']++;
    if (bodies.length > 0) outcomes.bodies++;
    if (unusable.length > 0) outcomes['without a snapshot']++;
  }
  console.log(outcomes);
  for (const [outcome, count] of Object.entries(outcomes)) assert.ok(count > FOLDERS / 50, `${outcome} was hardly tried: ${String(count)}`);
});

const bugs: readonly PlantedBug[] = [
  {
    file: 'emulator/messagebox/upkeep/reading.ts',
    from: 'return this.#covered(next) ? undefined : damaged(file, damage, next === undefined ? damage.sequence : next - 1)',
    to: 'return ((chain.sequence = next ?? chain.sequence), (chain.prevCrc = undefined))',
  },
  { file: 'emulator/messagebox/upkeep/repair.ts', from: 'salvaged.last > best.last', to: 'salvaged.last < best.last' },
  { file: 'emulator/messagebox/upkeep/repair.ts', from: 'acknowledged > kept ? { acknowledged } : {}', to: '{}' },
  { file: 'emulator/messagebox/upkeep/ownSnapshots.ts', from: 'if (stranger === undefined)', to: 'if (stranger !== -1)' },
  { file: 'emulator/messagebox/upkeep/bodiesOf.ts', from: "digest.digest('hex') === hash", to: 'true' },
];

for (const bug of bugs) {
  test(`a repair with "${bug.to}" in the place of "${bug.from}" is noticed`, async () => {
    const { repair: wrong } = (await mutant('emulator/messagebox/upkeep/repair.ts', bug)) as { repair: typeof repair };
    for (let index = 0; index < FOLDERS; index++) {
      const { made, what } = await damagedFolder(seed + index);
      try {
        await check(made, what, wrong);
      } catch {
        return;
      }
    }
    assert.fail('not noticed');
  });
}
