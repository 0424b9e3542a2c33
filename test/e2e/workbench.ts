import type { FrameLocator, Locator, Page } from 'playwright-core';

const FIRST_TIMEOUT = 60_000;
const STEP_TIMEOUT = 5_000;
const ATTEMPTS = 8;

/**
 * VS Code's window as a user handles it. Finds things by the roles that VS Code keeps for screen readers, and by its class names only
 * where there is no role.
 */
export class Workbench {
  readonly page: Page;
  readonly #url: string;

  /** @param url of a running code-server */
  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  /** Opens a folder, or an empty window, and waits until the workbench stands. */
  async open(folder?: string): Promise<void> {
    const url = new URL(this.#url);
    if (folder === undefined) url.searchParams.set('ew', 'true');
    else url.searchParams.set('folder', folder);
    await this.page.goto(url.href);
    await this.ready();
  }

  /** Reload Window, by its command: a reload of the browser's page leaves no time to keep what is open. */
  async reload(): Promise<void> {
    await this.page.evaluate("document.body.dataset.before = 'reload'");
    await this.command('Developer: Reload Window');
    await this.page.locator('body:not([data-before])').waitFor({ state: 'attached', timeout: FIRST_TIMEOUT });
    await this.ready();
  }

  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench').waitFor({ timeout: FIRST_TIMEOUT });
    await this.page.locator('.statusbar').waitFor({ timeout: FIRST_TIMEOUT });
  }

  /**
   * Repeats an action until its effect shows: a busy workbench drops keys and clicks, and a menu ignores the mouse in its first moments.
   * @throws after ATTEMPTS without the effect
   */
  async until(action: () => Promise<unknown>, effect: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await action();
        await effect();
        return;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** Opens the palette with the commands whose titles begin like that. */
  async palette(start: string): Promise<void> {
    await this.#paletteUntil(`>${start}`, (input) => input.waitFor({ timeout: STEP_TIMEOUT }));
  }

  /** Runs a command from the palette by its full title, category included. It is listed once its extension is known. */
  async command(title: string): Promise<void> {
    const option = this.page.getByRole('option', { name: title }).first();
    await this.#paletteUntil(`>${title}`, () => option.waitFor({ timeout: STEP_TIMEOUT }));
    await option.click();
  }

  /** Whatever takes the focus, an editor that opens late for one, closes the palette. */
  async #paletteUntil(text: string, effect: (input: Locator) => Promise<unknown>): Promise<void> {
    const input = this.page.locator('.quick-input-widget input');
    await this.until(
      async () => {
        await this.page.keyboard.press('Escape');
        await this.page.keyboard.press('F1');
        await input.waitFor({ timeout: STEP_TIMEOUT });
        await input.fill(text, { timeout: STEP_TIMEOUT });
      },
      () => effect(input),
    );
  }

  /** Chooses from an open quick pick. */
  async pick(label: string | RegExp): Promise<void> {
    await this.page.getByRole('option', { name: label }).first().click();
  }

  /** Shows a view container. A click on the one that is shown would hide it. */
  async container(title: string): Promise<void> {
    const tab = this.page.locator('.activitybar').getByRole('tab', { name: title });
    await tab.waitFor({ timeout: FIRST_TIMEOUT });
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
  }

  treeItem(name: string | RegExp): Locator {
    return this.page.getByRole('treeitem', { name });
  }

  /** Clicks an action on the row of a tree item; it appears when the row is pointed at. */
  async inlineAction(row: Locator, title: string | RegExp): Promise<void> {
    await row.hover();
    await row.getByRole('button', { name: title }).click();
  }

  /** Chooses from the context menu of a row. */
  async contextMenu(row: Locator, title: string): Promise<void> {
    const item = this.page.getByRole('menuitem', { name: title });
    await row.click({ button: 'right' });
    await item.waitFor();
    await this.until(
      () => item.click({ timeout: 1_000 }),
      () => item.waitFor({ state: 'hidden', timeout: 1_000 }),
    );
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast').filter({ hasText: text });
  }

  statusItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: text });
  }

  editorTab(name: string | RegExp): Locator {
    return this.page.locator('.tabs-container').getByRole('tab', { name });
  }

  /** The page of a webview: VS Code's own frame, and in it the frame with the extension's document. */
  webview(extensionId: string, title?: string): FrameLocator {
    const inner = title === undefined ? 'iframe#active-frame' : `iframe#active-frame[title="${title}"]`;
    return this.page.frameLocator(`iframe.webview.ready[src*="extensionId=${extensionId}"]`).frameLocator(inner);
  }
}
