/**
 * The host-instance process alone: it takes the orders of its parent at any time, and says what user code did to it before it ends, with an
 * exit code that tells.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseClusterFile } from '../../emulator/cluster/loadClusterFile.ts';
import { EXIT_CODES, type HostInstanceNotice, type HostInstanceOrder } from '../../emulator/hosting/settings.ts';

const BUNDLE = fileURLToPath(new URL('../../dist/hostInstance.mjs', import.meta.url));
const ORCHESTRATION = `
import { messageType, orchestration, receivePort } from 'scaled-out-hosts';
const note = messageType({ name: 'Note', format: 'json' });
export const waiting = orchestration('Waiting', { messages: { Note: note }, ports: { In: receivePort() } }, (o) => [
  o.receive('Receive', { port: 'In', message: 'Note', activate: true }),
]);
`;

interface Process {
  readonly child: ChildProcess;
  readonly notices: HostInstanceNotice[];
  readonly log: string[];
  readonly settings: HostInstanceOrder;
  /** Exit code or signal, when it has ended. */
  readonly ended: Promise<number | string | null>;
}

/** A process that has not been told anything yet; its module is the orchestration after `code`. No MessageBox listens. */
async function start(context: TestContext, code = ''): Promise<Process> {
  const folder = await mkdtemp(join(tmpdir(), 'soh-main-'));
  await writeFile(join(folder, 'module.ts'), `${code}\n${ORCHESTRATION}`);
  const child = fork(BUNDLE, [], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  context.after(async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  const notices: HostInstanceNotice[] = [];
  const log: string[] = [];
  child.on('message', (notice: HostInstanceNotice) => notices.push(notice));
  child.stderr?.on('data', (data: Buffer) => log.push(data.toString()));
  const settings: HostInstanceOrder = {
    ...{
      kind: 'settings',
      name: 'H@A',
      host: 'H',
      computer: 'A',
      token: 't',
      baseFolder: folder,
      messageBoxPort: 1,
      moduleCache: { folder: join(folder, 'cache'), secret: 'secret' },
    },
    cluster: parseClusterFile(
      JSON.stringify({
        profile: 'demo',
        computers: ['A'],
        hosts: [{ name: 'H', instances: ['A'], concurrency: 5, dehydration: { behavior: 'never' } }],
        orchestrations: [{ name: 'Waiting', module: 'module.ts', host: 'H' }],
      }),
      'cluster.json',
    ),
  };
  const ended = new Promise<number | string | null>((resolve) => {
    child.once('close', (code, signal) => {
      resolve(signal ?? code);
    });
  });
  return { child, notices, log, settings, ended };
}

function crashes({ notices }: Process): Extract<HostInstanceNotice, { kind: 'crashed' }>[] {
  return notices.filter((notice) => notice.kind === 'crashed');
}

test('a stop before the settings, with them, and while a module loads that never will', async (context) => {
  for (const orders of ['stop', 'settings stop'] as const) {
    const process = await start(context, 'await new Promise(() => setInterval(() => undefined, 1000));');
    for (const kind of orders.split(' ')) process.child.send(kind === 'stop' ? { kind: 'stop' } : process.settings);
    assert.equal(await process.ended, EXIT_CODES.stopped, orders);
  }
  const loading = await start(context, 'console.error("loading"); await new Promise(() => setInterval(() => undefined, 1000));');
  loading.child.send(loading.settings);
  await new Promise((resolve) => loading.child.stderr?.once('data', resolve));
  loading.child.send({ kind: 'stop' });
  assert.equal(await loading.ended, EXIT_CODES.stopped);
  assert.deepEqual(
    loading.notices,
    [{ kind: 'loading', module: 'module.ts' }],
    'it named the module it was loading, and told nothing else',
  );
});

test('a module that cannot be loaded is a failed start', async (context) => {
  const process = await start(context, 'throw new Error("of the module");');
  process.child.send(process.settings);
  assert.equal(await process.ended, EXIT_CODES.startFailed);
  assert.deepEqual(
    process.notices.map((notice) => [notice.kind, notice.kind === 'failed' && notice.error.code]),
    [
      ['loading', false],
      ['failed', 'definition.moduleFailed'],
    ],
  );
});

for (const { what, code, cause, text, exit } of [
  {
    what: 'a throw from a timer',
    code: 'setTimeout(() => { throw new RangeError("of a timer"); }, 50);',
    ...{ cause: 'exception', text: /RangeError: of a timer\n.*module\.ts/s, exit: EXIT_CODES.crashed },
  },
  {
    what: 'a rejection that nobody handles',
    code: 'setTimeout(() => void Promise.reject(new TypeError("of a promise")), 50);',
    ...{ cause: 'rejection', text: /TypeError: of a promise\n/, exit: EXIT_CODES.crashed },
  },
  {
    what: 'a rejection with something that is no error',
    code: 'setTimeout(() => void Promise.reject("only text"), 50);',
    ...{ cause: 'rejection', text: /only text/, exit: EXIT_CODES.crashed },
  },
  {
    what: 'something thrown that is no error',
    code: 'setTimeout(() => { throw { not: "an error" }; }, 50);',
    ...{ cause: 'exception', text: /object/, exit: EXIT_CODES.crashed },
  },
  {
    what: 'process.exit',
    code: 'setTimeout(() => process.exit(3), 50);',
    ...{ cause: 'exit', text: /exit code 3\n.*module\.ts/s, exit: 3 },
  },
  {
    what: 'process.exit with the code of a controlled stop',
    code: 'setTimeout(() => process.exit(0), 50);',
    ...{ cause: 'exit', text: /exit code 0\n/, exit: 0 },
  },
  {
    what: 'a stack that overflows in a timer',
    code: 'const deeper = () => deeper(); setTimeout(deeper, 50);',
    ...{ cause: 'exception', text: /Maximum call stack size exceeded/, exit: EXIT_CODES.crashed },
  },
] as const)
  test(`${what}: told with its stack, logged, and an exit code that tells`, async (context) => {
    const process = await start(context, code);
    process.child.send(process.settings);
    assert.equal(await process.ended, exit);
    const [crash, ...more] = crashes(process);
    assert.deepEqual(more, [], 'once');
    assert.equal(crash?.cause, cause);
    assert.match(crash.text, text);
    assert.match(process.log.join(''), text);
    assert.equal(
      process.notices.some(({ kind }) => kind === 'failed'),
      false,
    );
  });

test('the parent is gone, also before it could be heard of: it ends at once, and nobody is blamed', async (context) => {
  // Node does not always tell that a child has closed whose channel was closed here.
  const exit = ({ child }: Process) => new Promise((resolve) => child.once('exit', resolve));
  const atOnce = await start(context);
  const first = exit(atOnce);
  atOnce.child.send(atOnce.settings);
  atOnce.child.disconnect();
  const later = await start(context, 'console.error("loading"); await new Promise(() => setInterval(() => undefined, 1000));');
  later.child.send(later.settings);
  await new Promise((resolve) => later.child.stderr?.once('data', resolve));
  const second = exit(later);
  later.child.disconnect();
  assert.deepEqual([await first, await second], [EXIT_CODES.stopped, EXIT_CODES.stopped]);
  for (const { log } of [atOnce, later]) assert.doesNotMatch(log.join(''), /crashed/);
});
