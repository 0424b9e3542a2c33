/**
 * The drawing in a real browser: its dots are the messages the feed counted and nothing else, who is silent is drawn from the lease, and
 * everything that can be broken or repaired can be by keyboard alone.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { MOST_DOTS } from '../../webview/model/traffic.ts';
import { chromiumPath } from '../host/browser.ts';
import { FakeGroup } from './fakeGroup.ts';
import { moving, servePage, type ServedPage } from './servePage.ts';
import { tabTo } from './tabTo.ts';

const skip = chromiumPath() === undefined ? 'this machine has no Chromium' : false;

const dots = (page: Page, line = '') => page.locator(`soh-flow-lines .dot${line === '' ? '' : `[data-line="${line}"]`}`);

/** Frames as a group sends them, while `look` says what is seen; until `enough`. */
async function flowing(fake: FakeGroup, orders: number, look: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    fake.submit(orders);
    fake.advance(100);
    if (await look()) return;
  }
  assert.fail('it was never seen');
}

describe('the drawing of the group', { skip }, () => {
  let fake: FakeGroup;
  let served: ServedPage;
  before(async () => {
    fake = new FakeGroup();
    served = await servePage(fake);
  });
  after(async () => {
    await served.close();
    assert.deepEqual(served.complaints, [], 'the browser complained');
  });

  test('nothing flows: no dot, no figure; then one dot for each message, on its own line, which arrives and is gone', async () => {
    const page = await served.open(moving);
    fake.advance(300);
    await page.getByRole('article', { name: 'ProcessingHost@A' }).waitFor();
    assert.equal(await dots(page).count(), 0);
    assert.equal(await page.locator('soh-flow-lines text').count(), 0);
    // In one look: they are on their way for little more than a second.
    const seen = page.waitForFunction(() => {
      let root: ParentNode = document;
      for (const name of ['soh-dashboard', 'soh-topology', 'soh-flow-lines']) root = root.querySelector(name)?.shadowRoot ?? root;
      const lines = [...root.querySelectorAll<SVGElement>('.dot')].map(({ dataset }) => dataset['line'] ?? '');
      return lines.length === 0 ? undefined : { lines, scale: root.querySelector('p')?.textContent };
    });
    const feed = setInterval(() => fake.advance(100), 100);
    try {
      await page.locator('svg.ring .left').first().waitFor();
      fake.submit(3);
      const { lines = [], scale } = (await (await seen).jsonValue()) ?? {};
      const of = (line: RegExp): number => lines.filter((one) => line.test(one)).length;
      assert.deepEqual(
        [of(/^published ReceivingHost@A$/), of(/^delivered ProcessingHost@[AB]$/), of(/^delivered ReceivingHost@A$/)],
        [3, 3, 0],
      );
      assert.equal(scale, 'One dot is one message');
    } finally {
      clearInterval(feed);
    }
    await dots(page).first().waitFor({ state: 'detached' });
    await page.getByText('One dot is one message').waitFor({ state: 'detached' });
    await page.context().close();
  });

  test('fast: many messages a dot, the scale in words, never more than 40 dots, and the rates as figures', async () => {
    const page = await served.open(moving);
    let most = 0;
    await flowing(fake, 60, async () => {
      most = Math.max(most, await dots(page).count());
      return (await page.getByText(/^One dot is [\d,]+ messages$/).count()) === 1;
    });
    await flowing(fake, 60, async () => {
      most = Math.max(most, await dots(page).count());
      return most > 4 && (await page.locator('soh-flow-lines text', { hasText: /^[\d,.]+\/s$/ }).count()) >= 4;
    });
    assert.ok(most <= MOST_DOTS, `${most} dots`);
    const card = page.getByRole('article', { name: 'ProcessingHost@A' });
    assert.match((await card.textContent()) ?? '', /Messages received\s*[\d,]+\s*[\d,]+\/s/);
    await page.context().close();
  });

  test('who asked for less motion gets figures and no dot', async () => {
    const page = await served.open();
    await flowing(fake, 20, async () => (await page.locator('soh-flow-lines text').count()) >= 4);
    assert.equal(await dots(page).count(), 0);
    await page.context().close();
  });

  test('out of sight nothing is drawn; back in sight it flows again', async () => {
    const page = await served.open({ ...moving, viewport: { width: 1440, height: 500 } });
    await flowing(fake, 20, async () => (await dots(page).count()) > 0);
    await page.locator('soh-failover-report').scrollIntoViewIfNeeded();
    await flowing(fake, 20, async () => (await dots(page).count()) === 0);
    await page.evaluate(() => window.scrollTo(0, 0));
    await flowing(fake, 20, async () => (await dots(page).count()) > 0);
    await page.context().close();
  });

  test('a narrow page has no lines, and the figures in the boxes', async () => {
    const page = await served.open({ viewport: { width: 700, height: 900 } });
    await page.getByText('Messages published').first().waitFor({ state: 'visible' });
    assert.equal(await page.locator('soh-flow-lines').count(), 0);
    await page.context().close();
  });

  test('a frozen host instance: the ring empties with its lease, suspect, lost, and the last thing it said counts for nothing', async () => {
    const page = await served.open(moving);
    const card = page.getByRole('article', { name: 'ProcessingHost@B' });
    const ring = card.locator('svg.ring');
    // Both in one look, or the second would be of a later moment.
    const look = async (): Promise<[left: number, gap: number]> => {
      const [label, gap] = await ring.evaluate(
        (svg) => [svg.getAttribute('aria-label') ?? '', Number(svg.querySelector('.left')?.getAttribute('stroke-dashoffset'))] as const,
      );
      const [, value = '', unit = ''] = /Lease: ([\d.,]+) (m?s) left/.exec(label) ?? [];
      return [Number(value.replace(',', '')) * (unit === 's' ? 1000 : 1), gap];
    };
    fake.advance(100);
    await page.getByRole('button', { name: 'Freeze ProcessingHost@B' }).click();
    await fake.heard('freezeHostInstance');
    const seen = [await look()];
    for (const ms of [300, 300, 200]) {
      fake.advance(ms);
      let now = await look();
      // The page's clock may go on by a part of the lease between two frames.
      for (const deadline = Date.now() + 10_000; now[0] > (seen.at(-1)?.[0] ?? 0) - ms / 2 && Date.now() < deadline;) {
        await page.waitForTimeout(20);
        now = await look();
      }
      seen.push(now);
    }
    assert.ok(
      seen.every(([time, open], index) => index === 0 || (time < (seen[index - 1]?.[0] ?? 0) && open > (seen[index - 1]?.[1] ?? 0))),
      JSON.stringify(seen),
    );
    await card.getByText(/^frozen, suspect \d/).waitFor();
    fake.advance(900);
    await card.getByText(/^lost, last heard/).waitFor();
    await ring.locator('.cross').waitFor({ state: 'attached' });
    assert.equal(await ring.locator('.left').count(), 0);
    await page.getByRole('button', { name: 'Thaw ProcessingHost@B' }).click();
    await card.getByText('running', { exact: true }).waitFor();
    await page.context().close();
  });

  test('by keyboard alone: stop, start, freeze, thaw, kill, fail and repair a computer, kill the MessageBox', async () => {
    const page = await served.open();
    const asked = fake.commands.length;
    const instance = 'ProcessingHost@A';
    const presses = [
      ...(['Stop', 'Start', 'Freeze', 'Thaw', 'Kill', 'Start'] as const).map((verb) => `${verb} ${instance}`),
      ...['Fail computer B', 'Repair computer B', 'Kill the MessageBox'],
    ];
    for (const name of presses) {
      await page.getByRole('button', { name }).waitFor();
      await page.locator(`[aria-label="${name}"][aria-disabled="false"]`).waitFor();
      await tabTo(page, name);
      await page.keyboard.press('Enter');
    }
    await page.getByText('MessageBox: restarting').first().waitFor();
    assert.deepEqual(
      fake.commands.slice(asked).map(({ command, parameters }) => [command, (parameters as { name?: string }).name]),
      [
        ...['stopHostInstance', 'startHostInstance', 'freezeHostInstance', 'thawHostInstance', 'killHostInstance', 'startHostInstance'].map(
          (command) => [command, instance],
        ),
        ['failComputer', 'B'],
        ['repairComputer', 'B'],
        ['killMessageBox', undefined],
      ],
    );
    await page.context().close();
  });

  test('the report of a loss says how many transmissions it may have repeated', async () => {
    const page = await served.open();
    fake.advance(200);
    const active = fake.status().hostInstances.find(({ name }) => name === 'SendingHost@A')?.active ?? 0;
    assert.ok(active > 0);
    await page.getByRole('button', { name: 'Kill SendingHost@A' }).click();
    await page.getByRole('button', { name: 'Start SendingHost@A' }).click();
    // It is asked for only while it can be seen.
    await page.locator('soh-failover-report').scrollIntoViewIfNeeded();
    const report = page.getByRole('table', { name: 'Failover report' });
    await report.waitFor();
    const headings = await report.getByRole('columnheader').allTextContents();
    const column = headings.indexOf('Transmissions possibly repeated');
    const row = report.getByRole('row', { name: /^SendingHost@A/ }).first();
    await row
      .getByRole('cell', { name: String(active), exact: true })
      .nth(1)
      .waitFor();
    // The first cell of a row is its heading.
    assert.equal(
      (
        await row
          .getByRole('cell')
          .nth(column - 1)
          .textContent()
      )?.trim(),
      String(active),
    );
    await page.getByText('Shapes that run again repeat nothing outside').waitFor();
    await page.context().close();
  });
});
