/** The file system of this machine. */
import { constants, type Dirent, watch } from 'node:fs';
import { link, lstat, mkdir, open, opendir, realpath, rename, rmdir, unlink, type FileHandle } from 'node:fs/promises';
import { hasCode } from '../errors.ts';
import type { Entry, EntryKind, Files, Found, Reading } from './files.ts';

const WINDOWS = process.platform === 'win32';
/** A file that somebody has open cannot be renamed or removed there, and these are the ways it is said. */
const HELD = WINDOWS ? ['EBUSY', 'EPERM', 'EACCES'] : ['EBUSY'];

export const nodeFiles: Files = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
    return realpath(path);
  },
  async look(path) {
    try {
      return foundOf(await lstat(path));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  },
  list,
  read,
  async write(path, bytes, synced = true) {
    const handle = await open(path, 'wx');
    try {
      await handle.writeFile(bytes);
      if (synced) await handle.sync();
    } finally {
      await handle.close();
    }
  },
  rename,
  link,
  remove: unlink,
  removeFolder: rmdir,
  // Windows cannot open a folder for this; a rename is as durable there as the system makes it.
  syncsFolders: !WINDOWS,
  async syncFolder(path) {
    if (WINDOWS) return;
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  watch(folder, changed, ended) {
    const watcher = watch(folder, changed);
    watcher.on('error', (error) => {
      watcher.close();
      ended(error);
    });
    return () => {
      watcher.close();
    };
  },
  isHeld: (error) => HELD.some((code) => hasCode(error, code)),
};

async function* list(folder: string): AsyncGenerator<Entry> {
  for await (const entry of await opendir(folder, { bufferSize: 256 })) yield { name: entry.name, kind: listedKind(entry) };
}

async function read(path: string, limit: number): Promise<Reading> {
  let handle: FileHandle;
  try {
    // O_NONBLOCK: opening a named pipe must not wait for a writer. Neither flag exists on Windows.
    handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { kind: 'gone' };
    if (hasCode(error, 'ELOOP')) return { kind: 'notAFile', what: 'link' };
    throw error;
  }
  try {
    const before = foundOf(await handle.stat());
    if (before.kind !== 'file') return { kind: 'notAFile', what: before.kind };
    if (before.size > limit) return { kind: 'tooLarge', size: before.size };
    const bytes = await readAll(handle, before.size);
    const after = foundOf(await handle.stat());
    if (bytes === undefined || after.size !== before.size || after.mtimeMs !== before.mtimeMs) return { kind: 'changing' };
    return { kind: 'read', bytes, size: before.size, mtimeMs: before.mtimeMs };
  } finally {
    await handle.close();
  }
}

/** `undefined` when there is less or more than there should be. */
async function readAll(handle: FileHandle, size: number): Promise<Buffer | undefined> {
  // Memory of its own, so that it can be given to another thread; one byte more, so that a longer file shows.
  const buffer = Buffer.allocUnsafeSlow(size + 1);
  for (let at = 0; at < size;) {
    const { bytesRead } = await handle.read(buffer, at, buffer.length - at, at);
    at += bytesRead;
    if (bytesRead === 0 || at > size) return undefined;
  }
  return buffer.subarray(0, size);
}

interface Kinds {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

function kindOf(found: Kinds): EntryKind {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  return found.isSymbolicLink() ? 'link' : 'other';
}

/** Some file systems do not say what an entry is: then it is none of the known kinds. */
function listedKind(entry: Dirent): EntryKind | undefined {
  const kind = kindOf(entry);
  const known = kind !== 'other' || entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice();
  return known ? kind : undefined;
}

function foundOf(found: Kinds & { readonly size: number; readonly mtimeMs: number; readonly dev: number }): Found {
  return { kind: kindOf(found), size: found.size, mtimeMs: found.mtimeMs, device: String(found.dev) };
}
