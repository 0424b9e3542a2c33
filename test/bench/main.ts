/** `npm run bench -- [--json] [--check] [--quick] [--only a,b] [--folder DIR] [--dist DIR] [--profile]`: docs/benchmark.md. */
import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromiumPath } from '../host/browser.ts';
import { type BesidePage, measureBesidePage } from './besidePage.ts';
import { type DiskLimits, measureDisk } from './limits.ts';
import { measureFrames, measureMemory, type PageFrames, type PageMemory } from './pageFigures.ts';
import { printReport } from './report.ts';
import {
  type ColdStart,
  type Idle,
  type Kill,
  type Live,
  measureColdStart,
  measureIdle,
  measureKill,
  measureLive,
  measureThroughput,
  type Sizes,
  type Throughput,
} from './scenarios.ts';
import { measureShapes, type ShapeCost } from './shapes.ts';

const FULL: Sizes = { warmUp: 5000, orders: 25_000, idle: 300, kills: 7, coldStarts: 5, live: [100, 10_000, 100_000], liveOrders: 10_000 };
const QUICK: Sizes = { warmUp: 2000, orders: 8000, idle: 100, kills: 3, coldStarts: 3, live: [100, 10_000], liveOrders: 4000 };

export interface Measured {
  readonly limits: DiskLimits;
  readonly throughput?: Throughput;
  readonly idle?: Idle;
  readonly kill?: Kill;
  readonly coldStart?: ColdStart;
  readonly live?: Live;
  readonly shapes?: readonly ShapeCost[];
  readonly page?: { readonly beside: BesidePage; readonly frames: PageFrames; readonly memory: PageMemory };
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    /** Ends with 1 when a target is missed. */
    check: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    /** CPU profiles of the processes into the folder; the figures of such a run are not comparable. */
    profile: { type: 'boolean', default: false },
    only: { type: 'string', default: 'throughput,idle,kill,coldStart,live,shapes,page' },
    folder: { type: 'string', default: `out/bench/${String(process.pid)}` },
    dist: { type: 'string', default: 'dist' },
  },
});

const folder = resolve(values.folder);
const where = { folder, dist: resolve(values.dist), profile: values.profile };
const sizes = values.quick ? QUICK : FULL;
const wanted = new Set(values.only.split(','));
const say = (text: string): void => console.error(text);

mkdirSync(folder, { recursive: true });
say(`bench: ${folder}`);
const measured: Measured = {
  limits: await measureDisk(folder, values.quick ? 1000 : 3000),
  ...(wanted.has('throughput') ? { throughput: await step('orders in bulk', () => measureThroughput(where, sizes)) } : {}),
  ...(wanted.has('idle') ? { idle: await step('one order at a time', () => measureIdle(where, sizes)) } : {}),
  ...(wanted.has('kill') ? { kill: await step('kills', () => measureKill(where, sizes)) } : {}),
  ...(wanted.has('coldStart') ? { coldStart: await step('cold starts', () => measureColdStart(where, sizes)) } : {}),
  ...(wanted.has('live') ? { live: await step('beside live instances', () => measureLive(where, sizes)) } : {}),
  ...(wanted.has('shapes')
    ? { shapes: await step('shapes in the engine', () => measureShapes(values.quick ? 20_000 : 100_000, 500)) }
    : {}),
  ...(wanted.has('page') && hasBrowser() ? { page: await step('with the dashboard', measurePage) } : {}),
};
const missed = printReport(measured, values.json);
if (values.check && missed.length > 0) {
  say(`bench: ${String(missed.length)} targets missed:\n${missed.join('\n')}`);
  process.exitCode = 1;
}

if (!values.profile) rmSync(folder, { recursive: true, force: true });

function hasBrowser(): boolean {
  if (chromiumPath() === undefined) say('bench: left out: with the dashboard; there is no Chromium');
  return chromiumPath() !== undefined;
}

async function measurePage(): Promise<NonNullable<Measured['page']>> {
  const [turnMs, pairs] = values.quick ? [4000, 4] : [8000, 6];
  return {
    beside: await measureBesidePage(where, turnMs, pairs),
    frames: await measureFrames(100_000),
    memory: await measureMemory(values.quick ? 1500 : 3000),
  };
}

async function step<T>(what: string, measure: () => T | Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await measure();
  say(`bench: ${what}: ${String(Math.round((performance.now() - began) / 1000))} s`);
  return result;
}
