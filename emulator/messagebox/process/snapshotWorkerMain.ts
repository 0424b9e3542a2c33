/** The worker thread that makes one snapshot and ends: sealed segments in, `messagebox.json` out. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { apply } from '../core/apply.ts';
import type { JournalRecord } from '../core/records.ts';
import { recordFormat } from '../core/recordFormat.ts';
import { fromSnapshot, type SnapshotContent, snapshotFormat, toSnapshot } from '../core/snapshotState.ts';
import type { SnapshotAnswer } from './snapshots.ts';
import type { MessageBoxState } from '../core/state.ts';
import { nodeDisk } from '../storage/disk.ts';
import { pruneHistory } from '../storage/history.ts';
import { makeSnapshot } from '../storage/snapshotWorker.ts';

/** What the worker is started with. */
export interface SnapshotWorkerData {
  readonly folder: string;
  /** Bytes of history that are kept. */
  readonly historyBytes: number;
}

const { folder, historyBytes } = workerData as SnapshotWorkerData;

parentPort?.once('message', (upTo: number) => {
  const formats = { recordFormat, snapshotFormat };
  const job = { disk: nodeDisk, folder, upTo, ...formats, load: fromSnapshot, apply, save: toSnapshot };
  makeSnapshot<JournalRecord, MessageBoxState, SnapshotContent>(job)
    .then((result) => ({ ...result, ...prune() }))
    .then(
      (answer) => parentPort?.postMessage(answer satisfies SnapshotAnswer),
      (error: unknown) => parentPort?.postMessage({ error: messageOf(error) } satisfies SnapshotAnswer),
    );
});

/** What cannot be removed now, because somebody has it open or the disk fails, is removed after the next snapshot. */
function prune(): { readonly pruned: number; readonly trouble?: string } {
  try {
    return { pruned: pruneHistory(nodeDisk, folder, historyBytes).segments };
  } catch (error) {
    return { pruned: 0, trouble: messageOf(error) };
  }
}
