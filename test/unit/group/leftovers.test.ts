/**
 * Guarantee: a supervisor ends what a killed one left behind, and never a process that is not proven to be it: not one with the same pid,
 * not one of another container, not one whose start time nobody can tell (Windows without PowerShell).
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { nodeClock } from '../../../emulator/clock.ts';
import { ChildProcesses } from '../../../emulator/group/childProcess.ts';
import { readProcesses } from '../../../emulator/group/processesFile.ts';
import { type StartTimes, windowsStartTimes } from '../../../emulator/group/startTimes.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { processIdentity } from '../../../emulator/wire/processIdentity.ts';

const root = mkdtempSync(join(tmpdir(), 'leftovers-'));
const sleepers: ChildProcess[] = [];
after(() => {
  for (const sleeper of sleepers) sleeper.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

async function sleeper(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
  sleepers.push(child);
  await once(child, 'spawn');
  return child.pid ?? 0;
}

const runs = (pid: number): boolean => processIdentity(pid) !== undefined;
async function ends(pid: number): Promise<void> {
  for (const end = performance.now() + 20_000; runs(pid); await new Promise((resolve) => setTimeout(resolve, 10)))
    assert.ok(performance.now() < end, `process ${String(pid)} still runs`);
}

let folders = 0;
function recorded(entries: readonly object[], startTimes?: StartTimes): { processes: ChildProcesses; said: string[]; file: string } {
  const folder = join(root, String(++folders));
  mkdirSync(folder);
  const file = join(folder, 'processes.json');
  writeFileSync(file, JSON.stringify(entries));
  const said: string[] = [];
  return { processes: new ChildProcesses(folder, '', (line) => void said.push(line), startTimes), said, file };
}

/** What Windows prints, of the pids that it knows. */
const powershell = (times: Record<number, string>): StartTimes =>
  windowsStartTimes((program, args) => {
    assert.match(program, /powershell/);
    const asked = /-Id ([\d,]+)/.exec(args.join(' '))?.[1]?.split(',') ?? [];
    return Promise.resolve(
      asked.flatMap((pid) => (times[Number(pid)] === undefined ? [] : [`${pid} ${times[Number(pid)] ?? ''}\r\n`])).join(''),
    );
  });

test('what is proven by its start time is ended, also when it is frozen', { skip: process.platform === 'win32' }, async () => {
  const pid = await sleeper();
  process.kill(pid, 'SIGSTOP');
  const { processes, said } = recorded([{ ...processIdentity(pid) }]);
  assert.equal(await processes.endLeftovers(), 1);
  await ends(pid);
  assert.deepEqual(said, []);
});

test('a pid that belongs to another process now, or to another container, is nobody of ours', async () => {
  const pid = await sleeper();
  const identity = processIdentity(pid);
  const entries = [
    { pid, startTime: 'another' },
    { ...identity, place: 'linux:1:2:pid:[3]' },
    { pid: 2 ** 22 + 5, startTime: 'long ago' },
  ];
  const { processes } = recorded(entries);
  assert.equal(await processes.endLeftovers(), 0);
  assert.ok(runs(pid));
});

test('without a start time on record nothing is ended, and it is said', async () => {
  const pid = await sleeper();
  const { processes, said } = recorded([{ pid, startTime: '' }]);
  assert.equal(await processes.endLeftovers(), 0);
  assert.ok(runs(pid));
  assert.match(said.join('\n'), new RegExp(`process ${String(pid)} may be left over`));
});

test('on Windows the start time comes from PowerShell: the same one proves it, another one does not, none leaves it alone', async () => {
  const [same, other, untold] = [await sleeper(), await sleeper(), await sleeper()];
  const entries = [same, other, untold].map((pid) => ({ pid, startTime: '134012345678901234' }));
  const times = powershell({ [same]: '134012345678901234', [other]: '134099999999999999' });
  const { processes, said } = recorded(entries, times);
  assert.equal(await processes.endLeftovers(), 1);
  await ends(same);
  assert.deepEqual([runs(other), runs(untold)], [true, true]);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', new RegExp(`process ${String(untold)} may be left over`));
});

test('PowerShell that cannot be run, or prints something else, proves nothing', async () => {
  assert.equal((await windowsStartTimes(() => Promise.reject(new Error('ENOENT')))([1])).size, 0);
  assert.equal((await windowsStartTimes(() => Promise.resolve('Get-Process : Cannot find a process\r\n'))([1])).size, 0);
  assert.equal((await windowsStartTimes(() => assert.fail('nothing to ask'))([])).size, 0);
});

test('start times that are known later are written down, asked for once for all that started meanwhile', async () => {
  const calls: number[][] = [];
  let tell: () => void = () => undefined;
  const told = new Promise<void>((resolve) => (tell = resolve));
  const slow: StartTimes = async (pids) => {
    calls.push([...pids]);
    await told;
    return new Map(pids.map((pid) => [pid, `of ${String(pid)}`]));
  };
  const { processes, file } = recorded([], slow);
  // As on Windows: pids of which nothing is known by itself.
  const gone = [2 ** 22 + 5, 2 ** 22 + 6, 2 ** 22 + 7];
  for (const pid of gone) processes.note(pid);
  assert.deepEqual(calls, [[gone[0]]]);
  tell();
  const startTimes = (): string[] => readProcesses(file).map(({ startTime }) => startTime);
  while (startTimes().includes('')) await new Promise(setImmediate);
  assert.deepEqual(calls.slice(1), [[gone[1], gone[2]]]);
  assert.deepEqual(
    startTimes(),
    gone.map((pid) => `of ${String(pid)}`),
  );
});

test('a record that cannot be written ends nothing: it is said once and tried again', () => {
  const { processes, said, file } = recorded([]);
  rmSync(file);
  // A folder where the file should be, which nobody may replace by a file.
  mkdirSync(join(file, 'inside'), { recursive: true });
  for (const pid of [1, 2, 3]) processes.note(2 ** 22 + pid);
  processes.retry();
  assert.equal(said.length, 1);
  rmSync(file, { recursive: true });
  processes.retry();
  assert.equal(readProcesses(file).length, 3);
});

function started(count: number): { processes: ChildProcesses; children: ChildProcess[]; file: string } {
  const folder = join(root, String(++folders));
  mkdirSync(folder);
  writeFileSync(join(folder, 'sleeper.mjs'), 'setInterval(() => 0, 1000);');
  const processes = new ChildProcesses(folder, folder, () => undefined);
  const children = Array.from({ length: count }, () => processes.start('sleeper.mjs'));
  sleepers.push(...children);
  return { processes, children, file: join(folder, 'processes.json') };
}

test('all children are ended: who waits for that finds none in the record, and nothing is written any more', async () => {
  const { processes, children, file } = started(2);
  assert.equal(readProcesses(file).length, 2);
  await processes.endAll(nodeClock);
  assert.deepEqual(
    children.map(({ signalCode }) => signalCode),
    ['SIGKILL', 'SIGKILL'],
  );
  assert.deepEqual(readProcesses(file), []);
});

test('what cannot be ended is waited for five seconds', async () => {
  const { processes, children } = started(1);
  const clock = new SimulatedClock();
  const waiting = processes.endAll(clock);
  // Its end is not told in the turn in which it is asked for.
  clock.advance(5000);
  await waiting;
  assert.equal(children[0]?.signalCode, null);
});
