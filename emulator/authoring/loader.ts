/** Loads the modules that users write. Only a host instance's process does this: user code must not be able to stop the others. */
import { existsSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { basename, resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf, SohError } from '../errors.ts';
import { term } from '../text/term.ts';
import { calledBy } from '../orchestration/calls.ts';
import type { OrchestrationDefinition } from '../orchestration/definition.ts';
import type { MessageType } from '../orchestration/message.ts';
import { withScopes } from '../orchestration/withScopes.ts';
import { type ErrorPlace, errorPlace } from './errorPlace.ts';
import { LIBRARY_NAME } from './libraryName.ts';
import { codeOf } from './moduleCode.ts';
import type { ScannedCode } from './scanCode.ts';
import { type ModuleCache, type ModuleTools, scannedModule, strippedModule, type StripTypes } from './strippedModules.ts';
import { isNotFound, isTypeScript, typeScriptTwin } from './userModules.ts';

/** Where the build has put what the loader needs, as URLs. */
export interface LoaderFiles {
  /** The bundled authoring library (authoring/index). */
  readonly library: URL;
  /** The hooks for Node before 22.15 (authoring/hooksThread). */
  readonly hooksThread: URL;
  /** The module that strips types (authoring/stripTypes); loaded only when the cache does not have a module. */
  readonly stripper: URL;
  /** Modules stripped before; `undefined` = none. */
  readonly cache?: ModuleCache;
}

/** What a user module exports, by the declared names. */
export interface LoadedModule {
  readonly path: string;
  /** Digest of its code and of everything it imports (moduleCode.ts). */
  readonly code: string;
  readonly orchestrations: ReadonlyMap<string, OrchestrationDefinition>;
  readonly messageTypes: ReadonlyMap<string, MessageType>;
}

let installed: LoaderFiles | undefined;

/** Lets this process import user modules. Calling it again changes nothing. */
export function installLoader(files: LoaderFiles): void {
  if (installed !== undefined) return;
  installed = files;
  // Types know the newest Node; the older ones lack it.
  const { registerHooks } = nodeModule as Partial<typeof nodeModule>;
  if (registerHooks) registerHooks(hooks(files));
  else nodeModule.register(files.hooksThread, { data: { library: files.library.href, cache: files.cache } });
}

/**
 * Imports a user module and collects every export that is an orchestration or a message type. `installLoader` comes first.
 *
 * @throws SohError `definition.moduleFailed` when it cannot be found, read or run, or changes meanwhile.
 */
export async function loadModule(path: string): Promise<LoadedModule> {
  // What cannot be read is what the import will say.
  const before = await codeOf(path, scan).catch(() => undefined);
  const exported = await importModule(path);
  const code = await codeOf(path, scan).catch((error: unknown) => {
    throw failed(path, messageOf(error), error);
  });
  if (before !== code) throw failed(path, term('it was changed while it was loaded'));
  const orchestrations = new Map<string, OrchestrationDefinition>();
  const messageTypes = new Map<string, MessageType>();
  for (const value of Object.values(exported)) {
    if (isOrchestration(value)) addOnce(orchestrations, value, 'orchestration', path);
    else if (isMessageType(value)) addOnce(messageTypes, value, 'message type', path);
  }
  return { path, code, orchestrations, messageTypes };
}

/**
 * One orchestration of a loaded module.
 *
 * @throws SohError `definition.notFound` with the names that are there.
 */
export function findOrchestration(module: LoadedModule, name: string): OrchestrationDefinition {
  const found = module.orchestrations.get(name);
  if (found) return found;
  const known = [...module.orchestrations.keys()].join(', ') || 'none';
  throw new SohError('definition.notFound', { module: module.path, orchestration: name, known });
}

/** The message types a module exports, and those an orchestration of it and what that calls use. */
export function declaredIn({ messageTypes }: LoadedModule, definition: OrchestrationDefinition): MessageType[] {
  const used = [definition, ...calledBy(definition)].map(withScopes).flatMap(({ messages }) => Object.values(messages));
  return [...new Set([...messageTypes.values(), ...used])];
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolvePath(path)).href)) as Record<string, unknown>;
  } catch (error) {
    if (!existsSync(path)) throw failed(path, term('Cannot find the file'), error);
    // One that comes from the thread of the hooks has only the name left.
    const mistake = error instanceof Error && error.name === 'SyntaxError' ? await mistakeOf(path) : undefined;
    throw mistake ? failed(path, mistake.reason, error, mistake.place) : failed(path, messageOf(error), error);
  }
}

