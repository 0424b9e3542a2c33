import { join } from 'node:path';

/** The folder of the sample group's files in its data folder. */
export function sampleFolder(dataFolder: string): string {
  return join(dataFolder, 'order-process');
}
