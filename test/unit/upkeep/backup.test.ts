/**
 * Guarantee: a backup is a folder that opens with exactly the state at the record it names, whatever the group writes, archives and lets go
 * of meanwhile; of damaged data there is none, and a backup that fails leaves nothing.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { ErrorCode } from '../../../emulator/errorCatalogue.ts';
import { isCode } from '../../../emulator/errors.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { toSnapshot } from '../../../emulator/messagebox/core/snapshotState.ts';
import { storageFailed } from '../../../emulator/messagebox/storage/disk.ts';
import { readMark } from '../../../emulator/messagebox/storage/mark.ts';
import { listSegments } from '../../../emulator/messagebox/storage/segments.ts';
import { backup } from '../../../emulator/messagebox/upkeep/backup.ts';
import { bodiesOf } from '../../../emulator/messagebox/upkeep/bodiesOf.ts';
import { makeNewFolder, type NewFolder } from '../../../emulator/messagebox/upkeep/newFolder.ts';
import { verify } from '../../../emulator/messagebox/upkeep/verify.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { folder, idle, openFolder, recordsOf, stateAt, writeFolder } from '../../faults/realFolder.ts';

const target = '/backup/messagebox';
const stopped = (): Promise<number> => Promise.resolve(Infinity);
const scratch = mkdtempSync(join(tmpdir(), 'soh-backup-'));
after(() => {
  rmSync(scratch, { recursive: true });
});

async function opensAt(disk: SimulatedDisk, sequence: number, expected: ReturnType<typeof stateAt>): Promise<void> {
  assert.deepEqual((await verify(disk, target)).problems, []);
  assert.equal(readMark(disk, target).mark?.sequence, sequence);
  const { opened, state } = await openFolder(disk, target);
  assert.equal(opened.recovered.sequence, sequence);
  assert.equal(opened.recovered.cut, undefined);
  assert.deepEqual(toSnapshot(state, sequence), expected);
  for (const hash of bodiesOf(state).keys()) assert.ok(opened.bodies.has(hash));
  opened.log.append({ kind: 'generation', at: state.at, generation: state.generation + 1, origin: 'after' });
  await opened.log.close();
}

test('of a group that has stopped or died: everything', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const disk = await writeFolder(seededRandom(seed), 40 + 8 * seed);
    const records = await recordsOf(disk);
    const { sequence, instances, messages } = await backup(disk, folder, target, stopped);
    assert.equal(sequence, Math.max(...records.keys()));
    const expected = stateAt(records, sequence);
    assert.deepEqual([instances, messages], [expected.instances.length, expected.messages.length]);
    assert.deepEqual(await recordsOf(disk, target), records, 'with its history');
    await opensAt(disk, sequence, expected);
  }
});

test('of a group that works: everything up to the record that was asked for, and nothing behind it', async () => {
  const disk = new SimulatedDisk(seededRandom(7));
  const { opened, state } = await openFolder(disk);
  opened.log.append({ kind: 'generation', at: state.at, generation: state.generation, origin: state.origin });
  for (let round = 0; round < 40; round++) {
    for (let count = 0; count < 10; count++) opened.log.append(idle(state.at + round, count));
    await opened.log.flush();
    const busy: Promise<unknown>[] = [];
    let asked = 0;
    const durable = async (): Promise<number> => {
      asked = opened.log.durable;
      // Behind it the group goes on, and moves what is being read.
      for (let count = 0; count < 20; count++) opened.log.append(idle(state.at + round, 5));
      if (round % 3 === 0) await opened.log.archive((await opened.snapshot(opened.log.sealedSequence)).sequence);
      busy.push(opened.log.flush());
      return asked;
    };
    const { sequence } = await backup(disk, folder, target, durable);
    assert.equal(sequence, asked);
    await Promise.all(busy);
    await opensAt(disk, sequence, stateAt(await recordsOf(disk), sequence));
    for (const path of disk.paths()) if (path.startsWith('/backup/')) disk.remove(path);
  }
});

test('an interrupted write at the end is not in the copy', async () => {
  const disk = await writeFolder(seededRandom(3), 100);
  const records = await recordsOf(disk);
  const newest = listSegments(disk, folder).at(-1)?.path ?? '';
  disk.put(newest, Buffer.concat([disk.content(newest), Buffer.from('1c291ca3 0000')]));
  const { sequence } = await backup(disk, folder, target, stopped);
  await opensAt(disk, sequence, stateAt(records, sequence));
});

test('of what could not be started there is no backup, and the error names the file that is damaged', async () => {
  const disk = await writeFolder(seededRandom(3), 100);
  const newest = listSegments(disk, folder).at(-1)?.path ?? '';
  const bytes = disk.content(newest);
  disk.put(newest, bytes.subarray(0, bytes.indexOf(0x0a) + 1));
  await assert.rejects(
    backup(disk, folder, target, stopped),
    (error) => isCode(error, 'messageBox.segmentCut') && error.parameters['file'] === newest,
  );
  await assert.rejects(backup(new SimulatedDisk(seededRandom(1)), folder, target, stopped), (error) => isCode(error, 'messageBox.noData'));

  const without = await writeFolder(seededRandom(4), 150);
  const { state } = await openFolder(without);
  const [hash = ''] = bodiesOf(state).keys();
  without.remove(join(folder, 'bodies', hash));
  await assert.rejects(backup(without, folder, target, stopped), (error) => isCode(error, 'messageBox.bodyUnreadable'));
});

/** A target for a copy of data that is elsewhere. */
function at(target: string, source = join(scratch, 'data')): NewFolder {
  return { target, source, whenInterrupted: () => () => undefined };
}

