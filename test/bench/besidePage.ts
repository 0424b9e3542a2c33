/** What looking costs: commits a second of a saturated group with the dashboard on the screen of a real browser, and without. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { nodeClock } from '../../emulator/clock.ts';
import { dashboardUrl } from '../../emulator/group/dashboardServer.ts';
import { readDiscovery } from '../../emulator/control/discovery.ts';
import { launchBrowser, type Browser } from '../host/browser.ts';
import { BenchGroup, completed } from './benchGroup.ts';
import { cpuMsBelow, load } from './processes.ts';
import type { RawClient } from './rawClient.ts';
import type { Where } from './scenarios.ts';
import { percentile, rounded } from './statistics.ts';

export interface BesidePage {
  /** Commits a second, in turns: without the page, with it. */
  readonly without: readonly number[];
  readonly with: readonly number[];
  /** With by without, of each pair; and their median. */
  readonly ratios: readonly number[];
  readonly ratio: number;
  /** Largest by smallest of the turns without the page: what the machine does by itself. */
  readonly noise: number;
  /** CPU time of the group (MessageBox, host instances, supervisor) for each commit, with by without. */
  readonly cpuRatio: number;
  /** CPU time of the browser while the page is open, in % of one processor: on a machine with none to spare the group lacks it. */
  readonly browserPercent: number;
  readonly load: number;
}

/** Orders that are submitted and not completed: enough that no host instance ever waits. */
const WAITING = 3000;
const BATCH = 500;
/** Before each turn, for what the page or its end has stirred up (ms). */
const SETTLE = 1500;

/** @param turnMs length of each of the `pairs` turns without and with the page */
export async function measureBesidePage(where: Where, turnMs: number, pairs: number): Promise<BesidePage> {
  const group = await BenchGroup.start({ ...where, folder: join(where.folder, 'page') });
  const browser = await launchBrowser({ viewport: { width: 1440, height: 1100 } });
  const client = await group.connect();
  const stop = new AbortController();
  try {
    const saturated = saturate(group, client, stop.signal);
    await pause(3 * SETTLE);
    const turns = { without: [] as Turn[], with: [] as Turn[] };
    for (let pair = 0; pair < pairs; pair++) {
      turns.without.push(await turn(group, turnMs));
      await look(group, browser);
      turns.with.push(await turn(group, turnMs));
      await browser.page.goto('about:blank');
    }
    stop.abort();
    await saturated;
    return figures(turns.without, turns.with);
  } finally {
    stop.abort();
    await browser.close();
    await client.close();
    await group.stop();
  }
}

interface Turn {
  readonly perSecond: number;
  readonly cpuMsPerCommit: number;
  readonly browserPercent: number;
}

async function turn(group: BenchGroup, ms: number): Promise<Turn> {
  await pause(SETTLE);
  const [before, cpuBefore, browserBefore, began] = [await commits(group), (await group.cpu()).all, cpuMsBelow('chrom'), performance.now()];
  await pause(ms);
  const [count, cpu, took] = [(await commits(group)) - before, (await group.cpu()).all - cpuBefore, performance.now() - began];
  const browserPercent = ((cpuMsBelow('chrom') - browserBefore) * 100) / took;
  return { perSecond: (count * 1000) / took, cpuMsPerCommit: cpu / count, browserPercent };
}

async function commits(group: BenchGroup): Promise<number> {
  return (await group.status()).hostInstances.reduce((sum, { committed }) => sum + committed, 0);
}

/** Keeps so many orders waiting until it is told to stop. */
async function saturate(group: BenchGroup, client: RawClient, signal: AbortSignal): Promise<void> {
  for (let submitted = 0; !signal.aborted;) {
    const waiting = submitted - completed(await group.status(), 'BenchOrder');
    if (waiting < WAITING) {
      await client.submit('plain', BATCH);
      submitted += BATCH;
    } else await pause(20);
  }
}

/** The drawing and the lanes on the screen, as a person has them. */
async function look(group: BenchGroup, { page }: Browser): Promise<void> {
  const discovery = await readDiscovery(group.dataFolder);
  if (!discovery) throw new Error('the group does not run');
  await page.goto(dashboardUrl(discovery.port, discovery.token, nodeClock.wall()));
  await page.getByText(/^The newest [\d,]+ instances, and who owned them when/).waitFor();
}

function figures(without: readonly Turn[], withPage: readonly Turn[]): BesidePage {
  const rates = (turns: readonly Turn[]): number[] => turns.map(({ perSecond }) => Math.round(perSecond));
  const median = (turns: readonly Turn[], of: (turn: Turn) => number): number => percentile(turns.map(of), 0.5);
  const cpu = (turns: readonly Turn[]): number => median(turns, ({ cpuMsPerCommit }) => cpuMsPerCommit);
  const ratios = withPage.map(({ perSecond }, index) => rounded(perSecond / (without[index]?.perSecond ?? Number.NaN), 3));
  const alone = without.map(({ perSecond }) => perSecond);
  return {
    without: rates(without),
    with: rates(withPage),
    ratios,
    ratio: percentile(ratios, 0.5),
    noise: rounded(Math.max(...alone) / Math.min(...alone), 3),
    cpuRatio: rounded(cpu(withPage) / cpu(without), 3),
    browserPercent: Math.round(median(withPage, (turn) => turn.browserPercent)),
    load: load(),
  };
}
