/**
 * A worker thread of the supervisor: strips and scans the group's modules, and what they import, into the cache, while the MessageBox
 * starts. Nothing of them runs here. What it cannot read the host instances will report.
 */
import { workerData } from 'node:worker_threads';
import { codeOf } from './moduleCode.ts';
import { type ModuleCache, scannedModule } from './strippedModules.ts';
import { scanCode, stripTypes } from './stripTypes.ts';

export interface StripAhead {
  /** Absolute paths. */
  readonly modules: readonly string[];
  readonly cache: ModuleCache;
}

const { modules, cache } = workerData as StripAhead;
for (const path of modules) {
  await codeOf(path, (url, source) => scannedModule(source, url, cache, () => Promise.resolve({ stripTypes, scanCode }))).catch(
    () => undefined,
  );
}
