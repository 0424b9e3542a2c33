import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** `node_modules/<package>` of a bundled file, the innermost one. */
function packageFolder(file: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.\w+)?$/i.test(entry));
  const text = file === undefined ? `Licence: ${license ?? 'not stated'}` : readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${version} (${license ?? 'see below'})\n\n${text}\n`;
}

/** Writes the licences of the packages that the bundles contain, as those ask for. */
export function writeNotices(bundledFiles: readonly string[], outfile: string): void {
  const folders = new Set(bundledFiles.map(packageFolder).filter((folder) => folder !== undefined));
  const notices = [...folders].sort().map(notice);
  mkdirSync(dirname(outfile), { recursive: true });
  writeFileSync(outfile, `This product contains the following packages.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`);
}
