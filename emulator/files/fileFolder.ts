/** What is done with files and folders again and again: nothing is followed, nothing is overwritten (docs/failure-model.md, P29). */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hasCode } from '../errors.ts';
import type { Files } from './files.ts';

/** How the names of all our own files and folders begin that lie where others might see them. */
export const OWN_PREFIX = '.soh-';

/** Creates a folder inside one of ours. Throws when the name is taken by something else, for example a link to elsewhere. */
export async function prepareInside(files: Files, folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await files.makeFolder(path);
  if ((await files.look(path))?.kind !== 'folder') throw new Error(`${path} is not a folder`);
  return path;
}

/** Renames; false when the source is gone, which means that somebody else was faster. */
export async function renameIfThere(files: Files, from: string, to: string): Promise<boolean> {
  try {
    await files.rename(from, to);
    return true;
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    // Also a folder that is gone or a path that is too long is told like this.
    if (await files.look(from)) throw error;
    return false;
  }
}

/** Deletes; a file that is gone is fine. */
export async function removeIfThere(files: Files, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Longest part of a name that a number is put before, in bytes. */
const NUMBERED_BYTES = 240;

/**
 * Moves a file to a name nobody has yet: a second one of the same name gets a number. The link makes "nobody has it" and "now it is
 * ours" one step; where links do not exist, the unlikely overwrite is accepted over a file that blocks the folder.
 */
export async function moveAside(files: Files, from: string, folder: string, name: string): Promise<string> {
  for (let number = 0; ; number++) {
    const target = join(folder, number === 0 ? name : `${String(number)}-${shortened(name, NUMBERED_BYTES)}`);
    try {
      await files.link(from, target);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) continue;
      await files.rename(from, target);
      return target;
    }
    await files.remove(from);
    return target;
  }
}

/** The beginning of a text that has at most so many bytes in UTF-8. */
export function shortened(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let short = '';
  for (const character of text) {
    if (Buffer.byteLength(short + character) > bytes) break;
    short += character;
  }
  return short;
}

/** A virus scanner looks at a new file for about a second. Longer than this the caller decides, ms. */
const HELD_MS = 2000;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 200;

/** Does it again while another program holds the file. Rejects with the last error when that takes too long. */
export async function whileHeld(files: Files, action: () => Promise<void>): Promise<void> {
  const end = performance.now() + HELD_MS;
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
    try {
      return await action();
    } catch (error) {
      if (!files.isHeld(error) || performance.now() > end) throw error;
      await pause(wait);
    }
  }
}
