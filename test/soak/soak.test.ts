/**
 * The soak: work goes in and out by files and calls, one message in twenty is large, and all the while something is killed, frozen or fails:
 * host instances, a computer, the MessageBox, the supervisor. Nothing is lost, nothing counts twice, nothing hangs, nothing is left over.
 *
 * SOAK_MINUTES in the environment says how long (3), SEED repeats the faults.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom, type SeededRandom } from '../../emulator/faults/seededRandom.ts';
import { MESSAGE_BOX_FOLDER } from '../../emulator/messagebox/storage/folders.ts';
import { signal } from '../../emulator/group/childProcess.ts';
import { newSeed, processState, until } from '../faults/group.ts';
import { judge } from './checker.ts';
import { SoakGroup } from './soakGroup.ts';

const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 3);
/** More work is given while fewer than so many inputs are on their way. */
const UNDER_WAY = 120;
const LARGE_EVERY = 20;
/** One text for all of them: it is kept until everything is judged. */
const LARGE_PAD = '漢+'.repeat(350_000);
/** Everything has to be done so long after the last fault (ms). */
const REST_MS = 180_000;

test(
  `soak for ${String(MINUTES)} minutes`,
  { skip: process.platform !== 'linux', timeout: MINUTES * 60_000 + 600_000 },
  async (context) => {
    const random = seededRandom(newSeed());
    const group = await SoakGroup.start(random);
    context.after(async () => {
      group.abandon();
      for (const pid of processesOf(group.marker)) signal(pid, 'SIGKILL');
      if (process.env['KEEP'] === undefined) await rm(group.folder, { recursive: true, force: true });
    });
    const end = performance.now() + MINUTES * 60_000;
    const over = (): boolean => performance.now() > end;
    const faults = new Map<string, number>();
    await Promise.all([giveWork(group, random, over), breakThings(group, random, faults, over)]);
    await group.command((client) => client.call('repairComputer', { name: 'C' }));
    for (const pid of processesOf(group.marker)) if (processState(pid) === 'T') signal(pid, 'SIGCONT');

    await until(
      async () => quiet(await group.tryStatus()),
      `everything is done; the group is kept in ${group.folder} with KEEP=1`,
      REST_MS,
    );
    await group.stop();
    await until(() => processesOf(group.marker).length === 0, 'no process of the group is left', 30_000);

    const found = judge(join(group.dataFolder, MESSAGE_BOX_FOLDER), join(group.folder, 'out'), group.inputs, group.calls);
    console.log(JSON.stringify({ ...found.counts, ...Object.fromEntries(faults) }));
    assert.deepEqual(
      [found.lost, found.twice, found.wrong].map((list) => list.slice(0, 10)),
      [[], [], []],
    );
    assert.deepEqual(leftovers(group.folder), [], 'temporary files');
    await group.liveAgain();
    assert.deepEqual(readNames(join(group.dataFolder, MESSAGE_BOX_FOLDER, 'bodies')), [], 'bodies that no message has');
    // A soak that broke nothing, or gave no work of a kind, proves nothing.
    for (const fault of ['kill', 'freeze', 'stop from outside', 'MessageBox', 'supervisor', 'computer']) {
      assert.ok((faults.get(fault) ?? 0) > 0 || MINUTES < 1, `no ${fault}`);
    }
    assert.ok(group.inputs.some(({ by }) => by === 'call') && group.inputs.some(({ by }) => by === 'file'));
  },
);

async function giveWork(group: SoakGroup, random: SeededRandom, over: () => boolean): Promise<void> {
  const calls = new Set<Promise<void>>();
  for (let number = 1; !over(); number += 1) {
    const done = new Set(readNames(join(group.folder, 'out'))).size;
    if (group.inputs.length + calls.size - done > UNDER_WAY) {
      await pause(50);
      number -= 1;
      continue;
    }
    const pad = number % LARGE_EVERY === 0 ? LARGE_PAD : 'x'.repeat(random.below(200));
    const input = { id: `S${String(number).padStart(6, '0')}`, steps: 1 + random.below(4), pad };
    const waitMs = random.below(400);
    if (random.chance(0.5)) await group.drop(input, waitMs);
    else {
      const call = group.call(input, waitMs, () => false).finally(() => calls.delete(call));
      calls.add(call);
    }
    await pause(random.below(30));
  }
  await Promise.all(calls);
}

/** One fault after another, with a little time between for the group to get somewhere. */
async function breakThings(group: SoakGroup, random: SeededRandom, faults: Map<string, number>, over: () => boolean): Promise<void> {
  const note = (what: string): void => void faults.set(what, (faults.get(what) ?? 0) + 1);
  while (!over()) {
    await pause(300 + random.below(2500));
    const status = await group.tryStatus();
    if (!status) continue;
    const running = status.hostInstances.filter(({ state, pid }) => state === 'running' && pid !== null);
    const victim = running[random.below(running.length)];
    const dice = random.next();
    if (dice < 0.45 && victim?.pid) {
      signal(victim.pid, 'SIGKILL');
      note('kill');
    } else if (dice < 0.6 && victim) {
      const { name } = victim;
      if (await group.command((client) => client.call('freezeHostInstance', { name }))) note('freeze');
      await pause(500 + random.below(2500));
      await group.command((client) => client.call('thawHostInstance', { name }));
    } else if (dice < 0.7 && victim?.pid) {
      const { pid } = victim;
      signal(pid, 'SIGSTOP');
      note('stop from outside');
      await pause(200 + random.below(2000));
      if (processState(pid) === 'T') signal(pid, 'SIGCONT');
    } else if (dice < 0.82 && status.messageBox.pid !== null) {
      signal(status.messageBox.pid, 'SIGKILL');
      note('MessageBox');
    } else if (dice < 0.92 && group.supervisorPid !== undefined) {
      signal(group.supervisorPid, 'SIGKILL');
      note('supervisor');
    } else {
      if (await group.command((client) => client.call('failComputer', { name: 'C' }))) note('computer');
      await pause(random.below(2000));
      await group.command((client) => client.call('repairComputer', { name: 'C' }));
    }
  }
}

function quiet(status: Awaited<ReturnType<SoakGroup['tryStatus']>>): boolean {
  if (!status?.hostInstances.every(({ state, leaseAgeMs }) => state === 'running' && leaseAgeMs !== null)) return false;
  const { counts } = status.messageBox;
  return counts['Ready to run'] + counts.Active + counts.Dehydrated + counts.Scheduled === 0;
}

/** Processes of this group: each has the marker in its environment. Zombies are not counted: they have ended. */
function processesOf(marker: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          processState(pid) !== 'Z' &&
          readFileSync(`/proc/${String(pid)}/environ`, 'utf8')
            .split('\0')
            .includes(marker)
        );
      } catch {
        // It has ended meanwhile.
        return false;
      }
    });
}

/** Files that were on their way and are not any more. */
function leftovers(folder: string): string[] {
  return readNames(folder, true).filter((name) => {
    const inside = name.slice(folder.length + 1);
    return /^in\/./.test(inside) || /\.(tmp|part)$/.test(inside) || /(^|\/)\.(claimed|soh|sending)[^/]*\/./.test(inside);
  });
}

function readNames(folder: string, deep = false): string[] {
  try {
    return readdirSync(folder, { recursive: deep, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    // It has not been made.
    return [];
  }
}
