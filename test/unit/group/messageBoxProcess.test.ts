/**
 * Guarantee: a MessageBox that dies is started again, one that is silent is replaced, neither too early nor too late, and one that cannot
 * start is given up. Small real processes stand in for it; the time is the test's.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { type Clock, nodeClock } from '../../../emulator/clock.ts';
import { isCode } from '../../../emulator/errors.ts';
import { ChildProcesses } from '../../../emulator/group/childProcess.ts';
import { MessageBoxProcess } from '../../../emulator/group/messageBoxProcess.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { until } from '../../faults/group.ts';

const SILENCE_MS = 15_000;
const STOP_MS = 10_000;

/** Says on its standard output what it hears; `answer` is what it does then. While there is a file `full`, its disk is full; with `broken` it ends. */
const standIn = (answer: string): string => `
  import { existsSync } from 'node:fs';
  import { WebSocketServer } from ${JSON.stringify(import.meta.resolve('ws'))};
  console.log('started');
  process.once('message', ({ folder }) => {
    if (existsSync(folder + '/broken')) process.exit(1);
    if (existsSync(folder + '/full')) {
      const error = { code: 'messageBox.storageFull', message: 'full', parameters: {}, next: '', retry: false };
      process.send({ kind: 'failed', error }, () => process.exit(74));
      return;
    }
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => {
      process.send({ kind: 'listening', port: server.address().port, recovered: { notices: [] } });
    });
    server.on('connection', (socket) => socket.on('message', (data) => {
      for (const { kind } of JSON.parse(data)) {
        console.log(kind);
        ${answer}
      }
    }));
  });`;
const SILENT = standIn('');
const ANSWERS = standIn(`if (kind === 'ping') socket.send('[{"kind":"changes"}]');`);

/** Time that is told when it is to go on, and that can pass while nothing runs, as when a machine sleeps. */
class SleepyClock implements Clock {
  readonly simulated = new SimulatedClock();
  sleptMs = 0;
  /** What was planned once, in ms. */
  readonly planned: number[] = [];

  monotonic(): number {
    return this.simulated.monotonic() + this.sleptMs;
  }

  wall(): number {
    return this.simulated.wall() + this.sleptMs;
  }

  after(...[ms, run]: Parameters<Clock['after']>): ReturnType<Clock['after']> {
    this.planned.push(ms);
    return this.simulated.after(ms, run);
  }

  every(...[ms, run]: Parameters<Clock['every']>): ReturnType<Clock['every']> {
    return this.simulated.every(ms, run);
  }

  soon(run: () => void): ReturnType<Clock['soon']> {
    return this.simulated.soon(run);
  }

  /** How often a start was planned so long after an end. */
  starts(ms: number): number {
    return this.planned.filter((planned) => planned === ms).length;
  }
}

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'soh-box-'));
});
after(() => rm(root, { recursive: true }));

const made: { readonly box: MessageBoxProcess; readonly processes: ChildProcesses }[] = [];
afterEach(async () => {
  for (const { box, processes } of made.splice(0)) {
    const stopped = box.stop();
    await processes.endAll(nodeClock);
    await stopped;
  }
});

interface Watched {
  readonly box: MessageBoxProcess;
  readonly clock: SleepyClock;
  readonly folder: string;
  readonly states: string[];
  /** How often it has said so on its standard output. */
  readonly said: (word: string) => number;
  readonly changes: () => number;
  readonly advance: (ms: number) => void;
}

async function watch(program: string): Promise<Watched> {
  const folder = await mkdtemp(join(root, 'group-'));
  await writeFile(join(folder, 'messageBox.mjs'), program);
  const processes = new ChildProcesses(folder, folder, () => undefined);
  const clock = new SleepyClock();
  const [states, lines]: [string[], string[]] = [[], []];
  let changes = 0;
  const box = new MessageBoxProcess({
    settings: { folder, profile: 'demo', token: '' },
    processes,
    clock,
    output: { room: () => true, lines: (more) => void lines.push(...more), leftOut: () => undefined },
    services: [],
    hosts: () => [],
    alive: () => [],
    listening: () => undefined,
    changes: () => (changes += 1),
    changed: (state) => void states.push(state),
  });
  made.push({ box, processes });
  return {
    ...{ box, clock, folder, states },
    said: (word) => lines.filter((line) => line === word).length,
    changes: () => changes,
    advance: (ms) => clock.simulated.advance(ms),
  };
}

