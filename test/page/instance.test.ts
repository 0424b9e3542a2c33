/**
 * The page of one instance in a real browser: its flow says in forms and in words what is saved and at risk, by mouse and by keyboard alone;
 * tabs follow the ARIA pattern and stay chosen; a shape opens its source where there is an editor, and is no dead link where there is none.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright-core';
import { FakeGroup } from './fakeGroup.ts';
import { numberOf, outline } from './fakeDetail.ts';
import { chromiumPath } from '../host/browser.ts';
import { servePage, type ServedPage } from './servePage.ts';

const skip = chromiumPath() === undefined ? 'this machine has no Chromium' : false;
const TABS = ['Flow', 'Variables', 'Messages', 'Waits for', 'History'];

function group(): FakeGroup {
  const fake = new FakeGroup();
  fake.submit(30);
  fake.advance(600);
  return fake;
}

/** Opens an instance that waits for its approval; gives its id. */
async function openInstance(page: Page, nth = 0): Promise<string> {
  const row = page.locator('tr[data-id]', { hasText: 'Active' }).nth(nth);
  const id = (await row.getAttribute('data-id')) ?? '';
  await row.click();
  await page.getByRole('heading', { name: `Instance ${id}` }).waitFor();
  return id;
}

/** A message of the page is on its way for a few frames. */
async function untilOpened(page: Page, { opened }: ServedPage, count: number): Promise<void> {
  for (const end = Date.now() + 5000; opened.length < count && Date.now() < end;)
    await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.equal(opened.length, count);
}

const tab = (page: Page, name: string): Locator => page.getByRole('tab', { name });
const shape = (page: Page, name: string): Locator => page.locator(`soh-flow [data-number="${numberOf(name)}"]`);