test('a new folder appears whole or not at all, and never in the place of something', async () => {
  const place = join(scratch, 'deep', 'copy');
  const put = (part: string): Promise<string> => {
    writeFileSync(join(part, 'file'), 'content');
    return Promise.resolve('made');
  };
  const failing = (part: string): Promise<never> => {
    writeFileSync(join(part, 'file'), 'content');
    return Promise.reject(new Error('EIO: the disk does not answer'));
  };
  await assert.rejects(makeNewFolder(at(place), failing), (error) => isCode(error, 'messageBox.copyFailed'));
  assert.deepEqual(readdirSync(join(scratch, 'deep')), []);
  assert.equal(await makeNewFolder(at(place), put), 'made');
  assert.equal(readFileSync(join(place, 'file'), 'utf8'), 'content');
  await assert.rejects(makeNewFolder(at(place), put), (error) => isCode(error, 'messageBox.targetInUse'));
  await assert.rejects(makeNewFolder(at(join(place, 'file')), put), (error) => isCode(error, 'messageBox.targetInUse'));
  const empty = join(scratch, 'empty');
  mkdirSync(empty);
  assert.equal(await makeNewFolder(at(empty), put), 'made');
  assert.deepEqual(readdirSync(scratch).sort(), ['deep', 'empty']);
});

test('what is wrong with the place has its own word, and nothing is left there', async () => {
  const data = join(scratch, 'source');
  mkdirSync(data);
  writeFileSync(join(data, 'journal'), 'records');
  const put = (part: string): Promise<void> => Promise.resolve(writeFileSync(join(part, 'file'), 'content'));
  const full = (): Promise<never> => Promise.reject(storageFailed('x', Object.assign(new Error('no space'), { code: 'ENOSPC' })));
  const rejects = (folder: NewFolder, make: (part: string) => Promise<void>, code: ErrorCode): Promise<void> =>
    assert.rejects(makeNewFolder(folder, make), (error) => isCode(error, code) && error.parameters['folder'] === folder.target);

  await rejects(at(join(scratch, 'copy'), data), full, 'messageBox.targetFull');
  await rejects(at(join(data, 'copy'), data), put, 'messageBox.targetInside');
  symlinkSync(data, join(scratch, 'link'), 'junction');
  await rejects(at(join(scratch, 'link', 'deep', 'copy'), data), put, 'messageBox.targetInside');
  await rejects(at(join(data, 'journal', 'copy'), join(scratch, 'elsewhere')), put, 'messageBox.targetUnwritable');
  assert.deepEqual(readdirSync(data), ['journal']);
  assert.equal(existsSync(join(scratch, 'copy')), false);
  // A name that only begins like the data is not inside it.
  await makeNewFolder(at(join(scratch, 'source-copy'), data), put);
});

test('a copy that is interrupted leaves nothing', async () => {
  const place = join(scratch, 'interrupted', 'copy');
  let interrupt = (): void => undefined;
  const folder: NewFolder = { ...at(place), whenInterrupted: (clean) => ((interrupt = clean), () => (interrupt = () => undefined)) };
  await makeNewFolder(folder, (part) => {
    writeFileSync(join(part, 'file'), 'content');
    interrupt();
    assert.deepEqual(readdirSync(join(scratch, 'interrupted')), []);
    mkdirSync(part);
    return Promise.resolve();
  });
  interrupt();
  assert.deepEqual(readdirSync(join(scratch, 'interrupted')), ['copy'], 'what is made stays');
});
