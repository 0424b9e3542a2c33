/**
 * Guarantee: every command asks the group for what its arguments say, prints it for people or as JSON, and ends with 0 (done), 1 (failed)
 * or 2 (wrong usage).
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as v from 'valibot';
import { SohError, toWire, type WireError } from '../../../emulator/errors.ts';
import { commands } from '../../../emulator/cli/commands.ts';
import type { DemoOptions, World } from '../../../emulator/cli/world.ts';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { removeDiscovery, writeDiscovery } from '../../../emulator/control/discovery.ts';
import { commandArguments } from '../../../emulator/control/commandArguments.ts';
import { detail, FakeGroup, snapshot, status } from './fakeGroup.ts';
import { errorIn, type Ran, runCli } from './runCli.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soh-cli-'));
});
after(() => rm(folder, { recursive: true }));

const cli = (args: readonly string[], changes: Partial<World> = {}): Promise<Ran> => runCli(folder, args, changes);

test('help is on standard output and names every command', async () => {
  const help = await cli(['--help']);
  assert.equal(help.code, 0);
  for (const { name } of commands) assert.match(help.out, new RegExp(`^  ${name}\\b`, 'm'));
  assert.deepEqual(await cli(['help']), help);
  const own = await cli(['help', 'submit']);
  assert.match(own.out, /^Usage: scaled-out-hosts submit <receiveLocation> <file\.\.\.> \[options\]\n/);
  assert.match(own.out, /--count N/);
  assert.deepEqual(await cli(['submit', '--help']), own);
  const chinese = await cli(['--lang', 'zh-CN', '--help']);
  assert.match(chinese.out, /退出代码/);
  assert.match((await cli(['--help'], { language: 'zh-cn' })).out, /退出代码/);
});

test('the version is told', async () => {
  assert.deepEqual(await cli(['--version']), { code: 0, out: '1.2.3\n', err: '' });
});

test('wrong usage ends with 2 and says what to do', async () => {
  const cases: readonly (readonly [string[], string])[] = [
    [['fly'], 'usage.unknownCommand'],
    [['help', 'fly'], 'usage.unknownCommand'],
    [['status', '--fast'], 'usage.unknownOption'],
    [['-x'], 'usage.unknownOption'],
    [['status', 'now'], 'usage.tooMany'],
    [['show'], 'usage.missingArgument'],
    [['submit', 'Orders'], 'usage.missingArgument'],
    [['submit', 'Orders', 'f', '--count', '0'], 'usage.badValue'],
    [['demo', '--seed', 'x'], 'usage.badValue'],
    [['status', '--data'], 'usage.badValue'],
    [['status', '--json=yes'], 'usage.badValue'],
    [['status', '--lang', 'xx'], 'usage.badValue'],
    [['instances', '--state', 'tired'], 'usage.badValue'],
  ];
  for (const [args, code] of cases) {
    const plain = await cli(args);
    assert.deepEqual([plain.code, plain.out], [2, ''], args.join(' '));
    assert.match(plain.err, /scaled-out-hosts/, args.join(' '));
    const json = await cli(['--json', ...args]);
    assert.equal(json.code, 2, args.join(' '));
    assert.equal(errorIn(json).code, code, args.join(' '));
  }
  const nothing = await cli([]);
  assert.deepEqual([nothing.code, nothing.out], [2, '']);
  assert.match(nothing.err, /Commands:/);
});

test('without a group every command fails with 1', async () => {
  const failed = await cli(['status']);
  assert.equal(failed.code, 1);
  assert.match(failed.err, /^No group is running in .*\nStart one with "scaled-out-hosts start"\.\n$/);
  assert.equal(errorIn(await cli(['status', '--json'])).code, 'group.notRunning');
});

test('status says what a receive location does not take, in the language of the user', async () => {
  const error = toWire(new SohError('receive.empty', { location: 'OrderFiles', file: 'a.xml' }));
  const receiveLocations = status.receiveLocations.map((location) => ({
    ...location,
    notices: [{ at: '2026-01-01T10:00:00.000Z', error }],
    moreNotices: 7,
  }));
  await using group = await FakeGroup.start({ status: () => ({ ...status, receiveLocations }) });
  assert.match((await cli(['status', '--data', group.folder])).out, /does not take a\.xml: it is empty\.\n.*7 more files are not taken/);
  assert.match((await cli(['status', '--lang', 'zh-cn', '--data', group.folder])).out, /不接收 a\.xml：文件为空/);
});

test('the group is that of --data, else of this folder, else the sample', async () => {
  await using here = await FakeGroup.start({ status: () => ({ ...status, name: 'Here' }) });
  await using sample = await FakeGroup.start({ status: () => ({ ...status, name: 'Sample' }) });
  const name = async (...args: string[]): Promise<string> =>
    (JSON.parse((await cli(['status', '--json', ...args])).out) as { name: string }).name;
  const homes = { sample: join(folder, 'home', '.scaled-out-hosts', 'sample'), here: join(folder, '.scaled-out-hosts') };
  await writeDiscovery(homes.sample, sample.discovery);
  assert.equal(await name(), 'Sample');
  await writeDiscovery(homes.here, here.discovery);
  assert.equal(await name(), 'Here');
  assert.equal(await name('--data', sample.folder), 'Sample');
  await removeDiscovery(homes.sample, sample.discovery.token);
  await removeDiscovery(homes.here, here.discovery.token);
});

test('status shows host instances, MessageBox and services', async () => {
  await using group = await FakeGroup.start({ status: () => status });
  const plain = await cli(['status', '--data', group.folder]);
  assert.equal(plain.code, 0);
  assert.match(plain.out, /^Group Orders \(local\): running$/m);
  assert.match(plain.out, /^Processing@A +running +11 +2 +98 +5,000 +120\/5,000 ms +61 MB +0$/m);
  assert.match(plain.out, /^Processing@B +lost +- /m);
  assert.match(plain.out, /^MessageBox: running, process 12, generation 3, record 99, journal 2\.5 MB/m);
  assert.match(plain.out, /^Instances: Ready to run 1, Active 2, Dehydrated 3, Suspended \(resumable\) 1, Completed 1,234$/m);
  assert.match(plain.out, /^Failed computers: B$/m);
  const json = await cli(['status', '--json', '--data', group.folder]);
  assert.deepEqual(JSON.parse(json.out), status);
  const coloured = await cli(['status', '--data', group.folder], { colour: true });
  assert.equal(coloured.out.includes('\u001B[32mrunning'), true);
});

test('instances takes states by the beginning of their names', async () => {
  await using group = await FakeGroup.start({
    instances: () => ({
      at: '2026-01-01T10:00:00.000Z',
      total: 7,
      counts: status.messageBox.counts,
      instances: [{ ...detail, state: 'Suspended (resumable)', error: { code: 'x', message: 'bad\u001B]0;title\u0007\ntext' } }],
    }),
  });
  const plain = await cli(['instances', '--state', 'SUSP,dehydrated', '--orchestration', 'Order', '--limit', '1', '--data', group.folder]);
  assert.equal(plain.code, 0);
  assert.deepEqual(group.requests[0]?.arguments, {
    filter: { states: ['Suspended (resumable)', 'Suspended (not resumable)', 'Dehydrated'], orchestration: 'Order' },
    limit: 1,
  });
  assert.match(plain.out, /^i1 {8}Order {10}Suspended \(resumable\) {2}Processing@B/m);
  assert.match(plain.out, /^Shown: 1 of 7$/m);
  assert.doesNotMatch(plain.out, /\u001B|\u0007/, 'what a message says must not reach the terminal as a command');
  await cli(['instances', '--state', 'completed', '--data', group.folder]);
  assert.deepEqual(group.requests[1]?.arguments, { filter: { states: ['Completed'] } });
});

test('what of the history cannot be read is told, and the rest is shown', async () => {
  const unread = toWire(new SohError('messageBox.segmentMissing', { file: 'journal-000000000001.log', sequence: 1, last: 9 }));
  await using group = await FakeGroup.start({
    show: () => ({ ...detail, unread }),
    instances: () => ({ at: detail.created, total: 0, counts: status.messageBox.counts, instances: [], unread }),
  });
  const shown = await cli(['show', 'i1', '--data', group.folder]);
  assert.match(shown.out, /History:\nThe journal segment journal-000000000001\.log is not there any more.*\n.*Activated/s);
  const listed = await cli(['instances', '--data', group.folder, '--lang', 'zh-cn']);
  assert.match(listed.out, /^日志段 journal-000000000001\.log 已不存在/);
});

test('submit sends the bytes of the files', async () => {
  const error = { code: 'message.malformed', message: 'it is broken' };
  const notTaken = toWire(
    new SohError('group.notTaken', { location: 'Orders', count: 1, folder: '/in', host: 'R', hostInstances: 'R@B (lost)' }),
  );
  const taken = [{ hostInstance: 'R@A', messages: 5 }];
  await using group = await FakeGroup.start({ submit: () => ({ submitted: 6, taken, suspended: [{ instance: 's1', error }], notTaken }) });
  await writeFile(join(folder, 'a.xml'), '<a/>');
  const latin = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><b>M\u00fcller</b>', 'latin1');
  await writeFile(join(folder, 'b.xml'), latin);
  const done = await cli(['submit', 'Orders', 'a.xml', join(folder, 'b.xml'), '--count=3', '--data', group.folder]);
  const lines = [
    'Messages submitted: 6',
    'Taken by R@A: 5',
    'Suspended: s1. it is broken',
    'Receive location "Orders" has not taken 1 of the messages yet. They wait in /in.',
    'An instance of its host "R" takes them as soon as it can: R@B (lost). Look with "scaled-out-hosts status".',
  ];
  assert.deepEqual(done, { code: 1, out: `${lines.join('\n')}\n`, err: '' });
  const files = [
    { name: 'a.xml', content: Buffer.from('<a/>').toString('base64'), encoding: 'base64' },
    { name: 'b.xml', content: latin.toString('base64'), encoding: 'base64' },
  ];
  assert.deepEqual(group.requests[0]?.arguments, { location: 'Orders', files, count: 3, follow: true });
  const failed = toWire(new SohError('group.submitFailed', { location: 'Orders', reason: 'HTTP 503' }));
  await using broken = await FakeGroup.start({ submit: () => ({ submitted: 1, failed }) });
  const partly = await cli(['submit', 'Orders', 'a.xml', '--count=3', '--data', broken.folder]);
  assert.deepEqual([partly.code, partly.err], [1, '']);
  assert.match(partly.out, /^Messages submitted: 1\n.*HTTP 503/);
  const missing = await cli(['submit', 'Orders', 'none.xml', '--json', '--data', group.folder]);
  assert.deepEqual([missing.code, errorIn(missing).code], [1, 'file.unreadable']);
});

test('host instances and computers are acted on by name', async () => {
  const [instance] = status.hostInstances;
  assert.ok(instance);
  const one = () => instance;
  await using group = await FakeGroup.start({
    killHostInstance: one,
    freezeHostInstance: one,
    thawHostInstance: one,
    stopHostInstance: one,
    startHostInstance: one,
    addHostInstance: one,
    killMessageBox: () => ({ pid: 12 }),
    failComputer: () => ({ killed: ['Processing@A'] }),
    repairComputer: () => ({ started: [] }),
    addComputer: ({ name }) => ({ name }),
  });
  const cases: readonly (readonly [string, string, object, RegExp])[] = [
    ['kill Processing@A', 'killHostInstance', { name: 'Processing@A' }, /Processing@A: running/],
    ['freeze Processing@A', 'freezeHostInstance', { name: 'Processing@A' }, /Processing@A/],
    ['thaw Processing@A', 'thawHostInstance', { name: 'Processing@A' }, /Processing@A/],
    ['stop-instance Processing@A', 'stopHostInstance', { name: 'Processing@A' }, /Processing@A/],
    ['start-instance Processing@A', 'startHostInstance', { name: 'Processing@A' }, /Processing@A/],
    ['kill messagebox', 'killMessageBox', {}, /process 12/],
    ['fail-computer A', 'failComputer', { name: 'A' }, /Killed: Processing@A/],
    ['repair-computer A', 'repairComputer', { name: 'A' }, /Started: none/],
    ['add-computer C', 'addComputer', { name: 'C' }, /C is added/],
    ['add-instance Processing C', 'addHostInstance', { host: 'Processing', computer: 'C' }, /Processing@A/],
  ];
  for (const [line, command, args, output] of cases) {
    const done = await cli([...line.split(' '), '--data', group.folder]);
    assert.equal(done.code, 0, line);
    assert.match(done.out, output, line);
    const { command: asked, arguments: given } = group.requests.at(-1) ?? {};
    assert.deepEqual([asked, given], [command, args], line);
  }
});

test('an error of the group is printed in the language of the user, as JSON with its code', async () => {
  await using group = await FakeGroup.start({
    killHostInstance: ({ name }) => {
      throw new SohError('group.unknownHostInstance', { name, known: 'P@A, P@B' });
    },
  });
  const args = ['kill', 'X', '--data', group.folder];
  assert.deepEqual(await cli(args), { code: 1, out: '', err: 'There is no host instance "X".\nUse one of: P@A, P@B.\n' });
  assert.deepEqual((await cli(args, { language: 'zh-cn' })).err, '没有主机实例“X”。\n可用的有：P@A, P@B。\n');
  const json = await cli([...args, '--json'], { language: 'zh-cn' });
  assert.equal(json.code, 1);
  assert.deepEqual(errorIn(json), {
    code: 'group.unknownHostInstance',
    message: 'There is no host instance "X".',
    next: 'Use one of: P@A, P@B.',
    retry: false,
    parameters: { name: 'X', known: 'P@A, P@B' },
  });
});

test('operations that are refused for some instances fail with 1 and say which', async () => {
  const refused = { id: 'b', error: { code: 'group.unknownInstance', message: 'm', next: 'n', retry: false, parameters: { id: 'b' } } };
  await using group = await FakeGroup.start({
    suspend: () => ({ done: [], pending: ['a'], refused: [], counts: { done: 0, pending: 1, refused: 0 } }),
    resume: () => ({ done: ['a'], pending: [], refused: [], counts: { done: 1, pending: 0, refused: 0 } }),
    terminate: () => ({ done: ['a'], pending: [], refused: [refused], counts: { done: 1, pending: 0, refused: 1 } }),
  });
  assert.deepEqual(await cli(['suspend', 'a', '--data', group.folder]), {
    code: 0,
    out: 'a: will be done at its next persistence point\n',
    err: '',
  });
  assert.deepEqual(await cli(['resume', 'a', '--data', group.folder]), { code: 0, out: 'a: done\n', err: '' });
  const resumed = [
    { id: 'a', state: 'Active', owner: 'P@B' },
    { id: 'b', state: 'Ready to run', owner: 'P@A' },
    { id: 'c', state: null, owner: null },
  ] as const;
  group.answers.resume = () => ({ done: ['a', 'b', 'c'], pending: [], refused: [], resumed, counts: { done: 3, pending: 0, refused: 0 } });
  assert.deepEqual((await cli(['resume', 'a', 'b', 'c', '--data', group.folder])).out.split('\n').slice(0, 3), [
    'a: resumed; taken by P@B',
    'b: resumed; no host instance has taken it yet',
    'c: resumed; it has ended',
  ]);
  const terminated = await cli(['terminate', 'a', 'b', '--data', group.folder]);
  assert.deepEqual([terminated.code, terminated.out.split('\n').slice(0, 2)], [1, ['a: done', 'There is no orchestration instance "b".']]);
  assert.deepEqual(group.requests.at(-1)?.arguments, { filter: { ids: ['a', 'b'] } });
});

test('operations take the options of the list; without any choice they do nothing', async () => {
  await using group = await FakeGroup.start({
    terminate: () => ({ done: ['a'], pending: [], refused: [], counts: { done: 81_234, pending: 3, refused: 0 } }),
  });
  const choice = ['--state', 'susp', '--kind', 'sendPort,orchestration', '--older-than', '10m', '--younger-than', '1d', '--taken-over'];
  const many = await cli(['terminate', ...choice, '--owner', 'P@A', '--text', 'x', '--orchestration', 'Order', '--data', group.folder]);
  assert.deepEqual(many, { code: 0, out: 'Done: 81,234, at the next persistence point: 3, refused: 0\n', err: '' });
  const states = ['Suspended (resumable)', 'Suspended (not resumable)'];
  const ages = { olderThanMs: 600_000, youngerThanMs: 86_400_000 };
  const kinds = ['orchestration', 'sendPort'];
  const filter = { states, kinds, orchestration: 'Order', owner: 'P@A', text: 'x', ...ages, takenOver: true };
  const asked = group.requests[0]?.arguments as { filter: { kinds: string[] } };
  assert.deepEqual({ ...asked.filter, kinds: asked.filter.kinds.sort() }, filter);
  assert.equal(v.safeParse(commandArguments.terminate, asked).success, true);
  for (const args of [[], ['--older-than', 'soon'], ['--kind', 'human']]) assert.equal((await cli(['terminate', ...args])).code, 2);
  assert.equal(group.requests.length, 1);
});

test('check lists all problems as file:line:column', async () => {
  await writeFile(join(folder, 'bad.json'), '{\n "computers": [],\n "hosts": [{"name": "H", "instances": ["A"], "x": 1}]\n}');
  const bad = await cli(['check', 'bad.json']);
  assert.equal(bad.code, 1);
  assert.deepEqual(
    bad.out.split('\n').map((line) => line.split(': ')[0]),
    ['bad.json:2:15', 'bad.json:3:46', ''],
  );
  const json = JSON.parse((await cli(['check', 'bad.json', '--json'])).out) as { problems: WireError[] };
  assert.deepEqual(
    json.problems.map(({ code, parameters }) => [code, parameters['line']]),
    [
      ['clusterFile.invalid', 2],
      ['clusterFile.unknownMember', 3],
    ],
  );
  await writeFile(join(folder, 'good.json'), '{"computers": ["A"], "hosts": [{"name": "H", "instances": ["A"]}]}');
  assert.deepEqual(await cli(['check', 'good.json']), { code: 0, out: 'good.json is in order.\n', err: '' });
  assert.equal((await cli(['check', 'none.json'])).code, 1);
});

test('check shows problems of modules at their place, seen from here', async () => {
  await mkdir(join(folder, 'inner'));
  await writeFile(join(folder, 'inner', 'good.json'), '{"computers": ["A"], "hosts": [{"name": "H", "instances": ["A"]}]}');
  const parameters = { module: 'lib/a.ts', reason: 'broken', file: 'lib/a.ts', line: 7, column: 3 };
  const asked: unknown[] = [];
  const checkGroup: World['checkGroup'] = (group) => {
    asked.push(group);
    return Promise.resolve([
      new SohError('definition.moduleFailed', parameters),
      new SohError('clusterFile.sameMembers', { file: group.fileName, path: 'messageTypes.A', name: 'A', other: 'B', line: 2, column: 5 }),
    ]);
  };
  const found = await cli(['check', join('inner', 'good.json')], { checkGroup });
  assert.deepEqual(
    [found.code, ...found.out.split('\n').map((line) => line.split(': ')[0])],
    [1, `${join('inner', 'lib', 'a.ts')}:7:3`, `${join('inner', 'good.json')}:2:5`, ''],
  );
  assert.deepEqual(asked, [
    {
      text: '{"computers": ["A"], "hosts": [{"name": "H", "instances": ["A"]}]}',
      fileName: join('inner', 'good.json'),
      baseFolder: join(folder, 'inner'),
    },
  ]);
});

test('demo hands its options on and ends with its exit code', async () => {
  let seen: DemoOptions | undefined;
  const runDemo: World['runDemo'] = (options) => {
    seen = options;
    return Promise.resolve(1);
  };
  assert.equal((await cli(['demo', '--seed', '7', '--kills', '0', '--data', 'd', '--json'], { runDemo })).code, 1);
  assert.deepEqual(seen, { seed: 7, kills: 0, orchestrations: undefined, dataFolder: join(folder, 'd'), json: true, language: 'en' });
});

test('stop waits until the process is gone', async () => {
  await using group = await FakeGroup.start();
  group.answers = {
    stop: () => {
      // A real supervisor takes its file away when it ends, after its answer.
      setTimeout(() => void removeDiscovery(group.folder, group.discovery.token), 50);
      return { stopped: true, undrained: [toWire(new SohError('hostInstance.notDrained', { name: 'H@A', seconds: 30, held: 2 }))] };
    },
  };
  const { code, out, err } = await cli(['stop', '--data', group.folder]);
  assert.deepEqual([code, err], [0, '']);
  assert.match(out, /^The group has stopped\.\nHost instance "H@A" had not drained after 30 s.* held 2 instances\.\nThey go on from /);
  assert.equal((await cli(['status', '--data', group.folder])).code, 1);
});

test('start refuses a folder with a running group and a file with problems', async () => {
  await using group = await FakeGroup.start();
  assert.equal(errorIn(await cli(['start', '--json', '--data', group.folder])).code, 'group.alreadyRunning');
  await writeFile(join(folder, 'wrong.json'), '{"computers": []}');
  const wrong = await cli(['start', 'wrong.json']);
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /wrong\.json:1:1: hosts: .*\n.*wrong\.json:1:15: computers: /);
});

test('start in the foreground shows events once, and Ctrl+C stops it', async () => {
  await using group = await FakeGroup.start();
  let interrupt = (): void => assert.fail('nothing listens');
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const event = { at: '2026-01-01T10:00:00.000Z', sequence: 5, kind: 'computerState', computer: 'B', state: 'failed' } as const;
  group.answers = {
    follow: () => {
      setImmediate(() => {
        group.send({ kind: 'delta', frame: 2, events: [event, { ...event, computer: 'C' }] });
        interrupt();
      });
      return { ...snapshot(1), events: [event] };
    },
  };
  const startSupervisor: World['startSupervisor'] = async () => {
    // The discovery file is there only once the group runs.
    await writeDiscovery(group.folder, group.discovery);
    return { status: () => status, stop: () => Promise.resolve(end()), ended };
  };
  await removeDiscovery(group.folder, group.discovery.token);
  const onInterrupt: World['onInterrupt'] = (interrupted) => {
    interrupt = interrupted;
    return () => undefined;
  };
  const { code, out, err } = await cli(['start', '--data', group.folder], { startSupervisor, onInterrupt });
  assert.equal(code, 0);
  assert.deepEqual(
    out
      .split('\n')
      .filter((line) => line.includes('Computer'))
      .map((line) => line.replace(/^[\d:.]+ +/, '')),
    ['Computer B: failed', 'Computer C: failed'],
  );
  assert.match(out, /The group has stopped\.\n$/);
  assert.match(err, /Ctrl\+C again kills it/);
});

test('start --detach waits until the group works, and tells why it does not', async () => {
  await using group = await FakeGroup.start();
  await removeDiscovery(group.folder, group.discovery.token);
  let asked = 0;
  group.answers = { status: () => ({ ...status, state: ++asked < 3 ? 'starting' : 'running' }) };
  const spawnSupervisor: World['spawnSupervisor'] = async () => {
    await writeDiscovery(group.folder, group.discovery);
    return { pid: process.pid, ended: () => false, printed: () => Promise.resolve('') };
  };
  const started = await cli(['start', '--detach', '--json', '--data', group.folder], { spawnSupervisor });
  assert.deepEqual([started.code, (JSON.parse(started.out) as { state: string }).state], [0, 'running']);
  const dead: World['spawnSupervisor'] = () => Promise.resolve({ pid: 1, ended: () => true, printed: () => Promise.resolve('no space\n') });
  const failed = await cli(['start', '--detach', '--data', join(folder, 'dead')], { spawnSupervisor: dead });
  assert.equal(failed.code, 1);
  assert.match(failed.err, /did not start: no space/);
  // What the supervisor says last is the error of this start.
  const said = JSON.stringify(toWire(new SohError('messageBox.folderUnusable', { folder: 'F', reason: 'R' })));
  const refused: World['spawnSupervisor'] = () =>
    Promise.resolve({ pid: 1, ended: () => true, printed: () => Promise.resolve(`some line\n${said}\n{not JSON\n`) });
  const told = await cli(['start', '--detach', '--json', '--data', join(folder, 'dead')], { spawnSupervisor: refused });
  assert.deepEqual([told.code, errorIn(told).code], [1, 'messageBox.folderUnusable']);
  const inWords = await cli(['start', '--detach', '--data', join(folder, 'dead')], { spawnSupervisor: refused });
  assert.equal(inWords.err.split('\n')[0], new SohError('messageBox.folderUnusable', { folder: 'F', reason: 'R' }).message);
});

test('the dashboard needs a running group', async () => {
  const ran = await cli(['dashboard', '--json']);
  assert.equal(ran.code, 1);
  assert.equal(errorIn(ran).code, 'group.notRunning');
});

test('start --detach does not call it running while a host instance fails or has no session', async () => {
  await using group = await FakeGroup.start();
  await removeDiscovery(group.folder, group.discovery.token);
  const spawnSupervisor: World['spawnSupervisor'] = async () => {
    await writeDiscovery(group.folder, group.discovery);
    return { pid: process.pid, ended: () => false, printed: () => Promise.resolve('') };
  };
  const [first, ...others] = status.hostInstances;
  assert.ok(first);
  const pending = { ...status, hostInstances: [{ ...first, state: 'start pending', leaseAgeMs: null }, ...others] };
  const withoutSession = { ...status, hostInstances: [{ ...first, state: 'running', leaseAgeMs: null }, ...others] };
  const error = toWire(new SohError('receive.portTaken', { location: 'Web', port: 8080 }));
  const broken = { ...status, hostInstances: [{ ...first, state: 'failed', error }, ...others] };
  let asked = 0;
  group.answers = { status: () => [pending, withoutSession, broken][Math.min(asked++, 2)] as GroupStatus };
  const started = await cli(['start', '--detach', '--lang', 'en', '--data', group.folder], { spawnSupervisor });
  assert.deepEqual([started.code, asked], [1, 3]);
  assert.match(started.out, new RegExp(`${first.name}: .*8080`));
  assert.match(started.out, /The rest of the group runs/);
});
