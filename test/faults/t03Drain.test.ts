/** Guarantee T03: a controlled stop under load runs nothing again, ends within 30 s, and other host instances do the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newSeed, TestGroup } from './group.ts';

const LEDGERS = 150;

test('drain under load', async (context) => {
  newSeed();
  const group = await TestGroup.start({ computers: ['A', 'B'] });
  context.after(() => group.remove());
  await group.dropLedgers(LEDGERS, { steps: 6, pause: 100 });
  const drained: { name: string; active: number; ms: number }[] = [];
  for (const name of ['ProcessingHost@A', 'ProcessingHost@B']) {
    const { active } = await group.until(() => group.instance(name).active > 5 && group.instance(name), `${name} works`);
    const began = performance.now();
    await group.client.call('stopHostInstance', { name });
    drained.push({ name, active, ms: performance.now() - began });
    assert.equal(group.instance(name).state, 'stopped');
    await group.client.call('startHostInstance', { name });
    await group.running();
  }
  await group.allDone();
  const { records, verdict } = await group.clean();
  console.log(drained.map(({ name, active, ms }) => `${name} with ${active} orchestrations stopped in ${Math.round(ms)} ms`).join(', '));
  for (const { ms } of drained) assert.ok(ms < 30_000, `${ms} ms`);
  const byes = records.flatMap(({ record }) => (record.kind === 'sessionEnd' ? [record.reason] : []));
  assert.ok(byes.filter((reason) => reason === 'bye').length >= 2, String(byes));
  assert.deepEqual(verdict.losses, [], 'a controlled stop is no loss');
  // What had run was saved: no instance came back to its host instance or to another one with less than it had done.
  const atRisk = records.flatMap(({ record }) => (record.kind === 'sessionEnd' ? record.lost.flatMap(({ atRisk: shapes }) => shapes) : []));
  assert.deepEqual(atRisk, [], 'shapes that would run again');
});
