/**
 * Guarantee: `verify`, `repair`, `backup` and `reset` do what they say with real data, for people and as JSON; they refuse what would harm
 * a group that runs or a folder that is somebody's, and say so with 1, wrong usage with 2.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeClock } from '../../../emulator/clock.ts';
import { MESSAGE_BOX_FOLDER } from '../../../emulator/messagebox/storage/folders.ts';
import { FakeGroup, status } from './fakeGroup.ts';
import { errorIn, type Ran, runCli } from './runCli.ts';

const golden = fileURLToPath(new URL('../../fixtures/golden/v1/data', import.meta.url));

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'soh-upkeep-'));
  data = join(folder, 'data');
  cpSync(golden, data, { recursive: true });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const cli = (...args: readonly string[]): Promise<Ran> => runCli(folder, args);

function jsonOf<T>({ code, out, err }: Ran, expected = 0): T {
  assert.deepEqual([code, err], [expected, ''], out);
  return JSON.parse(out) as T;
}

const inside = (...names: readonly string[]): string => join(data, MESSAGE_BOX_FOLDER, ...names);

/** Flips a bit in a segment that a start needs; returns its name. */
function damage(): string {
  const name =
    readdirSync(inside())
      .filter((one) => one.startsWith('journal-'))
      .sort()
      .at(-1) ?? '';
  const bytes = readFileSync(inside(name));
  bytes[200] = (bytes[200] ?? 0) ^ 1;
  writeFileSync(inside(name), bytes);
  return name;
}

interface Verified {
  readonly sequence: number;
  readonly problems: readonly { readonly code: string; readonly parameters: Record<string, unknown> }[];
}

test('verify: sound data, damaged data, no data', async () => {
  const sound = jsonOf<Verified & { folder: string; segments: number; bodies: number }>(await cli('verify', '--data', 'data', '--json'));
  assert.deepEqual([sound.folder, sound.segments, sound.problems], [data, 3, []]);
  assert.ok(sound.sequence > 100 && sound.bodies > 0);
  const text = await cli('verify', '--data', 'data');
  assert.equal(text.code, 0);
  assert.match(text.out, /Read: \d+ records, 3 journal segments, \d bodies?|No damage was found\./);

  const name = damage();
  writeFileSync(join(data, 'processes.json'), 'nonsense');
  const found = jsonOf<Verified>(await cli('verify', '--data', 'data', '--json'), 1);
  assert.deepEqual(
    found.problems.map(({ code }) => code),
    ['group.processesUnreadable', 'messageBox.damaged'],
  );
  assert.equal(found.problems[1]?.parameters['file'], inside(name));
  const said = await cli('verify', '--data', 'data', '--lang', 'zh-cn');
  assert.equal(said.code, 1);
  assert.match(said.out, new RegExp(`日志 \\S*${name} 在第 \\d+ 字节处`));

  mkdirSync(join(folder, 'nothing'));
  assert.equal(errorIn(await cli('verify', '--data', 'nothing', '--json')).code, 'messageBox.noData');
});

test('repair: a copy beside the damaged data, with what was given up', async () => {
  assert.equal((await cli('repair', '--data', 'data')).code, 2);
  assert.equal(errorIn(await cli('repair', '--data', 'data', '--json', '--to', '.')).code, 'messageBox.targetInUse');
  damage();
  interface Repaired {
    readonly folder: string;
    readonly sequence: number;
    readonly lost: { readonly first: number; readonly last: number; readonly reason: { readonly code: string } };
  }
  const repaired = jsonOf<Repaired>(await cli('repair', '--data', 'data', '--to', 'copy', '--json'));
  assert.equal(repaired.folder, join(folder, 'copy'));
  assert.equal(repaired.lost.first, repaired.sequence + 1);
  assert.equal(repaired.lost.reason.code, 'messageBox.damaged');
  assert.deepEqual(jsonOf<Verified>(await cli('verify', '--data', 'copy', '--json')).problems, []);
  const said = await cli('repair', '--data', 'data', '--to', 'another');
  assert.equal(said.code, 0);
  assert.match(
    said.out,
    /The copy is in .*another\. It has everything up to record \d+\.\nGiven up: records \d+ to \d+\nThe journal .* is damaged at byte/,
  );
  assert.deepEqual(readdirSync(folder).sort(), ['another', 'copy', 'data']);

  // Of data without damage nothing is given up.
  rmSync(data, { recursive: true });
  cpSync(golden, data, { recursive: true });
  assert.match((await cli('repair', '--data', 'data', '--to', 'whole')).out, /Nothing is given up\.\n$/);
});

