import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { messageOf, SohError } from '../../emulator/errors.ts';
import type { InstanceDetail } from '../../emulator/control/instances.ts';
import type { GroupStatus } from '../../emulator/control/status.ts';
import { sampleFolder } from '../../emulator/cluster/sampleFolder.ts';

/** A line of a file that may be opened. */
export interface SourceFile {
  /** Absolute path. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

/**
 * The file in which a shape is written. What a group says is not believed: the file has to be there, and really in the folder of the group
 * file. Throws 'source.unknown', 'source.outside', 'source.missing'.
 */
export async function sourceFile(
  { clusterFile, dataFolder }: Pick<GroupStatus, 'clusterFile' | 'dataFolder'>,
  { outline }: Pick<InstanceDetail, 'outline'>,
  shape: number,
): Promise<SourceFile> {
  const { source, name = String(shape) } = outline[shape] ?? {};
  if (source === undefined) throw new SohError('source.unknown', { shape: name });
  const base = clusterFile === null ? sampleFolder(dataFolder) : dirname(clusterFile);
  const path = resolve(base, source.file);
  if (!contains(base, path)) throw new SohError('source.outside', { file: path });
  try {
    if (contains(await realpath(base), await realpath(path))) return { path, line: source.line };
  } catch (error) {
    throw new SohError('source.missing', { file: path, shape: name, reason: messageOf(error) }, error);
  }
  throw new SohError('source.outside', { file: path });
}

function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
