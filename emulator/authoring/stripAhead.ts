/**
 * A worker thread of the supervisor: strips the group's modules, and what they import by relative path, into the cache, while the
 * MessageBox starts. Nothing of them runs here. What it cannot read the host instances will report.
 */
import { existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { workerData } from 'node:worker_threads';
import { type ModuleCache, strippedModule } from './strippedModules.ts';
import { stripTypes } from './stripTypes.ts';
import { isTypeScript, typeScriptTwin } from './userModules.ts';

export interface StripAhead {
  /** Absolute paths. */
  readonly modules: readonly string[];
  readonly cache: ModuleCache;
}

const RELATIVE_IMPORT = /(?:from|import)\s*['"](\.{1,2}\/[^'"]+)['"]/g;

const { modules, cache } = workerData as StripAhead;
const waiting = modules.map((path) => pathToFileURL(path).href);
const seen = new Set<string>();
for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
  if (seen.has(url) || !isTypeScript(url) || !existsSync(new URL(url))) continue;
  seen.add(url);
  const source = readFileSync(new URL(url), 'utf8');
  strippedModule(source, url, cache, () => stripTypes);
  for (const [, specifier = ''] of source.matchAll(RELATIVE_IMPORT)) {
    waiting.push(typeScriptTwin(specifier, url) ?? new URL(specifier, url).href);
  }
}
