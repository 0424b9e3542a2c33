/**
 * Guarantee: the group belongs to its windows as the setting says: a reload and a crash of the extension host find it again, two windows
 * share one, closing the window ends it within the grace or keeps it, and no process is ever left without an owner.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { eventually } from '../integration/eventually.ts';
import type { GroupWindow } from './group.ts';
import { openWorkbench, type EndedTest, type OpenWorkbench } from './openWorkbench.ts';
import { extensionHosts, groupProcesses, lives, type GroupProcess } from './processes.ts';

/** The group goes on unwatched for 30 s; what is beyond that is a slow machine. */
const GRACE_MS = 60_000;

describe('the life of a group', () => {
  let vscode: OpenWorkbench;
  let first: GroupWindow;
  before(async () => {
    vscode = await openWorkbench({ settings: { 'scaledOutHosts.openDashboard': 'never' } });
    first = vscode.group;
  });
  afterEach((context) => vscode.afterTest(context as unknown as EndedTest));
  after(() => vscode.close());

  const running = (): readonly GroupProcess[] => groupProcesses(vscode.server);
  const supervisors = (): number[] => running().flatMap(({ pid, role }) => (role === 'supervisor' ? [pid] : []));
  /** The six processes of a group that was just started. */
  async function started(window: GroupWindow): Promise<readonly GroupProcess[]> {
    const others = new Set(running().map(({ pid }) => pid));
    await window.startSample();
    return eventually(() => {
      const own = running().filter(({ pid }) => !others.has(pid));
      assert.equal(own.length, 6);
      return own;
    });
  }
  const living = (group: readonly GroupProcess[]): GroupProcess[] => group.filter(({ pid }) => lives(pid));

  test('a reload of the window finds the group and the dashboard again', async () => {
    const group = await started(first);
    await first.command('Open Dashboard');
    await first.dashboard.getByRole('article', { name: 'ProcessingHost@A' }).waitFor();
    await first.workbench.reload();
    await first.allRun();
    await first.dashboard.getByRole('article', { name: 'ProcessingHost@A' }).waitFor();
    await first.workbench.statusItem('4/4').waitFor();
    assert.equal(living(group).length, 6, 'nothing was started anew');
    await first.workbench.command('View: Close All Editors');
  });

  test('two windows on one folder share the group', async () => {
    const [supervisor] = supervisors();
    const second = await vscode.openWindow(vscode.folder);
    await second.startSample();
    assert.deepEqual(supervisors(), [supervisor]);
    // A state that stays until somebody changes it: what lasts for seconds only, a slow machine may never draw.
    await second.workbench.contextMenu(second.hostInstance('SendingHost@A'), 'Stop Host Instance');
    await first.hostInstance('SendingHost@A', 'stopped').waitFor();
    await second.workbench.inlineAction(second.hostInstance('SendingHost@A', 'stopped'), 'Start Host Instance');
    await second.hostInstance('SendingHost@A', 'running').waitFor();
    await second.page.close();
    await first.hostInstance('SendingHost@A', 'running').waitFor();
  });

  test('an extension host that is killed finds the group again', async () => {
    const [supervisor] = supervisors();
    const hosts = extensionHosts(vscode.server);
    for (const pid of hosts) process.kill(pid, 'SIGKILL');
    await eventually(() => assert.ok(extensionHosts(vscode.server).some((pid) => !hosts.includes(pid))));
    await first.workbench.statusItem('4/4').waitFor();
    await first.allRun();
    assert.deepEqual(supervisors(), [supervisor]);
    await first.stop();
    await eventually(() => assert.deepEqual(running(), []));
  });

  test('without its window a group ends within the grace, or stays: closed, crashed, and with stopWithWindow off', async () => {
    const closed = await vscode.openWindow();
    const endsWithWindow = await started(closed);
    const crashed = await vscode.openWindow();
    const endsAfterCrash = await started(crashed);
    const kept = await vscode.openWindow();
    mkdirSync(join(kept.folder, '.vscode'));
    writeFileSync(join(kept.folder, '.vscode', 'settings.json'), JSON.stringify({ 'scaledOutHosts.stopWithWindow': false }));
    await kept.workbench.reload();
    const stays = await started(kept);

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
    await eventually(() => assert.deepEqual(running(), []));
  });
});
