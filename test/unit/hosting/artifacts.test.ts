/**
 * Guarantee: a group file repeats nothing that a module declares. Ports are bound to what has their name, and other host instances are told how
 * the types of a module are recognised.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { installLoader } from '../../../emulator/authoring/loader.ts';
import { parseClusterFile } from '../../../emulator/cluster/loadClusterFile.ts';
import { type Artifacts, loadArtifacts, typesOf } from '../../../emulator/hosting/artifacts.ts';
import type { DeclaredMessageType } from '../../../emulator/hosting/pipelines/recognition.ts';

const authoring = new URL('../../../emulator/authoring/', import.meta.url);
installLoader({
  library: new URL('index.ts', authoring),
  hooksThread: new URL('hooksThread.ts', authoring),
  stripper: new URL('stripTypes.ts', authoring),
});
const folder = mkdtempSync(join(tmpdir(), 'artifacts-'));
after(() => {
  rmSync(folder, { recursive: true, force: true });
});
writeFileSync(
  join(folder, 'one.ts'),
  `import { messageType, orchestration, receivePort, sendPort } from 'scaled-out-hosts';
export const order = messageType({ name: 'Order', format: 'json', promoted: { Id: '/id' } });
export const reply = messageType({ name: 'Reply', format: 'json', promoted: { Id: '/id' }, members: ['id', 'reply'] });
export const one = orchestration(
  'One',
  {
    messages: { Order: order, Again: order, Reply: reply },
    correlationSets: { Id: ['Id'] },
    ports: { Orders: receivePort(), Replies: receivePort(), Out: sendPort(), Elsewhere: sendPort() },
  },
  (o) => [
    o.receive('Begin', { port: 'Orders', message: 'Order', activate: true, initializes: ['Id'] }),
    o.receive('Again', { port: 'Orders', message: 'Again', follows: ['Id'] }),
    o.receive('Answer', { port: 'Replies', message: 'Reply', follows: ['Id'] }),
    o.send('Send', { port: 'Out', message: 'Reply' }),
  ],
);`,
);

const group = (bindings: object, more: object = {}): string =>
  JSON.stringify({
    computers: ['A'],
    hosts: [{ name: 'H', instances: ['A'] }],
    orchestrations: [{ name: 'One', module: 'one.ts', host: 'H', bindings }],
    receiveLocations: [
      { name: 'Folder', receivePort: 'Orders', host: 'H', transport: { adapter: 'FILE', folder: 'in' } },
      { name: 'Mail', host: 'H', transport: { adapter: 'FILE', folder: 'mail' } },
    ],
    sendPorts: [{ name: 'Out', host: 'H', transport: { adapter: 'FILE', folder: 'out' } }],
    ...more,
  });

async function load(text: string): Promise<{ artifacts: Artifacts; types: ReadonlyMap<string, DeclaredMessageType> }> {
  const cluster = parseClusterFile(text, 'cluster.json');
  const artifacts = await loadArtifacts(cluster, 'H', folder);
  const said = artifacts.services.find(({ name }) => name === 'One')?.messageTypes ?? [];
  // As it travels to other host instances.
  const declared = JSON.parse(JSON.stringify({ One: said })) as Record<string, DeclaredMessageType[]>;
  return { artifacts, types: typesOf(cluster, declared) };
}

test('a port that is not bound is the one of its name, and direct where there is none', async () => {
  const { artifacts, types } = await load(group({}));
  const services = [...artifacts.orchestrations.values()][0]?.services;
  assert.deepEqual(services?.receiveProperties('Orders', 'One'), { 'BTS.ReceivePortName': 'Orders' });
  assert.deepEqual(services.receiveProperties('Replies', 'One'), {});
  assert.deepEqual(services.sendProperties('Out', 'One'), { 'BTS.SPName': 'Out' });
  assert.deepEqual(services.sendProperties('Elsewhere', 'One'), {});
  assert.deepEqual(types.get('Order')?.receivePorts, ['Orders']);
  assert.deepEqual(types.get('Reply')?.receivePorts, ['*']);
});

test('what is bound is bound to that', async () => {
  const { artifacts, types } = await load(group({ Orders: { direct: true }, Out: { direct: true }, Replies: { receivePort: 'Mail' } }));
  const services = [...artifacts.orchestrations.values()][0]?.services;
  assert.deepEqual(services?.receiveProperties('Orders', 'One'), {});
  assert.deepEqual(services.sendProperties('Out', 'One'), {});
  assert.deepEqual(types.get('Order')?.receivePorts, ['*']);
  assert.deepEqual(types.get('Reply')?.receivePorts, ['Mail']);
});

test('the members of the group file go before those of the module, which go before none', async () => {
  assert.deepEqual((await load(group({}))).types.get('Reply')?.members, ['id', 'reply']);
  const said = { messageTypes: { Reply: { format: 'json', members: ['answer'] }, Order: { format: 'json' } } };
  const { types } = await load(group({}, said));
  assert.deepEqual(types.get('Reply')?.members, ['answer']);
  assert.equal(types.get('Order')?.members?.length ?? 0, 0);
  assert.deepEqual(types.get('Order')?.promoted, { Id: { path: '/id', type: 'string' } });
});
