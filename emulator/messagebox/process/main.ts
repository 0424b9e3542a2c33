/**
 * The MessageBox process: owns the data folder, recovers, listens on loopback. Started by the supervisor with an IPC channel; it ends
 * when that is gone. Exit codes: 0 stopped, 70 refused to go on, 74 failed in a way that another start can mend.
 */
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { toWire } from '../../errors.ts';
import { profiles } from '../../cluster/profiles.ts';
import type { Pace } from '../../slices.ts';
import { Batches } from './batches.ts';
import { BodyTransfer } from './bodyTransfer.ts';
import { GatedOutput } from './gatedOutput.ts';
import { MessageBox } from '../core/messageBox.ts';
import { filesOf, openStore } from './openStore.ts';
import { Reports } from '../view/reports.ts';
import { MessageBoxServer } from './server.ts';
import type { MessageBoxNotice, MessageBoxSettings } from '../protocol/settings.ts';
import { snapshotIn, Snapshots } from './snapshots.ts';
import { MESSAGE_BOX_FOLDER } from '../storage/folders.ts';
import type { RecoveryReport } from '../storage/recovery.ts';
import { REPORT_INTERVAL_MS, SupervisorDesk } from './supervisorDesk.ts';

/** How late a durable timer may fire. */
const TIMER_RESOLUTION_MS = 20;

const log = (line: string): void => {
  process.stderr.write(`${new Date().toISOString()} MessageBox ${line}\n`);
};

function fail(error: unknown): never {
  const wire = toWire(error);
  log(`${wire.code}: ${wire.message} ${wire.next}`);
  process.send?.({ kind: 'failed', error: wire } satisfies MessageBoxNotice);
  process.exit(wire.retry ? 74 : 70);
}

async function run(settings: MessageBoxSettings): Promise<void> {
  const began = performance.now();
  const clocks = { monotonic: () => performance.now(), wall: () => Date.now() };
  const files = filesOf(settings.folder, snapshotIn(workerOf(settings.folder)));
  const { storage, journal, store, bodies, retired } = await openStore(files, clocks, log);
  const times = profiles[settings.profile];
  const messageBox = new MessageBox(store, times);
  const snapshots = new Snapshots(journal, storage.snapshot, log, fail);
  const gate = (): number => store.gate;
  let ending = false;
  const output = new GatedOutput(journal, gate, fail, () => snapshots.consider());
  const settleSoon = (): void => server.settleSoon();
  const pace = paceOf(clocks.monotonic, settleSoon, () => ending);
  const batches = new Batches(messageBox, pace);
  const reports = new Reports(
    messageBox,
    () => journal.bytes,
    () => batches.current,
  );
  const supervisor = new SupervisorDesk({
    messageBox,
    output,
    bodies,
    reports,
    batches,
    pace,
    settleSoon,
    shutdown: () => void shutdown(),
    failed: fail,
    log,
  });
  const transfer = new BodyTransfer(bodies, output, fail);
  const server = new MessageBoxServer({ messageBox, output, bodies: transfer, supervisor, token: settings.token, log });
  const port = await server.listen();
  const stopClocks = startClocks(messageBox, output, times.sweepMs, () => {
    supervisor.report();
    retired.sweep(clocks.monotonic(), log);
    snapshots.rest(clocks.monotonic());
  });
  async function shutdown(): Promise<void> {
    if (ending) return;
    ending = true;
    stopClocks();
    server.close();
    output.end();
    try {
      await journal.close();
      await snapshots.last();
      storage.release();
      process.exit(0);
    } catch (error) {
      fail(error);
    }
  }
  process.off('disconnect', endAtOnce);
  process.on('disconnect', () => void shutdown());
  process.on('SIGTERM', () => void shutdown());
  const recovered = { ...toldOf(storage.recovered), ms: Math.round(performance.now() - began) };
  process.send?.({ kind: 'listening', port, generation: store.state.generation, recovered } satisfies MessageBoxNotice);
}

function toldOf({ records, cut }: RecoveryReport): { records: number; cutBytes: number } {
  return { records, cutBytes: cut?.bytes ?? 0 };
}

function workerOf(dataFolder: string): () => Worker {
  const workerData = join(dataFolder, MESSAGE_BOX_FOLDER);
  return () => new Worker(new URL('./snapshotWorker.mjs', import.meta.url), { workerData });
}

/** Long walks let everything else have its turn; of one that is under way when the process ends the rest never happens. */
function paceOf(monotonic: () => number, settleSoon: () => void, ending: () => boolean): Pace {
  return {
    monotonic,
    rest: async () => {
      settleSoon();
      await breathe();
      if (ending()) await new Promise(() => undefined);
    },
  };
}

/** Leases each `sweepMs`, durable timers and reports in their own rhythm; none of them walks the instances. */
function startClocks(messageBox: MessageBox, output: GatedOutput, sweepMs: number, report: () => void): () => void {
  const timers = [
    setInterval(() => {
      messageBox.sweep();
      output.endTurn();
    }, sweepMs),
    setInterval(() => {
      messageBox.fireTimers();
      output.endTurn();
    }, TIMER_RESOLUTION_MS),
    setInterval(report, REPORT_INTERVAL_MS),
  ];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

const endAtOnce = (): never => process.exit(0);

process.once('disconnect', endAtOnce);
// Ctrl+C reaches the whole process group; the supervisor stops its children in order.
process.on('SIGINT', () => undefined);
process.once('message', (settings: MessageBoxSettings) => {
  run(settings).catch(fail);
});
