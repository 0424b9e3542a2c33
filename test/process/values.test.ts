/**
 * In a real group values arrive as they were sent: numbers of any length reach the instance they belong to, no message costs more than
 * itself, and what code may not do is an exception of its shape.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeClock } from '../../emulator/clock.ts';
import { ControlClient } from '../../emulator/control/client.ts';
import { startSupervisor, type Supervisor } from '../../emulator/group/supervisor.ts';
import { BUNDLES, until } from '../faults/group.ts';

const MODULE = fileURLToPath(new URL('../fixtures/values/values.ts', import.meta.url));
const LIMIT = { timeout: 120_000 };

const memberOf = { Open: 'open', Note: 'note', PairOpen: 'pairOpen', PairNote: 'pairNote', Way: 'way', Price: 'price', Endless: 'endless' };
const orchestrations = ['Meeting', 'Pair', 'Erring', 'Pricing', 'Waiting'];
const cluster = {
  name: 'Values',
  profile: 'demo',
  computers: ['A', 'B'],
  hosts: [
    { name: 'Receiving', instances: ['A'] },
    { name: 'Processing', instances: ['A', 'B'] },
  ],
  messageTypes: {
    ...Object.fromEntries(Object.entries(memberOf).map(([name, member]) => [name, { format: 'json', members: [member] }])),
    Sized: { format: 'json', members: ['sized'], promoted: { Size: { path: '/sized', type: 'number' } } },
    Named: { format: 'json', members: ['named'], promoted: { Name: { path: '/named' } } },
  },
  orchestrations: orchestrations.map((name) => ({ name, module: MODULE, host: 'Processing', bindings: { Out: { sendPort: 'Out' } } })),
  receiveLocations: [{ name: 'In', host: 'Receiving', transport: { adapter: 'FILE', folder: 'in', mask: '*.json', pollingMs: 100 } }],
  sendPorts: [
    { name: 'Out', host: 'Receiving', transport: { adapter: 'FILE', folder: 'out', fileName: '%MessageID%.json' } },
    {
      name: 'Large',
      host: 'Receiving',
      transport: { adapter: 'FILE', folder: 'large', fileName: '%MessageID%.json' },
      filter: [[{ property: 'Size', operator: '>', value: '1000' }]],
    },
  ],
};

let folder: string;
let supervisor: Supervisor;
let client: ControlClient;
const log: string[] = [];
/** What `Seen` messages said, in any order. */
let said: string[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soh-values-'));
  await mkdir(join(folder, 'in'));
  await writeFile(join(folder, 'cluster.json'), JSON.stringify(cluster));
  const dataFolder = join(folder, 'data');
  supervisor = await startSupervisor({
    clusterFile: join(folder, 'cluster.json'),
    dataFolder,
    bundles: BUNDLES,
    clock: nodeClock,
    log: (line) => void log.push(line),
  });
  client = await ControlClient.connect(dataFolder, nodeClock);
  await until(
    () => supervisor.status().hostInstances.every(({ state, leaseAgeMs }) => state === 'running' && leaseAgeMs !== null),
    'all host instances run',
  );
}, LIMIT);

after(async () => {
  await client.close();
  await supervisor.stop();
  await rm(folder, { recursive: true, force: true });
});

async function submit(content: string): Promise<void> {
  await client.call('submit', { location: 'In', files: [{ name: 'message.json', content }] });
}

async function files(name: string): Promise<string[]> {
  const names = await readdir(join(folder, name)).catch(() => []);
  return Promise.all(names.filter((one) => one.endsWith('.json')).map((one) => readFile(join(folder, name, one), 'utf8')));
}

/** Waits until so many more messages have been sent; gives the new ones. */
async function next(count: number): Promise<string[]> {
  const fresh = await until(async () => {
    const all = await files('out');
    return all.length >= said.length + count ? all.filter((one) => !said.includes(one)) : undefined;
  }, `${count} more messages`);
  said = [...said, ...fresh];
  return fresh;
}

/** Instances of an orchestration or port that are suspended. */
async function suspended(
  orchestration: string,
): Promise<readonly { readonly error: { readonly code: string; readonly message: string } | null }[]> {
  const states = ['Suspended (resumable)', 'Suspended (not resumable)'] as const;
  return (await client.call('instances', { filter: { orchestration, states: [...states] } })).instances;
}

/** Every process that ran at the start still runs, and no connection was closed. */
function nothingHappened(): void {
  const { hostInstances, messageBox } = supervisor.status();
  assert.deepEqual(
    hostInstances.map(({ restarts }) => restarts),
    hostInstances.map(() => 0),
  );
  assert.equal(messageBox.generation, 1);
  assert.deepEqual(
    log.filter((line) => /closed a connection|not a frame/.test(line)),
    [],
  );
}

test('a note comes to the instance with its number, not to the one with a number near it', LIMIT, async () => {
  const ids = [
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '12345678901234567890123456789012345678',
    '0.1',
    '0.10000000000000000001',
  ];
  for (const id of ids) await submit(`{"open":${id},"who":"${id}"}`);
  await until(async () => (await client.call('instances', { filter: { orchestration: 'Meeting' } })).total === ids.length, 'all wait');
  const written = ids.map((id, at) => (at % 2 === 0 ? id : id.includes('.') ? `${id}0` : `${id}.0`));
  for (const [at, id] of written.entries()) await submit(`{"note":${id},"for":"${ids[at] ?? ''}"}`);
  const expected = ids.map((id) => JSON.stringify({ who: id, for: id })).sort();
  assert.deepEqual((await next(ids.length)).sort(), expected);
  nothingHappened();
});

