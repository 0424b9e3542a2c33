/**
 * Guarantee: a group file is taken with all defaults filled in, or refused with every problem in it: what, where in the file and where in
 * the text.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isCode, SohError } from '../../../emulator/errors.ts';
import { checkClusterFile, loadClusterFile, parseClusterFile } from '../../../emulator/cluster/loadClusterFile.ts';
import { clusterSchemaText, schemaFile } from '../../../scripts/generateSchema.ts';

const small = { computers: ['A'], hosts: [{ name: 'H', instances: ['A'] }] };
const full = {
  name: 'Orders',
  computers: ['A', 'B'],
  hosts: [
    { name: 'Receiving', instances: ['A'] },
    { name: 'Processing', instances: ['A', 'B'] },
  ],
  orchestrations: [
    {
      name: 'Order',
      module: './order.ts',
      host: 'Processing',
      bindings: { In: { receivePort: 'Orders' }, Out: { sendPort: 'Files' }, Self: { direct: true } },
    },
  ],
  receiveLocations: [{ name: 'OrderFiles', receivePort: 'Orders', host: 'Receiving', transport: { adapter: 'FILE', folder: 'in' } }],
  sendPorts: [{ name: 'Files', host: 'Processing', transport: { adapter: 'FILE', folder: 'out' } }],
};

function check(value: unknown): { at: string; code: string; message: string }[] {
  return checkClusterFile(JSON.stringify(value, null, 2), 'cluster.json').map(({ code, message, parameters }) => ({
    code,
    message,
    at: `${parameters['line'] ?? ''}:${parameters['column'] ?? ''}`,
  }));
}

function messages(value: unknown): string[] {
  return check(value).map(({ message }) => message.replace('cluster.json: ', ''));
}

test('a small file gets all defaults', () => {
  const file = parseClusterFile(JSON.stringify(small), 'cluster.json');
  assert.equal(file.profile, 'default');
  const memory = {
    virtual: { active: true, optimalMb: 900, maximalMb: 1300 },
    private: { active: true, optimalMb: 50, maximalMb: 350 },
    physical: { active: false, optimalPercent: 70, maximalPercent: 85 },
  };
  assert.deepEqual(file.hosts[0], {
    ...{ name: 'H', instances: ['A'], concurrency: 100, dehydration: { behavior: 'custom', memory } },
    ...{ validateCorrelations: false, emptyCorrelation: 'accept' },
  });
  assert.deepEqual(check(full), []);
});

test('a byte order mark at the start is no error', () => {
  assert.equal(parseClusterFile(`\uFEFF${JSON.stringify(small)}`, 'cluster.json').name, 'Group');
});

test('all problems of the shape are told, with their place', () => {
  const found = checkClusterFile(
    '{\n  "computers": ["A", 5],\n  "hosts": [{ "nam": "H", "instances": "A" }],\n  "profile": "fast"\n}',
    'cluster.json',
  );
  assert.deepEqual(
    found.map((problem) => [problem.code, problem.message, problem.parameters['line'], problem.parameters['column']]),
    [
      ['clusterFile.invalid', 'cluster.json: computers[1]: expected a text, found 5.', 2, 22],
      ['clusterFile.invalid', 'cluster.json: hosts[0].name: expected a text, found nothing.', 3, 13],
      ['clusterFile.unknownMember', 'cluster.json: hosts[0].nam: there is no setting "nam" here.', 3, 15],
      ['clusterFile.invalid', 'cluster.json: hosts[0].instances: expected a list, found "A".', 3, 40],
      ['clusterFile.invalid', 'cluster.json: profile: expected "default" | "demo" | "biztalk-classic", found "fast".', 4, 14],
    ],
  );
  assert.equal(found[2]?.next, 'Use one of: name, instances, concurrency, dehydration, validateCorrelations, emptyCorrelation.');
});

test('values are described in words', () => {
  const [location] = full.receiveLocations;
  const withTransport = (transport: unknown): string[] => messages({ ...full, receiveLocations: [{ ...location, transport }] });
  assert.deepEqual(withTransport({ adapter: 'FTP' }), ['receiveLocations[0].transport.adapter: expected "FILE" | "HTTP", found "FTP".']);
  assert.deepEqual(withTransport({ adapter: 'FILE' }), ['receiveLocations[0].transport.folder: expected a text, found nothing.']);
  assert.deepEqual(withTransport({ adapter: 'FILE', folder: '' }), [
    'receiveLocations[0].transport.folder: expected at least one entry or character, found "".',
  ]);
  assert.deepEqual(withTransport({ adapter: 'FILE', folder: 'in', pollingMs: 1.5 }), [
    'receiveLocations[0].transport.pollingMs: expected a whole number, found 1.5.',
  ]);
  assert.deepEqual(withTransport({ adapter: 'HTTP', port: 70_000 }), [
    'receiveLocations[0].transport.port: expected <=65535, found 70000.',
  ]);
  assert.deepEqual(withTransport({ adapter: 'HTTP', folder: 'in' }), [
    'receiveLocations[0].transport.folder: there is no setting "folder" here.',
  ]);
  assert.deepEqual(messages(5), ['the whole file: expected an object, found 5.']);
  assert.deepEqual(messages({ ...small, name: '$' }), [
    'name: expected a name of 1 to 80 letters, digits, spaces, dots, dashes or underscores, found "$".',
  ]);
  const [orchestration] = full.orchestrations;
  assert.deepEqual(messages({ ...full, orchestrations: [{ ...orchestration, bindings: { 'In put': { port: 'x' } } }] }), [
    'orchestrations[0].bindings["In put"]: expected {"receivePort": name}, {"sendPort": name}, {"partner": "<orchestration>.<port>"} or {"direct": true}, found an object.',
  ]);
});

test('what is named has to exist, once', () => {
  const file = {
    computers: ['A', 'A'],
    hosts: [
      { name: 'H', instances: ['A', 'A', 'C'] },
      { name: 'H', instances: ['A'] },
    ],
    orchestrations: [{ name: 'O', module: 'o.ts', host: 'X', bindings: { In: { receivePort: 'No' }, Out: { sendPort: 'Nor' } } }],
    receiveLocations: [
      { name: 'R', host: 'H', transport: { adapter: 'HTTP' } },
      { name: 'R', host: 'Y', transport: { adapter: 'HTTP' } },
    ],
    sendPorts: [
      { name: 'S', host: 'Z', transport: { adapter: 'HTTP' } },
      { name: 'S', host: 'H', transport: { adapter: 'HTTP' } },
    ],
  };
  assert.deepEqual(messages(file).sort(), [
    'computers[1]: the computer "A" is there twice.',
    'hosts[0].instances[1]: computer "A" already has an instance of host "H".',
    'hosts[0].instances[2]: there is no computer "C".',
    'hosts[1].name: the host "H" is there twice.',
    'orchestrations[0].bindings.In.receivePort: there is no receive port "No".',
    'orchestrations[0].bindings.Out.sendPort: there is no send port "Nor".',
    'orchestrations[0].host: there is no host "X".',
    'receiveLocations[1].host: there is no host "Y".',
    'receiveLocations[1].name: the receive location "R" is there twice.',
    'sendPorts[0].host: there is no host "Z".',
    'sendPorts[1].name: the send port "S" is there twice.',
  ]);
  const [problem] = checkClusterFile(JSON.stringify({ ...full, sendPorts: [{ ...full.sendPorts[0], host: 'X' }] }), 'f');
  assert.equal(problem?.next, 'Use one of: Receiving, Processing.');
  const [unbound] = checkClusterFile(JSON.stringify({ ...full, sendPorts: [] }), 'f');
  assert.equal(unbound?.next, 'Use one of: none.');
});

test('limits of memory and thresholds are in their order, also with those of the profile', () => {
  const dehydrating = (dehydration: object, profile = 'default'): string[] =>
    messages({ ...small, profile, hosts: [{ name: 'H', instances: ['A'], dehydration }] });
  assert.deepEqual(dehydrating({ memory: { private: { optimalMb: 350 } } }), [
    'hosts[0].dehydration.memory.private: expected an optimalMb below maximalMb, found an object.',
  ]);
  assert.deepEqual(dehydrating({ memory: { physical: { optimalPercent: 90, maximalPercent: 80 } } }), [
    'hosts[0].dehydration.memory.physical: expected an optimalPercent below maximalPercent, found an object.',
  ]);
  assert.deepEqual(
    dehydrating({ memory: { virtual: { readingMb: 0 }, private: { active: false }, physical: { readingPercent: 99.5 } } }),
    [],
  );
  assert.deepEqual(dehydrating({ minThresholdMs: 20_000 }), [
    'hosts[0].dehydration: the minimal threshold, 20000 ms, is above the maximal one, 10000 ms.',
  ]);
  assert.deepEqual(dehydrating({ minThresholdMs: 20_000 }, 'biztalk-classic'), []);
  assert.deepEqual(dehydrating({ minThresholdMs: 20_000, maxThresholdMs: 20_000 }), []);
});

test('problems of names have their place in the text, to the end of the value', () => {
  const [problem] = checkClusterFile('{\n "computers": ["A"],\n "hosts": [{"name": "H", "instances": [\r\n  "Bee"]}]}', 'f');
  const { line, column, endLine, endColumn } = problem?.parameters ?? {};
  assert.deepEqual({ line, column, endLine, endColumn }, { line: 4, column: 3, endLine: 4, endColumn: 8 });
});

test('JSON errors are told with line and column', () => {
  const found = checkClusterFile('{\n  "computers": ["A"]\n  "hosts": [] // none\n}', 'f');
  assert.deepEqual(
    found.map((problem) => [problem.code, problem.message, problem.parameters['line']]),
    [
      ['clusterFile.notJson', 'f is not valid JSON: a comma is missing here', 3],
      ['clusterFile.notJson', 'f is not valid JSON: comments are not allowed', 3],
    ],
  );
  assert.equal(checkClusterFile('', 'f')[0]?.code, 'clusterFile.notJson');
});

test('a member that is there twice is told: one of them would silently not count', () => {
  assert.deepEqual(messages({ ...small }), []);
  const found = checkClusterFile('{"computers": ["A"], "hosts": [{"name": "H", "name": "I", "instances": ["A"]}]}', 'f');
  assert.deepEqual(
    found.map(({ code, parameters }) => [code, parameters['path'], parameters['column']]),
    [['clusterFile.duplicate', 'hosts[0].name', 46]],
  );
});

test('computers and hosts are told apart by more than capital letters, for they name files; orchestrations and ports need not be', () => {
  const hosts = [
    { name: 'Host', instances: ['A'] },
    { name: 'HOST', instances: ['A'] },
  ];
  const ports = ['P', 'p'].map((name) => ({ name, host: 'Host', transport: { adapter: 'FILE', folder: name } }));
  const found = checkClusterFile(JSON.stringify({ computers: ['A', 'B', 'a'], hosts, sendPorts: ports }), 'f');
  assert.deepEqual(
    found.map(({ code, parameters: { path, name, other } }) => [code, path, name, other]),
    [
      ['clusterFile.onlyCase', 'computers[2]', 'a', 'A'],
      ['clusterFile.onlyCase', 'hosts[1].name', 'HOST', 'Host'],
    ],
  );
});

test('parsing throws the first problem, loading also an unreadable file', async () => {
  assert.throws(
    () => parseClusterFile('{}', 'f'),
    (error) => isCode(error, 'clusterFile.invalid'),
  );
  await assert.rejects(
    loadClusterFile('/nowhere/cluster.json'),
    (error) => error instanceof SohError && error.code === 'clusterFile.unreadable',
  );
});

test('the JSON schema for editors is that of the checks', () => {
  assert.equal(readFileSync(schemaFile, 'utf8'), clusterSchemaText(), 'run "node scripts/generateSchema.ts"');
});

test('line ends and a byte order mark change neither the settings nor the place of a problem', () => {
  const good = JSON.stringify({ computers: ['A'], hosts: [{ name: 'H', instances: ['A'] }] }, null, 2);
  const bad = good.replace('"instances"', '"instance"');
  const forms = (text: string): string[] => [text, text.replaceAll('\n', '\r\n')].flatMap((lines) => [lines, `\ufeff${lines}`]);
  const [first, ...others] = forms(good).map((text) => parseClusterFile(text, 'f'));
  for (const other of others) assert.deepEqual(other, first);
  const places = forms(bad).map((text) => checkClusterFile(text, 'f').map(({ parameters: { line, column } }) => [line, column]));
  for (const place of places) assert.deepEqual(place, places[0]);
  assert.ok((places[0]?.length ?? 0) > 0);
});

test('a number that JavaScript would change is refused where it stands: in a filter it would mean another order', () => {
  const withFilter = (value: string): string =>
    JSON.stringify({ ...full, sendPorts: [{ ...full.sendPorts[0], filter: [[{ property: 'Id', operator: '==', value: '?' }]] }] }).replace(
      '"?"',
      value,
    );
  for (const value of ['9007199254740993', '1e400', '-12345678901234567', '0.12345678901234567']) {
    const [problem, ...others] = checkClusterFile(withFilter(value), 'cluster.json');
    assert.equal(problem?.code, 'clusterFile.invalid', value);
    assert.match(problem.message, /sendPorts\[0\]\.filter\[0\]\[0\]\.value: expected a number of at most 15 digits/);
    assert.ok(problem.message.includes(value));
    assert.deepEqual(others, []);
  }
  for (const value of ['"9007199254740993"', '123456789012345', '0.1', '1e300', '-7', '1.10', '9007199254740992'])
    assert.deepEqual(checkClusterFile(withFilter(value), 'cluster.json'), [], value);
});

test('a filter on a property that no message can have is refused', () => {
  for (const property of ['__proto__', 'constructor', 'prototype']) {
    const filter = [[{ property, operator: 'exists' }], [{ property, operator: '==', value: 1 }]];
    const found = messages({ ...full, sendPorts: [{ ...full.sendPorts[0], filter }] });
    assert.equal(found.length, 2, found.join());
    assert.match(found[0] ?? '', /filter\[0\]\[0\]\.property: expected a property name that is not reserved/);
  }
});