describe('the page of an instance beside an editor', { skip }, () => {
  let fake: FakeGroup;
  let served: ServedPage;
  let page: Page;
  before(async () => {
    fake = group();
    served = await servePage(fake, true);
    page = await served.open();
  });
  after(async () => {
    await served.close();
    assert.deepEqual(served.complaints, [], 'the browser complained');
  });

  test('every shape has its state in its name, and the same words stand in the list', async () => {
    await openInstance(page);
    await shape(page, 'SendRequest').waitFor();
    assert.equal(await page.locator('soh-flow g.box').count(), outline.length);
    const names = await page.locator('soh-flow g.box').evaluateAll((boxes) => boxes.map((box) => box.getAttribute('aria-label')));
    assert.equal(names[numberOf('SendRequest')], 'Send SendRequest: persisted, last on ProcessingHost@A');
    assert.match(names[numberOf('CheckStock')] ?? '', /^Expression CheckStock: persisted, ran 3 times, .* ran again after a takeover$/);
    assert.match(names[numberOf('WaitForApproval')] ?? '', /^Receive WaitForApproval: at risk, .* running, here or behind$/);
    assert.match(names[numberOf('Approval')] ?? '', /goes on here after a loss/);
    assert.equal(names[numberOf('SendInvoice')], 'Send SendInvoice: not reached');
    await page.getByText('The flow as a list').click();
    const lines = page.locator('soh-flow .list li');
    await lines.first().waitFor();
    assert.equal(await lines.count(), outline.length);
    assert.match((await lines.nth(numberOf('Stock')).textContent()) ?? '', /Branch Stock\s+persisted, has ended, as saved/);
    await page.getByText('The flow as a list').click();
  });

  test('state is in forms: dashes and hatching for what is at risk, dots for what was not reached', async () => {
    const dash = (name: string): Promise<string> =>
      shape(page, name)
        .locator('.ground')
        .first()
        .evaluate((path) => getComputedStyle(path).strokeDasharray);
    assert.equal(await dash('SendRequest'), 'none');
    assert.notEqual(await dash('WaitForApproval'), 'none');
    assert.notEqual(await dash('SendInvoice'), await dash('WaitForApproval'));
    assert.equal(await shape(page, 'WaitForApproval').locator('[fill="url(#hatch)"]').count(), 1);
    assert.equal(await page.locator('soh-flow svg[role] .goes-on').count(), 2);
  });

  test('by keyboard: arrows walk the shapes, one is in the tab order, Enter opens the source', async () => {
    assert.equal(await page.locator('soh-flow g.box[tabindex="0"]').count(), 1);
    const id = (await page.locator('soh-instance-detail h2').textContent())?.replace('Instance ', '') ?? '';
    const focused = (): Promise<number> =>
      page.locator('soh-flow').evaluate((flow) => Number(flow.shadowRoot?.activeElement?.getAttribute('data-number') ?? -1));
    const press = async (key: string, name: string): Promise<void> => {
      await page.keyboard.press(key);
      await shape(page, name).and(page.locator(':focus')).waitFor();
      assert.equal(await focused(), numberOf(name));
    };
    await page.locator('soh-flow g.box[tabindex="0"]').focus();
    await press('Home', 'ReceiveOrder');
    await press('ArrowDown', 'PriceOrder');
    await press('End', 'SendInvoice');
    await press('ArrowUp', 'BuildInvoice');
    await shape(page, 'CheckStock').focus();
    await press('ArrowRight', 'Credit');
    await press('ArrowLeft', 'Stock');
    const before = served.opened.length;
    await page.keyboard.press('Enter');
    await shape(page, 'SendRequest').click();
    await page.getByText('The flow as a list').click();
    await page.getByRole('button', { name: 'Decide DecideCredit' }).last().click();
    await untilOpened(page, served, before + 3);
    assert.deepEqual(
      served.opened.slice(before),
      ['Stock', 'SendRequest', 'DecideCredit'].map((name) => ({ instance: id, shape: numberOf(name) })),
    );
    await page.getByText('The flow as a list').click();
  });

  test('zoom: fit shows the whole width, actual size scrolls', async () => {
    const overflow = (): Promise<number> => page.locator('soh-flow .scroll').evaluate((scroll) => scroll.scrollWidth - scroll.clientWidth);
    await page.getByRole('button', { name: 'Actual size' }).click();
    assert.ok((await overflow()) > 0);
    await page.getByRole('button', { name: 'Fit the width' }).click();
    assert.ok((await overflow()) <= 0);
  });

  test('tabs: arrow keys choose, and the choice stays for the next instance and after a reload', async () => {
    await tab(page, 'Flow').focus();
    await page.keyboard.press('ArrowLeft');
    assert.equal(await tab(page, 'History').getAttribute('aria-selected'), 'true');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await tab(page, 'Messages').and(page.locator(':focus')).waitFor();
    assert.equal(await page.locator('[role="tab"][tabindex="0"]').count(), 1);
    assert.equal(await page.getByRole('tabpanel').getAttribute('aria-labelledby'), await tab(page, 'Messages').getAttribute('id'));
    await openInstance(page, 3);
    assert.equal(await tab(page, 'Messages').getAttribute('aria-selected'), 'true');
    await page.reload();
    await page.getByLabel('Body of Order').waitFor();
  });

  test('messages are laid out, with what is cut and what is gone; what it waits for is in words', async () => {
    assert.match((await page.getByLabel('Body of Order').textContent()) ?? '', /^<Order xmlns="http:\/\/orders">\n {2}<Id>4711<\/Id>\n/);
    await page.getByText('Only the first 36 characters are shown.').waitFor();
    await page.getByText('Its body is not kept any more.').waitFor();
    await tab(page, 'Waits for').click();
    await page.getByText('OrderId == 4711 AND BTS.MessageType == "http://orders#Approval"').waitFor();
    await page.getByText('http://orders#Approval m3').waitFor();
    await page.getByText(/^\s*OneDay · due /).waitFor();
  });

  test('a name in the history opens the source', async () => {
    await tab(page, 'History').click();
    const before = served.opened.length;
    await page.getByRole('button', { name: 'PriceOrder' }).click();
    await untilOpened(page, served, before + 1);
    assert.equal(served.opened.at(-1)?.shape, numberOf('PriceOrder'));
  });

  test('axe finds nothing serious under any tab', async () => {
    for (const name of TABS) {
      await tab(page, name).click();
      const { violations } = await new AxeBuilder({ page }).include({ fromShadowDom: ['soh-dashboard', 'soh-instance-detail'] }).analyze();
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      assert.deepEqual(
        serious.map(({ id, nodes }) => `${name}: ${id} ${JSON.stringify(nodes.map(({ target }) => target))}`),
        [],
      );
    }
  });
});

