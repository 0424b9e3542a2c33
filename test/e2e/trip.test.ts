/**
 * Guarantee: the dashboard of a real group tells the story of samples/book-trip whose host instance is killed in the middle of the
 * compensation: which bookings were cancelled, in which order, and by whom. Its picture is in the documentation.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Locator, Page } from 'playwright-core';
import { launchBrowser, type Browser } from '../host/browser.ts';
import { eventually } from '../integration/eventually.ts';

let folder: string;
let browser: Browser;

async function cli(...words: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, ['dist/cli.mjs', ...words, '--data', join(folder, 'data')])).stdout;
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'soh-trip-'));
  cpSync('samples/book-trip', folder, { recursive: true });
  // Long enough to be killed in the middle of it, also on a busy machine.
  const module = join(folder, 'trip.ts');
  writeFileSync(module, readFileSync(module, 'utf8').replace('const STEP = 700;', 'const STEP = 1500;'));
  browser = await launchBrowser({ colorScheme: 'dark', reducedMotion: 'reduce', viewport: { width: 1400, height: 2400 } });
});
after(async () => {
  await browser.close();
  await cli('stop');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

const shape = (page: Page, name: string): Locator => page.locator('soh-flow').getByLabel(name).first();

/** A picture in out/e2e; with SCREENSHOTS=<folder> also there, for the documentation. */
async function picture(of: Locator, name: string): Promise<void> {
  mkdirSync('out/e2e', { recursive: true });
  const file = `out/e2e/${name}.png`;
  await of.screenshot({ path: file });
  const target = process.env['SCREENSHOTS'];
  if (target !== undefined) copyFileSync(file, join(target, `${name}.png`));
}

test('a trip that is cancelled, and whose host instance dies while it is', async () => {
  const { page } = browser;
  await cli('start', join(folder, 'cluster.json'), '--detach');
  const address = /http:\S+/.exec(await cli('dashboard', '--no-browser'))?.[0] ?? '';
  await page.goto(address);
  await cli('submit', 'Trips folder', join(folder, 'too-expensive.json'));
  await page
    .locator('soh-instance-list')
    .getByRole('row', { name: /BookTrip/ })
    .click();
  await shape(page, 'Send Cancel night').waitFor();
  const state = async (name: string): Promise<string> => (await shape(page, name).getAttribute('aria-label')) ?? '';

  await eventually(async () => assert.match(await state('Send Cancel car'), /persisted/), 60_000);
  const owner = ((await page.locator('soh-instance-detail span.owner').textContent()) ?? '').trim();
  await page.getByRole('button', { name: `Kill ${owner}` }).click();
  await eventually(async () => assert.match(await state('Send Tell the traveller no'), /persisted/), 60_000);

  const byOwner = new RegExp(`: persisted, .*last on ${owner}`);
  assert.match(await state('Send Cancel car'), byOwner);
  assert.doesNotMatch(await state('Send Cancel flight'), byOwner);
  assert.match(await state('Scope Flight (long-running)'), /: compensated, /);
  assert.match(await state('Scope Night (long-running)'), /: compensated, ran 3 times, /);
  assert.match(await state('Scope Car (atomic)'), /: compensated, /);
  assert.deepEqual(await page.locator('soh-flow svg[role] .mark.order text').allTextContents(), ['5', '2, 3, 4', '1']);
  await picture(page.locator('soh-instance-detail aside'), 'trip');
});
