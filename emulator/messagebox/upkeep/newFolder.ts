/** A folder that appears when everything is in it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { hasCode, isOutOfRoom, messageOf, SohError } from '../../errors.ts';
import { nodeDisk } from '../storage/disk.ts';

export interface NewFolder {
  /** Must not exist, or be empty. */
  readonly target: string;
  /** The data that is copied; the target must not be inside it. */
  readonly source: string;
  /** Is given what takes back the half that is there, for when the process is asked to end; gives what ends that. */
  readonly whenInterrupted: (clean: () => void) => () => void;
}

/**
 * Makes the target out of what `make` puts into the folder it is given. When that fails nothing is left. Errors: 'messageBox.targetInUse',
 * 'messageBox.targetInside', 'messageBox.targetUnwritable', 'messageBox.targetFull', 'messageBox.copyFailed', and those of `make`.
 */
export async function makeNewFolder<T>({ target, source, whenInterrupted }: NewFolder, make: (folder: string) => Promise<T>): Promise<T> {
  if (!isFree(target)) throw new SohError('messageBox.targetInUse', { folder: target });
  if (isInside(target, source)) throw new SohError('messageBox.targetInside', { folder: target, data: source });
  const part = partOf(target);
  const clean = (): void => {
    rmSync(part, { recursive: true, force: true });
  };
  const done = whenInterrupted(clean);
  try {
    const made = await make(part);
    if (existsSync(target)) rmdirSync(target);
    await nodeDisk.rename(part, target);
    await nodeDisk.syncFolder(dirname(resolve(target)));
    return made;
  } catch (error) {
    clean();
    throw failed(target, error);
  } finally {
    done();
  }
}

/** Beside the target, so that it can be moved there in one step. */
function partOf(target: string): string {
  try {
    mkdirSync(dirname(resolve(target)), { recursive: true });
    return mkdtempSync(`${resolve(target)}.part-`);
  } catch (error) {
    if (isOutOfRoom(error)) throw new SohError('messageBox.targetFull', { folder: target }, error);
    throw new SohError('messageBox.targetUnwritable', { folder: target, reason: messageOf(error) }, error);
  }
}

function failed(target: string, error: unknown): SohError {
  if (isOutOfRoom(error)) return new SohError('messageBox.targetFull', { folder: target }, error);
  if (error instanceof SohError && error.code !== 'messageBox.storageFailed') return error;
  const reason = error instanceof SohError ? String(error.parameters['reason']) : messageOf(error);
  return new SohError('messageBox.copyFailed', { folder: target, reason }, error);
}

function isFree(target: string): boolean {
  try {
    return readdirSync(target).length === 0;
  } catch (error) {
    // A file in the way is told as what it is when the folder is made.
    return hasCode(error, 'ENOENT') || (hasCode(error, 'ENOTDIR') && !existsSync(target));
  }
}

function isInside(target: string, source: string): boolean {
  const [inner, outer] = [realPath(resolve(target)), realPath(resolve(source))];
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}

/** Also of what is not there yet: links lead elsewhere. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
