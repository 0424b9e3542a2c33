/**
 * Guarantees: a moment of a run is the same whether one comes to it from before, from behind or in a hurry; nothing of the past can be
 * changed; an exported run is the run; a file that is none, cut, too large or contradictory is refused with its reason.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isCode } from '../../../emulator/errors.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { recordFormat } from '../../../emulator/messagebox/core/recordFormat.ts';
import type { JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import { RecordedRun } from '../../../emulator/replay/recordedRun.ts';
import { exportRun, fileSource } from '../../../emulator/replay/runFile.ts';
import type { RunSource } from '../../../emulator/replay/runSource.ts';
import type { ReadRecord } from '../../../emulator/tracking/journalReader.ts';
import { newSeed } from '../../faults/group.ts';
import { A, B, commit, enlist, grant, loss, numbered, session, submit } from '../tracking/records.ts';

const folder = await mkdtemp(join(tmpdir(), 'soh-runs-'));
after(() => rm(folder, { recursive: true }));

const RECORDS: readonly JournalRecord[] = [
  { kind: 'generation', at: 1000, generation: 1, origin: 'abcd' },
  { ...enlist, at: 1000 },
  session(1001, A),
  session(1002, B),
  submit(1010, 'i'),
  grant(1011, A, 5, 'i'),
  submit(1020, 'j'),
  grant(1021, A, 4, 'j'),
  commit(1100, 'i', A, 1, { state: '{"t":[3],"v":{"total":7}}' }),
  { kind: 'observed', at: 1200, seenAt: 1199, what: { kind: 'fault', fault: 'kill', hostInstance: A } },
  loss(1201, A, 'socket closed', ['i', 1, [[2, 0]]], ['j', 0]),
  grant(1205, B, 9, 'i', 'j'),
  commit(1300, 'i', B, 2, { trace: [[2, 0]], outcome: 'completed', points: ['end'] }),
  commit(1400, 'j', B, 1, { state: '{"t":[2],"v":{"total":9}}' }),
];

function sourceOf(records: readonly ReadRecord<JournalRecord>[]): RunSource {
  return {
    name: 'a run',
    foreign: false,
    services: () => Promise.resolve(enlist.kind === 'enlist' ? enlist.services : []),
    records: () => {
      let place = 0;
      return (limit) => Promise.resolve(records.slice(place, (place += limit)));
    },
    async *find(needle) {
      yield* records.filter(({ record }) => JSON.stringify(record).includes(needle));
      return Promise.resolve();
    },
  };
}

const SOURCE = sourceOf(numbered(RECORDS));
const open = (source = SOURCE): Promise<RecordedRun> => RecordedRun.open({ source, revision: 0 });

/** Everything a page would show, apart from the lanes' revision, which counts how often one began anew. */
async function shown(run: RecordedRun): Promise<unknown> {
  const { lanes } = await run.call('lanes', {});
  const { snapshot, details } = {
    snapshot: run.snapshot(1),
    details: await Promise.all(run.snapshot(1).instances.map(({ id }) => run.call('show', { instance: id }))),
  };
  return JSON.parse(JSON.stringify({ snapshot, details, lanes, failovers: await run.call('failovers', {}) }));
}

test('the overview tells when it was busy and what went wrong', async () => {
  const { overview } = await open();
  assert.deepEqual([overview.from, overview.to, overview.records, overview.complete], [1000, 1400, RECORDS.length, true]);
  assert.deepEqual(overview.marks, [
    { at: 1200, kind: 'kill', subject: A },
    { at: 1201, kind: 'ownerLost', subject: A },
  ]);
  assert.equal(
    overview.activity.reduce((sum, count) => sum + count, 0),
    RECORDS.filter(({ kind }) => kind === 'commit').length,
  );
});

test('at a moment there is what was, and nothing of what came later', async () => {
  const run = await open();
  await run.goTo(1150);
  const before = await run.call('show', { instance: 'i' });
  assert.deepEqual([before.state, before.owner, before.commits, before.variables], ['Active', A, 1, { total: 7 }]);
  assert.deepEqual((await run.call('failovers', {})).failovers, []);
  await run.goTo(1202);
  assert.equal((await run.call('show', { instance: 'i' })).state, 'Ready to run');
  await run.goTo(1299);
  assert.deepEqual([run.snapshot(1).instances.map(({ owner }) => owner), run.snapshot(1).status.messageBox.counts.Active], [[B, B], 2]);
  await run.goTo(1350);
  const [entry] = (await run.call('failovers', {})).failovers;
  assert.deepEqual([entry?.fault, entry?.takenOver, entry?.waiting, entry?.again], ['kill', 1, 1, 1]);
  await run.goTo(1005);
  assert.deepEqual(run.snapshot(1).instances, []);
  await assert.rejects(run.call('show', { instance: 'i' }), (error) => isCode(error, 'group.unknownInstance'));
});