test('values that joined would be the same are kept apart', LIMIT, async () => {
  const pairs = [
    ['x\0y', 'z'],
    ['x', 'y\0z'],
    ['', 'x'],
    ['x', ''],
  ] as const;
  for (const [a, b] of pairs) await submit(JSON.stringify({ pairOpen: a, b, who: JSON.stringify([a, b]) }));
  await until(async () => (await client.call('instances', { filter: { orchestration: 'Pair' } })).total === pairs.length, 'all wait');
  // Without a value it belongs to nobody, and is no empty one.
  await submit('{"pairOpen":null,"b":"x","who":"null"}');
  await until(async () => (await suspended('Pair')).some(({ error }) => error?.message.includes('lacks "A"')), 'it is told');
  await submit('{"pairNote":null,"b":"x","for":"null"}');
  for (const [a, b] of pairs) await submit(JSON.stringify({ pairNote: a, b, for: JSON.stringify([a, b]) }));
  const expected = pairs.map((one) => JSON.stringify({ who: JSON.stringify(one), for: JSON.stringify(one) })).sort();
  assert.deepEqual((await next(pairs.length)).sort(), expected);
  assert.ok((await suspended('In')).some(({ error }) => error?.code === 'message.routingFailure'));
  nothingHappened();
});

test('whatever a message holds, it costs only itself', LIMIT, async () => {
  const hostile = [
    '{"sized":1e400}',
    '{"sized":-1e400}',
    `{"sized":1${'0'.repeat(400)}}`,
    '{"sized":"NaN"}',
    '{"sized":[1]}',
    `{"named":"${'x'.repeat(300_000)}"}`,
    '{"named":{"__proto__":1}}',
  ];
  const before = (await suspended('In')).length;
  for (const one of hostile) await submit(one);
  const found = await until(async () => {
    const all = await suspended('In');
    return all.length === before + hostile.length ? all : undefined;
  }, 'all are suspended');
  const codes = found.map(({ error }) => error?.code ?? '').filter((code) => code !== 'message.routingFailure');
  assert.deepEqual(codes.sort(), [...Array<string>(6).fill('message.badValue'), 'message.promotedTooLong'].sort());
  nothingHappened();
});

test('a number compares as a number, also with a text of the filter', LIMIT, async () => {
  for (const size of ['999', '1000', '1000.1', '9007199254740993', '1e3']) await submit(`{"sized":${size}}`);
  await until(async () => (await files('large')).length >= 2, 'both are sent');
  await until(
    async () => (await suspended('In')).filter(({ error }) => error?.message.includes('"Sized"')).length >= 3,
    'the others found nobody',
  );
  assert.deepEqual((await files('large')).sort(), ['{"sized":1000.1}', '{"sized":9007199254740993}']);
});

test('what code may not do is an exception of its shape', LIMIT, async () => {
  const expected: Record<string, RegExp> = {
    nothing: /^$/,
    'change the body': /^TypeError: .*Messages are read-only.*Construct/,
    'change the content': /^TypeError: .*Messages are read-only.*Construct/,
    undeclared: /^ReferenceError: Variable "typo" is not declared/,
    'an endless delay': /^RangeError: Delay "Wait" is given 9007199254740991/,
    'another type': /^message\.wrongType: .*"urn:right#Right".*: urn:right#Other/,
    malformed: /^message\.malformed: /,
    'a bad property': /^TypeError: The property "n" of message "Right" is a NaN/,
    'a long exception': /^RangeError: xxx/,
  };
  for (const asked of Object.keys(expected)) await submit(JSON.stringify({ way: asked }));
  const found = (await next(Object.keys(expected).length)).map((text) => JSON.parse(text) as { way: string; seen: string });
  for (const [asked, seen] of Object.entries(expected))
    assert.match(found.find(({ way }) => way === asked)?.seen ?? 'nothing', seen, asked);
  nothingHappened();
});

test('decimals go through fields, variables, bodies and a saved state with every digit', LIMIT, async () => {
  await submit('{"price":9007199254740993,"amount":19.90}');
  assert.deepEqual((await next(2)).sort(), [
    '{"id":9007199254740993,"again":39.80,"content":{"price":9007199254740993,"amount":19.9}}',
    '{"id":9007199254740993,"total":19.90}',
  ]);
  const { instances } = await client.call('instances', { filter: { orchestration: 'Pricing' } });
  const detail = await client.call('show', { instance: instances[0]?.id ?? '' });
  assert.deepEqual(detail.variables, { total: '19.90' });
  assert.equal(detail.messages.find(({ name }) => name === 'Price')?.properties['PriceId'], '9007199254740993');
  nothingHappened();
});

test('an instance that waits until the last date is shown, listed and operated on', LIMIT, async () => {
  await submit('{"endless":8.64e15}');
  const waiting = await until(async () => {
    const { instances } = await client.call('instances', { filter: { orchestration: 'Waiting' } });
    const detail = instances[0] && (await client.call('show', { instance: instances[0].id }));
    return detail && detail.timers.length > 0 ? detail : undefined;
  }, 'it waits');
  assert.deepEqual(
    waiting.timers.map(({ due }) => due),
    ['+275760-09-13T00:00:00.000Z'],
  );
  await client.call('terminate', { filter: { ids: [waiting.id] } });
  nothingHappened();
});
