/**
 * A real group that runs all cases: each on one of a few hosts, one after the other. With kills every process of these hosts dies before its
 * second commit, the first one of each host before its first: so each commit of each case is lost once, in one run.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fault, TestGroup } from '../../faults/group.ts';
import { bodyOf, messagesOf } from '../semantics/case.ts';
import { type GroupCase, groupOrchestrations, type GroupOrchestration, receives } from './cases.ts';
import { EFFECTS_FILE } from './effects.ts';
import { toldOf, type Told } from './result.ts';

const LANES = 6;
const LOOK_MS = 20;
/** Of one case, ms: each kill costs the start of a process, and some cases wait for seconds and begin again with it. */
const CASE_MS = 240_000;
const RECEIVING_HOST = 'ReceivingHost';
const WAITING_HOST = 'WaitingHost';
const STARTED_HOST = 'StartedHost';

export interface Way {
  /** When what waits leaves memory. */
  readonly dehydration: 'never' | 'always';
  readonly kills: boolean;
}

export interface GroupRan {
  readonly told: ReadonlyMap<GroupCase, Told>;
  /** What had effects outside, in order. */
  readonly effects: string;
  readonly problems: readonly string[];
}

/** Cases by the host that runs them: about the same time for each. */
function lanesOf(cases: readonly GroupCase[]): Map<string, GroupCase[]> {
  const lanes = Array.from({ length: LANES }, (_, index) => ({ host: `Lane${String(index + 1)}`, ms: 0, cases: [] as GroupCase[] }));
  const waiting: GroupCase[] = [];
  const cost = ({ one }: GroupCase): number => (one.expected.took ?? 0) + 500 * one.expected.commits.length;
  for (const one of [...cases].sort((a, b) => cost(b) - cost(a))) {
    const lane = lanes.reduce((least, other) => (other.ms < least.ms ? other : least));
    if (one.one.expected.outcome === 'waiting') waiting.push(one);
    else {
      lane.cases.push(one);
      lane.ms += cost(one);
    }
  }
  return new Map([[WAITING_HOST, waiting], ...lanes.map(({ host, cases: own }) => [host, own] as const)]);
}

const locationOf = ({ id }: GroupCase, port: string): string => `${id}-${port}`;

function clusterOf(
  lanes: ReadonlyMap<string, readonly GroupCase[]>,
  orchestrations: readonly GroupOrchestration[],
  { dehydration }: Way,
): object {
  const hosts = [...lanes.keys(), STARTED_HOST];
  const hostOf = ({ role, of }: GroupOrchestration): string =>
    role === 'started' ? STARTED_HOST : ([...lanes].find(([, cases]) => cases.includes(of))?.[0] ?? '');
  const ports = orchestrations.map(({ definition, of }) =>
    [...new Set(receives(definition).map(({ port }) => port))].map((port) => ({ port, location: locationOf(of, port) })),
  );
  return {
    hosts: [
      { name: RECEIVING_HOST, instances: ['A'] },
      { name: 'SendingHost', instances: ['A'] },
      ...hosts.map((name) => ({ name, instances: ['A'], dehydration: { behavior: name === WAITING_HOST ? 'always' : dehydration } })),
    ],
    messageTypes: { Note: { format: 'json', members: ['key'], promoted: { key: { path: '/key' } } } },
    orchestrations: orchestrations.map((one, index) => ({
      ...{ name: one.definition.name, module: './cases.mjs', host: hostOf(one) },
      bindings: Object.fromEntries((ports[index] ?? []).map(({ port, location }) => [port, { receivePort: location }])),
    })),
    receiveLocations: [...new Set(ports.flat().map(({ location }) => location))].map((name) => ({
      ...{ name, host: RECEIVING_HOST, transport: { adapter: 'HTTP' } },
    })),
    // Every port "Out" is bound to it by its name.
    sendPorts: [{ name: 'Out', host: 'SendingHost', transport: { adapter: 'FILE', folder: 'out', fileName: '%MessageID%.json' } }],
  };
}

