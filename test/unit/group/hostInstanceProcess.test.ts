/**
 * Guarantee: a process that hangs, or ends, is ended and started again, and told with its reason; by what the MessageBox says of its lease,
 * never by what it says itself, but that it has come as far as a session. Small real processes stand in for the host instance.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { nodeClock } from '../../../emulator/clock.ts';
import type { ClusterFile } from '../../../emulator/cluster/clusterFile.ts';
import { type ProfileTimes, profiles } from '../../../emulator/cluster/profiles.ts';
import type { HostInstanceState } from '../../../emulator/control/status.ts';
import { ChildProcesses } from '../../../emulator/group/childProcess.ts';
import { HostInstanceProcess, type HostInstanceProcessOptions } from '../../../emulator/group/hostInstanceProcess.ts';
import { DRAIN_MS } from '../../../emulator/hosting/settings.ts';
import type { ProcessEnd, SessionReport } from '../../../emulator/messagebox/protocol/supervisorFrames.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { until } from '../../faults/group.ts';

const STAYS = `process.on('message', () => undefined); setInterval(() => undefined, 1000);`;
/** Says on its standard output what it is told, and does not do it. */
const SAYS = `process.on('message', ({ kind }) => console.log(kind)); setInterval(() => undefined, 1000);`;
const ENDS = `process.on('message', ({ kind }) => kind === 'stop' && process.exit(0));`;
const times: ProfileTimes = { ...profiles.demo, hungMs: 1000, startMs: 1000, restartMs: 20 };

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soh-process-'));
});
after(() => rm(folder, { recursive: true }));

const made: { readonly process: HostInstanceProcess; readonly processes: ChildProcesses }[] = [];
afterEach(async () => {
  for (const { process, processes } of made.splice(0)) {
    const stopped = process.stop();
    await processes.endAll(nodeClock);
    await stopped;
  }
});

interface Watched {
  readonly process: HostInstanceProcess;
  readonly told: { readonly state: HostInstanceState; readonly detail: string | undefined }[];
  readonly ends: Omit<ProcessEnd, 'kind'>[];
  readonly excuses: [pid: number, on: boolean][];
  readonly lines: string[];
  /** What the MessageBox says of it: a report for so many ms. */
  readonly report: (lease: 'with' | 'without', ms: number, other?: Partial<SessionReport>) => void;
}

async function watch(program: string, changes: Partial<HostInstanceProcessOptions> = {}): Promise<Watched> {
  const bundles = await mkdtemp(join(folder, 'bundles-'));
  await writeFile(join(bundles, 'hostInstance.mjs'), program);
  const processes = new ChildProcesses(bundles, bundles, () => undefined);
  const [told, ends, excuses, lines]: [Watched['told'], Watched['ends'], Watched['excuses'], string[]] = [[], [], [], []];
  const process = new HostInstanceProcess({
    settings: {
      name: 'H@A',
      host: 'H',
      computer: 'A',
      token: '',
      cluster: {} as ClusterFile,
      baseFolder: '',
      moduleCache: { folder: '', secret: '' },
    },
    processes,
    clock: nodeClock,
    times,
    output: { room: () => true, lines: (more) => void lines.push(...more), leftOut: () => undefined },
    messageBoxPort: () => 0,
    changed: (_process, state, detail) => void told.push({ state, detail }),
    noticed: () => undefined,
    excuse: (_name, pid, on) => void excuses.push([pid, on]),
    gone: (end) => void ends.push(end),
    ...changes,
  });
  made.push({ process, processes });
  const report: Watched['report'] = (lease, ms, other = {}) => {
    for (let left = ms; left > 0; left -= 100) process.reported(lease === 'with' ? sessionOf(process, other) : undefined, 100);
  };
  return { process, told, ends, excuses, lines, report };
}

function sessionOf({ name, pid }: HostInstanceProcess, other: Partial<SessionReport>): SessionReport {
  return {
    ...{ hostInstance: name, pid, active: 0, credit: 0, committed: 0, delivered: 0, published: 0 },
    ...{ leaseAgeMs: 50, rssMb: null, draining: false, onHold: false, ...other },
  };
}

