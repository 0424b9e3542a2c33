/**
 * The MessageBox process: owns the data folder, recovers, listens on loopback. Started by the supervisor with an IPC channel; it ends
 * when that is gone. Exit codes: 0 stopped, 70 refused to start, 74 storage failed.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SohError, toWire } from '../errors.ts';
import { profiles } from '../group/profiles.ts';
import { apply } from './apply.ts';
import { BodyTransfer } from './bodyTransfer.ts';
import { GatedOutput } from './gatedOutput.ts';
import { MessageBox } from './messageBox.ts';
import type { JournalRecord } from './records.ts';
import { Reports } from './reports.ts';
import { MessageBoxServer } from './server.ts';
import type { MessageBoxNotice, MessageBoxSettings } from './settings.ts';
import { fromSnapshot, type SnapshotContent } from './snapshotState.ts';
import { Snapshots } from './snapshots.ts';
import { Bodies } from './storage/bodies.ts';
import { nodeDisk } from './storage/disk.ts';
import { Journal } from './storage/journal.ts';
import { claimFolder } from './storage/ownerFile.ts';
import { loadSnapshot } from './storage/snapshot.ts';
import { Store } from './store.ts';
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
  process.exit(error instanceof SohError && error.code === 'messageBox.storageFailed' ? 74 : 70);
}

async function run(settings: MessageBoxSettings): Promise<void> {
  const began = performance.now();
  const folder = join(settings.folder, 'messagebox');
  mkdirSync(settings.folder, { recursive: true, mode: 0o700 });
  const claim = claimFolder(folder);
  const snapshot = await loadSnapshot<SnapshotContent>(nodeDisk, folder);
  if (snapshot.damaged) log(`the snapshot ${snapshot.damaged.file} is damaged (${snapshot.damaged.reason}); recovered from the one before and the journal`);
  const state = fromSnapshot(snapshot.data);
  const { journal, recovered } = await Journal.open<JournalRecord>({
    disk: nodeDisk,
    folder,
    from: snapshot.sequence,
    onRecord: (record, sequence) => {
      apply(state, record, sequence);
    },
    segmentHeader: (): JournalRecord => ({ kind: 'generation', at: store.now, generation: state.generation }),
  });
  if (recovered.cut) log(`an interrupted write of ${String(recovered.cut.bytes)} bytes was cut from ${recovered.cut.file}`);
  const times = profiles[settings.profile];
  const bodies = new Bodies(nodeDisk, folder);
  const store: Store = new Store(state, journal, { monotonic: () => performance.now(), wall: () => Date.now() }, (hash) => {
    goneBodies.push(hash);
  });
  let goneBodies: string[] = [];
  store.record({ kind: 'generation', at: store.now, generation: state.generation + 1 });
  await journal.flush();
  const messageBox = new MessageBox(store, times);
  const snapshots = new Snapshots(journal, () => new Worker(new URL('./snapshotWorker.mjs', import.meta.url), { workerData: folder }), log, fail);
  const output = new GatedOutput(journal, () => store.gate, fail, () => {
    for (const hash of goneBodies) bodies.delete(hash);
    goneBodies = [];
    snapshots.consider();
  });
  const reports = new Reports(messageBox, () => journal.bytes);
  const supervisor = new SupervisorDesk({ messageBox, output, reports, shutdown: () => void shutdown() });
  const server = new MessageBoxServer({ messageBox, output, bodies: new BodyTransfer(bodies, output, fail), supervisor, token: settings.token, log });
  const port = await server.listen();

  const sweeping = setInterval(() => {
    messageBox.sweep();
    output.endTurn();
  }, times.sweepMs);
  const timing = setInterval(() => {
    messageBox.fireTimers();
    output.endTurn();
  }, TIMER_RESOLUTION_MS);
  const reporting = setInterval(() => {
    supervisor.report();
  }, REPORT_INTERVAL_MS);
  let ending = false;
  async function shutdown(): Promise<void> {
    if (ending) return;
    ending = true;
    clearInterval(sweeping);
    clearInterval(timing);
    clearInterval(reporting);
    server.close();
    try {
      await journal.close();
      await snapshots.last();
      claim.release();
      process.exit(0);
    } catch (error) {
      fail(error);
    }
  }
  process.on('disconnect', () => void shutdown());
  process.on('SIGTERM', () => void shutdown());
  process.on('SIGINT', () => undefined);
  const notice = { records: recovered.records, cutBytes: recovered.cut?.bytes ?? 0, ms: Math.round(performance.now() - began) };
  process.send?.({ kind: 'listening', port, generation: state.generation, recovered: notice } satisfies MessageBoxNotice);
}

process.once('message', (settings: MessageBoxSettings) => {
  run(settings).catch(fail);
});
process.once('disconnect', () => {
  setImmediate(() => process.exit(0)).unref();
});
