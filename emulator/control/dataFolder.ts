/** The data folder of a group: where it is, and how it is made. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { hasCode } from '../errors.ts';

/** Name of the data folder beside a group file. */
const DATA_FOLDER = '.scaled-out-hosts';

/** Data folder of a group: beside its `cluster.json`, or in the home folder for the sample group. Never the system's temporary folder. */
export function defaultDataFolder(clusterFile: string | null, home: string): string {
  return clusterFile === null ? join(home, DATA_FOLDER, 'sample') : folderBeside(dirname(resolve(clusterFile)));
}

/** The folder for data and for the editor's types beside a group file. */
export function folderBeside(folder: string): string {
  return join(folder, DATA_FOLDER);
}

/**
 * Makes the folder if it is missing, for the user only, and keeps it out of repositories: it holds the token of the group, and data. A folder
 * that somebody has put other things into is theirs, and gets no `.gitignore` from us. Throws errors of the system.
 */
export function makeDataFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (basename(resolve(folder)) !== DATA_FOLDER && readdirSync(folder).length > 0) return;
  try {
    writeFileSync(join(folder, '.gitignore'), '# Data and the secret of a group of Scaled-Out Hosts.\n*\n', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    // The user's own word counts.
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}
