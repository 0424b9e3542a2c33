/** The sample group: its files are copied into the data folder, so that everybody can read and change them and nothing is written beside the program. */
import { cpSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sampleFolder } from './sampleFolder.ts';

/** Where the samples are shipped, seen from the bundles and from the sources alike. */
export const SAMPLES = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../samples/' : '../samples/', import.meta.url));

/** The path of the sample's group file in this data folder; the files are copied when they are not there. */
export function sampleClusterFile(dataFolder: string): string {
  const folder = sampleFolder(dataFolder);
  const file = join(folder, 'cluster.json');
  const sample = join(SAMPLES, 'order-process');
  // Folders beside these files are what a run of the sample in its own place has left; its output would pass for this group's.
  if (!existsSync(file)) copyFiles(sample, folder);
  return file;
}

/** Copies the sample's files of one data folder to another: the user may have changed them, and its instances need them. */
export function copyOwnFiles(from: string, to: string): void {
  if (existsSync(sampleFolder(from))) copyFiles(sampleFolder(from), sampleFolder(to));
}

function copyFiles(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (path) => path === from || statSync(path).isFile() });
}