function failed(module: string, reason: string, cause?: unknown, known?: ErrorPlace): SohError {
  const place = known ?? errorPlace(cause, new URL('.', import.meta.url).href);
  if (!place) return new SohError('definition.moduleFailed', { module, reason }, cause);
  const { file, line, column } = place;
  const at = `${basename(file)}:${String(line)}${column === undefined ? '' : `:${String(column)}`}`;
  return new SohError('definition.moduleFailed', { module, reason: `${reason} (${at})`, ...place }, cause);
}

async function scan(url: string, source: string): Promise<ScannedCode> {
  return scannedModule(source, url, installed?.cache, tools);
}

async function tools(): Promise<ModuleTools> {
  if (installed === undefined) throw new Error('installLoader comes first');
  return (await import(installed.stripper.href)) as ModuleTools;
}

/** The first mistake in the syntax of a module and of what it imports; what reported it may not know the place. */
async function mistakeOf(path: string): Promise<{ readonly reason: string; readonly place: ErrorPlace } | undefined> {
  const { mistakeIn } = await tools();
  const found: { readonly reason: string; readonly place: ErrorPlace }[] = [];
  const look = (url: string, source: string): Promise<ScannedCode> => {
    const mistake = mistakeIn(source, isTypeScript(url));
    if (mistake) found.push({ reason: mistake.reason, place: { file: fileURLToPath(url), line: mistake.line, column: mistake.column } });
    return scan(url, source);
  };
  await codeOf(path, look).catch(() => undefined);
  return found[0];
}

function addOnce<T extends { readonly name: string }>(found: Map<string, T>, value: T, kind: string, path: string): void {
  const other = found.get(value.name);
  if (other !== undefined && other !== value) {
    throw failed(path, `it exports two values for the ${kind} "${value.name}"`);
  }
  found.set(value.name, value);
}

function isOrchestration(value: unknown): value is OrchestrationDefinition {
  return (
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    Array.isArray(value['body']) &&
    isRecord(value['messages']) &&
    isRecord(value['ports'])
  );
}

function isMessageType(value: unknown): value is MessageType {
  return (
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    (value['format'] === 'xml' || value['format'] === 'json') &&
    isRecord(value['promoted'])
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function hooks({ library, stripper, cache }: LoaderFiles): nodeModule.RegisterHooksOptions {
  const ownFolder = new URL('.', stripper).href;
  const loadStripper = (): StripTypes => (nodeModule.createRequire(stripper)(fileURLToPath(stripper)) as ModuleTools).stripTypes;
  return {
    resolve(specifier, context, nextResolve) {
      if (specifier === LIBRARY_NAME) return { url: library.href, shortCircuit: true };
      try {
        return nextResolve(specifier, context);
      } catch (error) {
        const twin = isNotFound(error) ? typeScriptTwin(specifier, context.parentURL) : undefined;
        if (twin === undefined) throw error;
        return nextResolve(twin, context);
      }
    },
    load(url, context, nextLoad) {
      // The stripper itself is TypeScript when the product runs from its sources.
      if (!isTypeScript(url) || url.startsWith(ownFolder)) return nextLoad(url, context);
      return { format: 'module', source: strippedModule(readFileSync(new URL(url), 'utf8'), url, cache, loadStripper), shortCircuit: true };
    },
  };
}
