/**
 * User modules without their types, and what their code is made of, by the hash of their source. To strip and to scan costs a process 100 ms
 * and 18 MB; the supervisor does it once, and every host instance reads the result. What is read there is run, so each result is sealed with a secret of this start of the group:
 * what somebody else has put there, or changed, is not run but made anew.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../errors.ts';
import type { ScannedCode } from './scanCode.ts';
import type { SyntaxMistake } from './syntaxMistake.ts';
import { isTypeScript } from './userModules.ts';

export type StripTypes = (source: string, url: string) => string;

/** What the module `stripTypes` exports. */
export interface ModuleTools {
  readonly stripTypes: StripTypes;
  readonly scanCode: (source: string) => ScannedCode;
  readonly mistakeIn: (source: string, typeScript: boolean) => SyntaxMistake | undefined;
}

export interface ModuleCache {
  readonly folder: string;
  /** Random, of this start of the group. */
  readonly secret: string;
}

/** What the first line of a result begins with; the number is the format of these files. */
const HEAD = '// scaled-out-hosts module 1 ';
const SEAL_DIGITS = 64;

/**
 * @param cache where the results are; `undefined` = nowhere
 * @param stripper is asked only when the result is not there
 */
export function strippedModule(source: string, url: string, cache: ModuleCache | undefined, stripper: () => StripTypes): string {
  if (cache === undefined) return stripper()(source, url);
  const name = nameOf(source, 'mjs');
  return sealedText(cache, name) ?? keep(cache, name, stripper()(source, url));
}

/** @param tools are asked for only when the result is not there */
export async function scannedModule(
  source: string,
  url: string,
  cache: ModuleCache | undefined,
  tools: () => Promise<Pick<ModuleTools, 'stripTypes' | 'scanCode'>>,
): Promise<ScannedCode> {
  const typed = isTypeScript(url);
  const scan = async (): Promise<ScannedCode> => {
    const { stripTypes, scanCode } = await tools();
    return scanCode(typed ? strippedModule(source, url, cache, () => stripTypes) : source);
  };
  if (cache === undefined) return scan();
  const name = nameOf(source, typed ? 'ts.json' : 'js.json');
  return JSON.parse(sealedText(cache, name) ?? keep(cache, name, JSON.stringify(await scan()))) as ScannedCode;
}

function nameOf(source: string, kind: string): string {
  return `${createHash('sha256').update(source).digest('hex').slice(0, 32)}.${kind}`;
}

/** The text of a result; `undefined` when there is none that is ours. */
function sealedText(cache: ModuleCache, name: string): string | undefined {
  const content = readIfThere(join(cache.folder, name));
  const end = HEAD.length + SEAL_DIGITS;
  if (content?.startsWith(HEAD) !== true || content[end] !== '\n') return undefined;
  const text = content.slice(end + 1);
  const expected = Buffer.from(sealOf(cache, name, text));
  const found = Buffer.from(content.slice(HEAD.length, end));
  return found.length === expected.length && timingSafeEqual(found, expected) ? text : undefined;
}

function sealOf({ secret }: ModuleCache, name: string, text: string): string {
  return createHmac('sha256', secret).update(`${name}\n${text}`).digest('hex');
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Appears under its name in one step: several processes may write the same. */
function keep(cache: ModuleCache, name: string, text: string): string {
  mkdirSync(cache.folder, { recursive: true, mode: 0o700 });
  const file = join(cache.folder, name);
  const temporary = `${file}.${String(process.pid)}`;
  writeFileSync(temporary, `${HEAD}${sealOf(cache, name, text)}\n${text}`, { mode: 0o600 });
  renameSync(temporary, file);
  return text;
}
