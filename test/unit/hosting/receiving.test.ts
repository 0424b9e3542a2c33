/** Receive locations start once, and a stop that comes while they are being started, or before, leaves none of them running. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ReceiveLocationSettings } from '../../../emulator/cluster/clusterFile.ts';
import { Disassembly } from '../../../emulator/hosting/disassembly.ts';
import { LargeThread } from '../../../emulator/hosting/largeThread.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';
import { Receiving } from '../../../emulator/hosting/receiving.ts';
import { ScriptedMessageBox } from './scripted.ts';

async function receivingFrom(context: TestContext, folders: readonly string[]) {
  const baseFolder = await mkdtemp(join(tmpdir(), 'soh-receiving-'));
  const locations = folders.map((folder): ReceiveLocationSettings => ({
    name: folder,
    host: 'H',
    transport: { adapter: 'FILE', folder, mask: '*.txt', pollingMs: 20, settleMs: 0 },
  }));
  const started: string[][] = [];
  const receiving = new Receiving({
    ...{
      locations,
      baseFolder,
      disassembly: new Disassembly(
        new MessageTypes(new Map()),
        new LargeThread(new URL('file:///no-thread-is-needed.mjs'), new SimulatedClock()),
        new SimulatedClock(),
      ),
      maxBytes: 1024 * 1024,
      notices: () => undefined,
      hostInstance: new ScriptedMessageBox().host,
      name: 'H@A',
      token: 't',
      claimTimeoutMs: 1000,
    },
    problem: (error) => {
      throw error;
    },
    started: (addresses) => started.push(Object.keys(addresses)),
  });
  context.after(async () => {
    receiving.disconnected();
    await receiving.stop();
    await rm(baseFolder, { recursive: true, force: true });
  });
  // A FILE location makes its folder when it starts.
  return { receiving, started, made: () => readdir(baseFolder) };
}

test('started twice is started once', async (context) => {
  const { receiving, started } = await receivingFrom(context, ['a', 'b']);
  await Promise.all([receiving.start(), receiving.start()]);
  await receiving.start();
  assert.deepEqual(started, [['a', 'b']]);
});

test('a stop before the start, and one that comes while they are being started', async (context) => {
  const before = await receivingFrom(context, ['a']);
  await before.receiving.stop();
  await before.receiving.start();
  const during = await receivingFrom(context, ['a', 'b', 'c']);
  const start = during.receiving.start();
  await during.receiving.stop();
  await start;
  await during.receiving.start();
  assert.deepEqual([await before.made(), before.started], [[], []]);
  assert.deepEqual([await during.made(), during.started], [['a'], []]);
});
