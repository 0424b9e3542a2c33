/** Guarantee: a reset deletes what a group left behind and nothing else, never below somebody who uses it, and one that is interrupted leaves no half. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { nodeClock } from '../../../emulator/clock.ts';
import { makeDataFolder } from '../../../emulator/control/dataFolder.ts';
import { isCode } from '../../../emulator/errors.ts';
import { resetData } from '../../../emulator/group/resetData.ts';
import { claimFolder } from '../../../emulator/wire/folderClaim.ts';

const root = mkdtempSync(join(tmpdir(), 'soh-reset-'));
after(() => {
  rmSync(root, { recursive: true });
});

/** As a group leaves it that was killed. */
function left(name: string): string {
  const folder = join(root, name, '.scaled-out-hosts');
  makeDataFolder(folder);
  for (const inner of ['messagebox/history', 'messagebox/bodies', 'modules', 'logs']) mkdirSync(join(folder, inner), { recursive: true });
  const files = ['messagebox/journal-000000000001.log', 'messagebox/ballast', 'logs/Host_A.log', 'supervisor.log', 'group.json'];
  for (const file of [...files, 'processes.json', 'modules/a.mjs']) writeFileSync(join(folder, file), '{}');
  return folder;
}

test('everything of a group that has ended goes, with the folder when nothing else is in it', async () => {
  const folder = left('whole');
  await resetData(folder, nodeClock);
  assert.ok(!existsSync(folder));
});

test('what is not its own stays', async () => {
  const folder = left('others');
  mkdirSync(join(folder, 'runs'));
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  await resetData(folder, nodeClock);
  assert.deepEqual(readdirSync(folder).sort(), ['.gitignore', 'notes.txt', 'runs']);
});

test('a folder that is no data folder is not touched', async () => {
  const folder = join(root, 'home');
  for (const inner of ['messagebox', 'modules', 'logs']) mkdirSync(join(folder, inner), { recursive: true });
  writeFileSync(join(folder, 'messagebox', 'letters.txt'), 'mine');
  for (const one of [folder, join(root, 'nowhere')])
    await assert.rejects(resetData(one, nodeClock), (error) => isCode(error, 'messageBox.noData'));
  assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), ['logs', 'messagebox', join('messagebox', 'letters.txt'), 'modules']);
});

test('nothing goes while somebody uses the folder, be it a MessageBox that is still ending', async () => {
  const folder = left('used');
  const before = readdirSync(folder, { recursive: true });
  const group = await claimFolder(folder, nodeClock);
  await assert.rejects(resetData(folder, nodeClock), (error) => isCode(error, 'group.alreadyRunning'));
  group.release();
  const messageBox = await claimFolder(join(folder, 'messagebox'), nodeClock);
  await assert.rejects(resetData(folder, nodeClock), (error) => isCode(error, 'messageBox.folderInUse'));
  messageBox.release();
  assert.deepEqual(readdirSync(folder, { recursive: true }), before);
});

test('one that was interrupted is finished by the next', async () => {
  const folder = left('interrupted');
  mkdirSync(join(folder, 'messagebox.deleted', 'history'), { recursive: true });
  rmSync(join(folder, 'messagebox'), { recursive: true });
  await resetData(folder, nodeClock);
  assert.ok(!existsSync(folder));
});
