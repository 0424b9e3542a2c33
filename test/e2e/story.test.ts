/**
 * Guarantee: with the packaged extension in a real VS Code a person starts the sample group, submits work, kills a host instance and sees
 * another one take its work over, in the tree, the status bar and the dashboard; by mouse and by keyboard alone; and after the stop no
 * process is left.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { eventually } from '../integration/eventually.ts';
import { openWorkbench, type EndedTest, type OpenWorkbench } from './openWorkbench.ts';
import { groupProcesses, lives } from './processes.ts';

const TAKEN_OVER = /ProcessingHost@A lost: \d+ orchestrations? taken over by ProcessingHost@B/;
const THEMES = [
  ['light', 'Light Modern', 'vscode-light'],
  ['hc-dark', 'Dark High Contrast', 'vscode-high-contrast'],
  ['hc-light', 'Light High Contrast', 'vscode-high-contrast-light'],
  ['dark', 'Dark Modern', 'vscode-dark'],
] as const;

describe('the story', () => {
  let vscode: OpenWorkbench;
  before(async () => {
    vscode = await openWorkbench();
  });
  afterEach((context) => vscode.afterTest(context as unknown as EndedTest));
  after(() => vscode.close());

  /** What the keyboard is on, as a screen reader says it. */
  const focused = (): Promise<string> =>
    vscode.workbench.page.evaluate(() => {
      const active = document.activeElement;
      const row = document.getElementById(active?.getAttribute('aria-activedescendant') ?? '') ?? active;
      return row?.getAttribute('aria-label') ?? row?.textContent?.trim() ?? '';
    });

  /** Presses a key until the keyboard is on what has that name. */
  async function pressUntil(key: string, name: RegExp): Promise<void> {
    for (let presses = 0; presses < 40; presses += 1) {
      if (name.test(await focused())) return;
      await vscode.workbench.page.keyboard.press(key);
    }
    assert.fail(`${key} never reached ${name}, but ${await focused()}`);
  }

  /** A command from the palette without the mouse. */
  async function keyed(title: string): Promise<void> {
    const { page } = vscode.workbench;
    const option = page.getByRole('option', { name: title }).first();
    await vscode.workbench.until(
      async () => {
        await page.keyboard.press('Escape');
        await page.keyboard.press('F1');
        await page.locator('.quick-input-widget input:focus').waitFor({ timeout: 5000 });
        await page.keyboard.type(title);
      },
      () => option.waitFor({ timeout: 5000 }),
    );
    await page.keyboard.press('Enter');
  }

  test('the package is installed, and nothing runs before the first command', async () => {
    const { workbench, group, server, picture } = vscode;
    await workbench.container('Scaled-Out Hosts');
    const views = workbench.page.locator('.sidebar').getByRole('button', { name: / Section$/ });
    await views.nth(2).waitFor();
    assert.equal(await views.count(), 3);
    await workbench.page.locator('.sidebar .monaco-button').filter({ hasText: 'Start Sample Group' }).waitFor();
    await workbench.statusItem('stopped').waitFor();
    await group.hostInstance('ProcessingHost@A').waitFor({ state: 'hidden' });
    assert.deepEqual(groupProcesses(server), []);
    await picture('stopped');
  });

  test('by mouse: start, submit, kill from the tree, takeover, stop', async () => {
    const { workbench, group, server, picture } = vscode;
    await group.startSample();
    const started = groupProcesses(server);
    assert.deepEqual(started.map(({ role }) => role).sort(), [...Array<string>(4).fill('hostInstance'), 'messageBox', 'supervisor']);
    await workbench.statusItem('4/4').waitFor();
    await picture('started', true);
    await group.answer('is running with 4 host instances', 'Open Dashboard');
    await group.dashboard.getByRole('article', { name: 'ProcessingHost@A' }).waitFor();
    // A page that draws while the machine is busy makes the tree late.
    await workbench.command('View: Close All Editors');

    await group.submitOrders();
    await group.hostInstance('ProcessingHost@A', 'running, [1-9]\\d* active').waitFor();
    await workbench.inlineAction(group.hostInstance('ProcessingHost@A'), 'Kill Host Instance');
    await group.hostInstance('ProcessingHost@A', '(lost|restarting)').waitFor();
    await workbench.statusItem('3/4').waitFor();
    await group.command('Open Dashboard');
    await group.dashboard.getByText(TAKEN_OVER).first().waitFor();
    await group.dashboard
      .getByText(/ProcessingHost@A → ProcessingHost@B/)
      .first()
      .waitFor();
    await picture('taken-over', true);
    await workbench.treeItem(/^MessageBox, running/).waitFor();
    const victim = started.filter(({ pid }) => !lives(pid));
    assert.deepEqual(
      victim.map(({ role }) => role),
      ['hostInstance'],
      'exactly the killed process has ended',
    );

    await group.hostInstance('ProcessingHost@A', 'running').waitFor();
    await workbench.statusItem('4/4').waitFor();
    await group.stop();
    assert.deepEqual(groupProcesses(server), []);
    assert.deepEqual(
      started.filter(({ pid }) => lives(pid)),
      [],
    );
    await group.dashboard.getByText('The group was stopped').first().waitFor();
  });

  test('by keyboard alone: the same', async () => {
    const { workbench, group } = vscode;
    const { page } = workbench;
    await keyed('View: Close All Editors');
    await keyed('Scaled-Out Hosts: Start Sample Group');
    await group.allRun();
    await keyed('Scaled-Out Hosts: Submit Message');
    await page.getByRole('option', { name: /^order\.xml/ }).waitFor();
    await page.keyboard.press('Enter');
    await workbench.notification('Submitting to Orders folder').waitFor();
    await keyed('Scaled-Out Hosts: Focus on Group View');
    await pressUntil('ArrowDown', /^Host instance ProcessingHost@A, running, [1-9]/);
    await page.keyboard.press('Shift+F10');
    await page.getByRole('menuitem', { name: 'Kill Host Instance' }).waitFor();
    await pressUntil('ArrowDown', /^Kill Host Instance/);
    await page.keyboard.press('Enter');
    await group.hostInstance('ProcessingHost@A', '(lost|restarting)').waitFor();
    assert.match(await focused(), /^Host instance ProcessingHost@A/, 'the keyboard is still on the row');
    await keyed('Scaled-Out Hosts: Open Dashboard');
    await group.dashboard.getByText(TAKEN_OVER).first().waitFor();
  });

  test('the page of an instance draws its flow, and a shape opens its source', async () => {
    const { workbench, group, picture } = vscode;
    await group.clearNotifications();
    const rows = group.dashboard.locator('soh-instance-list').getByRole('row', { name: /ProcessOrder/ });
    await rows.first().click();
    await group.dashboard.getByRole('tab', { name: 'Flow' }).waitFor();
    const shape = group.dashboard.locator('soh-flow svg').getByRole('button').first();
    await shape.scrollIntoViewIfNeeded();
    await picture('instance', true);
    await shape.focus();
    await workbench.page.keyboard.press('Enter');
    await workbench.page.getByRole('tab', { name: /^orders\.ts/ }).waitFor();
    await workbench.page
      .locator('.view-line')
      .getByText(/o\.receive|receive\(/)
      .first()
      .waitFor();
    await workbench.command('View: Close Editor');
    await group.dashboard.getByRole('button', { name: 'Close the instance' }).click();
  });

  test('axe finds nothing serious on the dashboard', async () => {
    const { violations } = await new AxeBuilder({ page: vscode.workbench.page })
      .include(['iframe.webview.ready', 'iframe#active-frame', 'body'])
      .analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    assert.deepEqual(
      serious.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} ${JSON.stringify(target)} ${failureSummary ?? ''}`),
      ),
      [],
    );
  });

  test('in every kind of theme', async () => {
    const { workbench, group, picture } = vscode;
    await group.clearNotifications();
    for (const [name, theme, className] of THEMES) {
      await workbench.command('Preferences: Color Theme');
      await workbench.page.keyboard.type(theme);
      await workbench.pick(new RegExp(`^${theme}`));
      await group.dashboard.locator(`body.${className}`).waitFor();
      await picture(`theme-${name}`, name === 'light');
    }
  });

  test('the status bar offers what can be done, and stops the group', async () => {
    const { workbench, server } = vscode;
    await workbench.statusItem(/\d\/4/).click();
    await workbench.pick('Stop Group');
    await workbench.statusItem('stopped').waitFor();
    await eventually(() => assert.deepEqual(groupProcesses(server), []));
  });

  test('the run is looked back at, exported, and opens read-only in an editor', async () => {
    const { workbench, group, folder, picture } = vscode;
    await group.clearNotifications();
    await group.dashboard.getByRole('button', { name: 'Look back' }).click();
    const slider = group.dashboard.getByRole('slider', { name: 'Moment of the run' });
    await slider.waitFor();
    const lost = group.dashboard.locator('soh-time-bar .near').getByText('ProcessingHost@A lost');
    await workbench.until(
      () => group.dashboard.getByRole('button', { name: 'To the event before' }).click(),
      () => lost.waitFor({ timeout: 2000 }),
    );
    // The group has stopped; then it worked.
    await group.dashboard.getByRole('article', { name: 'ReceivingHost@A' }).getByText('running', { exact: true }).waitFor();
    await picture('looking-back', true);
    await workbench.command('View: Close All Editors');
    await group.command('Export Run...');
    const path = workbench.page.locator('.quick-input-widget input');
    // The dialog proposes a name; one that is typed before would be replaced by it.
    await eventually(async () => assert.match(await path.inputValue(), /\.sohrun$/));
    await path.fill(join(folder, 'failover.sohrun'));
    await path.press('Enter');
    // The progress may still be on the screen beside it.
    await workbench.notification('The run was exported to failover.sohrun').getByRole('button', { name: 'Open Run' }).click();
    await slider.waitFor();
    await group.dashboard.getByRole('heading', { name: 'Recorded run' }).waitFor();
    await group.dashboard.getByRole('article', { name: 'ProcessingHost@A' }).waitFor();
    assert.equal(await group.dashboard.getByRole('button', { name: /^Kill / }).count(), 0);
    await picture('recorded-run');
  });
});