test('backup: of a group that has stopped, and of one that runs up to what it says is durable', async () => {
  assert.equal((await cli('backup', '--data', 'data')).code, 2);
  const { sequence } = jsonOf<Verified>(await cli('verify', '--data', 'data', '--json'));
  const made = jsonOf<{ folder: string; sequence: number; instances: number }>(await cli('backup', 'copy', '--data', 'data', '--json'));
  assert.deepEqual([made.folder, made.sequence], [join(folder, 'copy'), sequence]);
  assert.ok(made.instances > 5);
  assert.equal(errorIn(await cli('backup', 'copy', '--data', 'data', '--json')).code, 'messageBox.targetInUse');
  assert.match(
    (await cli('backup', 'deep/er', '--data', 'data')).out,
    /The copy is in .*deep.er\. It has everything up to record 1?\d+\.\nInstances/,
  );

  const durable = sequence - 5;
  await using group = await FakeGroup.start({
    status: () => ({ ...status, messageBox: { ...status.messageBox, sequence: durable } }),
  });
  cpSync(data, group.folder, { recursive: true });
  const running = jsonOf<{ sequence: number }>(await cli('backup', 'running', '--data', group.folder, '--json'));
  assert.equal(running.sequence, durable);
  const copied = jsonOf<Verified>(await cli('verify', '--data', 'running', '--json'));
  assert.deepEqual([copied.sequence, copied.problems], [durable, []]);
  // Nothing that belongs to the process that runs is in the copy.
  assert.deepEqual(readdirSync(join(folder, 'running')), [MESSAGE_BOX_FOLDER]);
});

test('the files of the sample, which its instances need, are in a copy; what it received and sent is not', async () => {
  const sample = join(data, 'order-process');
  mkdirSync(join(sample, 'in'), { recursive: true });
  writeFileSync(join(sample, 'process.ts'), 'changed');
  writeFileSync(join(sample, 'in', 'order.json'), '{}');
  assert.equal((await cli('backup', 'copy', '--data', 'data')).code, 0);
  assert.equal((await cli('repair', '--to', 'repaired', '--data', 'data')).code, 0);
  for (const copy of ['copy', 'repaired']) assert.deepEqual(readdirSync(join(folder, copy, 'order-process')), ['process.ts']);
});

test('reset: only when it is meant, only of a group that has stopped, and only what is its own', async () => {
  const usage = await cli('reset', '--data', 'data', '--json');
  assert.deepEqual([usage.code, errorIn(usage).code], [2, 'usage.missingArgument']);
  assert.ok(existsSync(inside('messagebox.json')));

  mkdirSync(join(data, 'runs'));
  writeFileSync(join(data, 'runs', 'one.sohrun'), '');
  mkdirSync(join(data, 'modules'));
  writeFileSync(join(data, 'mine.txt'), 'mine');
  assert.deepEqual(jsonOf(await cli('reset', '--yes', '--data', 'data', '--json')), { folder: data });
  assert.deepEqual(readdirSync(data).sort(), ['mine.txt', 'runs']);
  assert.equal(errorIn(await cli('reset', '--yes', '--data', 'data', '--json')).code, 'messageBox.noData');

  await using group = await FakeGroup.start({});
  cpSync(golden, group.folder, { recursive: true });
  const refused = await cli('reset', '--yes', '--data', group.folder, '--json');
  assert.deepEqual([refused.code, errorIn(refused).code], [1, 'group.alreadyRunning']);
  assert.ok(existsSync(join(group.folder, MESSAGE_BOX_FOLDER, 'messagebox.json')));
  for (const args of [
    ['repair', '--to', 'x'],
    ['reset', '--yes'],
  ])
    assert.equal(errorIn(await cli(...args, '--data', group.folder, '--json')).code, 'group.alreadyRunning');
});

test('reset asks where somebody can answer, and does nothing without a yes', async () => {
  const asked: string[] = [];
  const answering = (answer: boolean, ...args: readonly string[]): Promise<Ran> =>
    runCli(folder, ['reset', '--data', 'data', ...args], {
      confirm: (question) => {
        asked.push(question);
        return Promise.resolve(answer);
      },
    });
  const refused = await answering(false);
  assert.deepEqual([refused.code, refused.out], [1, 'Nothing was deleted.\n']);
  assert.ok(existsSync(inside('messagebox.json')));
  assert.equal((await answering(true, '--json')).code, 2, 'a program is not asked');
  assert.equal(asked.length, 1);
  assert.match(asked[0] ?? '', /Delete all messages, instances and their history in .*data\?/);
  const done = await answering(true);
  assert.equal(done.code, 0, done.err);
  assert.ok(!existsSync(data));
});

test('who waits at a terminal is told how far it is, and nobody else', async () => {
  let now = 0;
  const slow = { clock: { ...nodeClock, monotonic: () => (now += 1500) } };
  assert.match((await runCli(folder, ['verify', '--data', 'data'], { ...slow, columns: 80 })).err, /^(Read so far: \d+ MB\n)+$/);
  assert.equal((await runCli(folder, ['verify', '--data', 'data'], slow)).err, '');
  assert.equal((await runCli(folder, ['verify', '--data', 'data', '--json'], { ...slow, columns: 80 })).err, '');
});
