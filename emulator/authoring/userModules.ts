/**
 * How Node finds and reads user modules: the name 'scaled-out-hosts' means the bundled authoring library, and types are stripped from
 * TypeScript, so that neither a build step nor an installed package is needed.
 */
import { existsSync } from 'node:fs';
import { transform } from 'sucrase';

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

/** JavaScript with the same line numbers. */
export function stripTypes(source: string, url: string): string {
  return transform(source, { transforms: ['typescript'], filePath: decodeURIComponent(pathOf(url)), disableESTransforms: true }).code;
}

/** True when Node could not find a module, as opposed to a module that failed. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
}

function pathOf(url: string): string {
  return new URL(url).pathname;
}
