/**
 * Guarantee T02 (G4): a host instance that was stopped anywhere on the commit path for longer than its lease commits nothing after it was
 * fenced, and works again at most a second after it goes on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../../emulator/faults/seededRandom.ts';
import type { ReadRecord } from '../../emulator/tracking/journalReader.ts';
import { fault, newSeed, processState, TestGroup, zombieCommits } from './group.ts';

const POINTS = ['beforeCommit', 'beforeSend', 'afterSend', 'beforeReceive', 'acknowledged', 'afterReceive'];
const COMPUTERS = ['A', 'B', 'C', 'D'];
const FREEZES = POINTS.length * COMPUTERS.length;
const LIVE_LEDGERS = 60;

test('stopped on the commit path, longer than the lease', { skip: process.platform !== 'linux' }, async (context) => {
  const random = seededRandom(newSeed());
  // Each process stops once at every point, in the course of its work.
  const plan = POINTS.map((point, index) => `hostInstance.${point}:${40 + 60 * index + random.below(50)}:stop`).join(',');
  const group = await TestGroup.start({ computers: COMPUTERS, fault: plan });
  context.after(() => group.remove());
  fault(undefined);
  const freezes = new Map<string, number>();
  const wakings: number[] = [];
  const thawing = new Set<string>();
  const thaw = async (name: string, pid: number): Promise<void> => {
    thawing.add(name);
    await group.until(() => group.instance(name).leaseAgeMs === null, `${name} is fenced`);
    await pause(random.below(500));
    const began = performance.now();
    process.kill(pid, 'SIGCONT');
    await group.until(() => group.instance(name).leaseAgeMs !== null || processState(pid) === 'T', `${name} is back`);
    wakings.push(performance.now() - began);
    freezes.set(name, (freezes.get(name) ?? 0) + 1);
    thawing.delete(name);
  };
  const thaws: Promise<void>[] = [];
  const watch = (): void => {
    for (const { name, pid } of group.status.hostInstances) {
      if (pid !== null && !thawing.has(name) && processState(pid) === 'T') thaws.push(thaw(name, pid));
    }
  };
  await group.until(
    async () => {
      watch();
      const missing = LIVE_LEDGERS - (group.ledgers.size - group.completed());
      if (missing > LIVE_LEDGERS / 2) await group.dropLedgers(missing, { steps: 6, pause: 50 });
      return [...freezes.values()].reduce((sum, count) => sum + count, 0) >= FREEZES;
    },
    'enough freezes',
    60_000,
  );
  await group.until(() => {
    watch();
    return thawing.size === 0 && group.completed() >= group.ledgers.size && group.quiet;
  }, 'all ledgers are done');
  await Promise.all(thaws);
  const { verdict, records } = await group.clean();
  assert.ok(verdict.losses.length >= FREEZES / 2, `only ${verdict.losses.length} sessions with work were fenced`);
  const slowest = Math.max(...wakings);
  console.log(
    `${wakings.length} freezes, ${group.ledgers.size} ledgers, ${records.length} records; back after ${Math.round(slowest)} ms at most`,
  );
  assert.ok(slowest <= 1000, 'a zombie registers again within a second');
});

test('the checker sees a planted commit of a zombie', () => {
  const at = 0;
  const commit = {
    kind: 'commit',
    at,
    id: 'x',
    instance: 'i',
    hostInstance: 'H',
    version: 1,
    points: ['send'],
    outcome: 'running',
  } as const;
  const records: ReadRecord<Parameters<typeof zombieCommits>[0][number]['record']>[] = [
    { sequence: 1, record: { kind: 'session', at, session: '1.1', hostInstance: 'H', host: 'H', computer: 'A', pid: 1 } },
    { sequence: 2, record: commit },
    { sequence: 3, record: { kind: 'sessionEnd', at, session: '1.1', hostInstance: 'H', reason: 'lease expired', lost: [] } },
    { sequence: 4, record: { ...commit, version: 2 } },
  ];
  assert.equal(zombieCommits(records).length, 1);
});
