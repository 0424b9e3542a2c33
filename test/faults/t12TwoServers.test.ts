/** Guarantee T12: one writer. A second MessageBox refuses a folder whose owner lives, also a frozen one, and takes over that of a dead one. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeClock } from '../../emulator/clock.ts';
import { isCode } from '../../emulator/errors.ts';
import { startSupervisor } from '../../emulator/group/supervisor.ts';
import { MESSAGE_BOX_FOLDER } from '../../emulator/messagebox/storage/folders.ts';
import { readRecords } from '../../emulator/tracking/journalReader.ts';
import { BUNDLES, newSeed, TestGroup } from './group.ts';
import { CountingHost, MessageBoxUnderTest } from './messageBox.ts';

test(
  'a second MessageBox on the folder of a live, a frozen and a dead one',
  { skip: process.platform === 'win32', timeout: 60_000 },
  async (context) => {
    newSeed();
    const folder = await mkdtemp(join(tmpdir(), 'soh-t12-'));
    const first = new MessageBoxUnderTest(folder);
    const second = new MessageBoxUnderTest(folder);
    const host = new CountingHost('H@A', () => second.port ?? first.port, 3);
    context.after(async () => {
      await host.stop();
      await first.kill();
      await second.kill();
      await rm(folder, { recursive: true, force: true });
    });
    await first.start();
    await host.submit(['a', 'b']);
    await refused(second, first);
    first.child?.kill('SIGSTOP');
    await refused(second, first);
    first.child?.kill('SIGCONT');
    await host.submit(['c']);
    first.child?.kill('SIGSTOP');
    await first.kill();
    const notice = await second.start();
    assert.equal(notice?.kind === 'listening' && notice.generation, 2, 'takes over, with the next generation');
    await host.submit(['d']);
    const generations: number[] = [];
    const received: string[] = [];
    for await (const { record } of readRecords(join(folder, MESSAGE_BOX_FOLDER))) {
      if (record.kind === 'generation') generations.push(record.generation);
      else if (record.kind === 'submit') received.push(record.receiveId);
    }
    assert.deepEqual(generations, [1, 2]);
    assert.deepEqual(received, ['a', 'b', 'c', 'd']);
  },
);

async function refused(second: MessageBoxUnderTest, first: MessageBoxUnderTest): Promise<void> {
  const notice = await second.start();
  assert.equal(notice?.kind === 'failed' && notice.error.code, 'messageBox.folderInUse');
  assert.equal(notice?.kind === 'failed' && notice.error.parameters['pid'], first.child?.pid);
  assert.equal(first.ended, false, 'the owner goes on');
}

test('a second supervisor refuses the folder of a live group and says whose it is', { timeout: 60_000 }, async (context) => {
  const group = await TestGroup.start();
  context.after(() => group.remove());
  const again = startSupervisor({
    clusterFile: group.clusterPath,
    dataFolder: group.dataFolder,
    log: () => undefined,
    bundles: BUNDLES,
    clock: nodeClock,
  });
  await assert.rejects(again, (error) => isCode(error, 'group.alreadyRunning') && error.parameters['pid'] === process.pid);
  await group.dropLedgers(5, { steps: 2, pause: 0 });
  await group.allDone();
  await group.clean();
});

test(
  'a frozen MessageBox of a group is replaced and nothing is lost',
  { skip: process.platform === 'win32', timeout: 90_000 },
  async (context) => {
    const group = await TestGroup.start();
    context.after(() => group.remove());
    await group.dropLedgers(20, { steps: 4, pause: 200 });
    await group.until(() => group.processing.some(({ active }) => active > 3), 'work is under way');
    const { pid, generation } = group.status.messageBox;
    assert.ok(pid);
    process.kill(pid, 'SIGSTOP');
    await group.until(() => group.status.messageBox.generation > generation, 'it is replaced', 40_000);
    await group.allDone(30_000);
    await group.clean();
  },
);
