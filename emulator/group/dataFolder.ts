/** The data folder of a group: one supervisor uses it at a time, also where it is shared with other containers or machines. */
import { accessSync, constants } from 'node:fs';
import type { Clock } from '../clock.ts';
import { makeDataFolder } from '../control/dataFolder.ts';
import { isCode, isOutOfRoom, messageOf, SohError } from '../errors.ts';
import { type Claim, claimFolder } from '../wire/folderClaim.ts';

/** Folder of the compiled user modules inside a data folder. */
export const MODULES_FOLDER = 'modules';

/**
 * Creates the folder if needed and claims it. Takes some seconds when a supervisor that cannot be seen from here used it last.
 * @throws SohError 'group.alreadyRunning', 'group.elsewhere', 'messageBox.folderUnusable', 'messageBox.storageFull'
 */
export async function claimDataFolder(folder: string, clock: Clock): Promise<Claim> {
  try {
    makeDataFolder(folder);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    if (isOutOfRoom(error)) throw new SohError('messageBox.storageFull', { folder }, error);
    throw new SohError('messageBox.folderUnusable', { folder, reason: messageOf(error) }, error);
  }
  try {
    return await claimFolder(folder, clock);
  } catch (error) {
    if (isCode(error, 'messageBox.folderInUse')) throw new SohError('group.alreadyRunning', error.parameters);
    if (isCode(error, 'messageBox.folderInUseElsewhere')) throw new SohError('group.elsewhere', error.parameters);
    throw error;
  }
}
