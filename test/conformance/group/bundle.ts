/** A module of cases for the host instances of a group: one file that imports nothing but what users import. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { LIBRARY_NAME } from '../../../emulator/authoring/libraryName.ts';
import { groupOrchestrations } from './cases.ts';

const asUsersWriteIt: Plugin = {
  name: 'as-users-write-it',
  setup(plugin) {
    plugin.onResolve({ filter: /\/authoring\/index\.ts$/ }, () => ({ path: LIBRARY_NAME, external: true }));
    // The engine's stand-in for a group is nothing that a host instance needs.
    plugin.onResolve({ filter: /\/group\.ts$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path), sideEffects: false }));
    // Host instances compile what they run; each start would compile everything else, too.
    plugin.onLoad({ filter: /[\\/]orchestration[\\/]compile\.ts$/ }, () => ({
      contents: 'export const compile = (definition) => ({ definition });',
    }));
  },
};

/** @param contents of a module in this folder */
export async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    ...{ bundle: true, write: false, platform: 'node', format: 'esm', target: 'node20', plugins: [asUsersWriteIt] },
  });
  return outputFiles[0]?.text ?? '';
}

/** Exports every orchestration of the group. */
export async function bundleOfCases(): Promise<string> {
  const exported = groupOrchestrations.map(
    (_, index) => `export const o${String(index)} = groupOrchestrations[${String(index)}].definition;`,
  );
  return bundle(["import { groupOrchestrations } from './cases.ts';", ...exported].join('\n'));
}
