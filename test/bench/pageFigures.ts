/** What the page itself costs its browser: frames a second with much on it, and its memory after a long run. The group only pretends. */
import type { Page } from 'playwright-core';
import { FakeGroup } from '../page/fakeGroup.ts';
import { servePage } from '../page/servePage.ts';
import { rounded } from './statistics.ts';

export interface PageFrames {
  /** Frames a second of an empty page in this browser, and of the dashboard, as the browser offers them. */
  readonly empty: number;
  readonly dashboard: number;
  readonly ratio: number;
  /** Drawings of the lanes a second. */
  readonly lanes: number;
}

export interface PageMemory {
  /** MB in use after a collection of garbage, after so many frames. */
  readonly early: { readonly frames: number; readonly mb: number };
  readonly late: { readonly frames: number; readonly mb: number };
  readonly ratio: number;
}

const VIEW_MS = 4000;
/** Length of a frame of the feed (ms). */
const FRAME = 100;

/** 1,000 lanes on the screen while so many instances exist and the feed goes on. */
export async function measureFrames(instances: number): Promise<PageFrames> {
  const fake = new FakeGroup(3);
  fake.submit(instances - 1000);
  fake.advance(1000);
  fake.submit(1000);
  fake.advance(2000);
  const served = await servePage(fake);
  try {
    const page = await served.open();
    await page.goto('about:blank');
    const empty = await framesPerSecond(page);
    await page.context().close();
    const dashboard = await served.open();
    await dashboard.locator('soh-lanes').scrollIntoViewIfNeeded();
    for (let press = 0; press < 3; press++) await dashboard.getByRole('button', { name: 'Row height' }).click();
    await dashboard.getByText('The newest 1,000 instances').first().waitFor();
    const feed = setInterval(() => fake.advance(FRAME), FRAME);
    const before = await lanesDrawn(dashboard);
    const frames = await framesPerSecond(dashboard);
    const lanes = ((await lanesDrawn(dashboard)) - before) / (VIEW_MS / 1000);
    clearInterval(feed);
    return { empty: rounded(empty), dashboard: rounded(frames), ratio: rounded(frames / empty, 2), lanes: rounded(lanes) };
  } finally {
    await served.close();
  }
}

/** Memory of the page after 300 frames of a busy group, and after so many. */
export async function measureMemory(frames: number): Promise<PageMemory> {
  const fake = new FakeGroup(5);
  const served = await servePage(fake);
  try {
    const page = await served.open();
    let sent = 0;
    const until = async (count: number): Promise<{ frames: number; mb: number }> => {
      for (; sent < count; sent++) {
        busyFrame(fake, sent);
        // No more at once than a page can follow.
        if (sent % 20 === 19) await caughtUp(page, fake);
      }
      await caughtUp(page, fake);
      return { frames: count, mb: rounded(await heapMb(page), 2) };
    };
    const early = await until(300);
    const late = await until(frames);
    return { early, late, ratio: rounded(late.mb / early.mb, 2) };
  } finally {
    await served.close();
  }
}

/** Orders come in and end, and now and then a host instance dies and starts again. */
function busyFrame(fake: FakeGroup, number: number): void {
  fake.submit(5);
  if (number % 60 === 30) fake.press('killHostInstance', 'ProcessingHost@A');
  if (number % 60 === 45) fake.press('startHostInstance', 'ProcessingHost@A');
  fake.advance(FRAME);
}

async function caughtUp(page: Page, fake: FakeGroup): Promise<void> {
  const { frame } = fake.snapshot();
  await page.waitForFunction((wanted) => {
    const view = document.querySelector('soh-dashboard') as unknown as { session: { model: { frame: number | null } } };
    return (view.session.model.frame ?? 0) >= wanted;
  }, frame);
}

async function heapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 1024 / 1024;
}

function framesPerSecond(page: Page): Promise<number> {
  return page.evaluate(
    (ms) =>
      new Promise<number>((resolve) => {
        const began = performance.now();
        let frames = 0;
        const next = (now: number): void => {
          frames += 1;
          if (now - began < ms) requestAnimationFrame(next);
          else resolve((frames * 1000) / (now - began));
        };
        requestAnimationFrame(next);
      }),
    VIEW_MS,
  );
}

function lanesDrawn(page: Page): Promise<number> {
  return page.evaluate(() => {
    const view = document.querySelector('soh-dashboard')?.shadowRoot?.querySelector('soh-lanes');
    return (view as unknown as { frames: number }).frames;
  });
}
