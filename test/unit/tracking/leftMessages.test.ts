/**
 * Guarantee: the history tells how an instance ended and that it left messages; lists, lanes and the verdict agree with the MessageBox, which
 * keeps it suspended until it is terminated.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { Failovers } from '../../../emulator/tracking/failovers.ts';
import { FinishedInstances } from '../../../emulator/tracking/finishedInstances.ts';
import { InstanceHistory } from '../../../emulator/tracking/history.ts';
import { Lanes } from '../../../emulator/tracking/lanes.ts';
import { Verdict } from '../../../emulator/tracking/verdict.ts';
import type { CommitRecord, JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import { A, B, commit, enlist, grant, loss, numbered, submit } from './records.ts';
import { WrittenJournal } from './writtenJournal.ts';

const error = { code: 'orchestration.discardedMessages', message: 'left 2' };
const terminate: JournalRecord = { kind: 'operate', at: 90, operation: 'terminate', instance: 'i', applied: true };

/** Lost once, and gone on with by another host instance up to its end. */
function life(outcome: CommitRecord['outcome']): JournalRecord[] {
  const end = commit(40, 'i', B, 1, { outcome, points: ['end'], discarded: 2, error });
  return [enlist, submit(10, 'i'), grant(11, A, 5, 'i'), loss(20, A, 'socket closed', ['i', 0]), grant(30, B, 5, 'i'), end];
}

for (const outcome of ['completed', 'terminated'] as const) {
  test(`${outcome}, with messages left`, async (context) => {
    const records = numbered(life(outcome));
    const history = new InstanceHistory('i', () => []);
    const lanes = new Lanes({ instances: 10, windowMs: 1000, revision: 1 });
    const verdict = new Verdict(() => undefined);
    const failovers = new Failovers();
    for (const record of records) for (const projection of [history, lanes, verdict, failovers]) projection.add(record);
    assert.deepEqual(
      history.events.slice(-2).map((event) => (event.kind === 'committed' ? event.outcome : event.kind === 'suspended' && event.error)),
      [outcome, error],
    );
    const lane = () => lanes.frame(undefined, 50).lanes[0];
    assert.deepEqual(
      lane()?.stretches.map(({ tone, by, end, to }) => [tone, by, end, to]),
      [
        ['ready', null, undefined, 11],
        ['running', A, 'lost', 20],
        ['lost', A, undefined, 30],
        ['running', B, outcome, 40],
        ['suspended', B, undefined, null],
      ],
    );
    assert.deepEqual([lane()?.ended, lane()?.outcome], [null, null]);
    assert.deepEqual([verdict.instances.get('i')?.ended, verdict.twice], [outcome, []]);
    assert.deepEqual([failovers.list()[0]?.takenOver, failovers.list()[0]?.givenUp], [1, 0]);

    const journal = new WrittenJournal();
    context.after(() => rmSync(journal.dataFolder, { recursive: true, force: true }));
    journal.write(...records.map(({ record }) => record));
    const list = new FinishedInstances(journal.dataFolder);
    assert.equal((await list.query({}, 100, 0, 10)).total, 0, 'the MessageBox has it');
    journal.write(terminate);
    const { instances } = await list.query({}, 100, 0, 10);
    assert.deepEqual(
      instances.map(({ id, state, owner, commits, takeovers }) => [id, state, owner, commits, takeovers]),
      [['i', 'Terminated', B, 1, 1]],
    );
    lanes.add({ record: terminate });
    assert.deepEqual([lane()?.ended, lane()?.outcome, lane()?.stretches.at(-1)?.to], [90, 'terminated', 90]);
  });
}
