/**
 * Guarantee: a data folder that an earlier release left behind opens **and finishes**: every kind of instance in it (live, dehydrated,
 * waiting for a timer, in an exception handler, suspended, a convoy, never begun, with bodies out of line, a retry of a send port) goes on
 * where it stood and sends exactly what it owes.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { InstanceSummary } from '../../emulator/control/instances.ts';
import { nodeClock } from '../../emulator/clock.ts';
import { ControlClient } from '../../emulator/control/client.ts';
import { startSupervisor, type Supervisor } from '../../emulator/group/supervisor.ts';
import { BUNDLES, until } from '../faults/group.ts';

const golden = fileURLToPath(new URL('../fixtures/golden/', import.meta.url));
const versions = readdirSync(golden).filter((name) => /^v\d+$/.test(name));

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

class GoldenGroup {
  readonly folder: string;
  readonly #supervisor: Supervisor;
  readonly client: ControlClient;

  private constructor(folder: string, supervisor: Supervisor, client: ControlClient) {
    this.folder = folder;
    this.#supervisor = supervisor;
    this.client = client;
  }

  static async start(version: string, log: string[]): Promise<GoldenGroup> {
    const folder = mkdtempSync(join(tmpdir(), 'soh-golden-'));
    cpSync(join(golden, version), folder, { recursive: true });
    mkdirSync(join(folder, 'in'));
    const dataFolder = join(folder, 'data');
    const supervisor = await startSupervisor({
      clusterFile: join(folder, 'cluster.json'),
      dataFolder,
      log: (line) => void log.push(line),
      bundles: BUNDLES,
      clock: nodeClock,
    });
    return new GoldenGroup(folder, supervisor, await ControlClient.connect(dataFolder, nodeClock));
  }

  async remove(): Promise<void> {
    await this.client.close();
    await this.#supervisor.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  drop(name: string, body: object): void {
    const temporary = join(this.folder, 'in', `.${name}`);
    writeFileSync(temporary, JSON.stringify(body));
    renameSync(temporary, join(this.folder, 'in', `${name}.json`));
  }

  async post(location: string, key: string, body: object): Promise<unknown> {
    const address = await until(
      () => this.#supervisor.status().hostInstances.find(({ addresses }) => addresses[location])?.addresses[location],
      `${location} listens`,
    );
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    return (await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  }

  async instances(): Promise<readonly InstanceSummary[]> {
    return (await this.client.call('instances', {})).instances;
  }

  /** What was sent, by id: a second one of the same id would be in the list twice. */
  sent(folder: string): { readonly id: string }[] {
    return readdirSync(join(this.folder, folder))
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(join(this.folder, folder, name), 'utf8')) as { id: string; body?: string })
      .map((sent) => (sent.body === undefined ? sent : { ...sent, body: hashOf(sent.body) }))
      .sort((a, b) => a.id.localeCompare(b.id));
  }
}

for (const version of versions) {
  test(`the golden folder ${version} opens and finishes`, { timeout: 120_000 }, async (context) => {
    const log: string[] = [];
    const group = await GoldenGroup.start(version, log);
    context.after(() => group.remove());
    const found = await group.instances();
    const owing = found.filter(({ orchestration }) => !['Folder', 'Asking', 'Out'].includes(orchestration));
    assert.equal(owing.length, 15, JSON.stringify(found.map(({ orchestration, state }) => `${orchestration} ${state}`)));

    for (const id of ['waits-1', 'keyed-1', 'branches-2', 'large-1', 'large-2', 'asked-1'])
      group.drop(`${id}-signal`, { id, signal: 'now' });
    group.drop('branches-1-again', { id: 'branches-1', again: 'again' });
    // Its second Receive is reached after the signal.
    await until(
      async () => (await group.instances()).some(({ orchestration, commits }) => orchestration === 'Branches' && commits === 2),
      'the branches came together',
    );
    group.drop('branches-2-again', { id: 'branches-2', again: 'again' });
    group.drop('convoy-1-c', { customer: 'convoy-1', part: 'c' });
    await group.client.call('resume', { filter: { states: ['Suspended (resumable)'], text: 'Convoy' } });
    const stopped = await until(async () => {
      const stops = (await group.instances()).filter(({ orchestration }) => orchestration === 'Stops');
      return stops.length === 2 ? stops : undefined;
    }, 'the suspended ones are listed');
    for (const { id, error } of stopped) {
      await group.client.call(error?.code === 'orchestration.uncaught' ? 'terminate' : 'resume', { filter: { ids: [id] } });
    }
    assert.deepEqual(await group.post('Keyed', 'key-1', { kind: 'waits', id: 'keyed-1', pause: 1 }), { duplicate: true });
    // The send port's folder could not be made, because a file had its name.
    const left = async (): Promise<boolean> =>
      (await group.instances()).every(({ kind, state }) => kind === 'receiveLocation' || /^(Completed|Terminated)/.test(state));
    await until(left, 'everything finishes', 60_000).catch(async (error: unknown) => {
      throw new Error(`${JSON.stringify(await group.instances(), null, 1)}\n${log.slice(-20).join('\n')}`, { cause: error });
    });

    assert.deepEqual(group.sent('blocked'), [{ kind: 'blocked', id: 'blocked-1' }]);
    const list = [1, { deep: [true, null, 'ü'] }];
    const large = (id: string, letter: string): object => {
      const body = JSON.stringify({ kind: 'large', id, text: letter.repeat(20_000) });
      return { id, kept: JSON.stringify({ id, head: body.slice(0, 40) }), length: body.length, body: hashOf(body) };
    };
    assert.deepEqual(group.sent('out'), [
      { id: 'branches-1', left: 7, caught: 'first then again' },
      { id: 'branches-2', left: 7, caught: 'now then again' },
      { id: 'convoy-1', parts: ['a', 'b', 'c'] },
      { id: 'keyed-1', how: 'signal now', list },
      large('large-1', 'x'),
      large('large-2', 'y'),
      { id: 'steps-1', total: 21, right: true },
      { id: 'steps-2', total: 6, right: true },
      { id: 'stops-1', resumed: true },
      { id: 'timed-1', how: 'time' },
      { id: 'waits-1', how: 'signal now', list },
    ]);
  });
}
