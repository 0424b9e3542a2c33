/** The history is as large as it may be: the oldest segments go first. Nothing a restart needs is among them: these stay in the data folder. */
import { join } from 'node:path';
import { type Disk, fileSize, storageFailed } from './disk.ts';
import { historyFolder, listSegments } from './segments.ts';

/** Bytes of history that are kept unless a setting says otherwise. */
export const HISTORY_BYTES = 1024 * 1024 * 1024;

export interface Pruned {
  readonly segments: number;
  readonly bytes: number;
}

/**
 * Removes the oldest segments of `history/` until the rest has at most `limit` bytes. One at a time from the beginning, so that what is
 * left after a crash has no gap. Errors: 'messageBox.storageFailed'.
 */
export function pruneHistory(disk: Disk, folder: string, limit: number): Pruned {
  const history = join(folder, historyFolder);
  try {
    const kept = listSegments(disk, history).map(({ path }) => ({ path, bytes: fileSize(disk, path) }));
    let total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
    let removed = { segments: 0, bytes: 0 };
    for (const { path, bytes } of kept) {
      if (total <= limit) break;
      disk.remove(path);
      total -= bytes;
      removed = { segments: removed.segments + 1, bytes: removed.bytes + bytes };
    }
    return removed;
  } catch (error) {
    throw storageFailed(history, error);
  }
}