const states = ({ told }: Watched): string[] => told.map(({ state }) => state);

test('it runs when the MessageBox says so, of this very process', async () => {
  const watched = await watch(STAYS);
  const { process, report } = watched;
  process.start();
  assert.equal(process.told, 'start pending');
  report('with', 100, { pid: (process.pid ?? 0) + 1 });
  assert.equal(process.told, 'start pending');
  report('with', 100);
  assert.equal(process.told, 'running');
  assert.deepEqual(states(watched), ['start pending', 'running']);
});

test('one that has no lease any more is suspect, lost, ended and started again; nobody is excused', async () => {
  const watched = await watch(STAYS);
  const { process, report, ends, excuses } = watched;
  process.start();
  report('with', 100);
  const { pid } = process;
  report('without', 100);
  assert.equal(process.told, 'suspect');
  report('with', 100, { leaseAgeMs: times.leaseMs });
  assert.equal(process.told, 'lost');
  report('without', times.hungMs + 300);
  await until(() => process.restarts === 1 && process.state === 'start pending', 'it is started again');
  assert.deepEqual(ends, [{ hostInstance: 'H@A', pid, exitCode: null, signal: 'SIGKILL', hung: true, text: '' }]);
  assert.deepEqual(excuses, []);
  assert.deepEqual(states(watched), ['start pending', 'running', 'lost', 'restarting', 'start pending']);
});

test('one that was stopped from outside is no different', { skip: process.platform === 'win32' }, async () => {
  const { process: host, report, ends } = await watch(STAYS);
  host.start();
  report('with', 100);
  process.kill(host.pid ?? 0, 'SIGSTOP');
  report('without', times.hungMs + 300);
  await until(() => ends.length === 1, 'it is gone');
  assert.equal(ends[0]?.signal, 'SIGKILL');
});

test('a module that never comes to its end: after three starts it stays away and says why', async () => {
  const watched = await watch('for (;;);');
  const { process, report, ends } = watched;
  process.start();
  for (let starts = 1; starts <= 3; starts++) {
    await until(() => process.state === 'start pending' && process.pid !== null && ends.length === starts - 1, `start ${starts}`);
    report('without', times.startMs + 300);
    await until(() => ends.length === starts, `end ${starts}`);
  }
  assert.equal(process.told, 'failed');
  assert.equal(process.error?.code, 'hostInstance.startHung');
  assert.equal(process.restarts, 2);
});

test('a module that ends the process: the same, with what it said', async () => {
  const { process, ends } = await watch(`console.error('no such table'); process.exit(9);`);
  process.start();
  await until(() => process.state === 'failed', 'it stays away');
  assert.equal(ends.length, 3);
  assert.deepEqual(
    ends.map(({ exitCode, text, hung }) => [exitCode, text, hung]),
    Array.from({ length: 3 }, () => [9, 'no such table', false]),
  );
  assert.match(process.error?.message ?? '', /exit code 9\. no such table/);
  process.start();
  await until(() => ends.length === 6, 'a person starts it again: it gets as many tries');
});

test('one that had a session and ended before anybody else said so has not failed to start', async () => {
  const welcomed = `process.once('message', () => process.send({ kind: 'welcomed' }, () => process.kill(process.pid, 'SIGKILL')));`;
  const { process, ends } = await watch(welcomed);
  process.start();
  await until(() => ends.length === 5, 'it is started again and again');
  assert.notEqual(process.state, 'failed');
});

/** A host instance that tells which modules it loads; then `program` runs. */
const loads = (modules: readonly (string | null)[], program: string): string => `
  process.once('message', async () => {
    for (const module of ${JSON.stringify(modules)}) {
      await new Promise((sent) => process.send({ kind: 'loading', module }, sent));
    }
    ${program}
  });`;

