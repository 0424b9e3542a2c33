/**
 * `journal.mark`: how far the journal was acknowledged. A last segment that is emptied or cut between two records looks like a shorter
 * journal; here it shows what is gone. The file has two lines of fixed length: the first is synced when the MessageBox starts and stops,
 * the second is only written, while it works, so it costs no sync: the death of a process does not take it back, a power loss may take
 * it back to the first.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { hasCode, SohError } from '../../errors.ts';
import { knownVersion } from '../../format.ts';
import { type Disk, type DiskFile, readAll, storageFailed } from './disk.ts';

export const markFile = 'journal.mark';
/** The whole file is two lines. */
const lineBytes = 128;
const format = { name: 'journal mark', version: 1 };

/** A record that was acknowledged. */
export interface Mark {
  readonly sequence: number;
  /** crc32 of that record's line. */
  readonly crc: number;
  /** The segment it is in, by its first record, and the bytes of that segment up to its end. */
  readonly segment: number;
  readonly bytes: number;
}

/** The mark, or none to compare with: the file is damaged, or not there. A folder of the first release has none. */
export type FoundMark = { readonly mark: Mark } | { readonly mark: undefined; readonly there: boolean };

/** The newest intact mark. Errors: 'format.newer'. */
export function readMark(disk: Disk, folder: string): FoundMark {
  const path = join(folder, markFile);
  let content: Buffer;
  try {
    content = readAll(disk, path, 2 * lineBytes);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { mark: undefined, there: false };
    throw storageFailed(path, error);
  }
  const marks = [0, lineBytes].flatMap((at) => parseLine(content.subarray(at, at + lineBytes), path) ?? []);
  const [first, second] = marks;
  if (first === undefined) return { mark: undefined, there: true };
  return { mark: second !== undefined && second.sequence > first.sequence ? second : first };
}

/** The mark of a journal that is open for writing. */
export class MarkFile {
  readonly #file: DiskFile;

  private constructor(file: DiskFile) {
    this.#file = file;
  }

  /** Makes the file say `mark`, on the device. */
  static async create(disk: Disk, folder: string, mark: Mark): Promise<MarkFile> {
    const path = join(folder, markFile);
    try {
      const there = disk.list(folder).includes(markFile);
      const file = disk.open(path, there ? 'change' : 'create');
      const marked = new MarkFile(file);
      marked.#put(0, mark);
      marked.#put(lineBytes, mark);
      file.truncate(2 * lineBytes);
      await file.dataSync();
      if (!there) await disk.syncFolder(folder);
      return marked;
    } catch (error) {
      throw storageFailed(path, error);
    }
  }

  /** Notes what is acknowledged; not synced. */
  note(mark: Mark): void {
    this.#put(lineBytes, mark);
  }

  /** Notes it on the device. */
  async settle(mark: Mark): Promise<void> {
    try {
      this.#put(0, mark);
      await this.#file.dataSync();
    } catch (error) {
      throw storageFailed(this.#file.path, error);
    }
  }

  close(): void {
    this.#file.close();
  }

  #put(position: number, { sequence, crc, segment, bytes }: Mark): void {
    const says = `{"format":${String(format.version)},"sequence":${String(sequence)},"crc":${String(crc)},"segment":${String(segment)},"bytes":${String(bytes)}}`;
    this.#file.overwrite(position, Buffer.from(`${hex(crc32(says))} ${says}`.padEnd(lineBytes - 1).concat('\n'), 'latin1'));
  }
}

function parseLine(line: Buffer, path: string): Mark | undefined {
  const text = line.toString('latin1').trimEnd();
  const says = text.slice(9);
  if (text.slice(0, 9) !== `${hex(crc32(says))} ` || says === '') return undefined;
  try {
    const { format: version, ...mark } = JSON.parse(says) as Mark & { format: number };
    knownVersion(format, version, path);
    return mark;
  } catch (error) {
    if (error instanceof SohError) throw error;
    return undefined;
  }
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
