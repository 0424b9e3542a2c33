import { type Disk, type DiskFile, storageFailed, writeAll } from '../storage/disk.ts';

const PIECE_BYTES = 1024 * 1024;

/** Copies the first bytes of a file into a new one and closes that; its content is on the device with `syncAll`. Errors: 'messageBox.storageFailed'. */
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
