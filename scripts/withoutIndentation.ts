import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** A style sheet in a source; none has a backtick in it. */
const STYLES = /\bcss ?`[^`]*`/g;

/**
 * The page's style sheets, those of the elements it is made of too, without the indentation of their lines, which nothing reads and every
 * opening of the page would load.
 */
export const withoutIndentation: Plugin = {
  name: 'without indentation',
  setup(build) {
    build.onLoad({ filter: /[\\/](?:webview[\\/].*\.ts|@vscode-elements[\\/].*\.js)$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return {
        contents: source.replaceAll(STYLES, (styles) => styles.replaceAll(/\n\s+/g, '\n').replaceAll(/(?<=[;{}])\n/g, '')),
        loader: path.endsWith('.ts') ? 'ts' : 'js',
      };
    });
  },
};
