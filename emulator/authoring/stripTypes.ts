/** TypeScript to JavaScript, the same on every Node version. A bundle of its own: most processes find the result in the cache and never load it. */
import { transform } from 'sucrase';

export { scanCode } from './scanCode.ts';
export { mistakeIn } from './syntaxMistake.ts';

/** JavaScript with the same line numbers. */
export function stripTypes(source: string, url: string): string {
  return transform(source, { transforms: ['typescript'], filePath: url, disableESTransforms: true }).code;
}
