/** `submit` and `stop` say what became of what was asked for: who took it, what is suspended, what waits, who did not drain. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { nodeClock } from '../../emulator/clock.ts';
import { ControlClient } from '../../emulator/control/client.ts';
import { startSupervisor, type Supervisor } from '../../emulator/group/supervisor.ts';
import { BUNDLES, until } from '../faults/group.ts';

const LIMIT = { timeout: 90_000 };

interface Running {
  readonly client: ControlClient;
  readonly supervisor: Supervisor;
}

/** Receives by FILE and HTTP; of what comes in, only what is a Thing has a subscriber, which waits for an hour. */
async function start(context: TestContext): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'soh-answers-'));
  await writeFile(
    join(folder, 'things.ts'),
    `import { messageType, orchestration, receivePort } from 'scaled-out-hosts';
const thing = messageType({ name: 'Thing', format: 'json', promoted: { Id: '/id' } });
export const keep = orchestration('Keep', { messages: { Thing: thing }, variables: {}, ports: { In: receivePort() } }, (o) => [
  o.receive('Take', { port: 'In', message: 'Thing', activate: true }),
  o.delay('Wait', 3_600_000),
]);
`,
  );
  const group = {
    name: 'Answers',
    profile: 'demo',
    computers: ['A'],
    hosts: [
      { name: 'In', instances: ['A'] },
      { name: 'Work', instances: ['A'], dehydration: { behavior: 'never' } },
    ],
    messageTypes: { Thing: { format: 'json', members: ['id'] } },
    orchestrations: [{ name: 'Keep', module: './things.ts', host: 'Work' }],
    receiveLocations: [
      { name: 'files', host: 'In', transport: { adapter: 'FILE', folder: 'in', mask: '*.json', pollingMs: 100 } },
      { name: 'calls', host: 'In', transport: { adapter: 'HTTP', path: '/things' } },
    ],
  };
  await writeFile(join(folder, 'cluster.json'), JSON.stringify(group));
  const dataFolder = join(folder, 'data');
  const clusterFile = join(folder, 'cluster.json');
  const supervisor = await startSupervisor({ clusterFile, dataFolder, bundles: BUNDLES, clock: nodeClock, log: () => undefined });
  const client = await ControlClient.connect(dataFolder, nodeClock);
  context.after(async () => {
    await client.close().catch(() => undefined);
    await supervisor.stop();
    await rm(folder, { recursive: true, force: true });
  });
  await until(() => supervisor.status().hostInstances.every(({ state }) => state === 'running'), 'it runs');
  return { client, supervisor };
}

const thing = { name: 'thing.json', content: '{"id":"1"}' };

test('submit: who took it, by file and by call', LIMIT, async (context) => {
  const { client } = await start(context);
  const taken = [{ hostInstance: 'In@A', messages: 3 }];
  for (const location of ['files', 'calls']) {
    const answer = await client.call('submit', { location, files: [thing], count: 3, follow: true });
    assert.deepEqual(answer, { submitted: 3, taken, suspended: [] }, location);
  }
  assert.deepEqual(await client.call('submit', { location: 'files', files: [thing] }), { submitted: 1 }, 'who does not ask is not told');
});

test('submit: what is malformed is suspended, and said so', LIMIT, async (context) => {
  const { client } = await start(context);
  const files = [thing, { name: 'broken.json', content: '{"id":' }];
  const { taken, suspended = [] } = await client.call('submit', { location: 'files', files, follow: true });
  assert.deepEqual(taken, [{ hostInstance: 'In@A', messages: 2 }]);
  assert.equal(suspended.length, 1);
  const { instances } = await client.call('instances', { filter: { states: ['Suspended (not resumable)', 'Suspended (resumable)'] } });
  assert.deepEqual(
    instances.map(({ id, error }) => ({ instance: id, error })),
    suspended,
  );
});

test('submit: where no receiver is left, it waits, and that is said; it is taken once one is there again', LIMIT, async (context) => {
  const { client } = await start(context);
  await client.call('stopHostInstance', { name: 'In@A' });
  const answer = await client.call('submit', { location: 'files', files: [thing], follow: true });
  assert.deepEqual([answer.submitted, answer.taken, answer.notTaken?.code], [1, [], 'group.notTaken']);
  assert.equal(answer.notTaken?.parameters['hostInstances'], 'In@A (stopped)');
  await assert.rejects(client.call('submit', { location: 'calls', files: [thing], follow: true }), /no host instance serves it/);
  await client.call('startHostInstance', { name: 'In@A' });
  await until(async () => (await client.call('instances', { filter: { orchestration: 'Keep' } })).total === 1, 'it is taken');
});

test('stop: who drained is not named; who was frozen while it held work is', LIMIT, async (context) => {
  const { client, supervisor } = await start(context);
  await client.call('submit', { location: 'files', files: [thing], follow: true });
  await until(() => supervisor.status().hostInstances.some(({ name, active }) => name === 'Work@A' && active === 1), 'it is held');
  await client.call('freezeHostInstance', { name: 'Work@A' });
  const { stopped, undrained = [] } = await client.call('stop', {});
  assert.equal(stopped, true);
  assert.deepEqual(
    undrained.map(({ code, parameters }) => [code, parameters['name'], parameters['held']]),
    [['hostInstance.endedFrozen', 'Work@A', 1]],
  );
  await supervisor.ended;
});
