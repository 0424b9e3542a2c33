/**
 * Guarantee: the list of instances that ended is what one would get by reading every record whole, though most are only looked at: who
 * owned them last, how often they were taken over and how they ended; and it stays small however long a group runs.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import type { InstanceSummary } from '../../../emulator/control/instances.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { kindOf } from '../../../emulator/messagebox/core/recordFormat.ts';
import type { JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import { FinishedInstances } from '../../../emulator/tracking/finishedInstances.ts';
import { commitHead } from '../../../emulator/tracking/recordHead.ts';
import { newSeed } from '../../faults/group.ts';
import { A, B, commit, enlist, grant, loss, submit } from './records.ts';
import { WrittenJournal } from './writtenJournal.ts';

const NOW = Date.UTC(2026, 0, 1);
const TRAP = '{"outcome":"completed","service":"x","operated":"terminate","unrouted":[]}';

function journalOf(context: TestContext, ...records: readonly JournalRecord[]): WrittenJournal {
  const journal = new WrittenJournal();
  context.after(() => rmSync(journal.dataFolder, { recursive: true, force: true }));
  journal.write(enlist, ...records);
  return journal;
}

/** A life of many instances, interleaved, with owners that are lost. */
function lives(seed: number): JournalRecord[] {
  const random = seededRandom(seed);
  const records: JournalRecord[] = [];
  const live: { id: string; version: number; owner: string }[] = [];
  for (let at = 1; at < 3000; at += 1) {
    const one = live[random.below(Math.max(1, live.length))];
    if (one === undefined || random.chance(0.1)) {
      const id = `i${at}`;
      live.push({ id, version: 0, owner: A });
      records.push(submit(at, id), grant(at, A, 5, id));
    } else if (random.chance(0.05)) {
      records.push(loss(at, one.owner, 'socket closed', [one.id, one.version]));
      if (random.chance(0.8)) one.owner = one.owner === A ? B : A;
    } else if (random.chance(0.02)) {
      live.splice(live.indexOf(one), 1);
      records.push({ kind: 'operate', at, operation: 'terminate', instance: one.id, applied: true });
    } else {
      const outcome = one.version > 4 && random.chance(0.5) ? (random.chance(0.8) ? 'completed' : 'terminated') : 'running';
      const publishes = random.chance(0.2) ? submit(at, `${one.id}-${at}`, 'Port') : undefined;
      const published = publishes?.kind === 'submit' ? { published: [publishes.message] } : {};
      if (publishes !== undefined) live.push({ id: `${one.id}-${at}`, version: 0, owner: B });
      one.version += 1;
      records.push(commit(at, one.id, one.owner, one.version, { outcome, state: TRAP, ...published }));
      if (outcome !== 'running') live.splice(live.indexOf(one), 1);
    }
  }
  return records;
}

type Known = Pick<InstanceSummary, 'id' | 'orchestration' | 'owner' | 'commits' | 'takeovers' | 'state'>;

/** Every record read whole, in the plainest way; the last that ended first. */
function reference(records: readonly JournalRecord[]): Known[] {
  const live = new Map<
    string,
    { orchestration: string; owner: string | null; commits: number; takeovers: number; lostBy?: string | undefined }
  >();
  const ended: Known[] = [];
  const end = (id: string, state: Known['state']): void => {
    const { orchestration = '', owner = null, commits = 0, takeovers = 0 } = live.get(id) ?? {};
    ended.unshift({ id, orchestration, owner, commits, takeovers, state });
  };
  for (const record of records) {
    const messages = record.kind === 'submit' ? [record.message] : record.kind === 'commit' ? (record.published ?? []) : [];
    for (const { instance, ...route } of messages.flatMap(({ to }) => to))
      if ('service' in route)
        live.set(instance, { orchestration: route.service.split('@')[0] ?? '', owner: null, commits: 0, takeovers: 0 });
    if (record.kind === 'sessionEnd')
      for (const { instance } of record.lost) Object.assign(live.get(instance) ?? {}, { lostBy: record.hostInstance });
    if (record.kind === 'operate') end(record.instance, 'Terminated');
    if (record.kind !== 'commit') continue;
    const one = live.get(record.instance);
    assert.ok(one);
    if (one.lostBy !== undefined && one.lostBy !== record.hostInstance) one.takeovers += 1;
    Object.assign(one, { lostBy: undefined, owner: record.hostInstance, commits: record.version });
    if (record.outcome === 'completed') end(record.instance, 'Completed');
    if (record.outcome === 'terminated') end(record.instance, 'Terminated');
  }
  return ended;
}

test('who ended how is what the whole records say, also when it is asked in between', async (context) => {
  const seed = newSeed();
  const records = lives(seed);
  const journal = journalOf(context, ...records.slice(0, 1500));
  const finished = new FinishedInstances(journal.dataFolder);
  await finished.query({}, NOW, 0, 1);
  journal.write(...records.slice(1500));
  const expected = reference(records);
  const { total, counts, instances } = await finished.query({}, NOW, 0, 10_000);
  const known = instances.map(({ id, orchestration, owner, commits, takeovers, state }) => ({
    id,
    orchestration,
    owner,
    commits,
    takeovers,
    state,
  }));
  assert.deepEqual(known, expected, `seed ${seed}`);
  assert.ok(expected.some(({ takeovers }) => takeovers > 0) && expected.some(({ state }) => state === 'Terminated'), `seed ${seed}`);
  assert.deepEqual([total, counts.Completed + counts.Terminated], [expected.length, expected.length]);
  const over = await finished.query({ takenOver: true, states: ['Completed'] }, NOW, 3, 5);
  const fitting = expected.filter(({ takeovers, state }) => takeovers > 0 && state === 'Completed');
  assert.deepEqual([over.total, over.instances.map(({ id }) => id)], [fitting.length, fitting.slice(3, 8).map(({ id }) => id)]);
});

test('of most records only the head is read; what a state or a message says is no part of it', () => {
  const head = (record: object) => commitHead(Buffer.from(JSON.stringify(record)));
  assert.deepEqual(head(commit(1, 'i', A, 7, { state: TRAP })), { instance: 'i', hostInstance: A, version: 7, ends: false, begins: false });
  assert.equal(head(commit(1, 'i', A, 7, { outcome: 'completed' }))?.ends, true);
  assert.equal(head(commit(1, 'i', A, 7, { operated: 'terminate', outcome: 'idle' }))?.ends, true);
  assert.equal(head(commit(1, 'i', A, 7, { unrouted: [{ message: 'm', instance: 'j' }] }))?.begins, true);
  assert.equal(head(commit(1, 'i', 'Präzise@Ä', 7))?.hostInstance, 'Präzise@Ä');
  assert.equal(head(commit(1, 'i', 'a "quoted" name', 7)), undefined);
  assert.equal(kindOf(Buffer.from(JSON.stringify(grant(1, A, 1, 'i')))), 'grant');
});

test('more than 100,000 are not kept', async (context) => {
  const journal = journalOf(context);
  for (let block = 0; block < 112; block += 1) {
    const ids = Array.from({ length: 1000 }, (_, index) => `i${block * 1000 + index}`);
    journal.write(...ids.flatMap((id) => [submit(1, id), commit(2, id, A, 1, { outcome: 'completed' })]));
  }
  const finished = new FinishedInstances(journal.dataFolder);
  const { total, instances } = await finished.query({ text: 'i11' }, NOW, 0, 1);
  assert.equal(instances[0]?.id, 'i111999');
  assert.ok(total > 0);
  const all = await finished.query({}, NOW, 0, 1);
  assert.ok(all.total >= 100_000 && all.total < 110_000, String(all.total));
});
