import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { makeDataFolder } from '../control/dataFolder.ts';
import { supervisorLog } from '../control/logs.ts';
import { messageOf, SohError } from '../errors.ts';
import { refuseNewerFolder } from '../group/folderFormats.ts';
import type { SupervisorOptions, SupervisorProcess } from './world.ts';

/** From `emulator/cli` the bundles are two folders up; the bundle of the command line lies beside that of the supervisor. */
const supervisorFile = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/supervisor.mjs' : './supervisor.mjs', import.meta.url),
);

/** Starts the supervisor as a process of its own that outlives this one. Throws `format.newer`, `messageBox.folderUnusable`, `group.startFailed`. */
export async function spawnSupervisor({ clusterFile, dataFolder }: SupervisorOptions): Promise<SupervisorProcess> {
  const path = supervisorLog(dataFolder);
  // Before the log is: a folder of a newer version stays as it is.
  refuseNewerFolder(dataFolder);
  const log = await openLog(dataFolder, path);
  try {
    // What a start before has said is not said of this one.
    const { size: before } = await log.stat();
    const args = [supervisorFile, '--data', dataFolder, ...(clusterFile === null ? [] : ['--cluster-file', clusterFile])];
    const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log.fd, log.fd], windowsHide: true });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new SohError('group.startFailed', { folder: dataFolder, reason: messageOf(error) }, error)));
    });
    child.unref();
    return {
      pid: child.pid ?? 0,
      ended: () => child.exitCode !== null || child.signalCode !== null,
      printed: async () => (await readFile(path)).subarray(before).toString('utf8'),
    };
  } finally {
    await log.close();
  }
}

async function openLog(folder: string, path: string) {
  try {
    makeDataFolder(folder);
    return await open(path, 'a', 0o600);
  } catch (error) {
    throw new SohError('messageBox.folderUnusable', { folder, reason: messageOf(error) }, error);
  }
}
