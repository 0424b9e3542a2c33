/**
 * The page in a real browser, served by the real handler: a person sees who owns what, kills a host instance and sees the takeover; by
 * mouse, by keyboard alone, in every theme, in both languages, and under the strictest content security policy.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { FakeGroup } from './fakeGroup.ts';
import { chromiumPath } from '../host/browser.ts';
import { servePage, type ServedPage } from './servePage.ts';
import { tabTo } from './tabTo.ts';

const skip = chromiumPath() === undefined ? 'this machine has no Chromium' : false;
const LIMIT = 356 * 1024;
const looks: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'high contrast': { colorScheme: 'dark', forcedColors: 'active' },
};

function busyGroup(): FakeGroup {
  const fake = new FakeGroup();
  fake.submit(120);
  fake.advance(1500);
  return fake;
}

/** Serious and critical findings, with where they are. */
async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${JSON.stringify(target)} ${failureSummary ?? ''}`));
}

describe('the dashboard page', { skip }, () => {
  let fake: FakeGroup;
  let served: ServedPage;
  before(async () => {
    fake = busyGroup();
    served = await servePage(fake);
  });
  after(async () => {
    await served.close();
    assert.deepEqual(served.complaints, [], 'the browser complained');
  });

  test('is small', () => assert.ok(served.scriptBytes < LIMIT, `${served.scriptBytes} bytes`));

  test('kill: the loss, the takeover and its time are on the page, in the banner, on the drawing and in the events', async () => {
    const page = await served.open();
    await page.getByRole('button', { name: 'Kill ProcessingHost@A' }).click();
    await page
      .getByText(/^\s*ProcessingHost@A lost: \d+ orchestrations taken over by ProcessingHost@B, first resumed after 12 ms/)
      .first()
      .waitFor();
    const card = page.getByRole('article', { name: 'ProcessingHost@A' });
    await card.getByText('lost', { exact: true }).waitFor();
    await page.getByText(/orchestrations: ProcessingHost@A → ProcessingHost@B, first after 12 ms/).waitFor();
    await page.getByText('3 of 4').waitFor();
    await page.getByRole('button', { name: 'Start ProcessingHost@A' }).click();
    await card.getByText('running', { exact: true }).waitFor();
    assert.deepEqual(fake.commands.slice(-2), [
      { command: 'killHostInstance', parameters: { name: 'ProcessingHost@A' } },
      { command: 'startHostInstance', parameters: { name: 'ProcessingHost@A' } },
    ]);
    await page.context().close();
  });

  test('freeze: the lease runs out before the eyes, suspect and then lost', async () => {
    const page = await served.open();
    await page.getByRole('button', { name: 'Freeze ProcessingHost@B' }).click();
    await fake.heard('freezeHostInstance');
    const card = page.getByRole('article', { name: 'ProcessingHost@B' });
    fake.advance(1000);
    await card.getByText(/^frozen, suspect 1\.\d s$/).waitFor();
    fake.advance(900);
    await card.getByText(/^lost, last heard 1\.\d s ago$|^lost, last heard 2\.\d s ago$/).waitFor();
    await page.getByRole('button', { name: 'Thaw ProcessingHost@B' }).click();
    await card.getByText('running', { exact: true }).waitFor();
    await page.context().close();
  });

  test('a computer fails with all its host instances, and is repaired', async () => {
    const page = await served.open();
    await page.getByRole('button', { name: 'Fail computer A' }).click();
    await page.getByText('1 of 4').waitFor();
    await page.getByRole('button', { name: 'Repair computer A' }).click();
    await page.getByText('4 of 4').waitFor();
    await page.context().close();
  });

  test('by keyboard alone: kill, find an instance, read its history, close it, terminate it', async () => {
    fake.submit(30);
    fake.advance(500);
    const page = await served.open();
    await tabTo(page, 'Kill ProcessingHost@A');
    await page.keyboard.press('Enter');
    await page.getByRole('article', { name: 'ProcessingHost@A' }).getByText('lost', { exact: true }).waitFor();
    await tabTo(page, 'Filter by id');
    await page.keyboard.type('ProcessingHost@B');
    await page.locator('tr[data-id]', { hasText: 'ProcessingHost@B' }).nth(2).waitFor();
    await tabTo(page, 'Taken over');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Flow');
    await page.keyboard.press('End');
    await page.getByText('Taken over by ProcessingHost@B, resumed from commit 1').waitFor();
    await page.getByText('Ran again: CheckStock, DecideCredit').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Taken over by ProcessingHost@B, resumed').waitFor({ state: 'detached' });
    const row = page.locator('tr[data-id]:focus');
    const id = await row.getAttribute('data-id');
    await tabTo(page, 'Terminate');
    await page.keyboard.press('Enter');
    const question = page.getByRole('dialog');
    await question.waitFor();
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    assert.notEqual(fake.commands.at(-1)?.command, 'terminate');
    await page.keyboard.press('Enter');
    await question.waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page
      .locator(`tr[data-id="${id ?? ''}"]`)
      .getByText('Terminated')
      .waitFor();
    assert.deepEqual(fake.commands.at(-1), { command: 'terminate', parameters: { filter: { ids: [id] } } });
    await page.getByRole('button', { name: 'Start ProcessingHost@A' }).click();
    await page.context().close();
  });

  test('the row under the pointer stays there while orders pour in', async () => {
    const page = await served.open();
    const row = page.locator('tr[data-id]').nth(2);
    await row.hover();
    const id = await row.getAttribute('data-id');
    fake.submit(20);
    fake.advance(300);
    await page
      .locator('soh-header dd', { hasText: String(fake.status().hostInstances.reduce((sum, { active }) => sum + active, 0)) })
      .first()
      .waitFor();
    assert.equal(await row.getAttribute('data-id'), id);
    await page.mouse.move(0, 0);
    await page.locator(`tr[aria-rowindex="4"]:not([data-id="${id ?? ''}"])`).waitFor();
    await page.context().close();
  });

  test('a lost frame and a lost connection both end in the current state', async () => {
    const page = await served.open();
    fake.dropFrame();
    fake.submit(5);
    fake.advance(300);
    const total = String(fake.status().messageBox.counts.Completed);
    await page
      .locator('dd', { hasText: new RegExp(`^${total}$`) })
      .first()
      .waitFor();
    served.dropConnections();
    await page.getByText('The connection to the group was lost.').waitFor();
    fake.advance(500);
    await page.getByText('The connection to the group was lost.').waitFor({ state: 'detached' });
    await page.context().close();
  });

  test('what was filtered and opened is there again after a reload', async () => {
    const page = await served.open();
    await page.locator('vscode-textfield input').fill('order-1');
    const row = page.locator('tr[data-id]').first();
    const id = await row.getAttribute('data-id');
    await row.click();
    await page.reload();
    await page.getByRole('heading', { name: `Instance ${id ?? ''}` }).waitFor();
    assert.equal(await page.locator('vscode-textfield input').inputValue(), 'order-1');
    await page.context().close();
  });

  test('a command that the group refuses says what and why', async () => {
    const page = await served.open();
    fake.refuseNext();
    await page.getByRole('button', { name: 'Freeze SendingHost@A' }).click();
    await page.getByRole('alert').getByText('Freeze SendingHost@A: There is no host instance "SendingHost@A". Use one of:').waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).last().click();
    await page.context().close();
  });

  for (const [name, options] of Object.entries(looks)) {
    test(`axe finds nothing serious: ${name}`, async () => {
      const page = await served.open(options);
      await page.locator('tr[data-id]').first().click();
      await page.locator('soh-flow svg').first().waitFor();
      assert.deepEqual(await findings(page), []);
      await page.context().close();
    });
  }

  test('at 200 % zoom and on a narrow page nothing is scrolled sideways', async () => {
    for (const width of [720, 400]) {
      const page = await served.open({ viewport: { width, height: 800 } });
      const { scrollWidth, clientWidth } = await page.evaluate(() => ({
        scrollWidth: document.documentElement.scrollWidth,
        clientWidth: document.documentElement.clientWidth,
      }));
      assert.ok(scrollWidth <= clientWidth, `${scrollWidth} > ${clientWidth} at ${width}`);
      await page.context().close();
    }
  });

  test('nothing moves for who asked for less motion', async () => {
    const page = await served.open();
    fake.advance(600);
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    await page.context().close();
  });

  test('the share of the work over the chosen time, beside the ideal one, also in figures', async () => {
    const page = await served.open();
    const charts = page.locator('soh-load-charts');
    await charts.scrollIntoViewIfNeeded();
    await page.getByRole('img', { name: 'Share of the work of ProcessingHost' }).waitFor();
    await charts.getByRole('button', { name: '1 min', exact: true }).click();
    await charts.locator('[aria-pressed="true"]', { hasText: '1 min' }).waitFor();
    await page.getByText('The shares as a table').click();
    const row = page.getByRole('group', { name: 'The shares as a table' }).locator('tbody tr').first();
    const deadline = Date.now() + 30_000;
    let figures: string[] = [];
    while (!figures.every((text) => text.endsWith('%')) || figures.length === 0) {
      assert.ok(Date.now() < deadline, figures.join(' '));
      fake.submit(6);
      fake.advance(100);
      figures = (await row.locator('td').allTextContents()).map((text) => text.trim());
    }
    const [a = 0, b = 0, ideal] = figures.map((text) => Number.parseFloat(text));
    assert.ok(Math.abs(a + b - 100) < 0.2, figures.join(' '));
    assert.equal(ideal, 50);
    await page.getByText(/ProcessingHost over the last .*: fairness [01][.\d]* \(Jain\), most to least/).waitFor();
    await page.context().close();
  });
});

test('the page speaks Chinese', { skip }, async () => {
  const served = await servePage(busyGroup());
  const page = await served.open({ locale: 'zh-CN' });
  await page.getByRole('heading', { name: '负载均衡' }).waitFor();
  await page.getByRole('button', { name: '终止 ProcessingHost@A 的进程' }).click();
  await page
    .getByText(/个业务流程由 ProcessingHost@B 接管/)
    .first()
    .waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
  await served.close();
  assert.deepEqual(served.complaints, []);
});
