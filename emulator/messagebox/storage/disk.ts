/**
 * The disk as the storage sees it: few operations, each with the guarantee the callers rely on, so that a simulated disk can stand in
 * (`emulator/simulation/simulatedDisk.ts`). Only syncs and renames are asynchronous: a write of one group goes to the page cache in
 * microseconds, a sync waits for the device, and a rename may have to wait for a virus scanner on Windows.
 */
import * as fs from 'node:fs';
import { hasCode, messageOf, SohError } from '../../errors.ts';
import { renamePatiently } from './patientRename.ts';

/** `read`: must exist. `create`: must not exist. `replace`: emptied if it exists. `change`: must exist; for cutting it. */
export type OpenMode = 'read' | 'create' | 'replace' | 'change';

/** An open file. Writes go to its end, one after the other; after it was cut, to its new end. */
export interface DiskFile {
  readonly path: string;
  /** Writes `bytes` from `from` on and returns how many were written: may be fewer than asked. */
  write(bytes: Uint8Array, from: number, length: number): number;
  /** Reads into the whole of `into`; returns the number of bytes read, 0 at the end of the file. */
  read(into: Uint8Array, position: number): number;
  /** Replaces bytes in place. */
  overwrite(position: number, bytes: Uint8Array): void;
  size(): number;
  truncate(length: number): void;
  /** Resolves when the content (and the length) is on the device. */
  dataSync(): Promise<void>;
  close(): void;
}

export interface Disk {
  open(path: string, mode: OpenMode): DiskFile;
  /** Names in a folder; empty when there is no such folder. */
  list(folder: string): string[];
  /** Creates the folder and its parents; an existing one is fine. */
  makeFolder(folder: string): void;
  /** Replaces `to` in one step. On the device only after `syncFolder`. */
  rename(from: string, to: string): Promise<void>;
  /** A file that does not exist is fine. */
  remove(path: string): void;
  /** Resolves when created, renamed and removed names of this folder are on the device. */
  syncFolder(folder: string): Promise<void>;
  /** Bytes this user may still write to the disk of the folder, as far as the system tells. */
  freeBytes(folder: string): number;
}

const flags: Record<OpenMode, string> = { read: 'r', create: 'wx', replace: 'w+', change: 'r+' };

/** The real disk. libuv asks macOS for F_FULLFSYNC, so these syncs reach the device there too (docs/failure-model.md, P12). */
export const nodeDisk: Disk = {
  open: (path, mode) => openFile(path, fs.openSync(path, flags[mode], 0o600)),
  list: (folder) => {
    try {
      return fs.readdirSync(folder);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    }
  },
  makeFolder: (folder) => void fs.mkdirSync(folder, { recursive: true }),
  rename: renamePatiently,
  remove: (path) => {
    fs.rmSync(path, { force: true });
  },
  syncFolder: async (folder) => {
    // Windows cannot sync a folder; two snapshots and the segments they need are always kept (docs/failure-model.md, P11).
    if (process.platform === 'win32') return;
    const descriptor = fs.openSync(folder, 'r');
    try {
      await settle((done) => {
        fs.fsync(descriptor, done);
      });
    } finally {
      fs.closeSync(descriptor);
    }
  },
  freeBytes: (folder) => {
    const { bavail, bsize } = fs.statfsSync(folder);
    return bavail * bsize;
  },
};

function openFile(path: string, descriptor: number): DiskFile {
  let end = fs.fstatSync(descriptor).size;
  return {
    path,
    write: (bytes, from, length) => {
      const written = fs.writeSync(descriptor, bytes, from, length, end);
      end += written;
      return written;
    },
    read: (into, position) => fs.readSync(descriptor, into, 0, into.byteLength, position),
    overwrite: (position, bytes) => {
      for (let done = 0; done < bytes.byteLength;) done += fs.writeSync(descriptor, bytes, done, bytes.byteLength - done, position + done);
    },
    size: () => fs.fstatSync(descriptor).size,
    truncate: (length) => {
      fs.ftruncateSync(descriptor, length);
      end = length;
    },
    dataSync: () =>
      settle((done) => {
        fs.fdatasync(descriptor, done);
      }),
    close: () => {
      fs.closeSync(descriptor);
    },
  };
}

/** Writes all of `bytes`, however short the single writes are (docs/failure-model.md, P8: a full disk first shortens a write, then fails). */
export function writeAll(file: DiskFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength;) {
    const written = file.write(bytes, done, bytes.byteLength - done);
    if (written <= 0) throw new Error(`no byte of ${String(bytes.byteLength - done)} was written`);
    done += written;
  }
}

/** The whole content of a file, or its first `limit` bytes. */
export function readAll(disk: Disk, path: string, limit = Infinity): Buffer {
  const file = disk.open(path, 'read');
  try {
    const content = Buffer.allocUnsafe(Math.min(file.size(), limit));
    let done = 0;
    while (done < content.length) {
      const count = file.read(content.subarray(done), done);
      if (count === 0) break;
      done += count;
    }
    return content.subarray(0, done);
  } finally {
    file.close();
  }
}

export function fileSize(disk: Disk, path: string): number {
  const file = disk.open(path, 'read');
  try {
    return file.size();
  } finally {
    file.close();
  }
}

/** What any failed operation on the data folder becomes: 'messageBox.storageFailed'. */
export function storageFailed(file: string, cause: unknown): SohError {
  return cause instanceof SohError ? cause : new SohError('messageBox.storageFailed', { file, reason: messageOf(cause) }, cause);
}

function settle(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
