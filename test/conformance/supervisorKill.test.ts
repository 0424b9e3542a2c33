/**
 * Guarantee: SIGKILL of the supervisor at any moment loses nothing. Every process of the group ends by itself; one that is frozen cannot,
 * and is ended by the next start, which finishes all work.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../../emulator/faults/seededRandom.ts';
import { BUNDLES, childrenOf, newSeed, processState, TestGroup, until } from '../faults/group.ts';

const ROUNDS = 4;
const LEDGERS = 60;

test(
  'supervisor killed under load, also with a frozen host instance',
  { skip: process.platform !== 'linux', timeout: 120_000 },
  async (context) => {
    const random = seededRandom(newSeed());
    const group = await TestGroup.start();
    context.after(() => group.remove());
    // From here the supervisor is a process of its own, as it is for a user.
    await group.down();
    let frozen: number | undefined;
    let killed = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const supervisor = startProcess(group);
      context.after(() => void supervisor.kill('SIGKILL'));
      await until(() => childrenOf(supervisor.pid ?? 0).length === 5, 'the group has its five processes', 15_000);
      const children = childrenOf(supervisor.pid ?? 0);
      if (frozen !== undefined) assert.ok(isGone(frozen), 'the new supervisor ended the frozen process');
      await group.dropLedgers(LEDGERS, { steps: 6, pause: 150 });
      await pause(300 + random.below(1200));
      frozen = round % 2 === 1 ? children[random.below(children.length)] : undefined;
      if (frozen !== undefined) process.kill(frozen, 'SIGSTOP');
      supervisor.kill('SIGKILL');
      killed++;
      const left = (): number[] => children.filter((pid) => pid !== frozen && !isGone(pid));
      await until(() => left().length === 0, 'no process of the group is left', 5000);
    }
    await group.up();
    if (frozen !== undefined) assert.ok(isGone(frozen));
    await group.allDone(30_000);
    await group.clean();
    console.log(`${killed} supervisors killed, ${group.ledgers.size} ledgers`);
  },
);

/** Also when nobody has collected its exit code. */
function isGone(pid: number): boolean {
  return [undefined, 'Z'].includes(processState(pid));
}

function startProcess(group: TestGroup): ChildProcess {
  const env = { ...process.env };
  delete env['NODE_TEST_CONTEXT'];
  return spawn(process.execPath, [join(BUNDLES, 'supervisor.mjs'), '--data', group.dataFolder, '--cluster-file', group.clusterPath], {
    stdio: 'ignore',
    env,
  });
}
