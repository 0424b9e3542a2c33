/**
 * Module hooks for Node before 22.15, which runs them on a thread of their own: this file is loaded there by `module.register`. Newer
 * versions use the same functions in thread, see loader.ts.
 */
import { readFile } from 'node:fs/promises';
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
import { LIBRARY_NAME } from './libraryName.ts';
import { type ModuleCache, strippedModule } from './strippedModules.ts';
import { stripTypes } from './stripTypes.ts';
import { isNotFound, isTypeScript, typeScriptTwin } from './userModules.ts';

let library = '';
let cache: ModuleCache | undefined;

/** Takes the URL of the authoring library and where the stripped modules are. */
export const initialize: InitializeHook<{ readonly library: string; readonly cache: ModuleCache | undefined }> = (data) => {
  ({ library, cache } = data);
};

/** Finds the library by its name, and `x.ts` where `x.js` is imported but only `x.ts` exists. */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  if (specifier === LIBRARY_NAME) return { url: library, shortCircuit: true };
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    const twin = isNotFound(error) ? typeScriptTwin(specifier, context.parentURL) : undefined;
    if (twin === undefined) throw error;
    return nextResolve(twin, context);
  }
};

/** Reads TypeScript as JavaScript. */
export const load: LoadHook = async (url, context, nextLoad) => {
  if (!isTypeScript(url)) return nextLoad(url, context);
  return {
    format: 'module',
    source: strippedModule(await readFile(new URL(url), 'utf8'), url, cache, () => stripTypes),
    shortCircuit: true,
  };
};
