/**
 * Guarantee T11: a commit that was executed and whose acknowledgement was lost gets the same acknowledgement when it is repeated, on every
 * index, also the last of an instance; each is one record.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../emulator/faults/seededRandom.ts';
import { MESSAGE_BOX_FOLDER } from '../../emulator/messagebox/storage/folders.ts';
import { readRecords } from '../../emulator/tracking/journalReader.ts';
import { Verdict } from '../../emulator/tracking/verdict.ts';
import { newSeed, until } from './group.ts';
import { CountingHost, MessageBoxUnderTest } from './messageBox.ts';

const STEPS = 6;

/** Passes bytes on, until `drops` says: then what the server said, and the connection, are gone. */
class LossyProxy {
  dropped = 0;
  readonly #server: Server;

  constructor(target: () => number | undefined, drops: (text: string) => boolean) {
    this.#server = createServer((client) => {
      const upstream = connect(target() ?? 0, '127.0.0.1');
      const end = (): void => {
        client.destroy();
        upstream.destroy();
      };
      for (const socket of [client, upstream] satisfies Socket[]) socket.on('error', end).on('close', end);
      // The Host header has to name the MessageBox's own port.
      client.once('data', (data) => {
        upstream.write(data.toString('latin1').replace(/^Host: .*$/m, `Host: 127.0.0.1:${target() ?? 0}`), 'latin1');
        client.on('data', (more) => upstream.write(more));
      });
      upstream.on('data', (data) => {
        if (drops(data.toString('latin1'))) {
          this.dropped++;
          end();
        } else client.write(data);
      });
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }
}

interface Bench {
  readonly host: CountingHost;
  readonly proxy: LossyProxy;
  /** Waits until all submitted jobs and their sinks have ended; nothing counted twice. */
  readonly allDone: (jobs: number) => Promise<void>;
}

async function bench(context: { after(fn: () => Promise<void>): void }, drops: (text: string) => boolean): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'soh-t11-'));
  const messageBox = new MessageBoxUnderTest(folder);
  await messageBox.start();
  const proxy = new LossyProxy(() => messageBox.port, drops);
  const port = await proxy.listen();
  const host = new CountingHost('H@A', () => port, STEPS);
  context.after(async () => {
    await host.stop();
    proxy.close();
    await messageBox.kill();
    await rm(folder, { recursive: true, force: true });
  });
  const allDone = async (jobs: number): Promise<void> => {
    let verdict = new Verdict(() => undefined);
    await until(async () => {
      verdict = new Verdict(() => undefined);
      for await (const record of readRecords(join(folder, MESSAGE_BOX_FOLDER))) verdict.add(record);
      return verdict.instances.size === jobs * (1 + STEPS) && [...verdict.instances.values()].every(({ ended }) => ended === 'completed');
    }, 'everything completes');
    assert.deepEqual(verdict.twice, []);
    await until(() => host.hostInstance.held.length === 0, 'the host instance holds nothing that ended');
  };
  return { host, proxy, allDone };
}

test('the acknowledgement of each commit is lost', { timeout: 60_000 }, async (context) => {
  newSeed();
  let wanted: { version: number; skip: number } | undefined;
  const { host, proxy, allDone } = await bench(context, (text) => {
    const found = wanted && text.includes('"kind":"ack"') && text.includes(`#${wanted.version}@`);
    if (!wanted || !found || wanted.skip-- > 0) return false;
    wanted = undefined;
    return true;
  });
  // Versions 2 to STEPS are those of the job, the last one ends it; of version 1 first the job's, then that of a Sink, which ends with it.
  const cuts = [...Array.from({ length: STEPS }, (_, index) => ({ version: index + 1, skip: 0 })), { version: 1, skip: 1 }];
  for (const [index, cut] of cuts.entries()) {
    wanted = { ...cut };
    await host.submit([`job ${index}`]);
    await allDone(index + 1);
    assert.equal(proxy.dropped, index + 1, `the acknowledgement of version ${cut.version} was lost`);
  }
});

test('5 % of what the MessageBox says is lost', { timeout: 60_000 }, async (context) => {
  const random = seededRandom(newSeed());
  const { host, proxy, allDone } = await bench(context, (text) => text.includes('"kind":"ack"') && random.chance(0.05));
  await host.submit(Array.from({ length: 40 }, (_, index) => `job ${index}`));
  await allDone(40);
  assert.ok(proxy.dropped > 0);
});
