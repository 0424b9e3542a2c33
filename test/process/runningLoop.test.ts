/**
 * Guarantee: what is asked of an orchestration that runs and never waits is done at its next persistence point, not at its end: its host
 * instance stops in time and another one goes on from there, and it is suspended, resumed and terminated (docs/behaviour.md, sections 7.1
 * and 12.2).
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { InstanceSummary } from '../../emulator/control/instances.ts';
import type { CommitRecord } from '../../emulator/messagebox/core/records.ts';
import { TestGroup } from '../faults/group.ts';

const LIMIT = { timeout: 180_000 };
const TURNS = 1000;

const LOOP = `
import { messageType, number, orchestration, receivePort, sendPort } from 'scaled-out-hosts';
const wait = messageType({ name: 'Wait', format: 'json', promoted: { WaitId: '/wait' }, distinguished: { turns: number('/turns') } });
const tick = messageType({ name: 'Tick', format: 'json', promoted: { Turn: '/turn' } });
const receipt = messageType({ name: 'LedgerReceipt', format: 'json', promoted: { LedgerId: '/ledger' } });
export const loop = orchestration(
  'Loop',
  {
    messages: { Wait: wait, Tick: tick, Receipt: receipt },
    variables: { turn: 0, total: 0 },
    ports: { In: receivePort(), Ticks: sendPort(), Receipts: sendPort() },
  },
  (o) => [
    o.receive('Receive', { port: 'In', message: 'Wait', activate: true }),
    o.loop('Each turn', ({ variables, messages }) => variables.turn < messages.Wait.field('turns'), [
      o.expression('Count', ({ variables }) => {
        variables.turn += 1;
        variables.total += variables.turn;
      }),
      o.construct('Write tick', 'Tick', ({ variables }) => ({ body: { turn: variables.turn } })),
      o.send('Send tick', { port: 'Ticks', message: 'Tick' }),
    ]),
    o.construct('Write receipt', 'Receipt', ({ variables }) => ({ body: { ledger: 'loop', ...variables } })),
    o.send('Send receipt', { port: 'Receipts', message: 'Receipt' }),
  ],
);
`;

/** A group with one loop that has come some way, and has not a tenth of it behind it. */
async function running(context: TestContext, turns = TURNS): Promise<{ group: TestGroup; id: string; owner: string }> {
  const orchestrations = [{ name: 'Loop', module: './own.ts', host: 'ProcessingHost', bindings: { Receipts: { sendPort: 'Receipts' } } }];
  const ticks = { name: 'Ticks', host: 'SendingHost', transport: { adapter: 'FILE', folder: 'ticks', fileName: '%MessageID%.json' } };
  const group = await TestGroup.start({ module: LOOP, cluster: { orchestrations }, sendPorts: [ticks] });
  context.after(() => group.remove());
  await group.running();
  await group.drop('begin.json', JSON.stringify({ wait: 'a', turns }));
  const { id, owner } = await group.until(async () => {
    const found = await loop(group);
    return found && found.commits > 20 && found;
  }, 'the loop runs');
  return { group, id, owner: owner ?? '' };
}

async function loop(group: TestGroup): Promise<InstanceSummary | undefined> {
  return (await group.client.call('instances', { filter: { orchestration: 'Loop' } })).instances.find(
    ({ kind }) => kind === 'orchestration',
  );
}

async function commitsOf(group: TestGroup, id: string): Promise<CommitRecord[]> {
  const { records } = await group.judge();
  return records.flatMap(({ record }) => (record.kind === 'commit' && record.instance === id ? [record] : []));
}

const turnsOf = (commits: readonly CommitRecord[]): unknown[] =>
  commits.flatMap(({ published = [] }) =>
    published.flatMap(({ type, properties }) => (type === 'Tick' ? [Number(properties['Turn'])] : [])),
  );

test('the host instance of a loop of Sends stops at the next one, and another goes on from there', LIMIT, async (context) => {
  const { group, id, owner } = await running(context);
  const began = performance.now();
  await group.client.call('stopHostInstance', { name: owner });
  const took = performance.now() - began;
  assert.equal(group.instance(owner).state, 'stopped');
  await group.until(() => group.completed('Loop') === 1 && group.completed('Receipts') === 1, 'another one has finished it', 120_000);
  const [receipt, ...others] = await readdir(join(group.folder, 'out'));
  assert.deepEqual(others, []);
  const written: unknown = JSON.parse(await readFile(join(group.folder, 'out', receipt ?? ''), 'utf8'));
  assert.deepEqual(written, { ledger: 'loop', turn: TURNS, total: (TURNS * (TURNS + 1)) / 2 });
  await group.down();
  const commits = await commitsOf(group, id);
  assert.deepEqual(
    turnsOf(commits),
    Array.from({ length: TURNS }, (_, turn) => turn + 1),
    'each turn once',
  );
  const last = commits.findLastIndex(({ hostInstance }) => hostInstance === owner);
  console.log(`${owner} stopped in ${String(Math.round(took))} ms, after ${String(last + 1)} of ${String(TURNS)} turns`);
  assert.ok(commits.slice(0, last + 1).every(({ hostInstance }) => hostInstance === owner));
  assert.deepEqual([commits[last]?.outcome, commits[last]?.points.at(-1), commits[last]?.waits], ['idle', 'shutdown', undefined]);
  const { records, verdict } = await group.judge();
  assert.deepEqual(verdict.losses, [], 'a controlled stop is no loss');
  const ends = records.flatMap(({ record }) => (record.kind === 'sessionEnd' && record.hostInstance === owner ? [record] : []));
  assert.deepEqual([ends[0]?.reason, ends[0]?.lost], ['bye', []]);
});

test('a loop of Sends is suspended, goes on when it is resumed, and is terminated', LIMIT, async (context) => {
  const { group, id, owner } = await running(context, 1_000_000);
  const filter = { ids: [id] };
  assert.deepEqual((await group.client.call('suspend', { filter })).pending, [id]);
  const suspended = await group.until(async () => {
    const found = await loop(group);
    return found?.state === 'Suspended (resumable)' && found;
  }, 'it is suspended');
  assert.deepEqual([suspended.pendingOperation, suspended.error], [null, null]);
  assert.deepEqual((await group.client.call('resume', { filter })).done, [id]);
  await group.until(async () => ((await loop(group))?.commits ?? 0) > suspended.commits, 'it goes on');
  // Of both what is asked first is done: the host instance that stops saves it, and then it is gone.
  assert.deepEqual((await group.client.call('terminate', { filter })).pending, [id]);
  await group.client.call('stopHostInstance', { name: owner });
  await group.until(() => group.status.services.find(({ name }) => name === 'Loop')?.counts.Terminated === 1, 'it is terminated');
  await group.down();
  const commits = await commitsOf(group, id);
  assert.deepEqual(
    turnsOf(commits),
    commits.map((_, turn) => turn + 1),
  );
});
