/**
 * What is watched is never ahead of what is durable, is read on while somebody asks, and is read anew when the end of the journal was
 * written again after a power failure.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, test } from 'node:test';
import { JournalWatch } from '../../../emulator/tracking/journalWatch.ts';
import { WrittenJournal } from './writtenJournal.ts';
import { A, B, commit, enlist, grant, loss, submit } from './records.ts';

function watched(): { journal: WrittenJournal; watch: JournalWatch; durable: { value: number } } {
  const journal = new WrittenJournal();
  const durable = { value: 0 };
  const watch = new JournalWatch({ dataFolder: journal.dataFolder, durable: () => durable.value, now: () => 1000 });
  after(() => {
    watch.close();
    rmSync(journal.dataFolder, { recursive: true, force: true });
  });
  return { journal, watch, durable };
}

test('a commit is shown when it is durable; a grant, which waits for nothing, at once', async () => {
  const { journal, watch, durable } = watched();
  journal.write(enlist, submit(1, 'i'));
  durable.value = 2;
  journal.write(grant(2, A, 5, 'i'));
  const first = await watch.lanes(undefined);
  assert.deepEqual(
    first.lanes.map(({ stretches }) => stretches.map(({ tone }) => tone)),
    [['ready', 'running']],
  );
  journal.write(commit(3, 'i', A, 1), grant(4, B, 5, 'i'));
  const second = await watch.lanes(first.revision);
  assert.deepEqual([second.reset, second.lanes], [false, []]);
  durable.value = 4;
  const third = await watch.lanes(second.revision);
  assert.equal(third.lanes[0]?.points.length, 1);
});

test('lanes and failovers share one reading, also when both ask at once', async () => {
  const { journal, watch, durable } = watched();
  journal.write(enlist, submit(1, 'i'), grant(2, A, 5, 'i'), loss(9, A, 'socket closed', ['i', 0]));
  durable.value = 4;
  const [lanes, { failovers }] = await Promise.all([watch.lanes(undefined), watch.failovers()]);
  assert.equal(lanes.lanes[0]?.takeovers.length, 1);
  assert.equal(failovers[0]?.lost, 1);
  assert.equal((await watch.failovers()).failovers.length, 1);
});

test('an end that was written again is read anew, and the follower gets everything', async () => {
  const { journal, watch, durable } = watched();
  journal.write(enlist, submit(1, 'i'), submit(1, 'gone'));
  durable.value = 3;
  const before = await watch.lanes(undefined);
  assert.equal(before.lanes.length, 2);
  journal.rewrite(enlist, submit(1, 'i'), submit(2, 'other'));
  // An end that does not fit looks like one that is being written, until something is written behind it.
  journal.write(commit(3, 'i', A, 1));
  journal.write(submit(4, 'third'));
  durable.value = 5;
  const afterwards = await watch.lanes(before.revision);
  assert.equal(afterwards.reset, true);
  assert.deepEqual(
    afterwards.lanes.map(({ instance }) => instance),
    ['i', 'other', 'third'],
  );
});

test('real damage is told, and what is around it is shown', async () => {
  const { journal, watch, durable } = watched();
  journal.write(enlist);
  journal.damage();
  journal.write(submit(1, 'i'));
  journal.write(submit(2, 'j'));
  durable.value = 3;
  const { lanes, unread } = await watch.lanes(undefined);
  assert.deepEqual(
    lanes.map(({ instance }) => instance),
    ['i', 'j'],
  );
  assert.equal(unread?.code, 'messageBox.damaged');
  assert.equal((await watch.failovers()).unread?.code, 'messageBox.damaged');
});
