/** Guarantee: `check` finds what the start of a group would find, all of it at once, each with the file and the line where it is. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { installLoader, type LoadedModule, loadModule } from '../../../emulator/authoring/loader.ts';
import { masksMeet } from '../../../emulator/cluster/addressCheck.ts';
import { readClusterFile } from '../../../emulator/cluster/loadClusterFile.ts';
import { SohError } from '../../../emulator/errors.ts';
import { loadArtifacts } from '../../../emulator/hosting/artifacts.ts';
import { fileProblems, moduleProblems } from '../../../emulator/hosting/check/groupCheck.ts';

const authoring = new URL('../../../emulator/authoring/', import.meta.url);
installLoader({
  library: new URL('index.ts', authoring),
  hooksThread: new URL('hooksThread.ts', authoring),
  stripper: new URL('stripTypes.ts', authoring),
});
const root = mkdtempSync(join(tmpdir(), 'group-check-'));
after(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Orchestration {
  readonly name: string;
  readonly module: string;
  readonly host: string;
  readonly bindings?: Readonly<Record<string, object>>;
}

interface Group {
  readonly messageTypes: Record<string, object>;
  readonly orchestrations: readonly Orchestration[];
  readonly receiveLocations: readonly object[];
  readonly sendPorts: readonly object[];
}

const file = (name: string, folder: string, more: object = {}, transport: object = {}): object => ({
  ...{ name, host: 'H', ...more },
  transport: { adapter: 'FILE', folder, ...transport },
});
const http = (name: string, transport: object = {}, more: object = {}): object => ({
  ...{ name, host: 'H', ...more },
  transport: { adapter: 'HTTP', ...transport },
});

/** In order. */
const good: Group = {
  messageTypes: { Order: { format: 'json', members: ['id'], promoted: { OrderId: { path: '/id' } } } },
  orchestrations: [{ name: 'One', module: 'one.ts', host: 'H', bindings: { In: { receivePort: 'Orders' }, Out: { sendPort: 'Files' } } }],
  receiveLocations: [file('Orders', 'in'), http('Web', { port: 8080, path: '/web' })],
  sendPorts: [file('Files', 'out'), http('Shop', { url: 'https://shop.example/orders' })],
};

const module_ = (body = '', declarations = `In: receivePort(), Out: sendPort()`): string => `
import { messageType, orchestration, receivePort, requestResponsePort, selfCorrelatingPort, sendPort, solicitResponsePort } from 'scaled-out-hosts';
export const order = messageType({ name: 'Order', format: 'json', promoted: { OrderId: '/id' } });
export const one = orchestration('One', { messages: { Order: order }, ports: { ${declarations} } }, (o) => [
  o.receive('Receive', { port: 'In', message: 'Order', activate: true }),
  ${body}
]);
export const ports = [requestResponsePort(), selfCorrelatingPort(), sendPort(), solicitResponsePort()];`;

const twoPorts = `
import { messageType, orchestration, receivePort } from 'scaled-out-hosts';
const order = messageType({ name: 'Order', format: 'json', promoted: { OrderId: '/id' } });
const other = messageType({ name: 'Other', format: 'xml', promoted: { OrderId: '/Other' } });
const make = (name: string) => orchestration(
  name,
  { messages: { Order: order, Other: other }, correlationSets: { Id: ['OrderId'] }, ports: { In: receivePort(), More: receivePort() } },
  (o) => [
    o.receive('Receive', { port: 'In', message: 'Order', activate: true, initializes: ['Id'] }),
    o.receive('Next', { port: 'More', message: 'Order', follows: ['Id'] }),
    o.receive('Answer', { port: 'More', message: 'Other', follows: ['Id'] }),
  ],
);
export const all = ['One', 'Two', 'Three', 'Four'].map(make);
export const [one, two, three, four] = all;`;

/** A second orchestration that takes another type from the same port. */
const other = module_().replaceAll("'One'", "'Two'").replaceAll("'Order'", "'Other'").replace('{ Order: order }', '{ Other: order }');
const both = { orchestrations: [...good.orchestrations, { ...good.orchestrations[0], name: 'Two', module: 'two.ts' } as Orchestration] };

let folders = 0;

