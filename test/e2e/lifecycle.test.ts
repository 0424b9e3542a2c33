/**
 * Guarantee: the group belongs to its windows: a reload and a crash of the extension host find it again, and two windows on one folder
 * share one.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { eventually } from '../integration/eventually.ts';
import { startedGroup, type GroupWindow } from './group.ts';
import { openWorkbench, type EndedTest, type OpenWorkbench } from './openWorkbench.ts';
import { extensionHosts, groupProcesses, living, type GroupProcess } from './processes.ts';

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

  test('a reload of the window finds the group and the dashboard again', async () => {
    const group = await startedGroup(vscode.server, first);
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
    // The window tries to reach the dead one at once and after 5, 10 and 20 s, and starts another when the server knows that it is dead.
    await eventually(() => assert.ok(extensionHosts(vscode.server).some((pid) => !hosts.includes(pid))), 30_000);
    await first.workbench.statusItem('4/4').waitFor();
    await first.allRun();
    assert.deepEqual(supervisors(), [supervisor]);
    await first.stop();
    await eventually(() => assert.deepEqual(running(), []));
  });
});
