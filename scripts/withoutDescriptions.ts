import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** What an editor is told of a member of the group file; the text may stand on the next line. */
const DESCRIPTION = /\babout\(\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"),/g;

/** The group file's descriptions without their texts: they are in the schema that editors read (scripts/generateSchema.ts), and no program says them. */
export const withoutDescriptions: Plugin = {
  name: 'without-descriptions',
  setup(build) {
    build.onLoad({ filter: /[\\/]emulator[\\/]cluster[\\/]clusterFile\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return { contents: source.replaceAll(DESCRIPTION, "about('',"), loader: 'ts' };
    });
  },
};
