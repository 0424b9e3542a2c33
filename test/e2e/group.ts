import assert from 'node:assert/strict';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import type { CodeServer } from '../host/codeServer.ts';
import { eventually } from '../integration/eventually.ts';
import { groupProcesses, type GroupProcess } from './processes.ts';
import type { Workbench } from './workbench.ts';

const EXTENSION = 'scaled-out-hosts.scaled-out-hosts';
const CATEGORY = 'Scaled-Out Hosts';

/** The extension as a user handles it in one window. */
export class GroupWindow {
  readonly workbench: Workbench;

  constructor(workbench: Workbench) {
    this.workbench = workbench;
  }

  get page(): Page {
    return this.workbench.page;
  }

  async command(title: string): Promise<void> {
    await this.workbench.command(`${CATEGORY}: ${title}`);
  }

  /** The row of a host instance in the Group view; `words` must follow its name. */
  hostInstance(name: string, words = ''): Locator {
    return this.workbench.treeItem(new RegExp(`^Host instance ${name}, ${words}`));
  }

  /** Starts the sample group and waits until its host instances run. What it offers then is left open. */
  async startSample(): Promise<void> {
    await this.command('Start Sample Group');
    await this.allRun();
  }

  async allRun(): Promise<void> {
    for (const name of ['ReceivingHost@A', 'ProcessingHost@A', 'ProcessingHost@B', 'SendingHost@A']) {
      await this.hostInstance(name, 'running').waitFor();
    }
  }

  async stop(): Promise<void> {
    await this.command('Stop Group');
    await this.workbench.statusItem('stopped').waitFor();
  }

  /** Takes the first answer of Submit Message: the sample order, a hundred copies. */
  async submitOrders(): Promise<void> {
    await this.command('Submit Message');
    await this.workbench.pick(/^order\.xml/);
    await this.workbench.notification('Submitting to Orders folder').waitFor();
  }

  /** The dashboard's page. */
  get dashboard(): FrameLocator {
    return this.workbench.webview(EXTENSION);
  }

  /** Closes every notification, with what they ask unanswered. */
  async clearNotifications(): Promise<void> {
    await this.workbench.command('Notifications: Clear All Notifications');
    await this.page.locator('.notification-toast').first().waitFor({ state: 'hidden' });
  }

  /** Waits for the message with that text, makes sure that it is the only one, and presses its button. */
  async answer(text: string | RegExp, button: string): Promise<void> {
    const toast = this.workbench.notification(text);
    await toast.waitFor();
    const all = await this.page.locator('.notification-toast').allInnerTexts();
    if (all.length !== 1) throw new Error(`one message was expected, found ${JSON.stringify(all)}`);
    await toast.getByRole('button', { name: button }).click();
    await toast.waitFor({ state: 'hidden' });
  }
}

/** Starts the sample group in a window and gives its six processes. */
export async function startedGroup(server: CodeServer, window: GroupWindow): Promise<readonly GroupProcess[]> {
  const others = new Set(groupProcesses(server).map(({ pid }) => pid));
  await window.startSample();
  return eventually(() => {
    const own = groupProcesses(server).filter(({ pid }) => !others.has(pid));
    assert.equal(own.length, 6);
    return own;
  });
}
