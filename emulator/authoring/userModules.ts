/**
 * How Node finds and reads user modules: which are TypeScript, and which file a specifier means.
 */
import { existsSync } from 'node:fs';

/** True for files whose types have to be stripped. Packages bring JavaScript. */
export function isTypeScript(url: string): boolean {
  return url.startsWith('file:') && /\.m?ts$/.test(pathOf(url)) && !url.includes('/node_modules/');
}

/** The existing TypeScript file that a `.js` or `.mjs` specifier stands for. */
export function typeScriptTwin(specifier: string, parent: string | undefined): string | undefined {
  if (!/^(\.{1,2}\/|file:).*\.m?js$/.test(specifier)) return undefined;
  const twin = new URL(specifier.replace(/js$/, 'ts'), parent);
  return existsSync(twin) ? twin.href : undefined;
}

/** True when Node could not find a module, as opposed to a module that failed. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
}

function pathOf(url: string): string {
  return new URL(url).pathname;
}
