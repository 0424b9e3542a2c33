/** Guarantee: through the public API the sample group starts, a kill by command is seen in its status, and a stop ends every process. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ScaledOutHostsApi, ScaledOutHostsExports } from '../../extension/api.ts';
import type { HostInstanceState } from '../../emulator/control/status.ts';
import { eventually } from './eventually.ts';

const START_MS = 60_000;
const VICTIM = 'ProcessingHost@A';

describe('the sample group', function () {
  this.timeout(2 * START_MS);
  let api: ScaledOutHostsApi;
  before(async () => {
    const extension = vscode.extensions.getExtension<ScaledOutHostsExports>('scaled-out-hosts.scaled-out-hosts');
    assert.ok(extension, 'VS Code does not know the extension');
    api = (await extension.activate()).getApi(1);
  });
  after(async () => api.stop());

  const stateOf = (name: string): HostInstanceState | undefined => api.status?.hostInstances.find((one) => one.name === name)?.state;
  const allRun = (): void => assert.deepEqual([...new Set(api.status?.hostInstances.map(({ state }) => state))], ['running']);

  it('starts, loses a host instance to the command, gets it back, and stops', async () => {
    const status = await api.start();
    assert.equal(status.hostInstances.length, 4);
    await eventually(allRun, START_MS);
    const pids = [api.status?.supervisorPid, api.status?.messageBox.pid, ...(api.status?.hostInstances.map(({ pid }) => pid) ?? [])];
    const victim = api.status?.hostInstances.find(({ name }) => name === VICTIM)?.pid;

    const states: (HostInstanceState | undefined)[] = [];
    const listener = api.onDidChange(() => {
      if (states.at(-1) !== stateOf(VICTIM)) states.push(stateOf(VICTIM));
    });
    await vscode.commands.executeCommand('scaledOutHosts.hostInstance.kill', VICTIM);
    await eventually(() => assert.ok(states.includes('restarting'), states.join()), START_MS);
    await eventually(allRun, START_MS);
    listener.dispose();
    assert.notEqual(api.status?.hostInstances.find(({ name }) => name === VICTIM)?.pid, victim);

    const last = [...pids, ...(api.status?.hostInstances.map(({ pid }) => pid) ?? [])].filter((pid) => typeof pid === 'number');
    await api.stop();
    assert.equal(api.phase, 'stopped');
    await eventually(() => assert.deepEqual(last.filter(lives), []));
  });

  it('takes messages by command, and shows an instance as a document', async () => {
    await api.start();
    await eventually(allRun, START_MS);
    const files = [{ name: 'order.xml', content: order('4712') }];
    const result = await vscode.commands.executeCommand('scaledOutHosts.message.submit', 'Orders folder', { files, count: 3 });
    assert.deepEqual(result, { submitted: 3 });
    await eventually(() => {
      const done = api.status?.services.find(({ name }) => name === 'ProcessOrder')?.counts.Completed;
      assert.equal(done, 3);
    }, START_MS);
    await vscode.commands.executeCommand('scaledOutHosts.messageBox.openFile');
    await eventually(() => assert.match(vscode.window.activeTextEditor?.document.fileName ?? '', /messagebox\.json$/));
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
});

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // No such process.
    return false;
  }
}

function order(id: string): string {
  const namespace = 'http://scaled-out-hosts/sample/orders';
  return `<Order xmlns="${namespace}"><Id>${id}</Id><Customer>C</Customer><Item>I</Item><Quantity>1</Quantity><Price>1</Price></Order>`;
}