async function running(program: string): Promise<Watched> {
  const watched = await watch(program);
  await watched.box.start();
  return watched;
}

test('one that is silent for 15 s is ended, not before, and started again', async () => {
  const { box, said, states, clock, advance } = await running(SILENT);
  advance(SILENCE_MS);
  await until(() => said('ping') === SILENCE_MS / 1000, 'it lives and is asked each second');
  assert.deepEqual(states, ['starting', 'running']);
  advance(1000);
  await until(() => clock.starts(100) === 1, 'it is gone');
  assert.equal(box.pid, null);
  advance(99);
  assert.equal(box.pid, null);
  advance(1);
  await until(() => box.state === 'running', 'it runs again');
  assert.deepEqual(states, ['starting', 'running', 'restarting', 'running']);
});

test('one that answers is left alone', async () => {
  const { box, changes, said, advance } = await running(ANSWERS);
  const { pid } = box;
  for (let seconds = 1; seconds <= 40; seconds++) {
    advance(1000);
    await until(() => changes() === seconds, `answer ${seconds}`);
  }
  assert.deepEqual([box.pid, box.state, said('ping')], [pid, 'running', 40]);
});

test('what this process slept through is nobody’s silence; what comes after it counts anew', async () => {
  const { said, states, clock, advance } = await running(SILENT);
  advance(10_000);
  clock.sleptMs = 3_600_000;
  advance(SILENCE_MS);
  await until(() => said('ping') === 25, 'it lives and is asked each second');
  assert.deepEqual(states, ['starting', 'running']);
  advance(2000);
  await until(() => states.at(-1) === 'restarting', 'it is ended');
});

test('one that ends at each start is given up after the third, and the start tells it', async () => {
  const { box, states, clock, said, advance } = await watch(`console.log('started'); process.exit(74);`);
  const started = box.start();
  started.catch(() => undefined);
  for (let ends = 1; ends < 3; ends++) {
    await until(() => clock.starts(100) === ends, `end ${ends}`);
    advance(100);
  }
  await assert.rejects(started, (error) => isCode(error, 'messageBox.ended'));
  advance(60_000);
  assert.equal(said('started'), 3);
  assert.deepEqual(states, ['starting', 'restarting', 'starting', 'restarting', 'starting', 'failed']);
});

test('one that ends at each start without a word is given up after the fifth, with how it ended and what it printed', async () => {
  const { box, states, clock, said, advance } = await watch(`console.log('started'); console.error('no such module'); process.exit(1);`);
  const refused = assert.rejects(
    box.start(),
    (error) => isCode(error, 'messageBox.ended') && /exit code 1\. no such module/.test(error.message),
  );
  for (let ends = 1; ends < 5; ends++) {
    await until(() => clock.starts(100) === ends, `end ${ends}`);
    advance(100);
  }
  await refused;
  advance(60_000);
  assert.deepEqual([said('started'), box.state, states.filter((state) => state === 'restarting').length], [5, 'failed', 4]);
});

test('ends of one that listened do not count; those of one that does not come back do', async () => {
  const { box, folder, clock, advance } = await running(SILENT);
  let ends = 0;
  for (; ends < 7; ends++) {
    box.kill();
    await until(() => clock.starts(100) === ends + 1, 'it is gone');
    advance(100);
    await until(() => box.state === 'running', 'it runs again');
  }
  await writeFile(join(folder, 'broken'), '');
  box.kill();
  for (const last = ends + 5; ends < last; ends++) {
    await until(() => clock.starts(100) === ends + 1, `end ${String(ends)}`);
    assert.equal(box.state, 'restarting');
    advance(100);
  }
  await until(() => box.state === 'failed', 'it is given up');
  assert.equal(box.error?.code, 'messageBox.ended');
});

