/** The figures for people and as JSON: each beside its target and its distance from the limits of the disk; and which targets are missed. */
import { cpus } from 'node:os';
import type { Measured } from './main.ts';
import { rounded } from './statistics.ts';

/** The public shape of `--json`; what was not measured is missing. */
export function asJson({ limits, throughput, idle, kill, coldStart, live, shapes, page }: Measured): object {
  return {
    ordersPerSecond: throughput?.ordersPerSecond,
    durableCommitsPerSecond: throughput?.durableCommitsPerSecond,
    cpuMsPerOrder: throughput?.cpuMsPerOrder,
    idleP50Ms: idle?.p50Ms,
    idleP99Ms: idle?.p99Ms,
    killToFirstMs: kill?.firstP50Ms,
    killToLastMs: kill?.lastP50Ms,
    coldStartMs: coldStart?.p50Ms,
    rssIdleMb: throughput?.rssIdleMb,
    liveRatio: live?.liveRatio,
    snapshotPauseP99Ms: live?.snapshotPauseP99Ms,
    shapeGrowth: shapes && Math.max(...shapes.map(({ growth }) => growth)),
    pageCommitRatio: page?.beside.ratio,
    pageFrameRatio: page?.frames.ratio,
    pageMemoryRatio: page?.memory.ratio,
    limits,
    details: { throughput, idle, kill, coldStart, live, shapes, page },
    machine: { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, platform: process.platform },
  };
}

/** A figure that should be at least, or at most, so much. */
interface Target {
  readonly atLeast?: number;
  readonly atMost?: number;
}

interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly target: Target;
  readonly more: string;
}

/** @returns what was measured and misses its target, as people read it */
export function printReport(measured: Measured, json: boolean): readonly string[] {
  const rows = rowsOf(measured);
  if (json) console.log(JSON.stringify(asJson(measured)));
  else for (const each of rows) console.log(lineOf(each));
  return rows.filter(misses).map(lineOf);
}

function misses({ value, target: { atLeast = -Infinity, atMost = Infinity } }: Row): boolean {
  // Also what is no number at all.
  return !(value >= atLeast && value <= atMost);
}

function lineOf({ what, value, unit, target: { atLeast, atMost }, more }: Row): string {
  const bound = atLeast === undefined ? (atMost === undefined ? '' : `<= ${String(atMost)}`) : `>= ${String(atLeast)}`;
  return `${what.padEnd(44)}${`${String(value)}${unit}`.padStart(12)}  ${bound.padEnd(9)}${more}`.trimEnd();
}