describe('the module that it loads is named', () => {
  test('one that never comes to its end', async () => {
    const { process, report, ends, lines } = await watch(loads(['a.ts', 'b.ts'], `console.log('now'); for (;;);`));
    process.start();
    await until(() => lines.includes('now'), 'it is at the end');
    report('without', times.startMs + 300);
    await until(() => ends.length === 1, 'it is gone');
    assert.equal(process.error?.code, 'definition.moduleHangs');
    assert.match(process.error.message, /module b\.ts did not finish loading within 1 s/);
  });

  test('one that ends the process', async () => {
    const { process, ends } = await watch(loads(['a.ts'], `console.error('no such table'); process.exit(9);`));
    process.start();
    await until(() => process.state === 'failed', 'it stays away');
    assert.equal(ends.length, 3);
    assert.equal(process.error?.code, 'definition.moduleEnds');
    assert.match(process.error.message, /module a\.ts ended .*\(exit code 9: no such table\)/);
  });

  test('not when all are loaded, and not when it was killed from outside', async () => {
    const { process, ends } = await watch(loads(['a.ts', null], 'process.exit(9);'));
    process.start();
    await until(() => ends.length === 1, 'it has ended');
    assert.equal(process.error?.code, 'hostInstance.ended');
    const other = await watch(loads(['a.ts'], `process.kill(process.pid, 'SIGKILL');`));
    other.process.start();
    await until(() => other.ends.length === 1, 'it has ended too');
    assert.equal(other.process.error?.code, 'hostInstance.ended');
  });
});

test('what it told of its end is the text, not what it had printed before', async () => {
  const { process, report, ends, lines } = await watch(`
    console.error('a warning'); console.log('a line');
    process.once('message', () => {
      process.send({ kind: 'crashed', cause: 'exception', text: 'Error: at the end', held: [] }, () => process.exit(71));
    });`);
  process.start();
  report('with', 100);
  await until(() => ends.length === 1, 'it has ended');
  assert.deepEqual([ends[0]?.exitCode, ends[0]?.text], [71, 'Error: at the end']);
  assert.deepEqual(lines.slice(0, 2).sort(), ['a line', 'a warning']);
});

describe('what we do ourselves', () => {
  test('a kill is excused, for the process that is killed', async () => {
    const { process, report, excuses, ends } = await watch(STAYS);
    process.start();
    report('with', 100);
    const { pid } = process;
    process.kill();
    await until(() => ends.length === 1, 'it is gone');
    assert.deepEqual(excuses, [[pid, true]]);
    assert.equal(process.error, undefined);
    assert.equal(ends[0]?.hung, false);
  });

  test('a freeze may last: it is excused until the thaw, and never taken for a hang', { skip: process.platform === 'win32' }, async () => {
    const watched = await watch(STAYS);
    const { process: host, report, excuses, ends } = watched;
    host.start();
    report('with', 100);
    const { pid } = host;
    host.freeze();
    report('without', 20 * times.hungMs);
    assert.equal(host.told, 'frozen');
    assert.deepEqual(excuses, [[pid, true]]);
    host.thaw();
    assert.equal(host.told, 'suspect');
    report('without', times.hungMs - 100);
    report('with', 100);
    assert.equal(host.told, 'running');
    assert.deepEqual(excuses, [
      [pid, true],
      [pid, false],
    ]);
    assert.deepEqual(ends, []);
    assert.deepEqual(states(watched), ['start pending', 'running', 'frozen', 'running']);
  });

  test('one that a debugger holds keeps its lease and is told so', async () => {
    const { process, report, ends } = await watch(STAYS);
    process.start();
    report('with', 20 * times.hungMs, { leaseAgeMs: 20 * times.leaseMs, onHold: true });
    assert.equal(process.told, 'held');
    assert.deepEqual(ends, []);
  });

  test('a stop ends in order; one that hangs meanwhile is not waited for', async () => {
    const orderly = await watch(ENDS);
    orderly.process.start();
    orderly.report('with', 100);
    await orderly.process.stop();
    assert.deepEqual([orderly.process.told, orderly.ends[0]?.exitCode], ['stopped', 0]);

    const hung = await watch(STAYS);
    hung.process.start();
    hung.report('with', 100);
    const stopped = hung.process.stop();
    hung.report('without', times.hungMs + 300);
    await stopped;
    assert.deepEqual([hung.process.told, hung.ends[0]?.hung], ['stopped', true]);
  });
});

