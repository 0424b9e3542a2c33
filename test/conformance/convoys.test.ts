/**
 * Guarantee: convoys hold in a real group (docs/behaviour.md, section 11). Messages of many values come in a random order while host instances
 * are killed: each value has exactly one instance, and each message is received once. SEED repeats a run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../emulator/faults/seededRandom.ts';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import { newSeed, TestGroup } from '../faults/group.ts';
import { bundle } from './group/bundle.ts';
import { bodyOf } from './semantics/case.ts';

const VALUES = 50;
/** By its name, the receive ports of the messages of one value. */
const CONVOYS = { Sequential: ['In', 'In', 'In', 'In'], Both: ['In', 'More'] } as const;
type Convoy = keyof typeof CONVOYS;
const convoys = Object.keys(CONVOYS) as Convoy[];

const MODULE = `
import { parallel, sequential } from '../semantics/correlation.cases.ts';
export const first = { ...sequential.definition, name: 'Sequential' };
export const second = { ...parallel.definition, name: 'Both' };
`;

const locationOf = (convoy: Convoy, port: string): string => `${convoy}-${port}`;
const locations = convoys.flatMap((convoy) =>
  [...new Set(CONVOYS[convoy])].map((port) => ({ convoy, port, name: locationOf(convoy, port) })),
);

const clusterWith = (behavior: string): object => ({
  messageTypes: { Note: { format: 'json', members: ['key'], promoted: { key: { path: '/key' } } } },
  hosts: [
    { name: 'ReceivingHost', instances: ['A'] },
    { name: 'ProcessingHost', instances: ['A', 'B'], dehydration: { behavior } },
    { name: 'SendingHost', instances: ['A'] },
  ],
  orchestrations: convoys.map((name) => ({
    ...{ name, module: './convoys.mjs', host: 'ProcessingHost' },
    bindings: Object.fromEntries(
      locations.filter(({ convoy }) => convoy === name).map(({ port, name: receivePort }) => [port, { receivePort }]),
    ),
  })),
  receiveLocations: locations.map(({ name }) => ({ name, host: 'ReceivingHost', transport: { adapter: 'HTTP' } })),
  sendPorts: [{ name: 'Out', host: 'SendingHost', transport: { adapter: 'FILE', folder: 'out', fileName: '%MessageID%.json' } }],
});

/** What the journal has against a convoy: instances, receptions and ends of each value. */
function wrong(records: readonly JournalRecord[], convoy: Convoy): string[] {
  const found: string[] = [];
  /** By value: its instances, and the entries that were routed to them. */
  const instances = new Map<string, Set<string>>();
  const entries = new Map<string, string>();
  const received = new Map<string, number>();
  const ends = new Map<string, string[]>();
  for (const record of records) {
    if (record.kind === 'submit' && record.location.startsWith(`${convoy}-`)) {
      const key = String(record.message.properties['key']);
      if (record.message.to.length !== 1) found.push(`${key}: a message went to ${String(record.message.to.length)} instances`);
      for (const { instance, entry } of record.message.to) {
        instances.set(key, (instances.get(key) ?? new Set()).add(instance));
        entries.set(entry, key);
      }
    } else if (record.kind === 'commit') {
      for (const entry of record.consumed ?? []) received.set(entry, (received.get(entry) ?? 0) + 1);
      if (['completed', 'terminated', 'suspended'].includes(record.outcome))
        ends.set(record.instance, [
          ...(ends.get(record.instance) ?? []),
          record.discarded === undefined ? record.outcome : 'left messages',
        ]);
    }
  }
  if (instances.size !== VALUES) found.push(`${String(instances.size)} values`);
  if (entries.size !== VALUES * CONVOYS[convoy].length) found.push(`${String(entries.size)} messages`);
  for (const [key, own] of instances) {
    if (own.size !== 1) found.push(`${key}: ${String(own.size)} instances`);
    for (const instance of own)
      if (ends.get(instance)?.join() !== 'completed') found.push(`${key}: ${ends.get(instance)?.join() ?? 'no end'}`);
  }
  for (const [entry, key] of entries)
    if (received.get(entry) !== 1) found.push(`${key}: a message was received ${String(received.get(entry) ?? 0)} times`);
  return found;
}

