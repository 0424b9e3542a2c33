/**
 * Guarantee: a reader sees every record once and in order while the MessageBox writes, rotates and archives, and nothing that is not
 * durable; what cannot be read is told with its place, and does not keep the rest from being read where that is wanted.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { JournalSource } from '../../../emulator/messagebox/storage/follower.ts';
import type { Disk } from '../../../emulator/messagebox/storage/disk.ts';
import type { Gap, ReadOptions } from '../../../emulator/messagebox/storage/storage.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { entry, type Entry, entryFormat, folder, openJournal, sourceOn } from '../../faults/journalFixture.ts';

type Journal = Awaited<ReturnType<typeof openJournal>>['journal'];

async function written(groups: number): Promise<{ disk: SimulatedDisk; journal: Journal; add: () => Promise<void> }> {
  const disk = new SimulatedDisk(seededRandom(4));
  const { journal } = await openJournal(disk, 0, () => undefined, 1000);
  const add = async (): Promise<void> => {
    journal.append(entry(journal.sequence + 1));
    journal.append(entry(journal.sequence + 1));
    await journal.flush();
  };
  for (let group = 0; group < groups; group++) await add();
  return { disk, journal, add };
}

/** The disk as an object whose members can be replaced. */
function portOf(disk: SimulatedDisk): Disk {
  return disk.forProcess();
}

/** Everything there is, in small helpings. */
async function read(disk: SimulatedDisk, options: ReadOptions = {}): Promise<Entry[]> {
  const follower = sourceOn(disk).follow(options);
  const found: Entry[] = [];
  for (let end = false; !end;) {
    const next = await follower.next(7);
    for (const { sequence, record } of next.records) found.push({ ...record, at: sequence });
    ({ end } = next);
  }
  return found;
}

const sequences = async (disk: SimulatedDisk, options?: ReadOptions): Promise<number[]> => (await read(disk, options)).map(({ at }) => at);

async function found(disk: SimulatedDisk, needle: string, onGap?: (gap: Gap) => void): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { sequence } of sourceOn(disk).find(needle, onGap && { onGap })) numbers.push(sequence);
  return numbers;
}

const upTo = (last: number, from = 1): number[] => Array.from({ length: last - from + 1 }, (_, index) => from + index);

/** Flips a bit of the n-th record of a segment; returns its number. */
function flip(disk: SimulatedDisk, path: string, nth: number): number {
  const bytes = disk.content(path);
  let at = 0;
  for (let line = 0; line < nth; line++) at = bytes.indexOf(0x0a, at) + 1;
  bytes[at + 90] = (bytes[at + 90] ?? 0) ^ 1;
  disk.put(path, bytes);
  return Number(bytes.toString('latin1', at + 28, at + 40));
}

test('history and live segments are one feed, from any sequence', async () => {
  const { disk, journal } = await written(30);
  await journal.archive(25);
  assert.ok(disk.list(join(folder, 'history')).length > 1);
  for (const from of [1, 2, 14, 25, 26, journal.sequence, journal.sequence + 1])
    assert.deepEqual(await sequences(disk, { from }), upTo(journal.sequence, from));
  assert.deepEqual(await sequences(new SimulatedDisk(seededRandom(1))), []);
});

test('segments may move while they are read', async () => {
  const { disk, journal } = await written(30);
  const follower = sourceOn(disk).follow();
  const numbers: number[] = [];
  for (let end = false; !end;) {
    const next = await follower.next(7);
    numbers.push(...next.records.map(({ sequence }) => sequence));
    await journal.archive(Math.min(journal.sequence, (numbers.at(-1) ?? 0) + 12));
    ({ end } = next);
  }
  assert.deepEqual(numbers, upTo(journal.sequence));
});

