/** The sources of shapes as they leave this process: without a word about where the group's folder is on this computer. */
import { realpathSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OutlineEntry } from '../orchestration/definition.ts';
import type { SourcePlace } from '../orchestration/source.ts';

/** The outline with files relative to `baseFolder`, `/` between the folders; what is written outside of it has no source. */
export function withLocalSources(outline: readonly OutlineEntry[], baseFolder: string): OutlineEntry[] {
  // Modules have the URL of their real place.
  const base = realpathSync(baseFolder);
  return outline.map(({ source, ...entry }) => {
    const local = source && localPlace(source, base);
    return local ? { ...entry, source: local } : entry;
  });
}

function localPlace({ file, line }: SourcePlace, base: string): SourcePlace | undefined {
  const path = relative(base, fileURLToPath(file));
  if (isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`)) return undefined;
  return { file: path.split(sep).join('/'), line };
}
