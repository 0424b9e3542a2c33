import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Name of the folder for the groups of a workspace, the same in every window on it. @param uris of its file, or of its folders */
export function workspaceName(uris: readonly string[]): string {
  return uris.length === 0 ? 'no-folder' : createHash('sha256').update(uris.join('\n')).digest('hex').slice(0, 12);
}

/** Data folders are here, one for each group file, and one for the sample. */
export function dataFolder(base: string, clusterFile: string | null): string {
  if (clusterFile === null) return join(base, 'sample');
  const name = basename(dirname(clusterFile))
    .replace(/[^\p{L}\p{N}_-]+/gu, '-')
    .slice(0, 40);
  return join(base, `${name}-${createHash('sha256').update(clusterFile).digest('hex').slice(0, 8)}`);
}

/** The data folders that exist, `first` in front. */
export async function dataFolders(base: string, first: string | undefined): Promise<string[]> {
  let names: string[];
  try {
    names = (await readdir(base, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const folders = names.sort().map((name) => join(base, name));
  return first === undefined || !folders.includes(first) ? folders : [first, ...folders.filter((folder) => folder !== first)];
}
