/**
 * In a real group whose host instances die at random, the lanes that the page draws and the history that `show --json` prints say the same
 * of every instance, shape by shape; and the failover report knows every kill. KILLS and SEED in the environment change the run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOfHistory, factsOfLane } from '../unit/tracking/laneFacts.ts';
import { newSeed, TestGroup } from '../faults/group.ts';

const KILLS = Number(process.env['KILLS'] ?? 50);

test('after random kills the lanes and the histories agree', { timeout: 280_000 }, async () => {
  let state = newSeed();
  const random = (below: number): number => (state = (state * 1664525 + 1013904223) % 4294967296) % below;
  const group = await TestGroup.start();
  try {
    for (let kill = 0; kill < KILLS; kill += 1) {
      await group.dropLedgers(6, { steps: 6, pause: 20 + random(40) });
      const { name } = await group.until(() => {
        const busy = group.processing.filter(
          ({ state: now, active, leaseAgeMs }) => now === 'running' && leaseAgeMs !== null && active > 0,
        );
        return busy[random(Math.max(1, busy.length))];
      }, 'somebody has work');
      await group.client.call('killHostInstance', { name });
      await group.until(() => group.instance(name).state === 'restarting', `${name} is seen to be dead`);
      await group.client.call('startHostInstance', { name });
      await group.until(() => group.instance(name).leaseAgeMs !== null && group.instance(name).state === 'running', `${name} runs again`);
    }
    await group.allDone(60_000);
    const { lanes, shapes = {} } = await group.client.call('lanes', {});
    assert.ok(lanes.length >= group.ledgers.size, `${lanes.length} lanes`);
    let takeovers = 0;
    for (const lane of lanes) {
      const { history, commits } = await group.client.call('show', { instance: lane.instance });
      assert.deepEqual(factsOfLane(lane, shapes[lane.service] ?? []), factsOfHistory(history), lane.instance);
      assert.equal(lane.points.at(-1)?.version, commits);
      takeovers += lane.takeovers.length;
    }
    const { failovers } = await group.client.call('failovers', {});
    const killed = failovers.filter(({ fault }) => fault === 'kill');
    assert.equal(killed.length, KILLS);
    assert.ok(
      killed.every(({ waiting, detectionMs }) => waiting === 0 && detectionMs !== null),
      JSON.stringify(killed),
    );
    assert.ok(takeovers > 0, 'no kill met work');
    await group.clean();
  } finally {
    await group.remove();
  }
});