export async function runInGroup(module: string, cases: readonly GroupCase[], way: Way): Promise<GroupRan> {
  const lanes = lanesOf(cases);
  const orchestrations = groupOrchestrations.filter(({ of }) => cases.includes(of));
  const group = await TestGroup.start({
    ...{ computers: ['A'], cluster: clusterOf(lanes, orchestrations, way), files: { 'cases.mjs': module } },
  });
  try {
    const hosts = [...lanes.keys(), STARTED_HOST];
    await group.until(
      () => group.status.hostInstances.some(({ host, addresses }) => host === RECEIVING_HOST && Object.keys(addresses).length > 0),
      'it takes messages',
    );
    if (way.kills) await startAgain(group, hosts);
    const done = new AbortController();
    const reviving = revive(group, hosts, done.signal);
    try {
      await Promise.all([...lanes.values()].map((own) => runOneByOne(group, own)));
      await group.until(() => {
        const { counts } = group.status.messageBox;
        return counts['Ready to run'] + counts.Active === 0;
      }, 'what they published is taken');
    } finally {
      done.abort();
      await reviving;
    }
    await group.down();
    const { records, problems } = await group.judge();
    const plain = records.map(({ record }) => record);
    const effects = await readFile(join(group.folder, EFFECTS_FILE), 'utf8');
    return { told: new Map(cases.map((one) => [one, toldOf(plain, one)])), effects, problems };
  } finally {
    await group.remove();
  }
}

/** The first process of each host dies before its first commit, and all that follow before their second. */
async function startAgain(group: TestGroup, hosts: readonly string[]): Promise<void> {
  fault('hostInstance.beforeCommit:1:kill');
  for (const host of hosts) {
    await group.client.call('stopHostInstance', { name: `${host}@A` });
    await group.client.call('startHostInstance', { name: `${host}@A` });
  }
  await group.running();
  fault('hostInstance.beforeCommit:2:kill');
}

/** Nobody waits for the restart policy. */
async function revive(group: TestGroup, hosts: readonly string[], done: AbortSignal): Promise<void> {
  while (!done.aborted) {
    for (const { name, host, state } of group.status.hostInstances) {
      // Somebody else may have been faster.
      if (hosts.includes(host) && (state === 'restarting' || state === 'failed'))
        await group.client.call('startHostInstance', { name }).catch(() => undefined);
    }
    await pause(LOOK_MS);
  }
}

async function runOneByOne(group: TestGroup, cases: readonly GroupCase[]): Promise<void> {
  for (const one of cases) {
    await submit(group, one);
    await group.until(() => hasEnded(group, one), `${one.id}: ${one.one.name}`, CASE_MS);
  }
}

/** Its messages, each when somebody waits for it. */
async function submit(group: TestGroup, one: GroupCase): Promise<void> {
  const owners = groupOrchestrations.filter(({ of, role }) => of === one && role !== 'started').map(({ definition }) => definition);
  for (const [index, { receive, call, key }] of messagesOf(one.one).entries()) {
    const port = owners.flatMap(receives).find(({ name }) => name === receive)?.port ?? '';
    const location = locationOf(one, port);
    if (index > 0) await group.until(() => isAwaited(group, one, [location, key], call), `${one.id}: ${receive} is awaited`, CASE_MS);
    await group.client.call('submit', { location, files: [{ name: 'message.json', content: bodyOf(key) }] });
  }
}

async function isAwaited(group: TestGroup, { id }: GroupCase, values: readonly string[], call: string): Promise<boolean> {
  const { instances } = await group.client.call('instances', { filter: { orchestration: id, kinds: ['orchestration'] } });
  const [instance] = instances;
  if (!instance) return false;
  const { subscriptions } = await group.client.call('show', { instance: instance.id });
  return subscriptions.some(
    ({ id: subscription, filter }) =>
      subscription.endsWith(call) &&
      values.every((value) => filter.some((all) => all.some((one) => 'value' in one && one.value === value))),
  );
}

/** Whether it has come to its end; what a Suspend shape has suspended is resumed. */
async function hasEnded(group: TestGroup, { id, one }: GroupCase): Promise<boolean> {
  const counts = group.status.services.find(({ name }) => name === id)?.counts;
  if (!counts) return false;
  if (counts.Completed + counts.Terminated > 0) return true;
  if (counts['Suspended (not resumable)'] > 0) return true;
  if (one.expected.outcome === 'waiting') return counts.Dehydrated > 0;
  if (counts['Suspended (resumable)'] === 0) return false;
  const { instances } = await group.client.call('instances', { filter: { orchestration: id, kinds: ['orchestration'] } });
  const [instance] = instances;
  if (instance?.state !== 'Suspended (resumable)') return false;
  if (instance.error?.code !== 'suspended') return true;
  await group.client.call('resume', { filter: { ids: [instance.id] } });
  return false;
}