test('a moment is the same from every side, also when others are wanted meanwhile', async () => {
  const random = seededRandom(newSeed());
  const run = await open();
  for (let step = 0; step < 60; step += 1) {
    const at = 990 + random.below(430);
    if (random.chance(0.4)) void run.goTo(990 + random.below(430));
    await run.goTo(at);
    const fresh = await open();
    await fresh.goTo(at);
    assert.equal(run.at, fresh.at);
    assert.deepEqual(await shown(run), await shown(fresh), `at ${String(at)}`);
  }
});

test('the past cannot be changed', async () => {
  const run = await open();
  for (const command of ['killHostInstance', 'terminate', 'failComputer', 'killMessageBox'] as const)
    await assert.rejects(run.call(command, {}), (error) => isCode(error, 'run.past'));
});

test('an exported run is the run, and no half file stays when it fails', async () => {
  const file = join(folder, 'whole.sohrun');
  const exported = await exportRun({ source: SOURCE, file, withoutContent: false, now: 0 });
  assert.deepEqual(exported, { file, records: RECORDS.length, from: 1000, to: 1400 });
  const read = await open(await fileSource(await readFile(file), 'whole.sohrun'));
  const original = await open();
  for (const at of [1005, 1150, 1202, 1350, 1400]) {
    await Promise.all([read.goTo(at), original.goTo(at)]);
    assert.deepEqual(await shown(read), await shown(original));
  }
  const nothing = join(folder, 'nothing.sohrun');
  await assert.rejects(exportRun({ source: sourceOf([]), file: nothing, withoutContent: false, now: 0 }), (error) =>
    isCode(error, 'run.empty'),
  );
  await assert.rejects(exportRun({ source: SOURCE, file: join(file, 'x'), withoutContent: false, now: 0 }), (error) =>
    isCode(error, 'run.notWritten'),
  );
  assert.deepEqual(await readdir(folder), ['whole.sohrun']);
});

test('without content there are no bodies and no variables in the file, and everything else is', async () => {
  const secret = 'the-secret-of-the-order';
  const body = { id: 'm-i', type: 'T', properties: {}, body: secret, to: [] };
  const records = RECORDS.map((record): JournalRecord => {
    if (record.kind === 'submit') return { ...record, message: { ...record.message, body: secret } };
    if (record.kind === 'commit')
      return { ...record, published: [body], ...(record.state ? { state: `{"t":[3],"v":{"x":"${secret}"}}` } : {}) };
    return record;
  });
  const file = join(folder, 'shared.sohrun');
  await exportRun({ source: sourceOf(numbered(records)), file, withoutContent: true, now: 0 });
  const packed = await readFile(file);
  assert.ok(!gunzipSync(packed).toString().includes(secret));
  const run = await open(await fileSource(packed, 'shared.sohrun'));
  await run.goTo(1150);
  assert.deepEqual(
    (await run.call('show', { instance: 'i' })).history.map(({ kind }) => kind),
    ['activated', 'granted', 'committed'],
  );
});

test('what is no run is refused with the reason', async () => {
  const file = join(folder, 'whole.sohrun');
  const whole = await readFile(file);
  const packed = (text: string): Uint8Array => gzipSync(text);
  const head = '{"format":"scaled-out-hosts-run","version":1}\n';
  const enlisted = '{"sequence":0,"record":{"kind":"enlist","at":0,"services":[]}}\n';
  const refused: readonly [string, Uint8Array, 'run.unreadable' | 'run.version' | 'run.empty'][] = [
    ['no gzip', Buffer.from('hello'), 'run.unreadable'],
    ['cut', whole.subarray(0, whole.length - 20), 'run.unreadable'],
    ['another file', packed('{"a":1}\n'), 'run.unreadable'],
    ['a later format', packed(`{"format":"scaled-out-hosts-run","version":${String(recordFormat.version + 1)}}\n`), 'run.version'],
    ['no version', packed('{"format":"scaled-out-hosts-run","version":0}\n'), 'run.unreadable'],
    ['no records', packed(head + enlisted), 'run.empty'],
    ['a line that is none', packed(`${head}${enlisted}nonsense\n`), 'run.unreadable'],
    ['an unknown record', packed(`${head}${enlisted}{"sequence":1,"record":{"kind":"magic","at":1}}\n`), 'run.unreadable'],
    [
      'a contradiction',
      packed(`${head}${enlisted}{"sequence":1,"record":{"kind":"submit","at":1,"message":{"to":[{"instance":"i"}]}}}\n`),
      'run.unreadable',
    ],
  ];
  for (const [what, bytes, code] of refused)
    await assert.rejects(
      async () => open(await fileSource(bytes, 'x.sohrun')),
      (error) => isCode(error, code),
      what,
    );
});
