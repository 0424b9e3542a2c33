/** Deletes what a group has left behind, so that the next start begins with nothing. */
import { readdirSync, rmdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { logFolder, previousSupervisorLog, supervisorLog } from '../control/logs.ts';
import { DISCOVERY_FILE } from '../control/discovery.ts';
import { hasCode, messageOf, SohError } from '../errors.ts';
import { nodeDisk } from '../messagebox/storage/disk.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import { claimFolder } from '../wire/folderClaim.ts';
import { claimDataFolder, MODULES_FOLDER } from './dataFolder.ts';
import { PROCESSES_FILE } from './processesFile.ts';

/** What is being deleted has this name, so that a reset that is interrupted leaves no half of a MessageBox. */
const DELETED_FOLDER = `${MESSAGE_BOX_FOLDER}.deleted`;
/** Of these, one at least is in the folder of a MessageBox. */
const OF_A_MESSAGE_BOX = /^(journal-\d{12}\.log|journal\.mark|messagebox(\.previous)?\.json|history|bodies|owner.*\.json)$/;

/**
 * Deletes the messages, the instances, their history, the logs and what is only of use while the group runs. The group's own files, exported
 * runs and everything that is not ours stay. Errors: 'messageBox.noData' for a folder that is no data folder, 'group.alreadyRunning',
 * 'group.elsewhere', 'messageBox.folderInUse', 'messageBox.resetFailed', 'format.newer'.
 */
export async function resetData(dataFolder: string, clock: Clock): Promise<void> {
  if (!isDataFolder(dataFolder)) throw new SohError('messageBox.noData', { folder: dataFolder });
  const claim = await claimDataFolder(dataFolder, clock);
  const messageBox = join(dataFolder, MESSAGE_BOX_FOLDER);
  // A MessageBox may still be ending.
  const inner = await claimFolder(messageBox, clock).catch((error: unknown) => {
    claim.release();
    throw error;
  });
  const deleted = join(dataFolder, DELETED_FOLDER);
  try {
    await rm(deleted, { recursive: true, force: true });
    await nodeDisk.rename(messageBox, deleted);
    const others = [PROCESSES_FILE, DISCOVERY_FILE, MODULES_FOLDER].map((name) => join(dataFolder, name));
    const logs = [logFolder(dataFolder), supervisorLog(dataFolder), previousSupervisorLog(dataFolder)];
    for (const path of [deleted, ...others, ...logs]) await rm(path, { recursive: true, force: true });
  } catch (error) {
    inner.release();
    throw failed(dataFolder, error);
  } finally {
    claim.release();
  }
  removeIfEmpty(dataFolder);
}

function isDataFolder(dataFolder: string): boolean {
  const inside = names(join(dataFolder, MESSAGE_BOX_FOLDER));
  return inside.some((name) => OF_A_MESSAGE_BOX.test(name)) || names(dataFolder).includes(DELETED_FOLDER);
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return [];
    throw failed(folder, error);
  }
}

/** Our own .gitignore keeps nothing out any more. */
function removeIfEmpty(dataFolder: string): void {
  if (names(dataFolder).some((name) => name !== '.gitignore')) return;
  rmSync(join(dataFolder, '.gitignore'), { force: true });
  rmdirSync(dataFolder);
}

function failed(folder: string, cause: unknown): SohError {
  return cause instanceof SohError ? cause : new SohError('messageBox.resetFailed', { folder, reason: messageOf(cause) }, cause);
}
