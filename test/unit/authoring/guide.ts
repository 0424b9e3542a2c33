/** What docs/orchestrations.md shows, as it is written there. */
import { readFileSync } from 'node:fs';

/** The guide. */
export const guideText = readFileSync(new URL('../../../docs/orchestrations.md', import.meta.url), 'utf8');

/** The code blocks of a language, in their order. */
export function guideBlocks(language: 'ts' | 'json'): string[] {
  return [...guideText.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, found, code = '']) => (found === language ? [code] : []));
}

/** Its modules: the blocks that import the library. */
export const guideModules: readonly string[] = guideBlocks('ts').filter((code) => code.startsWith('import '));
