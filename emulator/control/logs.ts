/** Where the text is that the processes of a group print: one file a host instance in the data folder, and the one before it. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../errors.ts';

/** Name of the folder in the data folder. */
const LOG_FOLDER = 'logs';
const SUFFIX = '.log';
/** No name of ours has this character. */
const PREVIOUS_SUFFIX = '~1.log';
/** Bytes of a file name that every file system takes, without the suffixes. */
const LONGEST_NAME_BYTES = 200;

export function logFolder(dataFolder: string): string {
  return join(dataFolder, LOG_FOLDER);
}

/** The file a host instance's output goes to now. */
export function logFile(dataFolder: string, hostInstance: string): string {
  return join(logFolder(dataFolder), `${fileName(hostInstance)}${SUFFIX}`);
}

/** The file it went to before that one was full. */
export function previousLogFile(path: string): string {
  return `${path.slice(0, -SUFFIX.length)}${PREVIOUS_SUFFIX}`;
}

/** Host instances that have a log, in order of their names. */
export async function loggedHostInstances(dataFolder: string): Promise<string[]> {
  try {
    const names = await readdir(logFolder(dataFolder));
    return names
      .filter((name) => name.endsWith(SUFFIX) && !name.endsWith(PREVIOUS_SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length))
      .sort();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** The file the supervisor itself writes to when it runs in the background. */
export function supervisorLog(dataFolder: string): string {
  return join(dataFolder, 'supervisor.log');
}

export function previousSupervisorLog(dataFolder: string): string {
  return join(dataFolder, 'supervisor.previous.log');
}

/** Names of host instances are made of letters, digits, spaces and `._-@`; only their length may be too much. */
function fileName(hostInstance: string): string {
  if (Buffer.byteLength(hostInstance) <= LONGEST_NAME_BYTES) return hostInstance;
  const hash = createHash('sha256').update(hostInstance).digest('hex').slice(0, 16);
  return `${hostInstance.slice(0, 40)}…${hash}`;
}
