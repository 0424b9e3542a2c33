/** A Latin-1 order given to a real group by the command line arrives, and leaves, as its author wrote it. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { sampleFolder } from '../../emulator/cluster/sampleFolder.ts';
import { nodeClock } from '../../emulator/clock.ts';
import { ControlClient } from '../../emulator/control/client.ts';
import { startSupervisor } from '../../emulator/group/supervisor.ts';
import { BUNDLES, until } from '../faults/group.ts';

const NAME = 'M\u00fcller & S\u00f6hne \u00df';

test('a Latin-1 file, submitted', { timeout: 90_000 }, async (context) => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'soh-encodings-'));
  const supervisor = await startSupervisor({ dataFolder, log: () => undefined, bundles: BUNDLES, clock: nodeClock, clusterFile: null });
  const client = await ControlClient.connect(dataFolder, nodeClock);
  context.after(async () => {
    await client.close();
    await supervisor.stop();
    await rm(dataFolder, { recursive: true, force: true });
  });
  await until(() => supervisor.status().hostInstances.every(({ state }) => state === 'running'), 'it runs');
  const order = await readFile(join(sampleFolder(dataFolder), 'order.xml'), 'utf8');
  const text = order.replace(/^<\?xml[^>]*\?>/, '').replace(/(<Customer>)[^<]*/, `$1${NAME.replace('&', '&amp;')}`);
  assert.ok(text.includes('M\u00fcller'), 'the order of the sample has a customer');
  const file = join(dataFolder, 'latin.xml');
  await writeFile(file, Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${text}`, 'latin1'));
  const args = [join(BUNDLES, 'cli.mjs'), 'submit', 'Orders folder', file, '--data', dataFolder, '--lang', 'en'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.equal(stdout, 'Messages submitted: 1\nTaken by ReceivingHost@A: 1\n');
  const detail = await until(async () => {
    const { instances } = await client.call('instances', { filter: { orchestration: 'ProcessOrder' } });
    const found = instances[0] && (await client.call('show', { instance: instances[0].id }));
    return found?.state === 'Completed' ? found : undefined;
  }, 'the order has ended');
  const body = detail.messages.find(({ name }) => name === 'Order')?.body ?? '';
  assert.ok(body.startsWith('<?xml version="1.0" encoding="utf-8"?>') && body.includes('M\u00fcller &amp; S\u00f6hne \u00df'), body);
});
