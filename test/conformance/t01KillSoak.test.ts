/** Guarantee T01 (G1, G3, G5): SIGKILL of host instances at random moments loses no orchestration and commits nothing twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../../emulator/faults/seededRandom.ts';
import { newSeed, percentile, TestGroup } from '../faults/group.ts';

const KILLS = 24;
const LIVE_LEDGERS = 60;

test('kill soak', { skip: process.platform === 'win32' }, async (context) => {
  const random = seededRandom(newSeed());
  const group = await TestGroup.start({ computers: ['A', 'B', 'C', 'D'] });
  context.after(() => group.remove());
  const kills: { readonly name: string; readonly at: number }[] = [];
  while (kills.length < KILLS) {
    const alive = await group.until(async () => {
      const missing = LIVE_LEDGERS - (group.ledgers.size - group.completed());
      if (missing > LIVE_LEDGERS / 2) await group.dropLedgers(missing, { steps: 6, pause: 120 });
      const found = group.processing.filter(({ state, active }) => state === 'running' && active > 0);
      return found.length >= 2 && found;
    }, 'two host instances work');
    const victim = alive[random.below(alive.length)];
    if (!victim?.pid) continue;
    kills.push({ name: victim.name, at: Date.now() });
    process.kill(victim.pid, 'SIGKILL');
    await pause(200 + random.below(800));
  }
  await group.allDone();
  const { verdict, records } = await group.clean();
  // What was lost twice without a commit in between runs alone and waits for its turn; its time says nothing about a takeover.
  const innocent = new Set(
    records.flatMap(({ record }) =>
      record.kind === 'sessionEnd'
        ? record.lost.filter(({ attempt }) => attempt <= 1).map(({ instance }) => `${instance} ${record.at}`)
        : [],
    ),
  );
  const resumed = kills.flatMap(({ name, at }) => {
    const loss = verdict.losses.find((candidate) => candidate.hostInstance === name && candidate.at >= at - 5);
    return verdict.resumptions
      .filter(({ from, lostAt, instance }) => from === name && lostAt === loss?.at && innocent.has(`${instance} ${lostAt}`))
      .map(({ resumedAt }) => resumedAt - at);
  });
  assert.ok(resumed.length > KILLS, `only ${resumed.length} orchestrations were resumed: the kills hit nothing`);
  const p50 = percentile(resumed, 0.5);
  console.log(
    `${kills.length} kills, ${group.ledgers.size} ledgers, ${resumed.length} of ${verdict.resumptions.length} resumed at once: ` +
      `kill to next commit p50 ${p50} ms, p99 ${percentile(resumed, 0.99)} ms`,
  );
});
