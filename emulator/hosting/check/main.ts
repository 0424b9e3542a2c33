/**
 * The process that checks a group without starting anything. It loads the user's modules, so it may hang or end at any moment: whoever
 * started it waits only so long, and starts another one that leaves out the module at fault.
 */
import { resolve } from 'node:path';
import { installLoader, type LoadedModule, loadModule } from '../../authoring/loader.ts';
import { readClusterFile, type ReadClusterFile } from '../../cluster/loadClusterFile.ts';
import { fromWire, SohError, toWire } from '../../errors.ts';
import { fileProblems, moduleProblems, type Modules } from './groupCheck.ts';
import type { CheckNotice, CheckSettings } from './settings.ts';

const tell = (notice: CheckNotice, then: () => void = () => undefined): void => {
  process.send?.(notice, then);
};

async function run({ text, fileName, baseFolder, failed }: CheckSettings): Promise<void> {
  const beside = (file: string): URL => new URL(file, import.meta.url);
  installLoader({ library: beside('./authoring.mjs'), hooksThread: beside('./hooksThread.mjs'), stripper: beside('./stripTypes.mjs') });
  const read = readClusterFile(text, fileName);
  const modules = failed === undefined ? new Map() : await loadModules(read, baseFolder, failed);
  const problems = [...fileProblems(read), ...moduleProblems(read, modules, baseFolder)];
  // Timers and servers of the user's modules would keep this process.
  tell({ kind: 'checked', problems: problems.map((problem) => toWire(problem)) }, () => process.exit(0));
}

async function loadModules({ file }: ReadClusterFile, baseFolder: string, failed: NonNullable<CheckSettings['failed']>): Promise<Modules> {
  const modules = new Map<string, LoadedModule | SohError>();
  for (const { module } of file?.orchestrations ?? []) {
    if (modules.has(module)) continue;
    const known = failed[module];
    if (!known) tell({ kind: 'loading', module });
    modules.set(module, known ? fromWire(known) : await load(resolve(baseFolder, module)));
  }
  return modules;
}

async function load(path: string): Promise<LoadedModule | SohError> {
  try {
    return await loadModule(path);
  } catch (error) {
    return error instanceof SohError ? error : new SohError('definition.moduleFailed', { module: path, reason: String(error) }, error);
  }
}

process.once('message', (settings: CheckSettings) => {
  run(settings).catch((error: unknown) => {
    tell({ kind: 'checked', problems: [toWire(error)] }, () => process.exit(70));
  });
});
process.once('disconnect', () => process.exit(0));
