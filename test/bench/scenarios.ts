/** What is measured, one function a scenario; docs/benchmark.md says how each figure is made. */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { journalOf } from '../../emulator/tracking/journalReader.ts';
import { BenchGroup, completed, VICTIMS, writeCluster } from './benchGroup.ts';
import { runFigures, type Takeover, takeoverFigures } from './journalFigures.ts';
import { load, rssMb } from './processes.ts';
import type { OrderKind, RawClient } from './rawClient.ts';
import { percentile, rounded } from './statistics.ts';

export interface Sizes {
  readonly warmUp: number;
  readonly orders: number;
  readonly idle: number;
  readonly kills: number;
  readonly coldStarts: number;
  readonly live: readonly number[];
  readonly liveOrders: number;
}

export interface Where {
  readonly folder: string;
  readonly dist: string;
  readonly profile: boolean;
}

export interface Throughput {
  readonly ordersPerSecond: number;
  readonly durableCommitsPerSecond: number;
  readonly cpuMsPerOrder: number;
  /** CPU ms per order by process: [MessageBox, host instances, supervisor]. */
  readonly cpuParts: readonly [number, number, number];
  readonly commitsPerOrder: number;
  readonly stateBytes: number;
  readonly rssIdleMb: number;
  readonly rssLoadedMb: number;
  readonly messageBoxRssIdleMb: number;
  readonly messageBoxRssLoadedMb: number;
  readonly load: number;
}

/** Orders in bulk on two processing host instances, and the memory of the processes before and after. */
export async function measureThroughput(where: Where, sizes: Sizes): Promise<Throughput> {
  const group = await BenchGroup.start({ ...where, folder: join(where.folder, 'throughput') });
  try {
    await pause(1000);
    const idle = await memory(group);
    const client = await group.connect();
    await bulk(group, client, sizes.warmUp);
    await group.profile();
    const figures = await bulk(group, client, sizes.orders);
    await group.profile();
    const loaded = await memory(group);
    await client.close();
    return {
      ...figures,
      rssIdleMb: idle.hostInstance,
      rssLoadedMb: loaded.hostInstance,
      messageBoxRssIdleMb: idle.messageBox,
      messageBoxRssLoadedMb: loaded.messageBox,
      load: load(),
    };
  } finally {
    await group.stop();
  }
}

type Bulk = Pick<
  Throughput,
  'ordersPerSecond' | 'durableCommitsPerSecond' | 'cpuMsPerOrder' | 'cpuParts' | 'commitsPerOrder' | 'stateBytes'
>;

async function bulk(group: BenchGroup, client: RawClient, count: number): Promise<Bulk> {
  const before = await group.status();
  const done = completed(before, 'BenchOrder');
  const cpuBefore = await group.cpu();
  await client.submit('plain', count);
  await group.untilCompleted('BenchOrder', done + count);
  const cpu = await group.cpu();
  const run = await runFigures(group.journalFolder, before.messageBox.sequence);
  if (run.orders !== count) throw new Error(`${String(run.orders)} of ${String(count)} orders are in the journal`);
  const part = (name: keyof typeof cpu): number => rounded((cpu[name] - cpuBefore[name]) / count, 3);
  return {
    ordersPerSecond: Math.round((count * 1000) / run.ms),
    durableCommitsPerSecond: Math.round((run.commits * 1000) / run.ms),
    cpuMsPerOrder: part('all'),
    cpuParts: [part('messageBox'), part('hostInstances'), part('supervisor')],
    commitsPerOrder: rounded(run.commits / run.orders, 2),
    stateBytes: run.stateLength,
  };
}

async function memory(group: BenchGroup): Promise<{ hostInstance: number; messageBox: number }> {
  const status = await group.status();
  const sizes = status.hostInstances.map(({ pid }) => (pid === null ? 0 : rssMb(pid)));
  return { hostInstance: rounded(Math.max(...sizes)), messageBox: rounded(rssMb(status.messageBox.pid ?? 0)) };
}

export interface Idle {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From the acknowledgement of the submission. */
  readonly fromAckP50Ms: number;
  readonly load: number;
}

