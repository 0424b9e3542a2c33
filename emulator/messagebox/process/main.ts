/**
 * The MessageBox process: owns the data folder, recovers, listens on loopback. Started by the supervisor with an IPC channel; it ends
 * when that is gone. Exit codes: 0 stopped, 70 refused to go on, 74 failed in a way that another start can mend.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { nodeClock as clock } from '../../clock.ts';
import { toWire } from '../../errors.ts';
import type { MessageBoxNotice, MessageBoxSettings } from '../protocol/settings.ts';
import { MESSAGE_BOX_FOLDER } from '../storage/folders.ts';
import { HISTORY_BYTES } from '../storage/history.ts';
import type { RecoveryReport } from '../storage/recovery.ts';
import { filesOf, openStore } from './openStore.ts';
import { Program } from './program.ts';
import { snapshotIn } from './snapshots.ts';
import type { SnapshotWorkerData } from './snapshotWorkerMain.ts';

const log = (line: string): void => {
  process.stderr.write(`${new Date().toISOString()} MessageBox ${line}\n`);
};

/** Opening a folder is work without a pause, so nothing else can say that it goes on. */
function sayEachSecond(notice: MessageBoxNotice): () => void {
  let next = clock.monotonic() + 1000;
  return () => {
    if (clock.monotonic() < next) return;
    next = clock.monotonic() + 1000;
    process.send?.(notice);
  };
}

function fail(error: unknown): never {
  const wire = toWire(error);
  log(`${wire.code}: ${wire.message} ${wire.next}`);
  process.send?.({ kind: 'failed', error: wire } satisfies MessageBoxNotice);
  process.exit(wire.retry ? 74 : 70);
}

async function run(settings: MessageBoxSettings): Promise<void> {
  const began = clock.monotonic();
  const { storage, room } = filesOf(settings, clock, snapshotIn(workerOf(settings), log));
  const opened = await openStore(storage, clock, log, sayEachSecond({ kind: 'opening' }));
  let ending = false;
  const shutdown = (): void => {
    if (ending) return;
    ending = true;
    program.end().then(() => process.exit(0), fail);
  };
  const program = new Program(opened, { settings, clock, room, log, failed: fail, shutdown });
  const port = await program.start();
  process.off('disconnect', endAtOnce);
  process.on('disconnect', shutdown);
  process.on('SIGTERM', shutdown);
  const { generation } = opened.store.state;
  const recovered = { ...toldOf(opened.storage.recovered), notices: opened.notices, ms: Math.round(clock.monotonic() - began) };
  process.send?.({ kind: 'listening', port, generation, recovered } satisfies MessageBoxNotice);
}

function toldOf({ records, cut }: RecoveryReport): { records: number; cutBytes: number } {
  return { records, cutBytes: cut?.bytes ?? 0 };
}

function workerOf({ folder, historyBytes = HISTORY_BYTES }: MessageBoxSettings): () => Worker {
  const workerData: SnapshotWorkerData = { folder: join(folder, MESSAGE_BOX_FOLDER), historyBytes };
  return () => new Worker(new URL('./snapshotWorker.mjs', import.meta.url), { workerData });
}

const endAtOnce = (): never => process.exit(0);

process.once('disconnect', endAtOnce);
// Ctrl+C reaches the whole process group; the supervisor stops its children in order.
process.on('SIGINT', () => undefined);
process.once('message', (settings: MessageBoxSettings) => {
  run(settings).catch(fail);
});
