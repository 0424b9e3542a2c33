/**
 * The page of an instance with transactions in a real browser: their kinds, calls as nested flows, compensation that ran backwards with its
 * order, an atomic scope that runs again against the clock, and the way to who started it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright-core';
import { chromiumPath } from '../host/browser.ts';
import { FakeGroup } from './fakeGroup.ts';
import { tripNumber, tripOutline, tripThatRetries, tripThatWasUndone } from './fakeTrip.ts';
import { servePage, type ServedPage } from './servePage.ts';

const skip = chromiumPath() === undefined ? 'this machine has no Chromium' : false;

const shape = (page: Page, name: string): Locator => page.locator(`soh-flow [data-number="${tripNumber(name)}"]`);
const told = async (page: Page, name: string): Promise<string> => (await shape(page, name).getAttribute('aria-label')) ?? '';

/** Opens an instance; gives its id. */
async function openInstance(page: Page): Promise<string> {
  const row = page.locator('tr[data-id]').first();
  const id = (await row.getAttribute('data-id')) ?? '';
  await row.click();
  await page.getByRole('heading', { name: `Instance ${id}` }).waitFor();
  return id;
}

/** Waits until a text that counts down has changed. */
async function ticks(page: Page, counting: Locator): Promise<void> {
  const first = await counting.textContent();
  for (const end = Date.now() + 10_000; (await counting.textContent()) === first && Date.now() < end;)
    await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.notEqual(await counting.textContent(), first, 'the clock stands still');
}

describe('transactions on the page of an instance', { skip }, () => {
  let fake: FakeGroup;
  let served: ServedPage;
  before(async () => {
    fake = new FakeGroup();
    fake.submit(5);
    fake.advance(600);
    served = await servePage(fake);
  });
  after(async () => {
    await served.close();
    assert.deepEqual(served.complaints, [], 'the browser complained');
  });

  test('what was compensated, and in which order, is in forms and in words', async () => {
    fake.shown = tripThatWasUndone(Date.now());
    const page = await served.open({ colorScheme: 'dark' });
    await openInstance(page);
    await shape(page, 'Undo night').waitFor();
    assert.match(await told(page, 'House'), /^Call orchestration House \(BookHouse, long-running\): compensated, /);
    assert.match(await told(page, 'Car'), /^Scope Car \(atomic\): compensated first, /);
    assert.match(await told(page, 'Bill traveller'), /^Start orchestration Bill traveller \(Billing\): persisted, /);
    assert.equal(await told(page, 'Undo house'), 'Compensation block Undo house: persisted, compensated as number 4');
    assert.deepEqual(await page.locator('soh-flow svg[role] .mark.order text').allTextContents(), ['4', '2, 3', '1']);
    assert.equal(await page.locator('soh-flow svg[role] .mark.undone').count(), 3);
    assert.deepEqual(await shape(page, 'House').locator('text').allTextContents(), [
      'BookHouse',
      'House · long-running · compensated',
      '1',
    ]);
    await page.getByText('The flow as a list').click();
    const lines = page.locator('soh-flow .list li');
    await lines.first().waitFor();
    assert.equal(await lines.count(), tripOutline.length);
    assert.match((await lines.nth(tripNumber('Night')).textContent()) ?? '', /Scope Night \(long-running\)\s+compensated, ran 2 times/);
    const { violations } = await new AxeBuilder({ page }).include({ fromShadowDom: ['soh-dashboard', 'soh-instance-detail'] }).analyze();
    assert.deepEqual(
      violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id }) => id),
      [],
    );
    await page.close();
  });

  test('an atomic scope that runs again and a time-out tick; the way to who started it', async () => {
    const page = await served.open();
    const parent = (await page.locator('tr[data-id]').nth(1).getAttribute('data-id')) ?? '';
    fake.shown = { ...tripThatRetries(Date.now()), startedBy: parent, started: ['bill-1', 'bill-2', 'bill-3', 'bill-4'] };
    await openInstance(page);
    await shape(page, 'Car').waitFor();
    assert.match(await told(page, 'Car'), /ran in vain 2 times, runs again at /);
    assert.match((await shape(page, 'Car').locator('.small').textContent()) ?? '', /^atomic · in vain: 2 · again in /);
    assert.match(await told(page, 'Reserve car'), /: given back, /);
    await ticks(page, shape(page, 'Car').locator('.small'));
    await ticks(page, shape(page, 'Trip').locator('.small'));
    await page.getByRole('tab', { name: 'Waits for' }).click();
    const again = page.locator('soh-waits li', { hasText: 'Scope Car runs again; in vain so far: 2 · due in' });
    await page.locator('soh-waits li', { hasText: 'Time-out of Trip · due in' }).waitFor();
    await ticks(page, again);
    await page.getByRole('tab', { name: 'History' }).click();
    await page.locator('soh-instance-detail ol ul li', { hasText: 'Started by season-ticket-7' }).waitFor();
    const [starter, others] = [page.locator('soh-instance-detail .started').first(), page.locator('soh-instance-detail .started').nth(1)];
    assert.match((await others.textContent())?.replace(/\s+/g, ' ') ?? '', /^Started bill-1 , bill-2 , bill-3 and 1 more$/);
    assert.equal(await others.getByRole('button').count(), 3);
    fake.shown = {};
    await starter.getByRole('button').click();
    await page.getByRole('heading', { name: `Instance ${parent}` }).waitFor();
    await page.close();
  });
});
