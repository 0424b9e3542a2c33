/**
 * Guarantee (docs/failure-model.md, P33): a process that lives and has no lease any more is told as suspect and lost, never as running, then
 * ended and started again, and its work goes on; one that a person froze is not; and nobody is ended for the silence of somebody else.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { profiles } from '../../emulator/cluster/profiles.ts';
import { logFile } from '../../emulator/control/logs.ts';
import type { HostInstanceStatus } from '../../emulator/control/status.ts';
import { newSeed, TestGroup } from './group.ts';

const { hungMs, leaseMs } = profiles.demo;
const PATIENCE_MS = 60_000;
const A = 'ProcessingHost@A';
const skip = process.platform === 'win32';

/** Every state and pid that was told of a host instance, until the condition holds. */
async function seen(
  group: TestGroup,
  name: string,
  condition: (status: HostInstanceStatus) => boolean,
  what: string,
): Promise<HostInstanceStatus[]> {
  const all: HostInstanceStatus[] = [];
  await group.until(
    () => {
      const status = group.instance(name);
      all.push(status);
      return condition(status);
    },
    what,
    PATIENCE_MS,
  );
  return all;
}

test('a process that is stopped from outside', { skip }, async (context) => {
  newSeed();
  const group = await TestGroup.start();
  context.after(() => group.remove());
  await group.dropLedgers(40, { steps: 4, pause: 100 });
  const { pid } = await group.until(() => group.instance(A).active > 0 && group.instance(A), 'A works');
  process.kill(pid ?? 0, 'SIGSTOP');
  const told = await seen(group, A, (status) => status.pid !== pid && status.state === 'running', 'another process took its place');
  const states = [...new Set(told.filter((status) => status.pid === pid).map(({ state }) => state))];
  assert.deepEqual(
    states.filter((state) => state !== 'running'),
    ['suspect', 'lost'],
  );
  for (const { state, leaseAgeMs } of told) assert.ok(state !== 'running' || leaseAgeMs !== null, 'told as running without a lease');
  assert.equal(group.instance(A).restarts, 1);
  await group.allDone(PATIENCE_MS);
  const { records } = await group.clean();
  const observed = records.flatMap(({ record }) =>
    record.kind === 'observed' && record.what.kind === 'hostInstanceState' && record.what.hostInstance === A ? [record.what.state] : [],
  );
  assert.deepEqual(observed.slice(0, 7), ['start pending', 'running', 'lost', 'restarting', 'start pending', 'running', 'stop pending']);
});

test('a process that a person froze stays, for as long as that person wants', { skip }, async (context) => {
  newSeed();
  const group = await TestGroup.start();
  context.after(() => group.remove());
  await group.dropLedgers(20, { steps: 4, pause: 100 });
  const { pid } = await group.until(() => group.instance(A).active > 0 && group.instance(A), 'A works');
  await group.client.call('freezeHostInstance', { name: A });
  await group.until(() => group.instance(A).leaseAgeMs === null, 'its lease is over');
  // That nothing happens can only be waited for.
  await pause(3 * hungMs);
  assert.deepEqual([group.instance(A).state, group.instance(A).pid, group.instance(A).restarts], ['frozen', pid, 0]);
  await group.client.call('thawHostInstance', { name: A });
  await group.running();
  assert.equal(group.instance(A).pid, pid);
  await group.allDone(PATIENCE_MS);
  const { records } = await group.clean();
  const counted = records.flatMap(({ record }) => (record.kind === 'sessionEnd' ? record.lost.filter(({ attempt }) => attempt > 0) : []));
  assert.deepEqual(counted, [], 'a freeze is nobody’s fault');
});

test('a MessageBox that is stopped costs no host instance its life', { skip }, async (context) => {
  newSeed();
  const group = await TestGroup.start();
  context.after(() => group.remove());
  await group.dropLedgers(20, { steps: 4, pause: 100 });
  const pids = group.status.hostInstances.map(({ pid }) => pid);
  const { pid } = group.status.messageBox;
  process.kill(pid ?? 0, 'SIGSTOP');
  await group.until(() => group.status.hostInstances.every(({ state }) => state === 'lost'), 'nobody is known to live', PATIENCE_MS);
  await pause(hungMs + leaseMs);
  process.kill(pid ?? 0, 'SIGCONT');
  await group.running();
  await group.allDone(PATIENCE_MS);
  assert.deepEqual(
    group.status.hostInstances.map((status) => status.pid),
    pids,
  );
  await group.clean();
});

const BROKEN = `console.log('about to fail'); console.error('no table of prices'); process.exit(9);`;

test('a module that ends the process when it is loaded: three tries, and it is told with what it printed', async (context) => {
  newSeed();
  const group = await TestGroup.start({ computers: ['A'], module: BROKEN });
  context.after(() => group.remove());
  const { error } = await group.until(() => group.instance(A).state === 'failed' && group.instance(A), 'it stays away', PATIENCE_MS);
  assert.match(error?.message ?? '', /exit code 9: no table of prices/);
  await group.down();
  assert.equal(readFileSync(logFile(group.dataFolder, A), 'utf8').match(/about to fail/g)?.length, 3);
});