const seed = newSeed();
const random = seededRandom(seed);

/** In place, every order as likely. */
function shuffled<T>(items: T[]): T[] {
  for (let left = items.length; left > 1; left--) {
    const at = random.below(left);
    [items[left - 1], items[at]] = [items[at] as T, items[left - 1] as T];
  }
  return items;
}

async function kill(group: TestGroup): Promise<string> {
  const { name } = await group.until(() => {
    const running = group.processing.filter(({ state, pid }) => state === 'running' && pid !== null);
    return running.length > 0 && running[random.below(running.length)];
  }, 'a host instance runs');
  await group.client.call('killHostInstance', { name });
  return name;
}

for (const { name, behavior, kills } of [
  // What is in memory is lost with each kill, and is judged when that happens too often without a commit.
  { name: 'convoys of many values while host instances are killed, what waits in memory', behavior: 'never', kills: 3 },
  { name: 'convoys of many values while host instances are killed, what waits out of memory', behavior: 'always', kills: 10 },
]) {
  test(name, { timeout: 120_000 }, async (context) => {
    const group = await TestGroup.start({ cluster: clusterWith(behavior), files: { 'convoys.mjs': await bundle(MODULE) } });
    context.after(() => group.remove());
    await group.until(
      () => group.status.hostInstances.some(({ addresses }) => Object.keys(addresses).length === locations.length),
      'it takes messages',
    );
    const values = Array.from({ length: VALUES }, (_, index) => `v${String(index)}`);
    const messages = shuffled(
      convoys.flatMap((convoy) => values.flatMap((key) => CONVOYS[convoy].map((port) => ({ location: locationOf(convoy, port), key })))),
    );
    const moments = new Set(Array.from({ length: kills }, () => random.below(messages.length)));
    for (const [index, { location, key }] of messages.entries()) {
      if (moments.has(index)) console.log(`${await kill(group)} is killed before message ${String(index)} of ${String(messages.length)}`);
      await group.client.call('submit', { location, files: [{ name: 'message.json', content: bodyOf(key) }] });
    }
    await group.until(() => convoys.every((convoy) => group.completed(convoy) === VALUES), 'every convoy has ended', 60_000);
    await group.down();
    const { records, problems } = await group.judge();
    assert.deepEqual(problems, []);
    const plain = records.map(({ record }) => record);
    const lost = plain.flatMap((record) => (record.kind === 'sessionEnd' ? record.lost : []));
    console.log(`${String(lost.length)} times an instance lost its host instance`);
    assert.ok(lost.length > 0, 'the kills hit something');
    for (const convoy of convoys) assert.deepEqual(wrong(plain, convoy), []);

    await context.test('planted bugs are found', () => {
      const first = plain.find((record) => record.kind === 'submit' && record.message.to.some((route) => !('service' in route)));
      assert.ok(first?.kind === 'submit');
      const { message, location } = first;
      const convoy = convoys.find((name) => location.startsWith(name)) ?? 'Both';
      const elsewhere = { ...first, message: { ...message, to: message.to.map((route) => ({ ...route, instance: 'another one' })) } };
      const [entry = ''] = message.to.map((route) => route.entry);
      const commit = plain.find((record) => record.kind === 'commit' && record.consumed?.includes(entry));
      assert.ok(commit);
      const key = String(message.properties['key']);
      assert.deepEqual(wrong(plain.with(plain.indexOf(first), elsewhere), convoy), [`${key}: 2 instances`, `${key}: no end`]);
      assert.ok(wrong([...plain, commit], convoy).includes(`${key}: a message was received 2 times`));
    });
  });
}
