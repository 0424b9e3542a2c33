/**
 * Guarantee T16 (G1, G5): killing the MessageBox every few seconds under load loses nothing. Host instances go on with what they hold when
 * they come back in time (a clean RESUME), so nothing runs again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../../emulator/faults/seededRandom.ts';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import { newSeed, TestGroup } from './group.ts';

const KILLS = 6;
const LEDGERS = 400;

test('MessageBox restart storm', { skip: process.platform === 'win32' }, async (context) => {
  const random = seededRandom(newSeed());
  const group = await TestGroup.start({ computers: ['A', 'B', 'C'] });
  context.after(() => group.remove());
  await group.dropLedgers(LEDGERS, { steps: 36, pause: 450 });
  const living = (): number => {
    const { counts } = group.status.messageBox;
    return counts.Active + counts.Dehydrated + counts['Ready to run'];
  };
  await group.until(() => living() > LEDGERS / 2, 'most ledgers have begun');
  const live: number[] = [];
  while (live.length < KILLS) {
    await pause(300 + random.below(1000));
    const { pid, generation } = group.status.messageBox;
    const under = living();
    if (under < LEDGERS / 2) break;
    live.push(under);
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    await group.until(() => group.status.messageBox.generation > generation, 'the MessageBox is back');
    await group.running();
  }
  assert.ok(live.length >= KILLS - 2, `the work was done after ${live.length} kills`);
  await group.allDone();
  const { records } = await group.clean();
  const regranted = reGranted(records.map(({ record }) => record));
  console.log(
    `${live.length} kills with ${String(live)} live orchestrations; ${regranted} of ${LEDGERS} ledgers began again on another host instance`,
  );
  assert.equal(regranted, 0, 'every host instance resumed what it held');
});

/** Instances whose unsaved work went to another host instance: granted again without having been let go since the grant before. */
function reGranted(records: readonly JournalRecord[]): number {
  const held = new Map<string, string>();
  let count = 0;
  for (const record of records) {
    if (record.kind === 'grant') {
      for (const instance of record.instances) {
        if (held.has(instance)) count++;
        held.set(instance, record.hostInstance);
      }
    } else if (record.kind === 'commit' && (record.outcome !== 'running' || record.operated)) held.delete(record.instance);
    else if (record.kind === 'sessionEnd' && record.reason === 'bye') for (const { instance } of record.lost) held.delete(instance);
  }
  return count;
}
