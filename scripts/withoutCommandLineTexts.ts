/** Leaves the translations of what only the command line says out of the bundles that have no command line. */
import { globSync, readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

const isCommandLine = (file: string): boolean => file.replaceAll('\\', '/').startsWith('emulator/cli/');

/** Some texts come from other processes, so what counts is where a text is written, not what is in the bundle. */
export function textsElsewhere(translations: Readonly<Record<string, string>>): Record<string, string> {
  const sources = globSync('{emulator,extension,webview}/**/*.ts').map((file) => ({ file, text: readFileSync(file, 'utf8') }));
  const written = (text: string, cli: boolean): boolean => {
    const forms = [text, text.replaceAll("'", "\\'"), JSON.stringify(text).slice(1, -1)];
    return sources.some((source) => isCommandLine(source.file) === cli && forms.some((form) => source.text.includes(form)));
  };
  return Object.fromEntries(Object.entries(translations).filter(([text]) => written(text, false) || !written(text, true)));
}

export const withoutCommandLineTexts: Plugin = {
  name: 'without-command-line-texts',
  setup(bundle) {
    bundle.onLoad({ filter: /[\\/]emulator[\\/]text[\\/]zh-cn\.json$/ }, ({ path }) => ({
      contents: JSON.stringify(textsElsewhere(JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>)),
      loader: 'json',
    }));
  },
};
