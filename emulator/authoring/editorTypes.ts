/** Gives an editor the types of 'scaled-out-hosts' in a folder where the package is not installed. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LIBRARY_NAME } from './libraryName.ts';

/** Where the types are put, relative to the folder. */
const TYPES_FOLDER = '.scaled-out-hosts/types';
const TYPES_FILE = 'scaled-out-hosts.d.ts';

/** What happened to the folder's compiler settings. */
export interface EditorTypes {
  /** False: the folder has settings of its own, which stay as they are. */
  readonly settingsWritten: boolean;
  /** Compiler options to add to settings of one's own. */
  readonly suggestion: { readonly paths: Readonly<Record<string, readonly string[]>> };
}

/**
 * Writes the library's types into `<folder>/.scaled-out-hosts/types`, and a tsconfig.json that points to them unless the folder has
 * a tsconfig.json or jsconfig.json. A file of an older version is replaced.
 *
 * @param declarations the declaration file the build has made
 */
export async function writeEditorTypes(folder: string, declarations: string): Promise<EditorTypes> {
  const target = join(folder, TYPES_FOLDER);
  await mkdir(target, { recursive: true });
  await copyFile(declarations, join(target, TYPES_FILE));
  const suggestion = { paths: { [LIBRARY_NAME]: [`./${TYPES_FOLDER}/${TYPES_FILE}`] } };
  const settingsWritten = !existsSync(join(folder, 'tsconfig.json')) && !existsSync(join(folder, 'jsconfig.json'));
  if (settingsWritten) await writeFile(join(folder, 'tsconfig.json'), `${JSON.stringify(settings(suggestion), undefined, 2)}\n`);
  return { settingsWritten, suggestion };
}

function settings(suggestion: EditorTypes['suggestion']): unknown {
  return {
    compilerOptions: {
      target: 'es2022',
      module: 'nodenext',
      moduleResolution: 'nodenext',
      moduleDetection: 'force',
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      types: [],
      ...suggestion,
    },
    include: ['**/*.ts', '**/*.mts'],
  };
}
