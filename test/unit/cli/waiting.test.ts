/** Guarantee: who waits for a group is told what is waited for, and does not wait for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../../emulator/cli/run.ts';
import type { SupervisorProcess, World } from '../../../emulator/cli/world.ts';
import { removeDiscovery, writeDiscovery } from '../../../emulator/control/discovery.ts';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { FakeGroup, status } from './fakeGroup.ts';

const draining: GroupStatus = {
  ...status,
  hostInstances: status.hostInstances.map((instance) => ({ ...instance, state: 'stop pending', active: 7 })),
};
const starting: GroupStatus = {
  ...status,
  hostInstances: status.hostInstances.map((instance) => ({ ...instance, state: 'start pending' })),
};
const supervisor: SupervisorProcess = { pid: process.pid, ended: () => false, printed: async () => '' };

/** A command on a clock that goes on by half a second whenever the command waits for it. */
class Waiting {
  readonly clock = new SimulatedClock();
  out = '';
  #code: number | undefined;

  constructor(args: readonly string[], { folder, discovery }: FakeGroup) {
    const missing = (): never => assert.fail('not in this test');
    const world: World = {
      ...{
        columns: undefined,
        colour: false,
        language: 'en',
        confirm: undefined,
        workingFolder: folder,
        homeFolder: folder,
        version: '1.2.3',
      },
      ...{ openBrowser: missing, exit: missing, startSupervisor: missing, runDemo: missing, checkGroup: missing },
      out: (text) => (this.out += text),
      err: (text) => (this.out += text),
      clock: { ...asFunctions(this.clock), after: (ms, then) => this.#after(ms, then) },
      onInterrupt: () => () => undefined,
      spawnSupervisor: async () => {
        await writeDiscovery(folder, discovery);
        return supervisor;
      },
    };
    void run([...args, '--data', folder], world).then((code) => (this.#code = code));
  }

  /** The exit code, as soon as there is one; each step waits for the next look of the command. */
  async until(over: () => boolean): Promise<number | undefined> {
    while (this.#code === undefined && !over()) await new Promise(setImmediate);
    return this.#code;
  }

  #after(ms: number, then: () => void): () => void {
    const cancel = this.clock.after(ms, then);
    // A look of the command; its longer waits are deadlines.
    if (ms < 100) setImmediate(() => this.clock.advance(500));
    return cancel;
  }
}

function asFunctions(clock: SimulatedClock): World['clock'] {
  return {
    monotonic: () => clock.monotonic(),
    wall: () => clock.wall(),
    after: (ms, then) => clock.after(ms, then),
    every: (ms, then) => clock.every(ms, then),
    soon: (then) => clock.soon(then),
  };
}

test('stop says every two seconds who still drains, until the group has ended', async () => {
  await using group = await FakeGroup.start({ stop: () => ({ stopped: true }), status: () => draining });
  const waiting = new Waiting(['stop'], group);
  const told = (): number => waiting.out.split('still drains').length - 1;
  await waiting.until(() => told() >= 3 * draining.hostInstances.length);
  assert.ok(waiting.clock.monotonic() >= 6000 && waiting.clock.monotonic() < 9000, String(waiting.clock.monotonic()));
  assert.match(waiting.out, /still drains: 7 instances/);
  await removeDiscovery(group.folder, group.discovery.token);
  assert.equal(await waiting.until(() => false), 0);
  assert.match(waiting.out, /The group has stopped/);
});

test('a group that never ends is given up after 90 s', async () => {
  await using group = await FakeGroup.start({ stop: () => ({ stopped: true }), status: () => status });
  const waiting = new Waiting(['stop', '--json'], group);
  assert.equal(await waiting.until(() => false), 1);
  assert.match(waiting.out, /group\.noAnswer/);
  assert.ok(waiting.clock.monotonic() > 90_000 && waiting.clock.monotonic() < 92_000, String(waiting.clock.monotonic()));
});

test('start --detach comes back after a minute and says that the group goes on starting', async () => {
  await using group = await FakeGroup.start({ status: () => starting });
  await removeDiscovery(group.folder, group.discovery.token);
  const waiting = new Waiting(['start', '--detach'], group);
  assert.equal(await waiting.until(() => false), 1);
  assert.match(waiting.out, /After 60 s the group does not work yet; it goes on starting/);
  assert.ok(waiting.clock.monotonic() > 60_000 && waiting.clock.monotonic() < 62_000, String(waiting.clock.monotonic()));
});
