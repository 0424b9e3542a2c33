/** Copies of files, piece by piece, on the device when they are made. */
import { type Disk, type DiskFile, storageFailed, writeAll } from '../storage/disk.ts';
import { openSegment } from '../storage/segments.ts';

const PIECE_BYTES = 1024 * 1024;

/** Copies the first bytes of a file into a new one. Errors: 'messageBox.storageFailed'. */
export async function copyBytes(disk: Disk, from: DiskFile, path: string, bytes: number): Promise<void> {
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(1, bytes)));
  try {
    const to = disk.open(path, 'create');
    try {
      for (let done = 0; done < bytes;) {
        const count = from.read(piece.subarray(0, Math.min(piece.length, bytes - done)), done);
        if (count === 0) throw new Error(`${from.path} ends at byte ${String(done)}`);
        writeAll(to, piece.subarray(0, count));
        done += count;
      }
      await to.dataSync();
    } finally {
      to.close();
    }
  } catch (error) {
    throw storageFailed(path, error);
  }
}

/** Copies the first bytes of a segment, live or in the history; false when there is no such segment any more. */
export async function copySegment(disk: Disk, folder: string, first: number, path: string, bytes = Infinity): Promise<boolean> {
  const file = openSegment(disk, folder, first);
  if (file === undefined) return false;
  try {
    await copyBytes(disk, file, path, Math.min(bytes, file.size()));
    return true;
  } finally {
    file.close();
  }
}