function rowsOf({ limits, throughput, idle, kill, coldStart, live, shapes, page }: Measured): Row[] {
  const all = [
    row('append + fdatasync of 1 KB, one by one', limits.alonePerSecond, '/s', {}, `p50 ${String(limits.aloneP50Ms)} ms`),
    row('the same in groups of 100', limits.groupedPerSecond, '/s', {}),
  ];
  if (throughput) {
    const ofLimit = rounded((throughput.durableCommitsPerSecond / limits.groupedPerSecond) * 100);
    const times = rounded(throughput.durableCommitsPerSecond / limits.alonePerSecond);
    const [messageBox, hostInstances, supervisor] = throughput.cpuParts;
    all.push(
      row('orders', throughput.ordersPerSecond, '/s', { atLeast: 2000 }, `load ${String(throughput.load)}`),
      row(
        'durable commits',
        throughput.durableCommitsPerSecond,
        '/s',
        { atLeast: 10000 },
        `${String(times)} x one by one, ${String(ofLimit)} % of grouped`,
      ),
      row(
        'CPU per order',
        throughput.cpuMsPerOrder,
        ' ms',
        { atMost: 0.5 },
        `MessageBox ${String(messageBox)}, host instances ${String(hostInstances)}, supervisor ${String(supervisor)}`,
      ),
      row('commits per order, state', throughput.commitsPerOrder, '', { atLeast: 5, atMost: 5 }, `${String(throughput.stateBytes)} bytes`),
      row('memory of an idle host instance', throughput.rssIdleMb, ' MB', { atMost: 70 }, `after load ${String(throughput.rssLoadedMb)}`),
      row(
        'memory of the idle MessageBox',
        throughput.messageBoxRssIdleMb,
        ' MB',
        {},
        `after load ${String(throughput.messageBoxRssLoadedMb)}`,
      ),
    );
  }
  if (idle) {
    const syncs = rounded(idle.p50Ms / limits.aloneP50Ms);
    all.push(
      row(
        'one idle order, p50',
        idle.p50Ms,
        ' ms',
        { atMost: 6 },
        `${String(syncs)} syncs; from the ack ${String(idle.fromAckP50Ms)} ms; load ${String(idle.load)}`,
      ),
      row('one idle order, p99', idle.p99Ms, ' ms', {}),
    );
  }
  if (kill) {
    all.push(
      row(
        'kill to first resumed commit, p50',
        kill.firstP50Ms,
        ' ms',
        { atMost: 30 },
        `${kill.firstMs.join(' ')}; death noticed after ${kill.noticedMs.join(' ')}; load ${String(kill.load)}`,
      ),
      row(
        'kill to last resumed commit, p50',
        kill.lastP50Ms,
        ' ms',
        { atMost: 100 },
        `${kill.lastMs.join(' ')}; owned ${kill.owned.join(' ')}`,
      ),
    );
  }
  if (coldStart)
    all.push(
      row(
        'cold start to first order done, p50',
        coldStart.p50Ms,
        ' ms',
        { atMost: 1200 },
        `${coldStart.times.join(' ')}; load ${String(coldStart.load)}`,
      ),
    );
  if (live) all.push(...liveLines(live));
  for (const { shape, live: beside, us, growth, stateCharacters } of shapes ?? []) {
    const state = stateCharacters === undefined ? '' : `, ${String(stateCharacters)} characters saved`;
    const where = beside === 0 ? shape : `${shape} beside ${String(beside)} that wait`;
    all.push(row(`${where}, last tenth to first`, rounded(growth), '', { atMost: 1.2 }, `${String(rounded(us))} µs${state}`));
  }
  if (page) all.push(...pageLines(page));
  return all;
}

function liveLines(live: NonNullable<Measured['live']>): Row[] {
  return [
    ...live.runs.map((run) =>
      row(
        `commits beside ${String(run.live)} live instances`,
        run.commitsPerSecond,
        '/s',
        {},
        `CPU ${String(run.cpuMsPerOrder)} ms per order; MessageBox ${String(run.messageBoxRssMb)} MB; load ${String(run.load)}`,
      ),
    ),
    row('most to fewest live instances', live.liveRatio, '', { atLeast: 0.8 }, `by CPU time ${String(live.liveCpuRatio)}`),
    row(
      'lateness while a snapshot is made, p99',
      live.snapshotPauseP99Ms,
      ' ms',
      { atMost: 20 },
      `max ${String(live.snapshotPauseMaxMs)}, otherwise p99 ${String(live.otherPauseP99Ms)}; ${String(live.snapshots)} snapshots; load ${String(live.load)}`,
    ),
  ];
}

function pageLines({ beside, frames, memory }: NonNullable<Measured['page']>): Row[] {
  const difference = Math.abs(1 - beside.ratio);
  const honest = beside.noise - 1 > difference ? '; the machine by itself differs more than that' : '';
  const turns = beside.without.map((rate, index) => `${String(rate)} ${String(beside.with[index])}`).join(', ');
  return [
    row(
      'commits with the dashboard to without, median',
      beside.ratio,
      '',
      { atLeast: 0.95 },
      `${beside.ratios.join(' ')}; without, with: ${turns}; largest to smallest without ${String(beside.noise)}${honest}; load ${String(beside.load)}`,
    ),
    row("the group's CPU time for a commit, the same", beside.cpuRatio, '', { atMost: 1.05 }),
    row('CPU time of the browser meanwhile', beside.browserPercent, ' %', {}, 'of one processor'),
    row(
      'frames with 1,000 lanes to an empty page',
      frames.ratio,
      '',
      { atLeast: 0.8 },
      `${String(frames.dashboard)}/s to ${String(frames.empty)}/s beside 100000 instances; lanes drawn ${String(frames.lanes)}/s`,
    ),
    row(
      'memory of the page, late to early',
      memory.ratio,
      '',
      { atMost: 1.5 },
      `${String(memory.late.mb)} MB after ${String(memory.late.frames)} frames, ${String(memory.early.mb)} MB after ${String(memory.early.frames)}`,
    ),
  ];
}

function row(what: string, value: number, unit: string, target: Target, more = ''): Row {
  return { what, value, unit, target, more };
}
