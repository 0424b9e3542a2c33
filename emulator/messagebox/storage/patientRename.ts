import * as fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { hasCode } from '../../errors.ts';

/** What a rename needs of the system; a test stands in for Windows. */
export interface RenameSystem {
  readonly platform: NodeJS.Platform;
  rename(from: string, to: string): void;
  /** @param ms how long */
  pause(ms: number): Promise<unknown>;
}

const here: RenameSystem = { platform: process.platform, rename: fs.renameSync, pause };

/** Windows refuses a rename while a scanner or an indexer has the file open: tried again for about two seconds. */
export async function renamePatiently(from: string, to: string, system = here): Promise<void> {
  for (let wait = 10; ; wait *= 2) {
    try {
      system.rename(from, to);
      return;
    } catch (error) {
      const busy = system.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].some((code) => hasCode(error, code));
      if (!busy || wait > 1_000) throw error;
      await system.pause(wait);
    }
  }
}
