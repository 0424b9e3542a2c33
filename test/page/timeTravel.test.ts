/**
 * Looking back, in a real browser: the whole page shows the moment one chose, by slider, by key, by event, and while the run plays; nothing
 * of the past can be changed; the present is one click away.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../integration/eventually.ts';
import { chromiumPath } from '../host/browser.ts';
import { FakeGroup } from './fakeGroup.ts';
import { servePage, type ServedPage } from './servePage.ts';

const skip = chromiumPath() === undefined ? 'this machine has no Chromium' : false;

describe('looking back', { skip }, () => {
  let fake: FakeGroup;
  let served: ServedPage;
  let page: Page;
  let slider: Locator;
  let lost: Locator;
  let alive: Locator;
  before(async () => {
    fake = new FakeGroup();
    fake.advance(200);
    fake.submit(30);
    fake.advance(900);
    served = await servePage(fake);
    page = await served.open();
    await page.getByRole('button', { name: 'Kill ProcessingHost@A' }).click();
    await fake.heard('killHostInstance');
    fake.advance(2500);
    slider = page.getByRole('slider', { name: 'Moment of the run' });
    const card = page.getByRole('article', { name: 'ProcessingHost@A' });
    lost = card.getByText(/^(lost|restarting)/);
    alive = card.getByText('running', { exact: true });
  });
  after(async () => {
    await served.close();
    assert.deepEqual(served.complaints, []);
  });

  const value = async (): Promise<number> => Number(await slider.inputValue());

  test('a click opens the run at its end; from event to event, and the whole page follows', async () => {
    await page.getByRole('button', { name: 'Look back' }).click();
    await slider.waitFor();
    const end = await value();
    assert.equal(end, Number(await slider.getAttribute('max')));
    await page.getByRole('button', { name: 'To the event before' }).click();
    await page.getByText('ProcessingHost@A lost', { exact: false }).first().waitFor();
    await lost.waitFor();
    await eventually(async () => assert.ok((await value()) < end));
    const atLoss = await value();
    const report = page.locator('soh-failover-report');
    // What is not in sight asks for nothing.
    await report.scrollIntoViewIfNeeded();
    await report.getByText('ProcessingHost@A').first().waitFor();
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await alive.waitFor();
    await eventually(async () => assert.ok((await value()) < atLoss));
    // Before the loss there is no loss in the report.
    await report.scrollIntoViewIfNeeded();
    await report.getByText('ProcessingHost@A').first().waitFor({ state: 'detached' });
    await slider.focus();
    await page.keyboard.press('Home');
    await page.locator('soh-instance-list').getByText('Nothing has run yet', { exact: false }).waitFor();
  });

  test('the history of an instance is the one of that moment', async () => {
    await page.getByRole('button', { name: 'To the event after' }).click();
    await page.getByRole('button', { name: 'To the event after' }).click();
    await lost.waitFor();
    await page.getByRole('button', { name: 'To the event before' }).click();
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await alive.waitFor();
    await page.locator('soh-instance-list').getByRole('row').nth(1).click();
    await page.getByRole('heading', { name: /^Instance / }).waitFor();
    await page.getByRole('tab', { name: 'History' }).click();
    const lines = page.locator('soh-instance-detail li');
    await lines.first().waitFor();
    const before = await lines.count();
    await slider.focus();
    await page.keyboard.press('End');
    await eventually(async () => assert.ok((await lines.count()) > before));
    await page.getByRole('button', { name: 'Close the instance' }).click();
  });

  test('each press counts, however late the page is', async (context) => {
    const next = page.getByRole('button', { name: 'To the event after' });
    await slider.focus();
    await page.keyboard.press('Home');
    const first = Number(await slider.getAttribute('min'));
    await eventually(async () => assert.equal(await value(), first));
    await next.click();
    await alive.or(lost).first().waitFor();
    const one = await value();
    await next.click();
    await eventually(async () => assert.ok((await value()) > one));
    const two = await value();
    await slider.focus();
    await page.keyboard.press('Home');
    await page.locator('soh-instance-list').getByText('Nothing has run yet', { exact: false }).waitFor();
    const release = served.hold();
    context.after(release);
    await next.click();
    await next.click();
    await eventually(async () => assert.equal(await value(), two));
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('button', { name: 'To the event before' }).click();
    await eventually(async () => assert.equal(await value(), one));
    release();
    await next.click();
    await lost.waitFor();
    assert.equal(await value(), two);
  });

  test('each press counts, however late the page draws what it was told', async () => {
    const next = page.getByRole('button', { name: 'To the event after' });
    const previous = page.getByRole('button', { name: 'To the event before' });
    await slider.focus();
    await page.keyboard.press('Home');
    await page.locator('soh-instance-list').getByText('Nothing has run yet', { exact: false }).waitFor();
    const devTools = await page.context().newCDPSession(page);
    await devTools.send('Emulation.setCPUThrottlingRate', { rate: 6 });
    await next.click();
    await next.click();
    const second = await value();
    for (let turn = 0; turn < 8; turn++) {
      await previous.click();
      await next.click();
    }
    await devTools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    assert.equal(await value(), second);
    await lost.waitFor();
  });

  test('nothing of the past can be changed, and axe finds nothing serious', async () => {
    assert.equal(await page.getByRole('button', { name: /^Kill / }).count(), 0);
    assert.equal(await page.getByRole('button', { name: /^Terminate / }).count(), 0);
    const { violations } = await new AxeBuilder({ page }).analyze();
    assert.deepEqual(
      violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => [id, nodes[0]?.html]),
      [],
    );
    assert.deepEqual(
      fake.commands
        .filter(({ command }) => command !== 'killHostInstance')
        .map(({ command }) => command)
        .filter((command) => command !== 'show' && command !== 'instances'),
      [],
    );
  });

  test('a run plays from its beginning to its end', async () => {
    await slider.focus();
    await page.keyboard.press('Home');
    await page.locator('soh-instance-list').getByText('Nothing has run yet', { exact: false }).waitFor();
    await page.getByRole('combobox', { name: 'Speed' }).selectOption('5');
    await page.getByRole('button', { name: 'Play' }).click();
    await lost.waitFor();
    await page.getByRole('button', { name: 'Play' }).waitFor();
    await eventually(async () => assert.equal(await value(), Number(await slider.getAttribute('max'))));
  });

  test('back to now: the group goes on, and what can be done can be done again', async () => {
    await page.getByRole('button', { name: 'Back to now' }).click();
    await slider.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Kill ProcessingHost@B' }).waitFor();
    fake.advance(400);
    await page.getByRole('button', { name: 'Export run' }).click();
    await page.getByText('The run was exported to /runs/order-process.sohrun').waitFor();
  });
});
