import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

/** Presses Tab until the control with that name has the keyboard. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
    });
    if (focused.startsWith(name)) return;
  }
  assert.fail(`Tab never reached "${name}"`);
}
