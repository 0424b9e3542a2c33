/**
 * Guarantee: a run that is looked back at is the run that was. Whatever host instances, operators and crashes do, a MessageBox replayed from
 * the journal describes every instance, every count and every session as the real one did at that record.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import type { JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import type { MessageBox } from '../../../emulator/messagebox/core/messageBox.ts';
import { Reports } from '../../../emulator/messagebox/view/reports.ts';
import { summaryOf } from '../../../emulator/messagebox/view/summaries.ts';
import { ReplayedMessageBox } from '../../../emulator/replay/replayedMessageBox.ts';
import { ChanceGroup } from '../../faults/chanceGroup.ts';
import { newSeed } from '../../faults/group.ts';

const RUNS = 150;
const STEPS = 60;

function description(messageBox: MessageBox): unknown {
  const report = new Reports(messageBox, () => ({ journalBytes: 0 })).status();
  return {
    instances: [...messageBox.store.state.instances.values()].map((instance) => summaryOf(messageBox.store, instance)),
    services: report.services,
    // A host instance's free credit changes with its pulls, which are not in the journal.
    sessions: report.sessions
      .map(({ hostInstance, active, committed }) => `${hostInstance} ${String(active)} ${String(committed)}`)
      .filter((session) => !session.includes(' 0 '))
      .sort(),
    queueDepth: report.status.queueDepth,
    messages: report.status.messages,
    subscriptions: report.status.subscriptions,
  };
}

function compare(seed: number, change?: (record: JournalRecord) => JournalRecord): void {
  const group = new ChanceGroup(seededRandom(seed));
  const replayed = new ReplayedMessageBox({ profile: 'demo', services: [], ended: () => undefined });
  let read = 0;
  for (let step = 0; step < STEPS; step += 1) {
    group.step();
    for (const { record, sequence } of group.core.records.slice(read)) replayed.add(change?.(record) ?? record, sequence);
    read = group.core.records.length;
    assert.deepEqual(
      description(replayed.messageBox),
      description(group.core.messageBox),
      `seed ${String(seed)}, step ${String(step)}, ${String(read)} records`,
    );
  }
}

test('a replayed MessageBox describes everything as the real one did', () => {
  const first = newSeed();
  for (let run = 0; run < RUNS; run += 1) compare(first + run);
});

test('the comparison sees a grant that is missing', () => {
  const nobody = (record: JournalRecord): JournalRecord => (record.kind === 'grant' ? { ...record, instances: [] } : record);
  assert.throws(() => {
    for (let run = 0; run < 20; run += 1) compare(1 + run, nobody);
  }, assert.AssertionError);
});
