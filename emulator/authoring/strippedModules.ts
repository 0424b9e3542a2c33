/**
 * User modules without their types, by the hash of their source. Stripping costs a process 100 ms and 18 MB; the supervisor does it once,
 * and every host instance reads the result.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type StripTypes = (source: string, url: string) => string;

/**
 * @param cache folder of the results; `undefined` = none
 * @param stripper is asked only when the result is not there
 */
export function strippedModule(source: string, url: string, cache: string | undefined, stripper: () => StripTypes): string {
  if (cache === undefined) return stripper()(source, url);
  const file = join(cache, `${createHash('sha256').update(source).digest('hex').slice(0, 32)}.mjs`);
  return readIfThere(file) ?? keep(file, cache, stripper()(source, url));
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Appears under its name in one step: several processes may write the same. */
function keep(file: string, cache: string, text: string): string {
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${String(process.pid)}`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, file);
  return text;
}
