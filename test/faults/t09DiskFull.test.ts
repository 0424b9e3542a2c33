/**
 * T09 (G6, G11): on a full disk nothing is acknowledged that is not on disk, nothing that was decided is lost, and work goes on by itself when
 * there is room; the MessageBox, its sessions and the supervisor live through it. First on simulated disks, many lives; then for real, on a
 * small file system of its own.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isOutOfRoom } from '../../emulator/errors.ts';
import { type SeededRandom, seededRandom } from '../../emulator/faults/seededRandom.ts';
import { Ballast, ballastFile } from '../../emulator/messagebox/storage/ballast.ts';
import type { Journal } from '../../emulator/messagebox/storage/journal.ts';
import { Room } from '../../emulator/messagebox/process/room.ts';
import { SimulatedClock } from '../../emulator/simulation/simulatedClock.ts';
import { SimulatedDisk } from '../../emulator/simulation/simulatedDisk.ts';
import { ended, inNamespaces, needNamespaces } from './namespaces.ts';
import { type Entry, entry, folder, recoverStore, snapshotStore } from './journalFixture.ts';

const firstSeed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const SEEDS = 60;
const CAPACITY = 120_000;
const BALLAST = 8_000;
const FILLER = '/elsewhere/filler';

interface Seen {
  full: number;
  blocked: number;
  freed: number;
  acknowledged: number;
  slowest: number;
}

/** One process on the disk: a journal with a ballast, until the test ends it. */
class Life {
  readonly clock: SimulatedClock;
  readonly room: Room;
  readonly ballast: Ballast;
  failure: unknown;
  acknowledged = 0;
  readonly #journal: Journal<Entry>;

  private constructor(clock: SimulatedClock, room: Room, ballast: Ballast, journal: Journal<Entry>) {
    this.clock = clock;
    this.room = room;
    this.ballast = ballast;
    this.#journal = journal;
  }

  static async begin(disk: SimulatedDisk, clock: SimulatedClock): Promise<{ life: Life; entries: Map<number, Entry> }> {
    const mine = disk.forProcess();
    const ballast = new Ballast(mine, folder, BALLAST);
    const room = new Room(ballast, clock, folder);
    const { entries, journal } = await recoverStore(mine, 6000, { roomAgain: room.forRecord });
    const life = new Life(clock, room, ballast, journal);
    room.open({ changed: () => undefined, failed: (error) => (life.failure = error) });
    return { life, entries };
  }

  /** Records are decided at once, and acknowledged when they are on disk. */
  append(count: number): void {
    for (let left = count; left > 0; left--) this.#journal.append(entry(this.#journal.sequence + 1));
    this.#journal.flush().then(
      () => (this.acknowledged = this.#journal.durable),
      (error: unknown) => (this.failure = error),
    );
  }

  get settled(): boolean {
    return this.#journal.durable === this.#journal.sequence;
  }

  /** Sealed segments into a snapshot, as far as there is room for one. */
  async snapshot(disk: SimulatedDisk): Promise<void> {
    const upTo = this.#journal.sealedSequence;
    if (upTo === 0 || this.room.full) return;
    try {
      await snapshotStore(disk, upTo);
      await this.#journal.archive(upTo);
    } catch (error) {
      if (!isOutOfRoom(error)) throw error;
    }
    assert.ok(!disk.list(folder).includes('messagebox.new.json'), 'half a snapshot takes no room');
  }

  async pass(ms: number): Promise<void> {
    for (const end = this.clock.monotonic() + ms; this.clock.monotonic() < end;) {
      for (let turn = 0; turn < 12; turn++) await Promise.resolve();
      this.clock.advance(50);
    }
  }
}

function fill(disk: SimulatedDisk, random: SeededRandom): void {
  disk.remove(FILLER);
  const free = disk.freeBytes();
  disk.put(FILLER, Buffer.alloc(random.chance(0.5) ? free : Math.max(0, free - random.below(BALLAST))));
}

async function live(seed: number, seen: Seen): Promise<void> {
  const random = seededRandom(seed);
  const disk = new SimulatedDisk(random);
  disk.capacity = CAPACITY;
  disk.shortWrites = random.next() / 2;
  const clock = new SimulatedClock(1_800_000_000_000);
  let acknowledged = 0;
  for (let restart = 0; restart < 5; restart++) {
    const { life, entries } = await Life.begin(disk, clock);
    assert.ok(
      entries.size >= acknowledged,
      `seed ${String(seed)}: ${String(entries.size)} of ${String(acknowledged)} acknowledged records`,
    );
    for (const [at, value] of entries) if (value.kind === 'entry') assert.deepEqual(value, entry(value.at), `record ${String(at)}`);
    life.acknowledged = entries.size;
    const steps = 10 + random.below(30);
    for (let step = 0; step < steps; step++) {
      if (random.chance(0.15)) fill(disk, random);
      if (random.chance(0.1)) await free(disk, life, seen);
      // While it is full only a little goes on: sessions and losses.
      if (!life.room.full) life.append(1 + random.below(6));
      else if (random.chance(0.3)) life.append(1);
      if (random.chance(0.2)) await life.snapshot(disk);
      await life.pass(50 * (1 + random.below(10)));
      if (life.room.full) seen.full++;
      if (life.room.blocked) seen.blocked++;
      assert.equal(life.failure, undefined, `seed ${String(seed)}: a full disk ends nothing`);
    }
    acknowledged = life.acknowledged;
    seen.acknowledged = Math.max(seen.acknowledged, acknowledged);
    if (random.chance(0.5)) disk.crash();
    else disk.losePower();
    if (random.chance(0.5)) disk.remove(FILLER);
  }
  disk.remove(FILLER);
  const { life, entries } = await Life.begin(disk, clock);
  assert.ok(entries.size >= acknowledged);
  life.append(3);
  await free(disk, life, seen);
}