describe('special instances', { skip }, () => {
  test('an error stands at its shape, with the way to the source and the next step', async () => {
    const fake = group();
    const error = { code: 'orchestration.uncaught', message: 'Uncaught exception NoStock', shape: 'CheckStock' };
    fake.shown = { state: 'Suspended (resumable)', error };
    const served = await servePage(fake, true);
    const page = await served.open({ colorScheme: 'dark' });
    await openInstance(page);
    await page
      .getByText('Correct the cause and resume the instance; it goes on from the last persistence point and may fail again.')
      .waitFor();
    await shape(page, 'CheckStock').locator('.mark.error').waitFor();
    assert.match((await shape(page, 'CheckStock').getAttribute('aria-label')) ?? '', /Error: Uncaught exception NoStock$/);
    await page.locator('.problem').getByRole('button', { name: 'CheckStock' }).click();
    await untilOpened(page, served, 1);
    assert.equal(served.opened[0]?.shape, numberOf('CheckStock'));
    await served.close();
  });

  test('200 shapes fit the width, can be walked, and rest while nothing changes', async () => {
    const fake = group();
    const big = Array.from({ length: 20 }, (_, block) => {
      const at = block * 10;
      const kinds = ['receive', 'decide', 'rule', 'expression', 'else', 'loop', 'send', 'scope', 'handler', 'suspend'];
      const parents = [-1, -1, at + 1, at + 2, at + 1, at + 4, at + 5, -1, at + 7, at + 8];
      return kinds.map((kind, index) => ({ kind, name: `${kind} ${at + index}`, parent: parents[index] ?? -1 }));
    }).flat();
    fake.shown = { outline: big, history: [], position: { saved: [199], atRisk: [] } };
    const served = await servePage(fake);
    const page = await served.open();
    await openInstance(page);
    await page.locator('soh-flow [data-number="199"]').waitFor();
    assert.equal(await page.locator('soh-flow g.box').count(), 200);
    const seen = await page
      .locator('soh-flow .scroll')
      .evaluate((scroll) => [scroll.scrollWidth <= scroll.clientWidth, scroll.scrollTop > 0]);
    assert.deepEqual(seen, [true, true], 'as wide as the room, scrolled to where it is');
    await page.locator('soh-flow g.box[tabindex="0"]').focus();
    await page.keyboard.press('Home');
    await page.locator('soh-flow [data-number="0"]').and(page.locator(':focus')).waitFor();
    assert.equal(await page.locator('soh-flow .scroll').evaluate((scroll) => scroll.scrollTop < 200), true);
    await page.locator('soh-flow').evaluate((flow) => {
      document.body.dataset['changes'] = '';
      const note = (): string => (document.body.dataset['changes'] = 'changed');
      const everything = { subtree: true, attributes: true, childList: true, characterData: true };
      new MutationObserver(note).observe(flow.shadowRoot as ShadowRoot, everything);
    });
    fake.submit(1);
    fake.advance(300);
    await page.getByText('The newest 31 instances').first().waitFor();
    assert.equal(await page.evaluate(() => document.body.dataset['changes']), '');
    await served.close();
  });
});

describe('the page of an instance in a browser', { skip }, () => {
  test('without an editor there are no links; it speaks Chinese', async () => {
    const served = await servePage(group());
    const page = await served.open({ locale: 'zh-CN' });
    const row = page.locator('tr[data-id]').first();
    await row.click();
    await page.getByRole('tab', { name: '流程' }).waitFor();
    const first = shape(page, 'ReceiveOrder');
    await first.waitFor();
    assert.equal(await first.getAttribute('role'), 'img');
    assert.match((await first.getAttribute('aria-label')) ?? '', /^接收 ReceiveOrder: 已持久化/);
    await page.getByRole('tab', { name: '历史记录' }).click();
    await page.locator('soh-instance-detail ol li').first().waitFor();
    assert.equal(await page.locator('soh-instance-detail ol button').count(), 0);
    assert.deepEqual(served.opened, []);
    await served.close();
    assert.deepEqual(served.complaints, []);
  });
});
