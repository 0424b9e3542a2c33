import { spawn } from 'node:child_process';
import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { makeDataFolder } from '../../emulator/control/dataFolder.ts';
import { previousSupervisorLog, supervisorLog } from '../../emulator/control/logs.ts';
import { messageOf, SohError } from '../../emulator/errors.ts';
import { refuseNewerFolder } from '../../emulator/group/folderFormats.ts';
import { cleanEnvironment } from './environment.ts';
import type { GroupPlace, StartedSupervisor } from './ports.ts';

/** How long a group that is to stop with the window goes on unwatched (ms): longer than a slow reload of the window takes. */
const UNWATCHED_MS = 30_000;
const LAST_WORDS = 4000;

export interface SupervisorOptions {
  /** `dist/supervisor.mjs` */
  readonly program: string;
  /** The executable that runs it. */
  readonly node: string;
  readonly stopWithWindow: boolean;
}

/**
 * Starts a supervisor that lives on its own: a reload of the window finds it again. Its words go to a file, because a pipe would break
 * with the window. Throws `format.newer`, `messageBox.folderUnusable`.
 */
export async function startSupervisor({ folder, clusterFile }: GroupPlace, options: SupervisorOptions): Promise<StartedSupervisor> {
  // Before the log is: a folder of a newer version stays as it is.
  refuseNewerFolder(folder);
  const log = await openLog(folder);
  try {
    const child = spawn(
      options.node,
      [
        options.program,
        '--data',
        folder,
        ...(clusterFile === null ? [] : ['--cluster-file', clusterFile]),
        ...(options.stopWithWindow ? ['--stop-when-unwatched', String(UNWATCHED_MS)] : []),
      ],
      { cwd: folder, env: cleanEnvironment(process.env), stdio: ['ignore', log.fd, log.fd], detached: true, windowsHide: true },
    );
    const exited = new Promise<{ code: number | null; lastLines: string }>((resolve) => {
      child.once('error', (error) => resolve({ code: null, lastLines: error.message }));
      child.once('exit', (code) => void lastWords(folder).then((lastLines) => resolve({ code, lastLines })));
    });
    child.unref();
    return { exited, kill: () => void child.kill('SIGKILL') };
  } finally {
    await log.close();
  }
}

async function openLog(folder: string): Promise<FileHandle> {
  try {
    makeDataFolder(folder);
    await keepPrevious(folder);
    // Appending, because the supervisor empties it when it is full.
    return await open(supervisorLog(folder), 'a', 0o600);
  } catch (error) {
    throw new SohError('messageBox.folderUnusable', { folder, reason: messageOf(error) }, error);
  }
}

/** What the run before said may be what somebody wants to know after a crash. */
async function keepPrevious(folder: string): Promise<void> {
  try {
    await rename(supervisorLog(folder), previousSupervisorLog(folder));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function lastWords(folder: string): Promise<string> {
  try {
    return (await readFile(supervisorLog(folder), 'utf8')).slice(-LAST_WORDS);
  } catch (error) {
    return messageOf(error);
  }
}
