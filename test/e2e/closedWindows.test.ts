/**
 * Guarantee: closing its window ends a group within the grace or keeps it, as the setting says, and no process is ever left without an owner.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { eventually } from '../integration/eventually.ts';
import { startedGroup } from './group.ts';
import { openWorkbench, type EndedTest, type OpenWorkbench } from './openWorkbench.ts';
import { extensionHosts, groupProcesses, living } from './processes.ts';

/** The group goes on unwatched for 30 s; what is beyond that is a slow machine. */
const GRACE_MS = 60_000;

describe('groups whose windows are closed', () => {
  let vscode: OpenWorkbench;
  before(async () => {
    vscode = await openWorkbench({ settings: { 'scaledOutHosts.openDashboard': 'never' } });
  });
  afterEach((context) => vscode.afterTest(context as unknown as EndedTest));
  after(() => vscode.close());

  test('without its window a group ends within the grace, or stays: closed, crashed, and with stopWithWindow off', async () => {
    const closed = await vscode.openWindow();
    const endsWithWindow = await startedGroup(vscode.server, closed);
    const crashed = await vscode.openWindow();
    const endsAfterCrash = await startedGroup(vscode.server, crashed);
    const kept = await vscode.openWindow();
    mkdirSync(join(kept.folder, '.vscode'));
    writeFileSync(join(kept.folder, '.vscode', 'settings.json'), JSON.stringify({ 'scaledOutHosts.stopWithWindow': false }));
    await kept.workbench.reload();
    const stays = await startedGroup(vscode.server, kept);

    const parent = endsAfterCrash.find(({ role }) => role === 'supervisor')?.parent ?? 0;
    assert.ok(extensionHosts(vscode.server).includes(parent), 'the supervisor was started by the extension host of its window');
    process.kill(parent, 'SIGKILL');
    await crashed.page.close();
    await closed.page.close({ runBeforeUnload: true });
    await kept.page.close({ runBeforeUnload: true });
    await eventually(() => assert.deepEqual([...living(endsAfterCrash), ...living(endsWithWindow)], []), GRACE_MS);
    assert.equal(living(stays).length, 6);

    const again = await vscode.openWindow(kept.folder);
    await again.workbench.container('Scaled-Out Hosts');
    await again.allRun();
    await again.stop();
    await eventually(() => assert.deepEqual(groupProcesses(vscode.server), []));
  });
});