describe('on the clock of the group', () => {
  const { restartMs } = profiles.demo;
  const run = async (program: string): Promise<Watched & { clock: SimulatedClock }> => {
    const clock = new SimulatedClock();
    const watched = await watch(program, { clock, times: profiles.demo });
    watched.process.start();
    watched.report('with', 100);
    return { ...watched, clock };
  };

  test('it is started again after the time of the profile, and not before', async () => {
    const { process, ends, clock } = await run(STAYS);
    for (let restarts = 0; restarts < 3; restarts++) {
      process.kill();
      await until(() => ends.length === restarts + 1, 'it is gone');
      clock.advance(restartMs - 1);
      assert.deepEqual([process.told, process.pid, process.restarts], ['restarting', null, restarts]);
      clock.advance(1);
      assert.deepEqual([process.told, process.restarts], ['start pending', restarts + 1]);
    }
  });

  test('who starts it before that is the only one; who stops it, too', async () => {
    const { process, ends, clock } = await run(STAYS);
    process.kill();
    await until(() => ends.length === 1, 'it is gone');
    process.start();
    const { pid } = process;
    clock.advance(10 * restartMs);
    assert.deepEqual([process.pid, process.restarts], [pid, 0]);
    process.kill();
    await until(() => ends.length === 2, 'it is gone again');
    await process.stop();
    clock.advance(10 * restartMs);
    assert.deepEqual([process.told, process.pid, process.restarts], ['stopped', null, 0]);
  });

  test('it has 30 s to drain; then it ends like a kill, which nobody is blamed for', async () => {
    const { process, ends, excuses, lines, clock, report, told } = await run(SAYS);
    await until(() => lines.includes('settings'), 'it is told');
    const { pid } = process;
    report('with', 100, { active: 3 });
    const stopped = process.stop();
    clock.advance(DRAIN_MS - 1);
    process.messageBoxAt(1);
    await until(() => lines.includes('messageBox'), 'it still lives');
    assert.ok(lines.includes('stop'));
    assert.deepEqual([process.told, excuses], ['stop pending', []]);
    clock.advance(1);
    const undrained = await stopped;
    assert.deepEqual([undrained?.code, undrained?.parameters], ['hostInstance.notDrained', { name: 'H@A', seconds: 30, held: 3 }]);
    assert.equal(process.told, 'stopped');
    assert.deepEqual([process.error, told.at(-1)?.detail], [undrained, undrained?.message], 'and everybody is told');
    assert.deepEqual(excuses, [[pid, true]]);
    assert.deepEqual([ends[0]?.signal, ends[0]?.hung], ['SIGKILL', false]);
  });

  test('the deadline of a drain that ended in time is not the next process’s', async () => {
    const { process, ends, excuses, clock } = await run(ENDS);
    assert.equal(await process.stop(), undefined);
    process.start();
    const { pid } = process;
    clock.advance(10 * DRAIN_MS);
    assert.deepEqual([process.pid, excuses, ends.length], [pid, [], 1]);
  });

  test('what it started may keep its output open: its end is told half a second later all the same', async () => {
    const { process, ends, lines, clock } = await run(`
      import { spawn } from 'node:child_process';
      process.once('message', () => {
        const other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'inherit' });
        console.log('other ' + other.pid);
      });`);
    const other = await until(() => /^other (\d+)$/.exec(lines.join('\n'))?.[1], 'it has started another one');
    try {
      process.kill();
      await until(() => process.pid === null, 'it is gone');
      clock.advance(499);
      assert.deepEqual(ends, []);
      clock.advance(1);
      assert.equal(ends.length, 1);
      assert.equal(process.told, 'restarting');
    } finally {
      globalThis.process.kill(Number(other), 'SIGKILL');
    }
  });
});

test('an executable that cannot be started is an end like any other', async () => {
  const { process, ends } = await watch(STAYS);
  const { execPath } = globalThis.process;
  globalThis.process.execPath = join(folder, 'no-node');
  try {
    process.start();
  } finally {
    globalThis.process.execPath = execPath;
  }
  await until(() => ends.length > 0, 'it is told');
  assert.match(ends[0]?.text ?? '', /no-node/);
  await process.stop();
});
