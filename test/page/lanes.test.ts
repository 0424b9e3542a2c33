/**
 * The ownership lanes and the failover report in a real browser: a person sees who owned what, where it was lost and where it went on; by
 * mouse, by keyboard, in words; the page asks for them only while they can be seen, and draws 1,000 lanes fast enough.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { chromiumPath } from '../host/browser.ts';
import { FakeGroup } from './fakeGroup.ts';
import { moving, servePage, type ServedPage } from './servePage.ts';

const skip = chromiumPath() === undefined ? 'this machine has no Chromium' : false;

/** A group in which ProcessingHost@A was killed while it held work. */
async function killed(served: ServedPage, fake: FakeGroup): Promise<Page> {
  const page = await served.open(moving);
  await page.getByRole('button', { name: 'Kill ProcessingHost@A' }).click();
  await fake.heard('killHostInstance');
  fake.advance(1500);
  // The second question from now on was asked by a page that has all of this.
  const [asked, deadline] = [fake.asked.lanes, Date.now() + 30_000];
  while (fake.asked.lanes < asked + 2 && Date.now() < deadline) await page.waitForTimeout(20);
  return page;
}

describe('ownership lanes', { skip }, () => {
  let fake: FakeGroup;
  let served: ServedPage;
  let page: Page;
  before(async () => {
    fake = new FakeGroup();
    fake.submit(40);
    fake.advance(900);
    served = await servePage(fake);
    page = await killed(served, fake);
  });
  after(async () => {
    await served.close();
    assert.deepEqual(served.complaints, []);
  });

  test('by keyboard: from lane to lane, from stretch to stretch, told in words, and on to the history', async () => {
    await page.getByRole('button', { name: 'Only taken over' }).click();
    const lanes = page.getByRole('application', { name: 'Ownership lanes' });
    await lanes.focus();
    const told = page.locator('soh-lanes .readout');
    // A key does nothing until the lanes have come, and tells with the next frame.
    const press = async (key: string): Promise<string> => {
      await page.keyboard.press(key);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      return (await told.textContent()) ?? '';
    };
    const deadline = Date.now() + 10_000;
    let text = await press('ArrowDown');
    while (!/ProcessingHost|ready/.test(text) && Date.now() < deadline) text = await press('ArrowDown');
    for (let presses = 0; presses < 9 && !text.includes('taken over'); presses += 1) text = await press('ArrowLeft');
    assert.match(text, /owned by ProcessingHost@B for .* taken over, resumed from commit \d/);
    assert.match(text, /it had asked with credit \d+/);
    assert.match(text, /Ran again: \w+/);
    assert.match(await press('ArrowLeft'), /owner ProcessingHost@A lost/);
    assert.match(await press('ArrowLeft'), /owned by ProcessingHost@A .* until the owner was lost/);
    await page.keyboard.press('+');
    await page.keyboard.press('-');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^Instance / }).waitFor();
    await page.getByRole('button', { name: 'Close the instance' }).click();
  });

  test('by pointer: the stretch under it in words; a click opens the history; a drag over the overview chooses the time', async () => {
    await page.getByRole('button', { name: 'Show everything' }).click();
    const lanes = page.getByRole('application', { name: 'Ownership lanes' });
    await lanes.scrollIntoViewIfNeeded();
    const box = await lanes.boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + 60, box.y + 30);
    await page.locator('soh-lanes .readout', { hasText: 'ProcessOrder' }).waitFor();
    await page.mouse.click(box.x + 60, box.y + 30);
    await page.getByRole('heading', { name: /^Instance / }).waitFor();
    await page.getByRole('button', { name: 'Close the instance' }).click();
    await page.getByRole('button', { name: 'Follow now' }).click();
    const overview = await page.locator('soh-lanes canvas.overview').boundingBox();
    assert.ok(overview);
    await page.mouse.move(overview.x + 300, overview.y + 10);
    await page.mouse.down();
    await page.mouse.move(overview.x + 600, overview.y + 10, { steps: 3 });
    await page.mouse.up();
    await page.locator('soh-lanes button[aria-pressed="false"]', { hasText: 'Follow now' }).waitFor();
  });

  test('the same in a table', async () => {
    await page.getByText('The lanes as a table').click();
    const row = page.locator('soh-lanes .twin tr', { hasText: 'ProcessingHost@A → ProcessingHost@B' }).first();
    await row.waitFor();
    await page.locator('soh-lanes .twin tr', { hasText: 'connection closed' }).first().waitFor();
    const { violations } = await new AxeBuilder({ page }).include('soh-dashboard').analyze();
    assert.deepEqual(
      violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id }) => id),
      [],
    );
    await page.getByText('The lanes as a table').click();
  });

  test('the failover report: what the kill cost, beside the times of BizTalk', async () => {
    const report = page.locator('soh-failover-report');
    await report.scrollIntoViewIfNeeded();
    // The report is asked for by itself: it may still be one from before its instances went on.
    const row = report.getByRole('row', { name: /ProcessingHost@A/ }).filter({ hasText: /ProcessingHost@B \(\d+\)/ });
    await row.waitFor();
    assert.match((await row.textContent()) ?? '', /about 60\.0 s/);
  });

  test('nobody asks for what nobody can see', async () => {
    await page.locator('soh-failover-report').scrollIntoViewIfNeeded();
    await page.setViewportSize({ width: 1440, height: 300 });
    await page.mouse.move(700, 150);
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    const reports = fake.asked.failovers;
    const lanes = fake.asked.lanes;
    for (const end = Date.now() + 10_000; fake.asked.failovers < reports + 2 && Date.now() < end;)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(fake.asked.failovers >= reports + 2, 'the report in sight is not asked for');
    assert.ok(fake.asked.lanes <= lanes + 1, 'the lanes out of sight are asked for');
    await page.setViewportSize({ width: 1440, height: 1000 });
  });
});

test('1,000 lanes in view go on being drawn while they follow now', { skip }, async (context) => {
  const fake = new FakeGroup(3);
  fake.submit(1000);
  fake.advance(6000);
  const served = await servePage(fake);
  const page = await served.open(moving);
  await page.locator('soh-lanes').scrollIntoViewIfNeeded();
  for (let press = 0; press < 3; press += 1) await page.getByRole('button', { name: 'Row height' }).click();
  await page.getByText('The newest 1,000 instances').first().waitFor();
  const frames = await page.evaluate(async () => {
    const view = document.querySelector('soh-dashboard')?.shadowRoot?.querySelector('soh-lanes');
    const key = (name: string): void =>
      void view?.shadowRoot?.querySelector('.scroll')?.dispatchEvent(new KeyboardEvent('keydown', { key: name }));
    const painted = (): number => (view as unknown as { frames: number }).frames;
    // Ten seconds across the page: now moves by more than a pixel in each frame.
    for (let press = 0; press < 6; press += 1) key('+');
    const [start, from] = [performance.now(), painted()];
    // Two seconds of pages' time, however long the machine takes for them.
    for (let frame = 0; frame < 120; frame += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
    return ((painted() - from) * 1000) / (performance.now() - start);
  });
  context.diagnostic(`${frames.toFixed(1)} frames/s`);
  await served.close();
  assert.deepEqual(served.complaints, []);
  // How many a second is a figure of the benchmark.
  assert.ok(frames > 0, 'they stand still');
});