/** Code and place of every problem. */
async function problems(change: Partial<Group>, modules: Readonly<Record<string, string>> = { 'one.ts': module_() }): Promise<SohError[]> {
  const folder = join(root, String(++folders));
  for (const [name, text] of Object.entries(modules)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const hosts = [{ name: 'H', instances: ['A'] }];
  const read = readClusterFile(JSON.stringify({ computers: ['A'], hosts, ...good, ...change }, null, 1), 'cluster.json');
  const loaded = new Map<string, LoadedModule | SohError>();
  for (const { module } of read.file?.orchestrations ?? []) {
    const result = await loadModule(resolve(folder, module)).catch((error: unknown) => error as SohError);
    loaded.set(module, result);
  }
  return [...fileProblems(read), ...moduleProblems(read, loaded, folder)];
}

/** `code file:line`, for one problem the text of the line as well. */
const told = (found: readonly SohError[]): string[] =>
  found.map(
    ({ code, parameters }) =>
      `${code} ${String(parameters['file'])}${parameters['file'] === 'cluster.json' ? ` ${String(parameters['path'])}` : `:${String(parameters['line'])}`}`,
  );

test('a group in order has no problems', async () => {
  assert.deepEqual(told(await problems({})), []);
});

/** What is wrong, and how it is told. */
const broken: Readonly<
  Record<
    string,
    { readonly change?: Partial<Group>; readonly modules?: Readonly<Record<string, string>>; readonly told: readonly string[] }
  >
> = {
  'an orchestration that is started and not there': {
    modules: {
      'one.ts': module_(`o.start('Begin', orchestration('Two', { messages: {}, ports: {}, parameters: {} }, () => []))`),
    },
    told: ['clusterFile.notStartable cluster.json orchestrations[0].name'],
  },
  'a module that is not there': {
    change: { orchestrations: [{ name: 'One', module: 'none.ts', host: 'H' }] },
    told: ['definition.moduleFailed cluster.json orchestrations[0].module'],
  },
  'a module with a mistake': {
    modules: { 'one.ts': 'export const a = 1;\nexport const = 2;' },
    told: ['definition.moduleFailed one.ts:2'],
  },
  'a module whose helper has a mistake': {
    modules: { 'one.ts': `import './lib/two.ts';`, 'lib/two.ts': '\n\nexport const = 2;' },
    told: ['definition.moduleFailed lib/two.ts:3'],
  },
  'a module in JavaScript with a mistake': {
    change: { orchestrations: [{ name: 'One', module: 'one.mjs', host: 'H' }] },
    modules: { 'one.mjs': '\nexport const a = ;' },
    told: ['definition.moduleFailed one.mjs:2'],
  },
  'a helper in JavaScript with a mistake': {
    modules: { 'one.ts': `import './lib/two.mjs';`, 'lib/two.mjs': 'export const f = () => {\n  return (;\n};' },
    told: ['definition.moduleFailed lib/two.mjs:2'],
  },
  'a module that throws': { modules: { 'one.ts': '\n\n\nthrow new Error("on purpose");' }, told: ['definition.moduleFailed one.ts:4'] },
  'a module that throws what is no error': {
    modules: { 'one.ts': 'throw "on purpose";' },
    told: ['definition.moduleFailed cluster.json orchestrations[0].module'],
  },
  'a module of two orchestrations that is told once': {
    change: {
      orchestrations: [
        { name: 'One', module: 'one.ts', host: 'H' },
        { name: 'Two', module: 'one.ts', host: 'H' },
      ],
    },
    modules: { 'one.ts': 'throw new Error("on purpose");' },
    told: ['definition.moduleFailed one.ts:1'],
  },
  'an orchestration that is not exported': {
    change: { orchestrations: [{ name: 'Other', module: 'one.ts', host: 'H' }] },
    told: ['definition.notFound cluster.json orchestrations[0].name'],
  },
  'a definition that breaks a rule': {
    modules: { 'one.ts': module_(`o.decide('Empty', []),`) },
    told: ['definition.invalid one.ts:6'],
  },
  'a definition made by hand of the wrong things': {
    modules: { 'one.ts': `export const one = { name: 'One', messages: { A: null }, ports: {}, body: [null] };` },
    told: ['unexpected cluster.json orchestrations[0].module'],
  },
  'a binding of a port that there is not': {
    change: { orchestrations: [{ name: 'One', module: 'one.ts', host: 'H', bindings: { Inn: { receivePort: 'Orders' } } }] },
    told: ['clusterFile.unknownName cluster.json orchestrations[0].bindings.Inn'],
  },
  'a binding to what there is not': {
    change: { orchestrations: [{ name: 'One', module: 'one.ts', host: 'H', bindings: { In: { receivePort: 'Nowhere' } } }] },
    told: ['clusterFile.unknownName cluster.json orchestrations[0].bindings.In.receivePort'],
  },
  'ports bound to the wrong kind': {
    change: {
      orchestrations: [
        { name: 'One', module: 'one.ts', host: 'H', bindings: { In: { sendPort: 'Files' }, Out: { receivePort: 'Orders' } } },
      ],
    },
    told: [
      'clusterFile.wrongBinding cluster.json orchestrations[0].bindings.In',
      'clusterFile.wrongBinding cluster.json orchestrations[0].bindings.Out',
    ],
  },
  'a one-way port for callers who wait': {
    change: { receiveLocations: [http('Orders', { twoWay: true })] },
    told: ['clusterFile.otherWay cluster.json orchestrations[0].bindings.In'],
  },
  'a two-way port for files': {
    modules: { 'one.ts': module_('', 'In: requestResponsePort(), Out: sendPort()') },
    told: ['clusterFile.otherWay cluster.json orchestrations[0].bindings.In'],
  },
  'delivery notification of what is direct': {
    change: {
      orchestrations: [{ name: 'One', module: 'one.ts', host: 'H', bindings: { In: { receivePort: 'Orders' }, Out: { direct: true } } }],
    },
    modules: { 'one.ts': module_('', 'In: receivePort(), Out: sendPort({ deliveryNotification: true })') },
    told: ['clusterFile.notNotified cluster.json orchestrations[0].bindings.Out'],
  },
  'delivery notification of a port without a namesake': {
    modules: { 'one.ts': module_('', 'In: receivePort(), Out: sendPort(), More: sendPort({ deliveryNotification: true })') },
    told: ['clusterFile.notNotified cluster.json orchestrations[0].bindings.More'],
  },
  'a solicit-response port for files': {
    modules: { 'one.ts': module_('', 'In: receivePort(), Out: solicitResponsePort()') },
    told: ['clusterFile.otherWay cluster.json orchestrations[0].bindings.Out'],
  },
  'a one-way port for what is answered': {
    change: { sendPorts: [http('Files', { twoWay: true })] },
    told: ['clusterFile.otherWay cluster.json orchestrations[0].bindings.Out'],
  },
  'a file that is to be answered': {
    change: { sendPorts: [file('Files', 'out', {}, { twoWay: true })] },
    told: ['clusterFile.unknownMember cluster.json sendPorts[0].transport.twoWay'],
  },
  'a self-correlating port that is bound': {
    modules: { 'one.ts': module_('', 'In: receivePort(), Out: sendPort(), Back: selfCorrelatingPort()') },
    change: {
      orchestrations: [
        { name: 'One', module: 'one.ts', host: 'H', bindings: { In: { receivePort: 'Orders' }, Back: { receivePort: 'Orders' } } },
      ],
    },
    told: ['clusterFile.wrongBinding cluster.json orchestrations[0].bindings.Back'],
  },
  'partners that there are not': {
    change: {
      orchestrations: [{ name: 'One', module: 'one.ts', host: 'H', bindings: { In: { partner: 'One.Inn' }, Out: { partner: 'Two.In' } } }],
    },
    told: [
      'clusterFile.unknownName cluster.json orchestrations[0].bindings.Out.partner',
      'clusterFile.unknownName cluster.json orchestrations[0].bindings.In',
    ],
  },
  'a sequential convoy on two ports of the orchestration that are one receive port, or both direct': {
    change: {
      orchestrations: [
        { name: 'One', module: 'two.ts', host: 'H', bindings: { In: { receivePort: 'Orders' }, More: { receivePort: 'Orders' } } },
        { name: 'Two', module: 'two.ts', host: 'H', bindings: { In: { direct: true } } },
        { name: 'Three', module: 'two.ts', host: 'H', bindings: { In: { receivePort: 'Orders' } } },
        { name: 'Four', module: 'two.ts', host: 'H', bindings: { In: { receivePort: 'Orders' }, More: { receivePort: 'Web' } } },
      ],
    },
    modules: { 'two.ts': twoPorts },
    told: [
      'clusterFile.convoyAcrossPorts cluster.json orchestrations[0].bindings.More',
      'clusterFile.convoyAcrossPorts cluster.json orchestrations[1].bindings.More',
    ],
  },
  'a receive port that is both': {
    change: { receiveLocations: [file('Orders', 'in'), http('Ask', { twoWay: true }, { receivePort: 'Orders' })] },
    told: [
      'clusterFile.mixedPort cluster.json receiveLocations[1].transport',
      'clusterFile.otherWay cluster.json orchestrations[0].bindings.In',
    ],
  },
  'a folder that is used twice': {
    change: { receiveLocations: [file('Orders', 'in'), file('More', './a/../in/', {}, { mask: 'order*.*' })] },
    told: ['clusterFile.folderTwice cluster.json receiveLocations[1].transport.folder'],
  },
  'a port that is used twice': {
    change: { receiveLocations: [file('Orders', 'in'), http('A', { port: 8080, path: '/a' }), http('B', { port: 8080, path: '/b' })] },
    told: ['clusterFile.portTwice cluster.json receiveLocations[2].transport.port'],
  },
  'addresses that are none': {
    change: {
      receiveLocations: [file('Orders', 'in', {}, { mask: 'sub/*.xml' }), http('Web', { path: '/a?b=1' })],
      sendPorts: [file('Files', 'out'), http('Shop', { url: 'ftp://shop.example/orders' })],
    },
    told: [
      'clusterFile.invalid cluster.json receiveLocations[0].transport.mask',
      'clusterFile.invalid cluster.json receiveLocations[1].transport.path',
      'clusterFile.invalid cluster.json sendPorts[1].transport.url',
    ],
  },
  'file names that cannot be': {
    change: {
      sendPorts: ['%MessageID%.xml', '%Time%.xml', 'a/%MessageID%.xml', 'con', '%MessageID%.', '50%25.xml'].map((fileName, index) =>
        file(index === 0 ? 'Files' : `F${String(index)}`, 'out', {}, { fileName }),
      ),
    },
    told: [1, 2, 4].map(
      (index) => `${index === 1 ? 'send.unknownMacro' : 'send.badFileName'} cluster.json sendPorts[${String(index)}].transport.fileName`,
    ),
  },
  'paths that cannot be compiled, in the file': {
    change: {
      messageTypes: {
        ...good.messageTypes,
        'urn:x#X': {
          format: 'xml',
          namespaces: { a: 'urn:a' },
          promoted: { One: { path: '/a:x[' }, Two: { path: '/a:x' } },
          distinguished: { Three: { path: '/b:x' } },
        },
        Y: { format: 'json', members: ['y'], promoted: { Four: { path: 'y' } } },
      },
    },
    told: ['message.badPath cluster.json /a:x[', 'message.badPath cluster.json /b:x', 'message.badPath cluster.json y'],
  },
  'paths that cannot be compiled, in a module': {
    modules: {
      'one.ts': `${module_()}\nexport const bad = messageType({ name: 'urn:b#B', format: 'xml', promoted: { A: '/b:B', C: '///' } });`,
    },
    told: ['message.badPath one.ts:9', 'message.badPath one.ts:9'],
  },
  'JSON types that are recognised by the same members': {
    change: {
      messageTypes: {
        ...good.messageTypes,
        Also: { format: 'json', members: ['id', 'id'] },
        Other: { format: 'json', members: ['id', 'x'] },
      },
    },
    told: ['clusterFile.sameMembers cluster.json messageTypes.Also.members'],
  },
  'a JSON type that comes in and that nothing is known of': {
    change: { messageTypes: {} },
    modules: { 'one.ts': module_().replace(", promoted: { OrderId: '/id' }", '') },
    told: ['definition.neverRecognised one.ts:3'],
  },
  'JSON types of one port that have the same members, in modules of two orchestrations': {
    change: { messageTypes: {}, ...both },
    modules: { 'one.ts': module_(), 'two.ts': other },
    told: ['definition.recognisedAlike two.ts:3'],
  },
  'JSON types that say the same members': {
    change: { messageTypes: {} },
    modules: {
      'one.ts': `${module_()}
export const a = messageType({ name: 'A', format: 'json', members: ['x', 'y'] });
export const b = messageType({ name: 'B', format: 'json', members: ['y', 'x'] });`,
    },
    told: ['definition.recognisedAlike one.ts:10'],
  },
  'members that are no list of names, and of XML': {
    modules: {
      'one.ts': `import { messageType } from 'scaled-out-hosts';
export const a = messageType({ name: 'A', format: 'json', members: 'id' as never });`,
    },
    told: ['definition.moduleFailed one.ts:2'],
  },
  'a two-way location for a one-way port of its name': {
    change: {
      orchestrations: [{ name: 'One', module: 'one.ts', host: 'H', bindings: { Out: { sendPort: 'Files' } } }],
      receiveLocations: [http('In', { twoWay: true })],
    },
    told: ['clusterFile.otherWay cluster.json orchestrations[0].bindings.In'],
  },
  'XML that is to be recognised by members': {
    change: { messageTypes: { ...good.messageTypes, 'urn:x#X': { format: 'xml', members: ['a'] } } },
    told: ['clusterFile.invalid cluster.json messageTypes["urn:x#X"].members'],
  },
  'a type with other fields in another module': {
    change: { orchestrations: [...good.orchestrations, { name: 'Two', module: 'two.ts', host: 'H' }] },
    modules: {
      'one.ts': module_(),
      'two.ts': module_().replace("'One'", "'Two'").replace("OrderId: '/id'", "OrderId: '/id', Other: '/o'"),
    },
    told: ['definition.typeTwice two.ts:3'],
  },
  'everything at once': {
    change: {
      orchestrations: [
        { name: 'One', module: 'one.ts', host: 'H', bindings: { In: { sendPort: 'Files' }, X: { direct: true } } },
        { name: 'Two', module: 'two.ts', host: 'H' },
        { name: 'Three', module: 'three.ts', host: 'Nobody' },
      ],
      receiveLocations: [file('Orders', 'in'), file('More', 'in')],
      sendPorts: [file('Files', 'out', {}, { fileName: '%foo%' })],
    },
    modules: { 'one.ts': module_(`o.send('Send', { port: 'Nowhere', message: 'Order' }),`), 'two.ts': 'throw new Error("two");' },
    told: [
      'clusterFile.unknownName cluster.json orchestrations[2].host',
      'clusterFile.folderTwice cluster.json receiveLocations[1].transport.folder',
      'send.unknownMacro cluster.json sendPorts[0].transport.fileName',
      'definition.invalid one.ts:6',
      'clusterFile.wrongBinding cluster.json orchestrations[0].bindings.In',
      'clusterFile.unknownName cluster.json orchestrations[0].bindings.X',
      'definition.moduleFailed two.ts:1',
      'definition.moduleFailed cluster.json orchestrations[2].module',
    ],
  },
};

for (const [what, { change = {}, modules, told: expected }] of Object.entries(broken)) {
  test(`found: ${what}`, async () => {
    const found = await problems(change, modules);
    assert.deepEqual(told(found), expected, found.map(({ message }) => message).join('\n'));
    for (const { parameters, message, next } of found) {
      for (const name of ['line', 'column', 'endLine', 'endColumn']) assert.ok(Number(parameters[name]) >= 1, `${message}: ${name}`);
      assert.doesNotMatch(`${message} ${next}`, /\{\w+\}/);
      assert.doesNotMatch(message, new RegExp(root), 'no path of this machine');
    }
  });
}

/** Also in order: what only looks like a mistake. */
const fine: Readonly<Record<string, { readonly change?: Partial<Group>; readonly modules?: Readonly<Record<string, string>> }>> = {
  'two locations of one folder whose masks have no name in common': {
    change: { receiveLocations: [file('Orders', 'in', {}, { mask: '*.json' }), file('More', 'in', {}, { mask: '*.xml' })] },
  },
  'a send port whose files a receive location takes': { change: { sendPorts: [file('Files', 'in')] } },
  'several HTTP locations on any free port': { change: { receiveLocations: [file('Orders', 'in'), http('A'), http('B')] } },
  'a two-way location for a two-way port': {
    change: { receiveLocations: [http('Orders', { twoWay: true })] },
    modules: { 'one.ts': module_('', 'In: requestResponsePort(), Out: sendPort()') },
  },
  'a port that is not bound': { change: { orchestrations: [{ name: 'One', module: 'one.ts', host: 'H' }] } },
  'a JSON type that only comes from other orchestrations': {
    change: { messageTypes: {}, orchestrations: [{ name: 'One', module: 'one.ts', host: 'H', bindings: { In: { direct: true } } }] },
    modules: { 'one.ts': module_().replace(", promoted: { OrderId: '/id' }", '') },
  },
  'a JSON type that the module alone declares': { change: { messageTypes: {} } },
  'JSON types with the same members that come from different ports': {
    change: {
      ...{ messageTypes: {}, receiveLocations: [file('Orders', 'in'), file('Others', 'in2')] },
      orchestrations: [...good.orchestrations, { name: 'Two', module: 'two.ts', host: 'H', bindings: { In: { receivePort: 'Others' } } }],
    },
    modules: { 'one.ts': module_(), 'two.ts': other },
  },
  'JSON types with the same members, told apart by the group file': {
    change: { ...both, messageTypes: { Other: { format: 'json', members: ['id', 'other'] } } },
    modules: { 'one.ts': module_(), 'two.ts': other },
  },
  'a type with the members of another that only goes out': {
    change: { messageTypes: {} },
    modules: {
      'one.ts': `${module_()}\nexport const receipt = messageType({ name: 'Receipt', format: 'json', promoted: { OrderId: '/id' } });`,
    },
  },
  'a type that takes any message': {
    change: { messageTypes: {} },
    modules: { 'one.ts': module_().replace("name: 'Order'", "name: ''") },
  },
  'a dynamic send port': { change: { sendPorts: [file('Files', 'out'), http('Any')] } },
  'a type declared alike in two modules': {
    change: { orchestrations: [...good.orchestrations, { name: 'Two', module: 'two.ts', host: 'H' }] },
    modules: { 'one.ts': module_(), 'two.ts': module_().replace("'One'", "'Two'") },
  },
  'macros in any case': { change: { sendPorts: [file('Files', 'out', {}, { fileName: '%SOURCEFILENAME%-%DateTime%-%messageid%.xml' })] } },
};

for (const [what, { change, modules }] of Object.entries(fine)) {
  test(`in order: ${what}`, async () => {
    assert.deepEqual(told(await problems(change ?? {}, modules)), []);
  });
}

test('what is wrong between a module and the bindings keeps its host from starting, in the same words', async () => {
  const folder = join(root, 'start');
  mkdirSync(folder);
  writeFileSync(join(folder, 'one.ts'), module_());
  const change = { orchestrations: [{ name: 'One', module: 'one.ts', host: 'H', bindings: { In: { sendPort: 'Files' } } }] };
  const text = JSON.stringify({
    computers: ['A'],
    hosts: [
      { name: 'H', instances: ['A'] },
      { name: 'I', instances: ['A'] },
    ],
    ...good,
    ...change,
  });
  const { file: cluster } = readClusterFile(text, 'cluster.json');
  assert.ok(cluster);
  await assert.rejects(loadArtifacts(cluster, 'H', folder), (error) => {
    assert.ok(error instanceof SohError);
    assert.equal(error.code, 'clusterFile.wrongBinding');
    assert.match(error.message, /^cluster\.json: orchestrations\[0\]\.bindings\.In: "In" of orchestration "One" is a receive port/);
    return true;
  });
  // A binding of a port that there is not has no effect.
  const [one] = cluster.orchestrations;
  assert.ok(one);
  const odd = { ...cluster, orchestrations: [{ ...one, bindings: { Nowhere: { direct: true } as const } }] };
  assert.equal((await loadArtifacts(odd, 'H', folder)).services.length, 5);
  // Another host has nothing to do with it.
  assert.deepEqual((await loadArtifacts(cluster, 'I', folder)).services, []);
  // What a host has checked is said to each of its orchestrations.
  const checking = odd.hosts.map((host) => ({ ...host, validateCorrelations: true, emptyCorrelation: 'refuse' as const }));
  const said = async (hosts: typeof odd.hosts): Promise<unknown> =>
    [...(await loadArtifacts({ ...odd, hosts }, 'H', folder)).orchestrations.values()][0]?.services.correlation;
  assert.deepEqual(await said(odd.hosts), { validate: false, empty: 'accept' });
  assert.deepEqual(await said(checking), { validate: true, empty: 'refuse' });
});

test('masks meet when some name fits both', () => {
  const pairs: readonly (readonly [string, string, boolean])[] = [
    ['*', 'a', true],
    ['*.xml', '*.json', false],
    ['*.xml', '*.XML', true],
    ['a*', '*b', true],
    ['a*b', 'b*a', false],
    ['?.txt', '??.txt', false],
    ['?.txt', '*.txt', true],
    ['*a*', '*b*', true],
    ['a**c', 'a?c', true],
    ['', '*', true],
    ['', '?', false],
    ['order*.xml', 'order-?.*', true],
  ];
  for (const [a, b, meet] of pairs) {
    assert.equal(masksMeet(a, b), meet, `${a} and ${b}`);
    assert.equal(masksMeet(b, a), meet, `${b} and ${a}`);
  }
});
