/** What is done for those who write orchestrations when their group starts. Nothing here keeps a group from starting. */
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { writeEditorTypes } from '../authoring/editorTypes.ts';
import type { StripAhead } from '../authoring/stripAhead.ts';
import type { ModuleCache } from '../authoring/strippedModules.ts';
import type { ClusterFile } from '../cluster/clusterFile.ts';
import { folderBeside, makeDataFolder } from '../control/dataFolder.ts';
import { messageOf } from '../errors.ts';

interface Tools {
  /** Folder of the bundles. */
  readonly bundles: string;
  readonly log: (line: string) => void;
}

/** The editor of those who write orchestrations completes the library's types; a folder that cannot be written to does without. */
export async function offerEditorTypes(folder: string, { bundles, log }: Tools): Promise<void> {
  try {
    makeDataFolder(folderBeside(folder));
    await writeEditorTypes(folder, join(bundles, 'authoring.d.ts'));
  } catch (error) {
    log(`no types for the editor in ${folder}: ${messageOf(error)}`);
  }
}

/** Work in the background that writes into the data folder. */
export interface Stripping {
  /** Never rejects. */
  readonly ended: Promise<unknown>;
  /** Resolves when nothing is written any more. */
  stop(): Promise<unknown>;
}

/** While the MessageBox starts; a host instance strips by itself what is missing here. */
export function stripModules(cluster: ClusterFile, baseFolder: string, cache: ModuleCache, { bundles, log }: Tools): Stripping {
  const modules = [...new Set(cluster.orchestrations.map(({ module }) => resolve(baseFolder, module)))];
  const nothing = Promise.resolve();
  if (modules.length === 0) return { ended: nothing, stop: () => nothing };
  const workerData: StripAhead = { modules, cache };
  const worker = new Worker(join(bundles, 'stripAhead.mjs'), { workerData });
  worker.on('error', (error: Error) => log(`modules were not prepared: ${error.message}`));
  return { ended: new Promise((ended) => worker.once('exit', ended)), stop: () => worker.terminate() };
}
