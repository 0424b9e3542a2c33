/** Claims the folder it is told, again and again, and answers who owns it. */
import { SohError } from '../../../emulator/errors.ts';
import { claimFolder } from '../../../emulator/messagebox/storage/ownerFile.ts';

process.on('message', (folder: string) => {
  try {
    process.send?.({ won: true, owner: claimFolder(folder).owner.pid });
  } catch (error) {
    if (!(error instanceof SohError) || error.code !== 'messageBox.folderInUse') throw error;
    process.send?.({ won: false, owner: error.parameters['pid'] });
  }
});
process.on('disconnect', () => process.exit());
