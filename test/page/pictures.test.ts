/**
 * Guarantee: the four main states of the dashboard look as they did when somebody looked at them, in dark, light and high contrast: at
 * work, after a loss, with an instance open, looking back. UPDATE_PICTURES=1 keeps new pictures: look at them before they are committed.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { chromiumPath } from '../host/browser.ts';
import { FakeGroup } from './fakeGroup.ts';
import { compareWithKept } from './pictures.ts';
import { servePage } from './servePage.ts';

const skip = chromiumPath() === undefined ? 'this machine has no Chromium' : false;
/** Fonts and browsers differ a little from machine to machine; a part that is missing or in another place differs more. */
const TOLERATED = 0.02;
const FOUND = 'out/pictures';

/** High enough for everything to be in sight: what is not asks for nothing. */
const LOOK: BrowserContextOptions = {
  viewport: { width: 1300, height: 2700 },
  deviceScaleFactor: 0.7,
  timezoneId: 'UTC',
};
const THEMES: Readonly<Record<string, BrowserContextOptions>> = {
  dark: { colorScheme: 'dark' },
  light: { colorScheme: 'light' },
  'high-contrast': { colorScheme: 'dark', forcedColors: 'active' },
};

/** Time stands still in the page but for the steps taken here, so that every picture shows the same moment. */
async function letPass(page: Page, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await page.clock.runFor(1000);
    // What came over the socket meanwhile is drawn with the next step.
    await page.evaluate(() => (document.querySelector('soh-dashboard') as Element & { updateComplete: Promise<unknown> }).updateComplete);
  }
}

async function compare(page: Page, name: string): Promise<void> {
  await letPass(page, 3);
  const picture = await page.screenshot({ animations: 'disabled' });
  writeFileSync(`${FOUND}/${name}.png`, picture);
  const { part, size } = await compareWithKept(page, `test/page/pictures/${name}.png`, picture);
  assert.equal(size, undefined, `${name} has another size: ${size ?? ''}`);
  assert.ok(part <= TOLERATED, `${name}: ${(part * 100).toFixed(2)} % of the pixels differ; the picture is in ${FOUND}`);
}

describe('the main states', { skip }, () => {
  mkdirSync(FOUND, { recursive: true });
  for (const [theme, options] of Object.entries(THEMES)) {
    test(`in ${theme}`, async (context) => {
      const fake = new FakeGroup();
      fake.advance(200);
      fake.submit(30);
      const served = await servePage(fake);
      context.after(() => served.close());
      const page = await served.open({ ...LOOK, ...options }, (fresh) => fresh.clock.install({ time: 0 }));
      for (let round = 0; round < 4; round += 1) {
        fake.submit(8);
        fake.advance(400);
        await letPass(page, 1);
      }
      await compare(page, `working-${theme}`);

      await page.getByRole('button', { name: 'Kill ProcessingHost@A' }).click();
      await fake.heard('killHostInstance');
      fake.advance(1500);
      await compare(page, `lost-${theme}`);

      await page.locator('soh-instance-list').getByRole('row').nth(4).click();
      await page.getByRole('tab', { name: 'Flow' }).waitFor();
      await compare(page, `instance-${theme}`);

      await page.getByRole('button', { name: 'Close the instance' }).click();
      await page.getByRole('button', { name: 'Look back' }).click();
      await page.getByRole('button', { name: 'To the event before' }).click();
      await page.locator('soh-time-bar .near', { hasText: 'ProcessingHost@A' }).waitFor();
      await compare(page, `looking-back-${theme}`);
      assert.deepEqual(served.complaints, []);
    });
  }
});