test('a follower gives every record once, over rotation, archiving and half-written lines', async () => {
  const { disk, journal, add } = await written(3);
  const follower = sourceOn(disk).follow({ from: 4 });
  const numbers: number[] = [];
  const take = async (limit = 10_000): Promise<void> => {
    numbers.push(...(await follower.next(limit)).records.map(({ sequence }) => sequence));
  };
  await take(1);
  assert.deepEqual(numbers, [4]);
  for (let round = 0; round < 40; round++) {
    await add();
    if (round % 3 === 0) await take(round % 2 === 0 ? 2 : undefined);
    if (round % 10 === 9) await journal.archive(journal.sequence);
  }
  await take();
  assert.deepEqual(numbers, upTo(journal.sequence, 4));
  const last =
    disk
      .list(folder)
      .filter((name) => name.startsWith('journal-'))
      .at(-1) ?? '';
  const live = join(folder, last);
  const whole = disk.content(live);
  await add();
  const name =
    disk
      .list(folder)
      .filter((file) => file.startsWith('journal-'))
      .at(-1) ?? '';
  const grown = disk.content(join(folder, name));
  disk.put(join(folder, name), grown.subarray(0, (name === last ? whole.length : 0) + 30));
  assert.deepEqual((await follower.next(10)).records, []);
  disk.put(join(folder, name), grown);
  await take();
  assert.deepEqual(numbers, upTo(journal.sequence, 4));
});

test('what is not durable is not read, except notes in front of it', async () => {
  const { disk } = await written(10);
  const source = new JournalSource<Entry>({ disk, folder, format: entryFormat, isNote: (json) => json.includes('order 9 ') });
  let durable = 6;
  const follower = source.follow({ durable: () => durable });
  const next = async (): Promise<number[]> => (await follower.next(100)).records.map(({ sequence }) => sequence);
  assert.deepEqual(await next(), upTo(6));
  assert.deepEqual(await next(), []);
  durable = 8;
  const notes = await next();
  assert.deepEqual(notes.slice(0, 2), [7, 8]);
  durable = 100;
  assert.deepEqual([...notes, ...(await next())].slice(0, 12), upTo(18, 7));
});

test('a search finds exactly the records that hold the text', async () => {
  const { disk, journal } = await written(60);
  await journal.archive(50);
  const wanted = 'order 7';
  const all = (await read(disk)).filter(({ text }) => text?.includes(wanted)).map(({ at }) => at);
  assert.ok(all.length > 1);
  assert.deepEqual(await found(disk, wanted), all);
  assert.deepEqual(await found(disk, 'no such text'), []);
});

test('an incomplete end is ignored; damage and gaps in between are told, and the rest is read where that is wanted', async () => {
  const { disk, journal } = await written(30);
  const names = disk.list(folder).filter((name) => name.startsWith('journal-'));
  const last = join(folder, names.at(-1) ?? '');
  disk.put(last, disk.content(last).subarray(0, -5));
  const present = upTo(journal.sequence - 1);
  assert.deepEqual(await sequences(disk), present);

  const second = join(folder, names[1] ?? '');
  const bad = flip(disk, second, 2);
  const isDamage = (error: unknown): boolean => isCode(error, 'messageBox.damaged') && error.parameters['file'] === second;
  await assert.rejects(sequences(disk), isDamage);
  await assert.rejects(found(disk, '"kind"'), isDamage);
  const gaps: Gap[] = [];
  const onGap = (gap: Gap): void => void gaps.push(gap);
  assert.deepEqual(
    await sequences(disk, { onGap }),
    present.filter((sequence) => sequence !== bad),
  );
  assert.deepEqual(
    gaps.map(({ first, last: end, error }) => [first, end, error.code]),
    [[bad, bad, 'messageBox.damaged']],
  );
  assert.deepEqual((await found(disk, '"kind"', onGap)).length, present.length - 1);

  disk.remove(second);
  const [first, behind] = [Number(names[1]?.slice(8, 20)), Number(names[2]?.slice(8, 20))];
  await assert.rejects(sequences(disk), (error) => isCode(error, 'messageBox.segmentMissing') && error.parameters['file'] === second);
  gaps.length = 0;
  assert.deepEqual(
    await sequences(disk, { onGap }),
    present.filter((sequence) => sequence < first || sequence >= behind),
  );
  assert.deepEqual(
    gaps.map(({ first: from, last: end, error }) => [from, end, error.code]),
    [[first, behind - 1, 'messageBox.segmentMissing']],
  );
});

