/** Guarantee: the file a supervisor in the background writes to stays small, and what it said before is kept once. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { previousSupervisorLog, supervisorLog } from '../../../emulator/control/logs.ts';

const LIMIT = 4000;
const OWN_LOG = new URL('../../../emulator/group/ownLog.ts', import.meta.url).href;

async function say(folder: string, stderr: number | 'pipe'): Promise<string> {
  const program = join(folder, 'program.ts');
  await writeFile(
    program,
    `const { ownLog } = await import(${JSON.stringify(OWN_LOG)});
     const log = ownLog(${JSON.stringify(folder)}, ${String(LIMIT)});
     for (let number = 0; number < 1000; number++) log(\`line \${number}\`);`,
  );
  const { status, output } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    stdio: ['ignore', 'ignore', stderr],
    encoding: 'utf8',
  });
  assert.equal(status, 0);
  return output[2] ?? '';
}

test('of a file one limit is kept, and the one before', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'soh-own-log-'));
  context.after(() => rm(folder, { recursive: true }));
  const file = openSync(supervisorLog(folder), 'a');
  await say(folder, file);
  closeSync(file);
  const [now, before] = await Promise.all([supervisorLog(folder), previousSupervisorLog(folder)].map((path) => readFile(path, 'utf8')));
  assert.match(now ?? '', /line 999\n$/);
  for (const text of [now, before]) assert.ok((text?.length ?? 0) <= LIMIT + 100, String(text?.length));
  const numbers = [...`${before ?? ''}${now ?? ''}`.matchAll(/^line (\d+)$/gm)].map(([, number]) => Number(number));
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => 1000 - numbers.length + index),
  );
});

test('what is no file is left alone', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'soh-own-log-'));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(supervisorLog(folder), 'of somebody else');
  assert.equal((await say(folder, 'pipe')).split('\n').length, 1001);
  assert.equal((await stat(supervisorLog(folder))).size, 'of somebody else'.length);
});
