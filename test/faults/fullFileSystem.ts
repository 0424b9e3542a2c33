/**
 * The second half of T09, run in a mount namespace of its own with a small file system at the folder it is given: a whole group whose disk
 * fills up and is freed again. Ends with 0 when everything held.
 */
import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { GroupEvent } from '../../emulator/control/events.ts';
import { isCode } from '../../emulator/errors.ts';
import { MESSAGE_BOX_FOLDER } from '../../emulator/messagebox/storage/folders.ts';
import { TestGroup, until } from './group.ts';

const [dataFolder = ''] = process.argv.slice(2);
const filler = join(dataFolder, 'filler');

/** Takes what room there is, to the last byte. */
function fillUp(): void {
  const file = openSync(filler, 'a');
  const piece = Buffer.alloc(64 * 1024, 1);
  try {
    for (let size = piece.length; size >= 1;) {
      try {
        writeSync(file, piece, 0, size);
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}

/** The same while the MessageBox stands still, so that nobody takes the room that its ballast gives back. */
function fillUpBesides(pid: number | null): void {
  assert.ok(pid);
  process.kill(pid, 'SIGSTOP');
  fillUp();
  process.kill(pid, 'SIGCONT');
}

function makeRoom(): number {
  rmSync(filler);
  return performance.now();
}

const group = await TestGroup.start({ dataFolder, storage: { ballastMb: 1, historyMb: 2 } });
const events: GroupEvent[] = [];
void group.client.follow((frame) => void events.push(...(frame.events ?? [])));
const full = (): boolean => group.status.messageBox.full === true;
const told = (state: 'full' | 'writable'): number => events.filter((event) => event.kind === 'storage' && event.state === state).length;

async function aFullDiskIsSeenAndLeftAgain(): Promise<void> {
  await group.dropLedgers(10, { steps: 3, pause: 0 });
  await group.allDone();
  await until(() => existsSync(join(dataFolder, MESSAGE_BOX_FOLDER, 'ballast')), 'the ballast is in place');
  const restarts = (): number => group.status.hostInstances.reduce((sum, instance) => sum + instance.restarts, 0);
  const { generation } = group.status.messageBox;
  const before = restarts();
  await group.dropLedgers(30, { steps: 8, pause: 100 });
  await group.until(() => group.processing.some(({ active }) => active > 3), 'work is under way');
  fillUpBesides(group.status.messageBox.pid);
  const filledAt = performance.now();
  await group.until(full, 'the full disk is shown');
  console.log(`shown after ${String(Math.round(performance.now() - filledAt))} ms`);
  assert.equal(group.status.messageBox.error?.code, 'messageBox.storageFull');
  await until(() => told('full') === 1, 'and told as an event');
  const done = group.completed();
  await group.dropLedgers(5, { steps: 2, pause: 0 });
  // Longer than a lease: nobody is taken for dead, everybody is asked and answers.
  await pause(4000);
  assert.deepEqual([group.status.messageBox.generation, restarts() - before], [generation, 0], 'no failover');
  for (const { name, state, leaseAgeMs, leaseMs } of group.status.hostInstances)
    assert.ok(state === 'running' && leaseAgeMs !== null && leaseAgeMs <= leaseMs, `${name} ${state} ${String(leaseAgeMs)}`);
  assert.ok((await group.client.call('instances', { limit: 5 })).total > 0, 'questions are answered');
  assert.ok(group.completed() - done <= 1, 'nothing new is finished');
  assert.equal(readdirSync(join(group.folder, 'in')).filter((name) => name.startsWith('L')).length >= 5, true, 'receive locations pause');
  const freedAt = makeRoom();
  await group.until(() => !full(), 'there is room again');
  console.log(`works again after ${String(Math.round(performance.now() - freedAt))} ms`);
  await until(() => told('writable') === 1, 'which is told, too');
  assert.equal(group.status.messageBox.error, undefined);
  await group.allDone(40_000);
  assert.deepEqual([group.status.messageBox.generation, restarts() - before], [generation, 0], 'and nobody was restarted');
}

/** Somebody else takes even what the ballast gave back, and processes die meanwhile. */
async function notEvenTheBallastIsLeft(): Promise<void> {
  await group.dropLedgers(20, { steps: 6, pause: 100 });
  await group.until(() => group.processing.some(({ active }) => active > 3), 'work is under way');
  fillUp();
  await group.until(full, 'the full disk is shown');
  fillUp();
  const [victim] = group.processing;
  assert.ok(victim);
  await group.client.call('killHostInstance', { name: victim.name });
  await pause(1000);
  fillUp();
  assert.ok(full() && group.status.state === 'running', 'the group lives, and says why nothing moves');
  // Without room for the new process's first record, it is tried again and again.
  const { pid } = group.status.messageBox;
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  fillUp();
  await pause(3000);
  assert.equal(group.status.state, 'running', 'the group does not give up');
  const shown = group.status.messageBox.error;
  assert.equal(shown?.code, 'messageBox.storageFull', JSON.stringify(group.status.messageBox));
  console.log(`without any room: ${group.status.messageBox.state}, ${String(statfsSync(dataFolder).bfree)} blocks free`);
  makeRoom();
  await group.running();
  await group.allDone(60_000);
}

async function aGroupDoesNotStartWithoutRoom(): Promise<void> {
  await group.down();
  fillUp();
  rmSync(join(dataFolder, MESSAGE_BOX_FOLDER, 'ballast'), { force: true });
  fillUp();
  const processes = join(dataFolder, 'processes.json');
  await assert.rejects(group.up(), (error) => isCode(error, 'messageBox.storageFull'));
  assert.ok(!existsSync(processes) || readFileSync(processes, 'utf8') !== '', 'no half file is left');
  makeRoom();
  await group.up();
  await group.dropLedgers(3, { steps: 2, pause: 0 });
  await group.allDone();
}

try {
  await aFullDiskIsSeenAndLeftAgain();
  await notEvenTheBallastIsLeft();
  await aGroupDoesNotStartWithoutRoom();
  await group.clean();
  process.exit(0);
} catch (error) {
  console.log(error);
  console.log(group.log.slice(-20).join('\n'));
  await group.remove();
  process.exit(1);
}
