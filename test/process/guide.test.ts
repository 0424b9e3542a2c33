/**
 * Guarantee: who does what docs/orchestrations.md says at its beginning gets what it says. Module, group file, order and receipt are taken out of
 * the text; nothing is added.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeClock } from '../../emulator/clock.ts';
import { checkGroup } from '../../emulator/group/checkGroup.ts';
import { startSupervisor } from '../../emulator/group/supervisor.ts';
import { BUNDLES, until } from '../faults/group.ts';
import { guideBlocks, guideModules, guideText } from '../unit/authoring/guide.ts';

test('the first example of the guide works exactly as written', { timeout: 120_000 }, async (context) => {
  const [, order, receipt] = /A file `(\{.*?\})` in the folder `in` becomes\s+`(\{.*?\})` in `out`/.exec(guideText) ?? [];
  const [module, group] = [guideModules[0], guideBlocks('json')[0]];
  assert.ok(module !== undefined && group !== undefined && order !== undefined && receipt !== undefined);
  const folder = await mkdtemp(join(tmpdir(), 'soh-guide-'));
  await writeFile(join(folder, 'orders.ts'), module);
  await writeFile(join(folder, 'cluster.json'), group);

  const common = { bundles: BUNDLES, clock: nodeClock };
  const asked = { ...common, text: group, fileName: 'cluster.json', baseFolder: folder, modules: true, env: process.env };
  assert.deepEqual(await checkGroup(asked), []);

  const log: string[] = [];
  const clusterFile = join(folder, 'cluster.json');
  const supervisor = await startSupervisor({
    ...common,
    clusterFile,
    dataFolder: join(folder, 'data'),
    log: (line) => void log.push(line),
  });
  // In this order: what still runs still writes.
  context.after(async () => {
    await supervisor.stop();
    await rm(folder, { recursive: true, force: true });
  });
  await until(() => existsSync(join(folder, 'in')), 'it takes files').catch((error: unknown) => {
    throw new Error(log.join('\n'), { cause: error });
  });
  await writeFile(join(folder, '.order'), order);
  await rename(join(folder, '.order'), join(folder, 'in', 'order.json'));
  const receipts = async (): Promise<string[]> =>
    (await readdir(join(folder, 'out')).catch(() => [])).filter((name) => name.endsWith('.json'));
  const [name = ''] = await until(async () => {
    const found = await receipts();
    return found.length > 0 && found;
  }, 'the receipt is there');
  assert.equal(await readFile(join(folder, 'out', name), 'utf8'), receipt);
});
