import { existsSync, writeFileSync } from 'node:fs';
import { generateDtsBundle } from 'dts-bundle-generator';

/** Writes the types of the authoring library as one file, for the editors of those who write orchestrations. */
export function writeAuthoringTypes(entry: string, outfile: string): void {
  if (!existsSync(entry)) return;
  // A configuration of its own: unchecked, which `npm run typecheck` makes good, this takes a tenth of the time.
  const [types = ''] = generateDtsBundle([{ filePath: entry, output: { noBanner: true, sortNodes: false } }], {
    preferredConfigPath: 'scripts/tsconfig.authoring.json',
  });
  writeFileSync(outfile, types);
}
