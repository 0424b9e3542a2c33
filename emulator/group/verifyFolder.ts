/** Reads all of a data folder and says what is wrong with it. */
import { join } from 'node:path';
import { readDiscovery } from '../control/discovery.ts';
import { SohError } from '../errors.ts';
import type { Disk } from '../messagebox/storage/disk.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import { verify, type Verified } from '../messagebox/upkeep/verify.ts';
import { readOwner } from '../wire/folderClaim.ts';
import { PROCESSES_FILE, readProcesses } from './processesFile.ts';

/** Also of a group that runs; changes nothing. @throws SohError 'format.newer', 'messageBox.noData' */
export async function verifyFolder(disk: Disk, dataFolder: string): Promise<Verified> {
  const messageBox = join(dataFolder, MESSAGE_BOX_FOLDER);
  const problems: SohError[] = [];
  const looks = [
    () => readDiscovery(dataFolder),
    () => readProcesses(join(dataFolder, PROCESSES_FILE)),
    () => readOwner(dataFolder),
    () => readOwner(messageBox),
  ];
  for (const look of looks) {
    try {
      await look();
    } catch (error) {
      if (!(error instanceof SohError) || error.code === 'format.newer') throw error;
      problems.push(error);
    }
  }
  const verified = await verify(disk, messageBox);
  return { ...verified, problems: [...problems, ...verified.problems] };
}