/** One order at a time, from the submission until its last commit's message is back. */
export async function measureIdle(where: Where, sizes: Sizes): Promise<Idle> {
  const group = await BenchGroup.start({ ...where, folder: join(where.folder, 'idle') });
  try {
    const waiting = new Map<string, () => void>();
    const client = await group.connect({ answered: (order) => waiting.get(order)?.() });
    const whole: number[] = [];
    const fromAck: number[] = [];
    const warmUp = 100;
    for (let index = 0; index < warmUp + sizes.idle; index++) {
      if (index === warmUp) await group.profile();
      const began = performance.now();
      const { order, acknowledged } = client.submitOne('answered');
      const answered = new Promise<number>((resolve) => waiting.set(order, () => resolve(performance.now())));
      await acknowledged;
      const submitted = performance.now();
      const ended = await answered;
      waiting.delete(order);
      if (index >= warmUp) {
        whole.push(ended - began);
        fromAck.push(ended - submitted);
      }
      await pause(5);
    }
    await group.profile();
    await client.close();
    return {
      p50Ms: rounded(percentile(whole, 0.5), 2),
      p99Ms: rounded(percentile(whole, 0.99), 2),
      fromAckP50Ms: rounded(percentile(fromAck, 0.5), 2),
      load: load(),
    };
  } finally {
    await group.stop();
  }
}

export interface Kill {
  readonly firstP50Ms: number;
  readonly lastP50Ms: number;
  readonly firstMs: readonly number[];
  readonly lastMs: readonly number[];
  readonly owned: readonly number[];
  /** Part of both: until the MessageBox notices the death. */
  readonly noticedMs: readonly number[];
  readonly load: number;
}

/** 100 running orchestrations on each host instance; one is killed with SIGKILL, the other has room for all. */
export async function measureKill(where: Where, sizes: Sizes): Promise<Kill> {
  const group = await BenchGroup.start({ ...where, folder: join(where.folder, 'kill'), concurrency: 200 });
  try {
    const client = await group.connect();
    await bulk(group, client, sizes.warmUp);
    const takeovers = [];
    for (let index = 0; index < sizes.kills; index++) takeovers.push(await killOnce(group, client, VICTIMS[index % 2] ?? VICTIMS[0]));
    await client.close();
    const firstMs = takeovers.map((takeover) => takeover.firstMs);
    const lastMs = takeovers.map((takeover) => takeover.lastMs);
    const owned = takeovers.map((takeover) => takeover.owned);
    const noticedMs = takeovers.map((takeover) => takeover.noticedMs);
    return { firstP50Ms: percentile(firstMs, 0.5), lastP50Ms: percentile(lastMs, 0.5), firstMs, lastMs, owned, noticedMs, load: load() };
  } finally {
    await group.stop();
  }
}

/** Rounds that keep 200 orchestrations busy for some seconds. */
const LONG_ROUNDS = 150;

async function killOnce(group: BenchGroup, client: RawClient, victim: string): Promise<Takeover> {
  const { messageBox, ...before } = await group.until(
    ({ hostInstances }) => hostInstances.every(({ state }) => state === 'running'),
    'both run',
  );
  const done = completed({ messageBox, ...before }, 'BenchOrder');
  await client.submit('plain', 200, LONG_ROUNDS);
  const status = await group.until(({ hostInstances }) => hostInstances.every(({ active }) => active >= 90), 'both own 100 orchestrations');
  const pid = status.hostInstances.find(({ name }) => name === victim)?.pid ?? 0;
  const killedAt = performance.timeOrigin + performance.now();
  process.kill(pid, 'SIGKILL');
  await group.until(
    ({ hostInstances }) => hostInstances.some(({ name, state }) => name === victim && state === 'restarting'),
    'the end of the victim is seen',
  );
  await group.control.call('startHostInstance', { name: victim });
  await group.untilCompleted('BenchOrder', done + 200);
  const { owned, noticedMs, firstMs, lastMs } = await takeoverFigures(group.journalFolder, messageBox.sequence, victim, killedAt);
  return { owned, noticedMs: rounded(noticedMs), firstMs: rounded(firstMs), lastMs: rounded(lastMs) };
}

export interface ColdStart {
  readonly p50Ms: number;
  readonly times: readonly number[];
  readonly load: number;
}

/** From starting the supervisor to the last commit of an order that was waiting in the receive folder. */
export async function measureColdStart(where: Where, sizes: Sizes): Promise<ColdStart> {
  const times: number[] = [];
  for (let index = 0; index < sizes.coldStarts; index++) times.push(await startOnce(where, join(where.folder, `cold${String(index)}`)));
  return { p50Ms: rounded(percentile(times, 0.5), 0), times: times.map((time) => rounded(time, 0)), load: load() };
}