/** Somebody makes room: within five seconds everything goes on. */
async function free(disk: SimulatedDisk, life: Life, seen: Seen): Promise<void> {
  disk.remove(FILLER);
  if (disk.freeBytes() < 4 * BALLAST) return;
  const from = life.clock.monotonic();
  while ((life.room.full || !life.ballast.held || !life.settled) && life.failure === undefined) {
    assert.ok(life.clock.monotonic() - from <= 5000, 'it goes on within 5 s');
    await life.pass(50);
  }
  assert.ok(disk.list(folder).includes(ballastFile), 'and is ready for the next time');
  seen.freed++;
  seen.slowest = Math.max(seen.slowest, life.clock.monotonic() - from);
}

test(`${String(SEEDS)} seeded lives on disks that fill up and are freed (first SEED=${String(firstSeed)})`, async (t) => {
  const seen: Seen = { full: 0, blocked: 0, freed: 0, acknowledged: 0, slowest: 0 };
  for (let seed = firstSeed; seed < firstSeed + SEEDS; seed++) await live(seed, seen);
  t.diagnostic(JSON.stringify(seen));
  assert.ok(seen.full > 100 && seen.blocked > 20 && seen.freed > 100, 'the disk must really be full, and freed');
});

test('a journal without anybody who makes room ends at a full disk, and so does every journal at another error', async () => {
  for (const [code, more] of [
    ['ENOSPC', {}],
    ['EIO', { roomAgain: () => assert.fail('an I/O error is no matter of room') }],
    ['EROFS', { roomAgain: () => assert.fail('nor is a read-only disk') }],
  ] as const) {
    const disk = new SimulatedDisk(seededRandom(1));
    const { journal } = await recoverStore(disk, 6000, more);
    disk.failWith({ operation: 'write', nth: 1, code });
    journal.append(entry(1));
    await assert.rejects(journal.flush(), new RegExp(code));
    await assert.rejects(journal.flush(), new RegExp(code));
  }
});

test('a sync that finds no room ends the journal: what it left on the device is unknown', async () => {
  const disk = new SimulatedDisk(seededRandom(1));
  const { journal } = await recoverStore(disk, 6000, { roomAgain: () => assert.fail('never tried again') });
  disk.failWith({ operation: 'dataSync', nth: 1, code: 'ENOSPC' });
  journal.append(entry(1));
  await assert.rejects(journal.flush(), /ENOSPC/);
});

for (const operation of ['open', 'write'] as const)
  for (const code of ['ENOSPC', 'EDQUOT'])
    test(`${code} at ${operation}: the group is taken back whole and written when there is room`, async () => {
      const disk = new SimulatedDisk(seededRandom(1));
      let waits = 0;
      const roomAgain = (): Promise<void> => {
        const last = disk
          .list(folder)
          .filter((name) => name.startsWith('journal'))
          .sort()
          .at(-1);
        if (last !== undefined)
          assert.ok(disk.content(join(folder, last)).toString().endsWith('\n') || disk.content(join(folder, last)).length === 0);
        if (++waits === 3) disk.heal();
        return Promise.resolve();
      };
      const { journal } = await recoverStore(disk, 400, { roomAgain });
      for (let at = 1; at <= 12; at++) {
        journal.append(entry(journal.sequence + 1));
        if (at % 4 === 0) {
          waits = 0;
          disk.failWith({ operation, nth: 1, code, forEver: true, ...(operation === 'write' ? { shortBy: 7 } : {}) });
        }
        await journal.flush();
        disk.heal();
        assert.equal(journal.durable, journal.sequence);
      }
      await journal.close();
      const { entries } = await recoverStore(disk);
      assert.equal(entries.size, journal.durable);
    });

test('a group on a small file system that fills up and is freed', { timeout: 240_000 }, async (context) => {
  const unshare = needNamespaces(context, ['mount']);
  if (unshare === undefined) return;
  const mountPoint = await mkdtemp(join(tmpdir(), 'soh-t09-'));
  context.after(() => rm(mountPoint, { recursive: true, force: true }));
  const scenario = fileURLToPath(new URL('./fullFileSystem.ts', import.meta.url));
  const script = 'mount -t tmpfs -o size=6m,mode=700 tmpfs "$1" && exec "$2" --disable-warning=ExperimentalWarning "$3" "$1"';
  const { code, output } = await ended(inNamespaces(context, unshare, script, [mountPoint, process.execPath, scenario]));
  for (const line of output.trim().split('\n')) context.diagnostic(line);
  assert.equal(code, 0, output);
});