test('one that starts and says nothing is ended after 60 s, and given up after five times; one that says that it goes on is not', async () => {
  const silent = await watch(`console.log('started'); process.on('message', () => undefined);`);
  const refused = assert.rejects(silent.box.start(), (error) => isCode(error, 'messageBox.startHung'));
  for (let times = 1; times <= 5; times++) {
    await until(() => silent.said('started') === times, `start ${String(times)}`);
    silent.advance(60_000);
    assert.notEqual(silent.box.pid, null);
    silent.advance(1000);
    if (times < 5) await until(() => silent.clock.starts(100) === times, 'it is gone');
    silent.advance(100);
  }
  await refused;

  const slow = await watch(`
    process.on('message', () => undefined);
    setInterval(() => { process.send({ kind: 'opening' }); console.log('opening'); }, 5);`);
  const stopped = assert.rejects(slow.box.start(), (error) => isCode(error, 'group.messageBoxAway'));
  for (let minutes = 0; minutes < 10; minutes++) {
    const before = slow.said('opening');
    await until(() => slow.said('opening') > before + 1, 'it goes on');
    slow.advance(59_000);
  }
  assert.deepEqual(slow.states, ['starting']);
  slow.box.end();
  await stopped;
});

test('a group that ran waits for room on the disk: it is tried each second, for as long as it takes', async () => {
  const { box, folder, clock, states, advance } = await running(ANSWERS);
  await writeFile(join(folder, 'full'), '');
  box.kill();
  await until(() => clock.starts(100) === 1, 'it is gone');
  advance(100);
  for (let tries = 1; tries <= 5; tries++) {
    await until(() => clock.starts(1000) === tries, `try ${tries}`);
    assert.equal(box.error?.code, 'messageBox.storageFull');
    if (tries === 5) await rm(join(folder, 'full'));
    advance(1000);
  }
  await until(() => box.state === 'running', 'there is room');
  assert.equal(box.error, undefined);
  assert.ok(!states.includes('failed'));
});

test('one that never ran does not wait for room: it says why', async () => {
  const { box, folder } = await watch(ANSWERS);
  await writeFile(join(folder, 'full'), '');
  await assert.rejects(box.start(), (error) => isCode(error, 'messageBox.storageFull'));
  assert.equal(box.state, 'failed');
});

test('a stop is asked for; after 10 s it ends like a kill', async () => {
  const { box, states, clock, said, advance } = await running(SILENT);
  const stopped = box.stop();
  await until(() => said('shutdown') === 1, 'it is asked');
  advance(STOP_MS - 1);
  assert.equal(said('ping'), 0);
  box.send({ kind: 'ping', request: 0 });
  await until(() => said('ping') === 1, 'it still lives');
  advance(1);
  await stopped;
  assert.deepEqual(states, ['starting', 'running', 'stopped']);
  advance(60_000);
  assert.deepEqual([box.pid, clock.starts(100)], [null, 0]);
});

test('one that stops in time is not killed later, and a stop while it waits for its start starts nothing', async () => {
  const orderly = await running(standIn(`if (kind === 'shutdown') process.exit(0);`));
  await orderly.box.stop();
  assert.equal(orderly.box.state, 'stopped');
  const waiting = await running(SILENT);
  waiting.box.kill();
  await until(() => waiting.clock.starts(100) === 1, 'it is gone');
  await waiting.box.stop();
  assert.equal(waiting.box.state, 'stopped');
  waiting.advance(60_000);
  assert.equal(waiting.said('started'), 1);
  assert.equal(waiting.box.pid, null);
});

test('one that is ended while it waits for its start is stopped', async () => {
  const { box, clock, states } = await running(SILENT);
  box.kill();
  await until(() => clock.starts(100) === 1, 'it is gone');
  box.end();
  assert.deepEqual(states, ['starting', 'running', 'restarting', 'stopped']);
});

test('one that is ended before it ever listened: the start is told, whether it lives or waits for another try', async () => {
  for (const [program, states] of [
    [`console.log('started'); process.on('message', () => undefined);`, ['starting', 'stopped']],
    [`console.log('started'); process.exit(74);`, ['starting', 'restarting', 'stopped']],
  ] as const) {
    const starting = await watch(program);
    const refused = assert.rejects(starting.box.start(), (error) => isCode(error, 'group.messageBoxAway'));
    await until(() => starting.said('started') === 1 && starting.states.length === states.length - 1, 'it is so far');
    starting.box.end();
    await refused;
    assert.deepEqual(starting.states, states);
  }
});