async function startOnce({ dist }: Where, folder: string): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  const cluster = writeCluster(folder, { orders: true });
  mkdirSync(join(folder, 'in'));
  writeFileSync(join(folder, 'in', 'order.json'), JSON.stringify({ id: 'first', kind: 'plain', rounds: 4, note: '' }));
  const began = performance.now();
  const args = [join(dist, 'supervisor.mjs'), '--data', join(folder, 'data'), '--cluster-file', cluster];
  const supervisor = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'ignore'] });
  const ended = new Promise((resolve) => supervisor.once('exit', resolve));
  try {
    const journal = journalOf(join(folder, 'data', 'messagebox')).follow();
    while (!(await journal.next(10_000)).records.some(({ record }) => record.kind === 'commit' && record.outcome === 'completed')) {
      if (supervisor.exitCode !== null || performance.now() - began > 60_000) throw new Error('the first order was not done');
      await pause(2);
    }
    return performance.now() - began;
  } finally {
    supervisor.kill('SIGTERM');
    await ended;
  }
}

export interface Live {
  readonly runs: readonly {
    readonly live: number;
    readonly commitsPerSecond: number;
    readonly cpuMsPerOrder: number;
    readonly messageBoxRssMb: number;
    readonly load: number;
  }[];
  /** Commits a second with the most live instances, relative to the fewest. */
  readonly liveRatio: number;
  /** The same by CPU time. */
  readonly liveCpuRatio: number;
  readonly snapshots: number;
  readonly snapshotPauseP99Ms: number;
  readonly snapshotPauseMaxMs: number;
  /** The same while no snapshot is made. */
  readonly otherPauseP99Ms: number;
  readonly load: number;
}

/** Throughput beside many dehydrated instances, and how late the MessageBox's event loop is while snapshots of them are made. */
export async function measureLive(where: Where, sizes: Sizes): Promise<Live> {
  const group = await BenchGroup.start({ ...where, folder: join(where.folder, 'live'), sleepers: true, lateness: true });
  try {
    const client = await group.connect();
    await bulk(group, client, sizes.warmUp + sizes.liveOrders);
    const runs = [];
    let live = 0;
    for (const wanted of sizes.live) {
      await fallAsleep(group, client, wanted - live, wanted);
      live = wanted;
      const { durableCommitsPerSecond: commitsPerSecond, cpuMsPerOrder } = await bulk(group, client, sizes.liveOrders);
      runs.push({ live, commitsPerSecond, cpuMsPerOrder, messageBoxRssMb: (await memory(group)).messageBox, load: load() });
    }
    const pauses = await snapshotPauses(group, client, sizes);
    await client.close();
    const [few, many] = [runs[0], runs.at(-1)];
    return {
      runs,
      liveRatio: rounded((many?.commitsPerSecond ?? 0) / (few?.commitsPerSecond ?? 1), 2),
      liveCpuRatio: rounded((few?.cpuMsPerOrder ?? 0) / (many?.cpuMsPerOrder ?? 1), 2),
      ...pauses,
      load: load(),
    };
  } finally {
    await group.stop();
  }
}

async function fallAsleep(group: BenchGroup, client: RawClient, count: number, wanted: number): Promise<void> {
  await client.submit('sleeper' satisfies OrderKind, count);
  await group.until(({ messageBox }) => messageBox.counts.Dehydrated >= wanted, `${String(wanted)} sleep`);
}

const SNAPSHOT = /^(\S+) MessageBox snapshot at record \d+: \d+ records in (\d+) ms/;

/** Orders until the MessageBox has made a snapshot under load; lateness inside its time and outside it. */
async function snapshotPauses(group: BenchGroup, client: RawClient, sizes: Sizes) {
  await group.lateness();
  const logged = group.logs.length;
  const made = () => group.logs.slice(logged).flatMap((line) => SNAPSHOT.exec(line) ?? []).length > 0;
  for (let batch = 0; batch < 20 && !made(); batch++) await bulk(group, client, sizes.liveOrders);
  const spans = group.logs.slice(logged).flatMap((line) => {
    const found = SNAPSHOT.exec(line);
    const end = Date.parse(found?.[1] ?? '');
    return found ? [{ from: end - Number(found[2]), to: end }] : [];
  });
  const late = await group.lateness();
  const inside = late.filter(([at]) => spans.some(({ from, to }) => at >= from && at <= to)).map(([, ms]) => ms);
  const outside = late.filter(([at]) => !spans.some(({ from, to }) => at >= from && at <= to)).map(([, ms]) => ms);
  return {
    snapshots: spans.length,
    snapshotPauseP99Ms: rounded(percentile(inside, 0.99)),
    snapshotPauseMaxMs: rounded(Math.max(...inside)),
    otherPauseP99Ms: rounded(percentile(outside, 0.99)),
  };
}
