/** Claims the folder it is told, again and again, and answers who owns it. */
import { nodeClock } from '../../../emulator/clock.ts';
import { SohError } from '../../../emulator/errors.ts';
import { claimFolder } from '../../../emulator/wire/folderClaim.ts';

process.on('message', (folder: string) => {
  claimFolder(folder, nodeClock).then(
    ({ owner }) => process.send?.({ won: true, owner: owner.pid }),
    (error: unknown) => {
      if (!(error instanceof SohError) || error.code !== 'messageBox.folderInUse') throw error;
      process.send?.({ won: false, owner: error.parameters['pid'] });
    },
  );
});
process.on('disconnect', () => process.exit());
