/** A folder that appears when everything is in it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { hasCode, messageOf, SohError } from '../../errors.ts';
import { nodeDisk } from '../storage/disk.ts';

/**
 * Makes `target`, which must not exist or be empty, out of what `make` puts into the folder it is given. When that fails nothing is left.
 * Errors: 'messageBox.targetInUse', 'messageBox.copyFailed'.
 */
export async function makeNewFolder<T>(target: string, make: (folder: string) => Promise<T>): Promise<T> {
  if (!isFree(target)) throw new SohError('messageBox.targetInUse', { folder: target });
  const parent = dirname(resolve(target));
  let part: string | undefined;
  try {
    mkdirSync(parent, { recursive: true });
    part = mkdtempSync(`${resolve(target)}.part-`);
    const made = await make(part);
    if (existsSync(target)) rmdirSync(target);
    await nodeDisk.rename(part, target);
    await nodeDisk.syncFolder(parent);
    return made;
  } catch (error) {
    if (part !== undefined) rmSync(part, { recursive: true, force: true });
    if (error instanceof SohError && error.code !== 'messageBox.storageFailed') throw error;
    const reason = error instanceof SohError ? String(error.parameters['reason']) : messageOf(error);
    throw new SohError('messageBox.copyFailed', { folder: target, reason }, error);
  }
}

function isFree(target: string): boolean {
  try {
    return readdirSync(target).length === 0;
  } catch (error) {
    return hasCode(error, 'ENOENT');
  }
}
