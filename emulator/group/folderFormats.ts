/** Refuses a data folder that a newer program has written to, before anything in it is changed. */
import { join } from 'node:path';
import { messageOf, SohError } from '../errors.ts';
import { messageBoxFormats } from '../messagebox/core/snapshotState.ts';
import { nodeDisk } from '../messagebox/storage/disk.ts';
import { refuseNewer } from '../messagebox/storage/fileStorage.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import { readOwner } from '../wire/folderClaim.ts';
import { PROCESSES_FILE, readProcesses } from './processesFile.ts';

/**
 * Looks at the heads of the files a start depends on; the discovery file is looked at by who asks whether a group runs. Errors:
 * 'format.newer', 'group.processesUnreadable', 'messageBox.folderUnusable'.
 */
export function refuseNewerFolder(dataFolder: string): void {
  try {
    refuseNewer(nodeDisk, join(dataFolder, MESSAGE_BOX_FOLDER), messageBoxFormats);
  } catch (error) {
    if (error instanceof SohError) throw error;
    throw new SohError('messageBox.folderUnusable', { folder: dataFolder, reason: messageOf(error) }, error);
  }
  for (const folder of [dataFolder, join(dataFolder, MESSAGE_BOX_FOLDER)]) readOwner(folder);
  readProcesses(join(dataFolder, PROCESSES_FILE));
}
