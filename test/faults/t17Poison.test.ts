/**
 * Guarantee (G12): an orchestration whose code ends the process costs at most two shared and three lonely crashes; then it is suspended,
 * resumable, with the reason, and all others complete.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newSeed, TestGroup } from './group.ts';

test('abort and exit inside an expression', { timeout: 120_000 }, async (context) => {
  newSeed();
  const group = await TestGroup.start({ computers: ['A', 'B', 'C', 'D'], orchestrations: ['Ledger', 'Poisoned'] });
  context.after(() => group.remove());
  await group.dropLedgers(40, { steps: 4, pause: 100 });
  await group.drop('abort.json', JSON.stringify({ way: 'abort' }));
  await group.drop('exit.json', JSON.stringify({ way: 'exit' }));
  await group.dropLedgers(40, { steps: 4, pause: 100 });
  const suspended = await group.until(
    async () => {
      const { instances } = await group.client.call('instances', { filter: { states: ['Suspended (resumable)'] } });
      return instances.length === 2 && instances;
    },
    'both are suspended',
    60_000,
  );
  for (const { orchestration, error } of suspended) {
    assert.equal(orchestration, 'Poisoned');
    assert.equal(error?.code, 'orchestration.crashedHost');
  }
  await group.running();
  await group.allDone();
  const { records } = await group.clean();
  for (const { id } of suspended) {
    const crashes = records.filter(
      ({ record }) => record.kind === 'sessionEnd' && record.lost.some(({ instance }) => instance === id),
    ).length;
    assert.ok(crashes >= 2 && crashes <= 5, `${crashes} crashes`);
  }
});
