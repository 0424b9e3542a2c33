import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What .vscodeignore chooses from. */
const SOURCES = [
  '.vscodeignore',
  'package.json',
  'package.nls.json',
  'package.nls.zh-cn.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'dist',
  'l10n',
  'media',
  'samples',
  'schemas',
];

/** Copies what may ship into a folder of its own: vsce looks at every file below the one it packs, and the VS Code host alone has thousands. */
export function stagePackage(): string {
  const folder = 'out/package';
  rmSync(folder, { recursive: true, force: true });
  for (const source of SOURCES.filter((name) => existsSync(name))) cpSync(source, join(folder, source), { recursive: true });
  return folder;
}
