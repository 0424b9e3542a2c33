import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** A style sheet in a source; none has a backtick in it. */
const STYLES = /\bcss`[^`]*`/g;

/** The page's style sheets without the indentation of their lines, which nothing reads and every opening of the page would load. */
export const withoutIndentation: Plugin = {
  name: 'without indentation',
  setup(build) {
    build.onLoad({ filter: /[\\/]webview[\\/].*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return { contents: source.replaceAll(STYLES, (styles) => styles.replaceAll(/\n[ \t]+/g, '\n')), loader: 'ts' };
    });
  },
};
