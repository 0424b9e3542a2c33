/**
 * What the code of a module is made of: itself, the files it names by a path, theirs, and packages by name and version. A change of any of
 * it makes another version of the orchestrations in it; comments and layout do not.
 */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { LIBRARY_NAME } from './libraryName.ts';
import type { ScannedCode } from './scanCode.ts';
import { typeScriptTwin } from './userModules.ts';

/** Scans a module of code, given its URL and its source. */
export type Scan = (url: string, source: string) => Promise<ScannedCode>;

const CODE = /\.[cm]?[jt]s$/;
const IN_PACKAGE = /[/\\]node_modules[/\\]/;

/** Digest of the code of the module at `path` and of everything it imports. What is not there counts as not being there. */
export async function codeOf(path: string, scan: Scan): Promise<string> {
  const parts: string[] = [];
  const seen = new Map<string, number>();
  const waiting = [{ path: realpathSync(path) }];
  // In the order of the imports, each file once: the same code gives the same list wherever it lies.
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const known = seen.get(next.path);
    parts.push(known === undefined ? 'file' : `again ${String(known)}`);
    if (known !== undefined) continue;
    seen.set(next.path, seen.size);
    const url = pathToFileURL(next.path).href;
    if (!CODE.test(next.path)) {
      parts.push(createHash('sha256').update(contentOf(next.path)).digest('hex'));
      continue;
    }
    const { code, imports } = await scan(url, readFileSync(next.path, 'utf8'));
    parts.push(code);
    for (const specifier of imports) {
      const target = targetOf(specifier, url);
      if (typeof target === 'string') parts.push(target);
      else waiting.push(target);
    }
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Of JSON what it says, of everything else the bytes. */
function contentOf(path: string): string | Buffer {
  const bytes = readFileSync(path);
  try {
    return path.endsWith('.json') ? JSON.stringify(JSON.parse(bytes.toString('utf8'))) : bytes;
  } catch {
    return bytes;
  }
}

/** The file, or what is said of what is no file of the user's. */
function targetOf(specifier: string, parent: string): { readonly path: string } | string {
  if (specifier === LIBRARY_NAME || isBuiltin(specifier)) return specifier;
  const byPath = /^(?:\.{0,2}\/|file:)/.test(specifier);
  const path = (byPath ? fileAt(specifier, parent) : undefined) ?? resolved(specifier, parent);
  if (path === undefined) return byPath ? 'nothing' : packageOf(specifier, parent);
  return IN_PACKAGE.test(path) ? packageOf(specifier, parent, path) : { path };
}

function fileAt(specifier: string, parent: string): string | undefined {
  const url = new URL(specifier, parent);
  const path = [url.href, typeScriptTwin(specifier, parent)].find((href) => href !== undefined && isFile(href));
  return path === undefined ? undefined : realpathSync(fileURLToPath(path));
}

function isFile(url: string): boolean {
  return statSync(new URL(url), { throwIfNoEntry: false })?.isFile() === true;
}

/** As Node's `require` finds it: names without an ending, names of the package itself, packages that are links to folders of the user. */
function resolved(specifier: string, parent: string): string | undefined {
  try {
    return realpathSync(createRequire(parent).resolve(specifier));
  } catch {
    return undefined;
  }
}

/** Name and version of the package, from its own description. */
function packageOf(specifier: string, parent: string, file?: string): string {
  const [name = ''] = /^(?:@[^/]+\/)?[^/]+/.exec(specifier) ?? [];
  const folders =
    file === undefined ? foldersAbove(fileURLToPath(parent)).map((folder) => join(folder, 'node_modules', name)) : foldersAbove(file);
  for (const folder of folders) {
    const version = versionIn(join(folder, 'package.json'));
    if (version !== undefined) return `${specifier} ${version}`;
  }
  return `${specifier} missing`;
}

/** A description without a version belongs to a folder inside of a package. */
function versionIn(description: string): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(description, 'utf8')) as { readonly name?: unknown; readonly version?: unknown };
    return typeof version === 'string' ? `${String(name)}@${version}` : undefined;
  } catch {
    return undefined;
  }
}

function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersAbove(folder)];
}
