/** Guarantee: `logs` shows what host instances printed, of a group that runs and of one that has stopped, for people and as JSON. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { nodeClock } from '../../../emulator/clock.ts';
import { run } from '../../../emulator/cli/run.ts';
import type { World } from '../../../emulator/cli/world.ts';
import { logFile, logFolder, previousLogFile } from '../../../emulator/control/logs.ts';
import { until } from '../../faults/group.ts';
import { FakeGroup } from './fakeGroup.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soh-logs-'));
  await mkdir(logFolder(folder));
});
afterEach(() => rm(folder, { recursive: true }));

const stamp = (second: number): string => `2026-01-01T00:00:0${second}.000Z`;

async function write(hostInstance: string, ...lines: readonly (readonly [second: number, text: string])[]): Promise<void> {
  await appendFile(logFile(folder, hostInstance), lines.map(([second, text]) => `${stamp(second)} ${text}\n`).join(''));
}

interface Ran {
  readonly code: Promise<number>;
  readonly out: () => string;
  readonly interrupt: () => void;
}

function logs(...args: readonly string[]): Ran {
  let out = '';
  let interrupted: () => void = () => undefined;
  const missing = (): never => assert.fail('not in this test');
  const world: World = {
    out: (text) => (out += text),
    err: (text) => (out += text),
    columns: undefined,
    colour: false,
    language: 'en',
    workingFolder: join(folder, 'nowhere'),
    homeFolder: join(folder, 'home'),
    version: '1.2.3',
    clock: nodeClock,
    onInterrupt: (stop) => {
      interrupted = stop;
      return () => undefined;
    },
    openBrowser: missing,
    confirm: undefined,
    exit: missing,
    startSupervisor: missing,
    spawnSupervisor: missing,
    runDemo: missing,
    checkGroup: missing,
  };
  return { code: run(['logs', '--data', folder, ...args], world), out: () => out, interrupt: () => interrupted() };
}

async function shown(...args: readonly string[]): Promise<string[]> {
  const { code, out } = logs(...args);
  assert.equal(await code, 0);
  return out().split('\n').slice(0, -1);
}

test('of all, in the order it was printed, with their names; of one, without', async () => {
  await write('P@A', [1, 'one'], [3, 'three']);
  await write('P@B', [2, 'two'], [4, 'four']);
  assert.deepEqual(await shown(), [`${stamp(1)} P@A one`, `${stamp(2)} P@B two`, `${stamp(3)} P@A three`, `${stamp(4)} P@B four`]);
  assert.deepEqual(await shown('P@B', '--lines', '1'), [`${stamp(4)} four`]);
  assert.deepEqual(await shown('--lines', '0'), []);
});

test('the lines before a new file are among the last', async () => {
  await write('P@A', [2, 'two']);
  await writeFile(previousLogFile(logFile(folder, 'P@A')), `${stamp(1)} one\n`);
  assert.deepEqual(await shown('P@A'), [`${stamp(1)} one`, `${stamp(2)} two`]);
});

test('as JSON, one object a line; control characters never reach a terminal', async () => {
  await write('P@A', [1, '\u001b]0;title\u0007red']);
  const [line = ''] = await shown('--json');
  assert.deepEqual(JSON.parse(line), { hostInstance: 'P@A', at: stamp(1), text: '\u001b]0;title\u0007red' });
  assert.deepEqual(await shown('P@A'), [`${stamp(1)} red`]);
});

test('a name without a log is an error that names those with one', async () => {
  await write('P@A', [1, 'one']);
  const { code, out } = logs('P@Z', '--json');
  assert.equal(await code, 1);
  const { error } = JSON.parse(out()) as { error: { code: string; parameters: unknown } };
  assert.equal(error.code, 'logs.none');
  assert.deepEqual(error.parameters, { name: 'P@Z', folder, known: 'P@A' });
});

test('followed: what is printed later comes, also of a host instance that is new, until Ctrl+C', async () => {
  await write('P@A', [1, 'one']);
  const { code, out, interrupt } = logs('--follow');
  await until(() => out().includes('one'), 'the first line');
  await write('P@B', [2, 'two']);
  await until(() => out().includes('two'), 'a new log');
  await write('P@A', [3, 'three']);
  await until(() => out().includes('three'), 'a new line');
  interrupt();
  assert.equal(await code, 0);
  assert.deepEqual(out().split('\n').slice(0, -1), [`${stamp(1)} P@A one`, `${stamp(2)} P@B two`, `${stamp(3)} P@A three`]);
});

test('a group that runs is found like by every other command', async () => {
  await using group = await FakeGroup.start();
  await mkdir(logFolder(group.folder));
  await writeFile(logFile(group.folder, 'P@A'), `${stamp(1)} here\n`);
  assert.deepEqual(await shown('--data', group.folder), [`${stamp(1)} P@A here`]);
});
