/** Files and folders as the FILE adapter touches them: nothing is followed, nothing is overwritten (docs/failure-model.md, P29). */
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, realpath, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../errors.ts';

/** Creates a folder if need be and returns its real path, which is what all names are joined to from then on. */
export async function prepareFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  return realpath(path);
}

/** Creates a folder inside one of ours. Throws when the name is taken by something else, for example a link to elsewhere. */
export async function prepareInside(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  if (!(await lstat(path)).isDirectory()) throw new Error(`${path} is not a folder`);
  return path;
}

/** Size and time of a file; `undefined` when it is gone. Links are not followed. */
export async function lookAt(path: string): Promise<{ size: number; mtimeMs: number; isFile: boolean } | undefined> {
  try {
    const found = await lstat(path);
    return { size: found.size, mtimeMs: found.mtimeMs, isFile: found.isFile() };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Renames; false when the source is gone, which means that somebody else was faster. */
export async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Deletes; a file that is gone is fine. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/**
 * Reads a regular file of at most `limit` bytes.
 *
 * @returns `undefined` when it is gone.
 * @throws NotReadable when it is a link, no regular file, or too large.
 */
export async function readRegularFile(path: string, limit: number): Promise<ReadFile | undefined> {
  let handle;
  try {
    // O_NONBLOCK: opening a named pipe must not wait for a writer. Neither flag exists on Windows.
    handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (hasCode(error, 'ELOOP')) throw new NotReadable('it is a symbolic link');
    throw error;
  }
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new NotReadable('it is no regular file');
    if (found.size > limit) throw new NotReadable(`it has ${String(found.size)} bytes, over the limit of ${String(limit)} bytes`);
    return { bytes: await handle.readFile(), mtimeMs: found.mtimeMs };
  } finally {
    await handle.close();
  }
}

/** A file's content, and when it had last changed before it was read (ms since 1970). */
export interface ReadFile {
  readonly bytes: Buffer;
  readonly mtimeMs: number;
}

/** A file that will never become a message. */
export class NotReadable extends Error {}

/**
 * Moves a file to a name nobody has yet: a second one of the same name gets a number. The link makes "nobody has it" and "now it is
 * ours" one step; where links do not exist, the unlikely overwrite is accepted over a file that blocks the folder.
 */
export async function moveAside(from: string, folder: string, name: string): Promise<string> {
  for (let number = 0; ; number++) {
    const target = join(folder, number === 0 ? name : `${String(number)}-${name}`);
    try {
      await link(from, target);
      await unlink(from);
      return target;
    } catch (error) {
      if (hasCode(error, 'EEXIST')) continue;
      await rename(from, target);
      return target;
    }
  }
}
