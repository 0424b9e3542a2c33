/**
 * Guarantee: whatever goes wrong ends in exactly one message that says what happened and what to do, with a button that does it.
 */
import assert from 'node:assert/strict';
import { globSync, mkdirSync, openSync, readSync, writeSync, closeSync, fstatSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { eventually } from '../integration/eventually.ts';
import { openWorkbench, type EndedTest, type OpenWorkbench } from './openWorkbench.ts';
import { dataFolders, groupProcesses, type GroupProcess } from './processes.ts';

/** A folder that nobody can write to, root included. */
const READ_ONLY = '/sys/scaled-out-hosts';

/** Flips every bit of some bytes in the middle of a file. */
function damage(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    const bytes = Buffer.alloc(16);
    const middle = Math.floor(fstatSync(handle).size / 2);
    readSync(handle, bytes, 0, bytes.length, middle);
    writeSync(
      handle,
      bytes.map((byte) => byte ^ 0xff),
      0,
      bytes.length,
      middle,
    );
  } finally {
    closeSync(handle);
  }
}

describe('what goes wrong', () => {
  let vscode: OpenWorkbench;
  let takenPort: Server;
  before(async () => {
    takenPort = createServer().listen(0, '127.0.0.1');
    await once(takenPort, 'listening');
    vscode = await openWorkbench({ settings: { 'scaledOutHosts.openDashboard': 'never' } });
  });
  afterEach((context) => vscode.afterTest(context as unknown as EndedTest));
  after(async () => {
    takenPort.close();
    await vscode.close();
  });

  const find = (role: GroupProcess['role']): number => {
    const found = groupProcesses(vscode.server).find((process) => process.role === role);
    assert.ok(found, `there is no ${role} process`);
    return found.pid;
  };

  test('the MessageBox is killed: it comes back, the group goes on, and one message says so', async () => {
    const { group, workbench } = vscode;
    await group.startSample();
    const pid = find('messageBox');
    process.kill(pid, 'SIGKILL');
    await group.answer(/The MessageBox process ended and was started again/, 'Open Dashboard');
    await workbench.editorTab('Scaled-Out Hosts').waitFor();
    await workbench.treeItem(/^MessageBox, running/).waitFor();
    await group.allRun();
    assert.notEqual(find('messageBox'), pid);
    await workbench.command('View: Close All Editors');
  });

  test('the supervisor is killed: nothing is left behind, and the button starts the group again', async () => {
    const { group, workbench } = vscode;
    const before = groupProcesses(vscode.server).map(({ pid }) => pid);
    process.kill(find('supervisor'), 'SIGKILL');
    const message = /The group ended without being asked to: its supervisor \(process \d+\) is gone\. Start it again/;
    await workbench.notification(message).waitFor();
    await eventually(() => assert.deepEqual(groupProcesses(vscode.server), []));
    await group.answer(message, 'Start Again');
    await group.allRun();
    assert.deepEqual(
      groupProcesses(vscode.server).filter(({ pid }) => before.includes(pid)),
      [],
    );
  });

  test('a damaged journal: nothing is changed, and the button deletes the data after a question', async () => {
    const { group, workbench } = vscode;
    await group.submitOrders();
    await workbench.treeItem(/^Orchestration CheckStock, .* [1-9]\d* completed/).waitFor();
    await group.stop();
    const [folder = ''] = dataFolders(vscode.server);
    const [journal = ''] = globSync('messagebox/journal-*.log', { cwd: folder });
    damage(join(folder, journal));
    await group.clearNotifications();
    await group.command('Start Sample Group');
    await group.answer(
      /The journal .* is damaged at byte \d+ .*Restore the data folder from a backup, make a copy without what is lost/,
      'Reset Data…',
    );
    await workbench.page.getByRole('dialog').getByRole('button', { name: 'Delete Data' }).click();
    await workbench.statusItem('The data was deleted').waitFor();
    assert.deepEqual(groupProcesses(vscode.server), []);
    await group.startSample();
    await group.stop();
  });

  test('a mistake in cluster.json: the start leads to its line', async () => {
    const { group, workbench, folder } = vscode;
    const text = '{\n  "computers": ["A"],\n  "hosts": [\n    { "name": "P", "instances": ["B"] }\n  ]\n}\n';
    writeFileSync(join(folder, 'cluster.json'), text);
    await group.command('Start Group');
    await workbench.pick('cluster.json');
    await group.answer(/cluster\.json: .*there is no computer "B"\. Use one of: A\./, 'Open File');
    await workbench.editorTab('cluster.json').waitFor();
    await workbench.statusItem('Ln 4').waitFor();
    await workbench.command('View: Close All Editors');
  });

  test('a port that is taken: the message names it, and the button opens the file', async () => {
    const { group, workbench, folder } = vscode;
    const { port } = takenPort.address() as AddressInfo;
    const cluster = {
      computers: ['A'],
      hosts: [{ name: 'ReceivingHost', instances: ['A'] }],
      receiveLocations: [{ name: 'Web', host: 'ReceivingHost', transport: { adapter: 'HTTP', port, path: '/orders' } }],
    };
    writeFileSync(join(folder, 'cluster.json'), JSON.stringify(cluster, null, 2));
    await group.command('Start Group');
    await workbench.pick('cluster.json');
    await group.answer(new RegExp(`cannot listen on port ${port}: another program uses it`), 'Open File');
    await workbench.editorTab('cluster.json').waitFor();
    await group.stop();
    await workbench.command('View: Close All Editors');
  });

  test('a data folder that is read-only: the button leads to the setting', async () => {
    const { group, workbench, folder } = vscode;
    mkdirSync(join(folder, '.vscode'), { recursive: true });
    writeFileSync(join(folder, '.vscode', 'settings.json'), JSON.stringify({ 'scaledOutHosts.dataFolder': READ_ONLY }));
    // The setting counts as soon as VS Code has read the file.
    await workbench.reload();
    await group.command('Start Sample Group');
    await group.answer(new RegExp(`The data folder ${READ_ONLY}.* cannot be used`), 'Choose Another Folder');
    await workbench.page.locator('.settings-editor').getByText('Data Folder').first().waitFor();
    assert.deepEqual(groupProcesses(vscode.server), []);
  });
});
