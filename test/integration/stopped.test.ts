/** Guarantee: before the first command nothing runs, activation is quick, and every view shows its place without an error. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import * as vscode from 'vscode';
import type { ScaledOutHostsExports } from '../../extension/api.ts';
import { commandIds } from '../../extension/commandIds.ts';
import { eventually } from './eventually.ts';

const ID = 'scaled-out-hosts.scaled-out-hosts';

async function activated(): Promise<ScaledOutHostsExports> {
  const extension = vscode.extensions.getExtension<ScaledOutHostsExports>(ID);
  assert.ok(extension, 'VS Code does not know the extension');
  return extension.activate();
}

/** Command lines of the processes this extension host has started. Linux only; elsewhere there is nothing to read. */
function children(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return parent === String(process.pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : [];
      } catch {
        // The process has ended between the two reads.
        return [];
      }
    });
}

describe('before the first command', () => {
  it('says how long its activation took', async () => {
    const { activationMs } = await activated();
    console.log(`activation took ${activationMs.toFixed(1)} ms`);
    assert.ok(activationMs > 0);
  });

  it('registers exactly the commands of its table', async () => {
    await activated();
    const registered = (await vscode.commands.getCommands(true)).filter((id) => /^scaledOutHosts\.\w+\.\w+$/.test(id));
    // VS Code adds commands of its own for each view: focus, open, resetViewLocation, removeView, toggleVisibility.
    const ofViews = /^scaledOutHosts\.(group|orchestrations|instances)\.(focus|open|resetViewLocation|removeView|toggleVisibility)$/;
    const own = registered.filter((id) => !ofViews.test(id));
    assert.deepEqual(own.sort(), [...commandIds].sort());
  });

  it('shows each view without starting a process', async () => {
    const api = (await activated()).getApi(1);
    for (const view of ['group', 'orchestrations', 'instances']) await vscode.commands.executeCommand(`scaledOutHosts.${view}.focus`);
    await eventually(() => assert.equal(api.phase, 'stopped'));
    assert.equal(api.status, undefined);
    assert.deepEqual(
      children().filter((line) => line.includes('supervisor')),
      [],
    );
  });

  it('opens the dashboard in one tab, however often it is asked to', async () => {
    await activated();
    const tabs = () =>
      vscode.window.tabGroups.all.flatMap(({ tabs: all }) => all).filter(({ input }) => input instanceof vscode.TabInputWebview);
    await vscode.commands.executeCommand('scaledOutHosts.dashboard.open');
    await vscode.commands.executeCommand('scaledOutHosts.dashboard.open');
    await eventually(() => assert.equal(tabs().length, 1));
    await vscode.window.tabGroups.close(tabs());
  });

  it('refuses a version of its API that it does not have', async () => {
    const exports = await activated();
    assert.throws(() => exports.getApi(2 as 1), RangeError);
  });
});
