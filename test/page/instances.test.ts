/**
 * The list of 100,000 instances in a real browser: every one of them can be reached, by wheel and by keyboard; filters find them, operate on
 * all of them and are kept under a name; the page stays as small and as quick as with a hundred.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright-core';
import { chromiumPath } from '../host/browser.ts';
import { FakeGroup } from './fakeGroup.ts';
import { servePage, type ServedPage } from './servePage.ts';

const skip = chromiumPath() === undefined ? 'this machine has no Chromium' : false;
const COUNT = 100_000;

async function list(served: ServedPage): Promise<Page> {
  const page = await served.open();
  await page.locator('tr[data-id]').first().waitFor();
  await page.locator('soh-instance-list').scrollIntoViewIfNeeded();
  return page;
}

function rowAt(page: Page, place: number): Locator {
  return page.locator(`tr[data-id][aria-rowindex="${place + 2}"]`);
}

async function until(seen: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !seen();) {
    assert.ok(Date.now() < end, `never: ${String(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function textField(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Filter by id, orchestration, owner or error' });
}

async function heapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  await session.detach();
  return (metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0) / 1e6;
}

describe('100,000 instances', { skip }, () => {
  let fake: FakeGroup;
  let served: ServedPage;
  before(async () => {
    fake = new FakeGroup();
    fake.pretend(COUNT);
    served = await servePage(fake);
  });
  after(async () => {
    await served.close();
    assert.deepEqual(served.complaints, []);
  });

  test('by keyboard: to the last one and back, page by page, and into its history', async () => {
    const page = await list(served);
    const grid = page.getByRole('grid', { name: 'Instances' });
    assert.equal(await grid.getAttribute('aria-rowcount'), String(COUNT + 1));
    await page.locator('tr[tabindex="0"]').focus();
    await page.keyboard.press('End');
    // The oldest of those that are not suspended.
    await page.locator(`tr[data-id="00000001-waits-1"][aria-rowindex="${COUNT + 1}"]:focus`).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.locator('tr[data-id="00000002-waits-2"]:focus').waitFor();
    await page.keyboard.press('Home');
    await page.locator('tr[aria-rowindex="2"]:focus').waitFor();
    await page.keyboard.press('PageDown');
    await page.keyboard.press('PageDown');
    const place = Number(await page.locator('tr:focus').getAttribute('aria-rowindex'));
    assert.ok(place > 15 && place < 40, `row ${place}`);
    const id = await page.locator('tr[data-id]:focus').getAttribute('data-id');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: `Instance ${id ?? ''}` }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator(`tr[data-id="${id ?? ''}"]:focus`).waitFor();
    await page.context().close();
  });

  test('scrolled through from end to end it draws what is in view, and the page does not grow', async (context) => {
    const page = await list(served);
    const before = await heapMb(page);
    const [still, frames] = await page.evaluate(async () => {
      const scroll = document
        .querySelector('soh-dashboard')
        ?.shadowRoot?.querySelector('soh-instance-list')
        ?.shadowRoot?.querySelector('.scroll');
      if (!scroll) return [0, 0];
      const framesWhile = async (move: (ms: number) => void): Promise<number> => {
        const start = performance.now();
        let painted = 0;
        for (let now = start; now - start < 3000; painted += 1) {
          now = await new Promise((resolve) => requestAnimationFrame(resolve));
          move(now - start);
        }
        return (painted * 1000) / (performance.now() - start);
      };
      // Like somebody who turns the wheel fast, 30 rows in a second, and jumps each half second.
      const part = scroll.scrollHeight / 6;
      const moving = (ms: number): void => scroll.scrollTo(0, (ms % 500) + Math.floor(ms / 500) * part);
      return [await framesWhile(() => undefined), await framesWhile(moving)];
    });
    await page.locator('soh-instance-list .scroll').evaluate((scroll) => scroll.scrollTo(0, scroll.scrollHeight));
    await rowAt(page, COUNT - 1).waitFor();
    const rows = await page.locator('soh-instance-list tbody tr').count();
    const after = await heapMb(page);
    context.diagnostic(
      `${frames.toFixed(1)} frames/s, ${still.toFixed(1)} while nothing moves; heap ${before.toFixed(1)} MB before, ${after.toFixed(1)} MB after; ${rows} rows drawn`,
    );
    assert.ok(rows < 80, `${rows} rows are drawn`);
    assert.ok(after < before * 1.5 + 2, `${before} MB before, ${after} MB after`);
    await page.context().close();
  });

  test('it asks for what is in view, one question at a time, and rests while nothing happens', async () => {
    const page = await list(served);
    await page.locator('soh-instance-list .scroll').evaluate((scroll) => scroll.scrollTo(0, 50_000 * 30));
    await rowAt(page, 50_000).waitFor();
    const { offset = 0, limit = 0 } = fake.lastQuestion;
    assert.ok(offset <= 50_000 && offset + limit > 50_012 && limit < 250, `${limit} from ${offset}`);
    const asked = fake.asked.instances;
    // While the failover report, which is in view too, asks twice, nothing is said of instances and nothing is asked.
    await page.setViewportSize({ width: 1440, height: 1400 });
    await page.locator('soh-failover-report').scrollIntoViewIfNeeded();
    const reports = fake.asked.failovers;
    await until(() => fake.asked.failovers >= reports + 2);
    assert.equal(fake.asked.instances, asked);
    fake.submit(1);
    fake.publish();
    await until(() => fake.asked.instances > asked);
    await page.context().close();
  });

  test('filters: text, state, owner, age and takeover together; what matches is counted', async () => {
    const page = await list(served);
    const choose = async (label: string, choice: string): Promise<void> => {
      await page.locator(`vscode-single-select[aria-label="${label}"]`).click();
      await page.getByRole('option', { name: choice, exact: true }).click();
    };
    await textField(page).fill('waits-99');
    await choose('Filter by state', 'waiting');
    await choose('Filter by owner', 'ProcessingHost@B');
    await choose('Filter by age', 'older than 10 min');
    await page.getByRole('button', { name: 'taken over', exact: true }).click();
    // 99…: tens, but not hundreds, divisible by three, and not among the newest 600.
    const fitting = Array.from({ length: COUNT - 600 }, (_, index) => index).filter(
      (index) => `waits-${index}`.includes('waits-99') && index % 10 === 0 && index % 100 !== 0 && index % 3 === 0,
    );
    await page.getByText(`${fitting.length} match the filter`).waitFor();
    assert.deepEqual(fake.lastQuestion.filter, {
      text: 'waits-99',
      states: ['Dehydrated', 'Scheduled'],
      kinds: ['orchestration'],
      owner: 'ProcessingHost@B',
      olderThanMs: 600_000,
      takenOver: true,
    });
    await page.getByRole('button', { name: 'Clear filter' }).click();
    await page.getByText(/^100,0\d\d orchestrations$/).waitFor();
    await textField(page).fill('nobody');
    await page.getByText('No instance matches the filter.').waitFor();
    await page.context().close();
  });

  test('a filter under a name is there after a reload, can be chosen and deleted', async () => {
    const page = await list(served);
    await textField(page).fill('waits-7');
    await page.getByRole('button', { name: 'Save filter…' }).click();
    await page.keyboard.type('Sevens');
    await page.keyboard.press('Enter');
    const chip = page.getByRole('button', { name: 'Sevens', exact: true });
    await chip.waitFor();
    assert.equal(await chip.getAttribute('aria-pressed'), 'true');
    await page.getByRole('button', { name: 'Waiting, older than 10 min' }).click();
    await page.reload();
    await page.locator('tr[data-id]').first().waitFor();
    assert.deepEqual(fake.lastQuestion.filter, { states: ['Dehydrated', 'Scheduled'], kinds: ['orchestration'], olderThanMs: 600_000 });
    await chip.click();
    await page.getByText('11,111 match the filter').waitFor();
    assert.equal(await textField(page).inputValue(), 'waits-7');
    await page.getByRole('button', { name: 'Delete the filter Sevens' }).click();
    await chip.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Save filter…' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Save filter…' }).waitFor();
    await page.context().close();
  });

  test('all that match are terminated after a question that says how many, with the filter of the list', async () => {
    const page = await list(served);
    await textField(page).fill('waits-5');
    await page.getByText('11,111 match the filter').waitFor();
    const filter = fake.lastQuestion.filter;
    await page.getByRole('button', { name: 'Terminate: all 11,111 that match' }).click();
    const question = page.getByRole('dialog', { name: 'Terminate 11,111 instances?' });
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    assert.notEqual(fake.commands.at(-1)?.command, 'terminate');
    await page.getByRole('button', { name: 'Terminate: all 11,111 that match' }).click();
    await question.getByRole('button', { name: 'Terminate' }).click();
    await page.getByText(/^Terminate: 11,000 done · 111 refused · Instance .* is Active, terminate pending/).waitFor();
    assert.deepEqual(fake.commands.at(-1), { command: 'terminate', parameters: { filter } });
    await page.getByRole('button', { name: 'Terminate: all 111 that match' }).waitFor();
    await page.context().close();
  });

  test('axe finds nothing serious while it is filtered and named', async () => {
    const page = await list(served);
    await textField(page).fill('waits-3');
    await page.getByRole('button', { name: 'Save filter…' }).click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    assert.deepEqual(
      violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
      [],
    );
    await page.context().close();
  });
});
