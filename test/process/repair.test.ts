/**
 * Guarantee: a repaired copy takes the place of data that a start refuses. Every commit that was acknowledged before the damage is in it; what is
 * at work in it finishes, and so does what comes afterwards.
 */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCode, type WireError } from '../../emulator/errors.ts';
import { MESSAGE_BOX_FOLDER } from '../../emulator/messagebox/storage/folders.ts';
import { previousSnapshotFile, snapshotFile } from '../../emulator/messagebox/storage/snapshot.ts';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import { readRecords } from '../../emulator/tracking/journalReader.ts';
import { TestGroup } from '../faults/group.ts';
import { runCli } from '../unit/cli/runCli.ts';

async function recordsIn(dataFolder: string): Promise<Map<number, JournalRecord>> {
  const found = new Map<number, JournalRecord>();
  for await (const { sequence, record } of readRecords(join(dataFolder, MESSAGE_BOX_FOLDER))) found.set(sequence, record);
  return found;
}

/** The segment that the last start wrote. */
function newestSegment(dataFolder: string): string {
  const folder = join(dataFolder, MESSAGE_BOX_FOLDER);
  const name = readdirSync(folder)
    .filter((one) => /^journal-\d+\.log$/.test(one))
    .sort()
    .at(-1);
  return join(folder, name ?? '');
}

test('a group goes on with a repaired copy', { timeout: 180_000 }, async (context) => {
  const group = await TestGroup.start();
  context.after(() => group.remove());
  await group.dropLedgers(4, { steps: 3, pause: 0 });
  await group.allDone();
  await group.dropLedgers(4, { steps: 40, pause: 100 });
  await group.until(() => group.processing.reduce((sum, { active }) => sum + active, 0) === 4, 'all of them are at work');
  const { sequence: before } = group.status.messageBox;
  await group.until(() => group.status.messageBox.sequence > before + 20, 'they commit');
  await group.down();

  // Cut at the end of a record: what is left looks like a sound journal.
  const whole = await recordsIn(group.dataFolder);
  const segment = newestSegment(group.dataFolder);
  const bytes = readFileSync(segment);
  const line = bytes.indexOf(` ${String(before + 10).padStart(12, '0')} `);
  const cut = bytes.indexOf(0x0a, line) + 1;
  assert.ok(line > 0 && cut > line);
  truncateSync(segment, cut);
  // A snapshot would have the records that are cut off.
  for (const name of [snapshotFile, previousSnapshotFile]) rmSync(join(group.dataFolder, MESSAGE_BOX_FOLDER, name), { force: true });

  await assert.rejects(group.up(), (error) => isCode(error, 'messageBox.segmentCut') && error.parameters['sequence'] === before + 11);
  await group.down();
  assert.equal((await runCli(group.folder, ['verify', '--data', group.dataFolder])).code, 1);

  const copy = join(group.folder, 'copy');
  const made = await runCli(group.folder, ['repair', '--to', copy, '--data', group.dataFolder, '--json']);
  assert.equal(made.code, 0, made.out + made.err);
  const { sequence, lost } = JSON.parse(made.out) as {
    sequence: number;
    lost: { first: number; last: number; acknowledged: number; reason: WireError };
  };
  assert.deepEqual([lost.reason.code, lost.reason.parameters['last']], ['messageBox.segmentCut', whole.size]);
  assert.deepEqual([sequence, lost.first, lost.last, lost.acknowledged], [before + 10, before + 11, whole.size, whole.size]);
  const kept = await recordsIn(copy);
  for (let at = 1; at <= sequence; at++) assert.deepEqual(kept.get(at), whole.get(at), `record ${String(at)}`);
  assert.equal((await runCli(group.folder, ['verify', '--data', copy])).code, 0);

  rmSync(group.dataFolder, { recursive: true });
  renameSync(copy, group.dataFolder);
  await group.up();
  assert.deepEqual(group.status.messageBox.notices ?? [], []);
  await group.dropLedgers(3, { steps: 2, pause: 0 });
  await group.until(() => group.completed() >= group.ledgers.size && group.quiet, 'old and new work finishes', 60_000);
  await group.clean();
  assert.ok(!existsSync(group.dataFolder));
});

test('a start refuses a snapshot of another group, and a copy does without it', { timeout: 120_000 }, async (context) => {
  const [stranger, group] = [await TestGroup.start(), await TestGroup.start()];
  context.after(() => Promise.all([stranger.remove(), group.remove()]));
  for (const one of [stranger, group]) {
    await one.dropLedgers(2, { steps: 2, pause: 0 });
    await one.allDone();
    await one.down();
  }
  const [strange, own] = [stranger, group].map(({ dataFolder }) => join(dataFolder, MESSAGE_BOX_FOLDER, snapshotFile));
  copyFileSync(strange ?? '', own ?? '');
  await assert.rejects(group.up(), (error) => isCode(error, 'messageBox.snapshotForeign') && error.parameters['file'] === own);
  await group.down();

  const last = (await recordsIn(group.dataFolder)).size;
  const copy = join(group.folder, 'copy');
  const made = await runCli(group.folder, ['repair', '--to', copy, '--data', group.dataFolder, '--json']);
  const { sequence, lost, unusable } = JSON.parse(made.out) as { sequence: number; lost?: object; unusable: { code: string }[] };
  assert.deepEqual([sequence, lost, unusable.map(({ code }) => code)], [last, undefined, ['messageBox.snapshotForeign']]);
  rmSync(group.dataFolder, { recursive: true });
  renameSync(copy, group.dataFolder);
  await group.up();
  await group.dropLedgers(2, { steps: 2, pause: 0 });
  await group.allDone();
  await group.clean();
});