test('any damage of any segment costs a lenient reader that part and nothing else, whatever it is', async () => {
  const { disk: intact, journal } = await written(40);
  const names = intact.list(folder).filter((name) => name.startsWith('journal-'));
  const victims = names.slice(0, -1).map((name) => join(folder, name));
  const garbage = Buffer.from('x'.repeat(3 * 1024 * 1024));
  const ways: readonly [string, (bytes: Buffer) => Buffer][] = [
    ['emptied', () => Buffer.alloc(0)],
    ['cut at a record', (bytes) => bytes.subarray(0, bytes.indexOf(0x0a, 200) + 1)],
    ['cut in a record', (bytes) => bytes.subarray(0, bytes.indexOf(0x0a, 200) - 3)],
    ['begins with garbage', (bytes) => Buffer.concat([garbage, bytes])],
    ['garbage in the middle', (bytes) => Buffer.concat([bytes.subarray(0, 300), garbage, bytes.subarray(300)])],
    ['only garbage', () => garbage],
    ['only zeros', (bytes) => Buffer.alloc(bytes.length)],
  ];
  for (const [what, damage] of ways) {
    for (const victim of victims.slice(0, 3)) {
      const disk = new SimulatedDisk(seededRandom(4));
      for (const path of intact.paths()) disk.put(path, path === victim ? damage(intact.content(path)) : intact.content(path));
      const gaps: Gap[] = [];
      const numbers = await sequences(disk, { onGap: (gap) => void gaps.push(gap) });
      const missing = upTo(journal.sequence).filter((sequence) => !numbers.includes(sequence));
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
        what,
      );
      assert.deepEqual(
        gaps.flatMap(({ first, last }) => upTo(last, first)),
        missing,
        `${what}: exactly what is missing is told`,
      );
      assert.ok(missing.length > 0 && missing.length < 20, `${what}: ${String(missing.length)} missing`);
      await assert.rejects(
        sequences(disk),
        (error) => isCode(error, 'messageBox.damaged') || isCode(error, 'messageBox.segmentMissing'),
        what,
      );
    }
  }
});

test('a segment the system does not give the bytes of costs a lenient reader that segment', async () => {
  const { disk, journal } = await written(30);
  const names = disk.list(folder).filter((name) => name.startsWith('journal-'));
  const [victim, first, behind] = [join(folder, names[1] ?? ''), Number(names[1]?.slice(8, 20)), Number(names[2]?.slice(8, 20))];
  const refused = (): never => {
    throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  };
  for (const bad of [refused, () => ({ ...disk.open(victim, 'read'), read: refused })]) {
    const source = sourceOn({ ...portOf(disk), open: (path, mode) => (path === victim ? bad() : disk.open(path, mode)) });
    const isUnreadable = (error: unknown): boolean =>
      isCode(error, 'messageBox.segmentUnreadable') && error.parameters['file'] === victim && error.cause instanceof Error;
    await assert.rejects(source.follow().next(1000), isUnreadable);
    const gaps: Gap[] = [];
    const onGap = (gap: Gap): void => void gaps.push(gap);
    const { records } = await source.follow({ onGap }).next(1000);
    const present = upTo(journal.sequence).filter((sequence) => sequence < first || sequence >= behind);
    assert.deepEqual(
      records.map(({ sequence }) => sequence),
      present,
    );
    const hits: number[] = [];
    for await (const { sequence } of source.find('"kind"', { onGap })) hits.push(sequence);
    assert.deepEqual(hits, present);
    assert.deepEqual(
      gaps.map(({ first: from, last }) => [from, last]),
      [
        [first, behind - 1],
        [first, behind - 1],
      ],
    );
  }
});

test('what was written to a segment after it was sealed does not count', async () => {
  const { disk, journal } = await written(30);
  const names = disk.list(folder).filter((name) => name.startsWith('journal-'));
  const second = join(folder, names[1] ?? '');
  const foreign = disk.content(join(folder, names[0] ?? ''));
  disk.put(second, Buffer.concat([disk.content(second), foreign]));
  assert.deepEqual(await sequences(disk), upTo(journal.sequence));
});

test('a segment of a newer format is refused by name, also by who reads over damage', async () => {
  const { disk } = await written(30);
  const source = new JournalSource<Entry>({ disk, folder, format: { ...entryFormat, version: 0 }, isNote: () => false });
  const isNewer = (error: unknown): boolean => isCode(error, 'format.newer') && String(error.parameters['file']).includes('journal-');
  await assert.rejects(source.follow({ onGap: () => undefined }).next(1), isNewer);
  await assert.rejects(async () => {
    for await (const { sequence } of source.find('order', { onGap: () => undefined })) assert.fail(String(sequence));
  }, isNewer);
});
