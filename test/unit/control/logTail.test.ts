/** Guarantee: who follows a log gets its lines once, also when the file is full and begins anew, and never more at once than can be read. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { logFile, logFolder, loggedHostInstances, previousLogFile } from '../../../emulator/control/logs.ts';
import { LogTail, type LogTailOptions } from '../../../emulator/control/logTail.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soh-tail-'));
});
after(() => rm(folder, { recursive: true }));

let files = 0;
function follow(options: LogTailOptions = {}): { path: string; lines: string[]; tail: LogTail } {
  const path = join(folder, `${(files += 1)}.log`);
  const lines: string[] = [];
  const fail = (error: unknown): never => assert.fail(String(error));
  return { path, lines, tail: new LogTail(path, (line) => lines.push(line), fail, options) };
}

test('a file that is not there yet is no error', async () => {
  const { path, lines, tail } = follow();
  await tail.drain();
  await writeFile(path, 'one\n');
  await tail.drain();
  assert.deepEqual(lines, ['one']);
});

test('a file that takes the place of a full one is read from its beginning', async () => {
  const { path, lines, tail } = follow();
  await writeFile(path, 'one\ntwo\n');
  await tail.drain();
  await rename(path, `${path}.1`);
  await tail.drain();
  await writeFile(path, 'three\nfour is longer than all before\n');
  await tail.drain();
  assert.deepEqual(lines, ['one', 'two', 'three', 'four is longer than all before']);
});

test('a file that is emptied, too', async () => {
  const { path, lines, tail } = follow();
  await writeFile(path, 'one\ntwo\nhal');
  await tail.drain();
  await truncate(path);
  await appendFile(path, 'three\n');
  await tail.drain();
  assert.deepEqual(lines, ['one', 'two', 'three']);
});

test('the last lines are whole ones', async () => {
  for (const [lastBytes, expected] of [
    [4, []],
    [5, ['five']],
    [6, ['five']],
    [10, ['four', 'five']],
    [1000, ['one', 'two', 'three', 'four', 'five']],
  ] as const) {
    const { path, lines, tail } = follow({ lastBytes });
    await writeFile(path, 'one\ntwo\nthree\nfour\nfive\n');
    await tail.drain();
    assert.deepEqual(lines, expected, String(lastBytes));
  }
});

test('a flood is passed over, and that is told', async () => {
  let passedOver = 0;
  const { path, lines, tail } = follow({ leftOut: () => (passedOver += 1) });
  await writeFile(path, 'begin\n');
  await tail.drain();
  await appendFile(path, `${'x'.repeat(99)}\n`.repeat(100_000));
  await appendFile(path, 'end\n');
  await tail.drain();
  assert.equal(passedOver, 1);
  assert.equal(lines[0], 'begin');
  assert.equal(lines.at(-1), 'end');
  assert.ok(lines.length > 1000 && lines.length < 10_000, String(lines.length));
  assert.ok(lines.slice(1, -1).every((line) => line.length === 99));
});

test('every host instance has its own file, whatever it is called', async () => {
  const data = join(folder, 'data');
  assert.deepEqual(await loggedHostInstances(data), []);
  await mkdir(logFolder(data), { recursive: true });
  const long = `${'主'.repeat(80)}@${'机'.repeat(80)}`;
  const names = ['A host.1@B-2', 'A host@B.previous', 'A host@B', long, `${long.slice(0, -1)}器`];
  const paths = names.flatMap((name) => [logFile(data, name), previousLogFile(logFile(data, name))]);
  assert.equal(new Set(paths).size, paths.length);
  for (const path of paths) await writeFile(path, '');
  const found = await loggedHostInstances(data);
  assert.deepEqual(found.slice(0, 3), ['A host.1@B-2', 'A host@B', 'A host@B.previous']);
  assert.equal(found.length, names.length);
});
