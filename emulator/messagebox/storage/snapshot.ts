/**
 * Snapshots: the state at one sequence as readable JSON, through lowdb with an adapter that is durable: temporary file, sync, rename,
 * folder sync; the snapshot before it is kept (docs/failure-model.md, P11). One entry of each collection is one line:
 *
 *     {"format":2,
 *     "data":{"sequence":120,
 *     "instances":{
 *     "4711":{"state":"dehydrated",...},
 *     "4712":{...}}},
 *     "checksum":"1c291ca3"}
 */
import { constants } from 'node:buffer';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Adapter, Low } from 'lowdb';
import { hasCode, isCode, messageOf, SohError } from '../../errors.ts';
import { type Format, knownVersion, lifted } from '../../format.ts';
import { faultPoint } from '../../faults/faultPoint.ts';
import { type Disk, type DiskFile, readAll, storageFailed, writeAll } from './disk.ts';
import { segmentsAfter } from './segments.ts';

export const snapshotFile = 'messagebox.json';
export const previousSnapshotFile = 'messagebox.previous.json';
const temporaryFile = 'messagebox.new.json';

/** What every snapshot has: the sequence of the last record it holds. */
export interface SnapshotData {
  readonly sequence: number;
}

/** Whatever else may change in later versions: a snapshot begins so. */
const HEAD = /^\{"format":(\d{1,9}),\n"data":/;
const headBytes = 40;
const tailStart = ',\n"checksum":"';
const tailBytes = tailStart.length + 8 + '"}\n'.length;
const chunkLength = 256 * 1024;

/** lowdb adapter: what `write` resolved for survives a power loss, and `read` notices every flipped bit ('messageBox.snapshotDamaged'). */
export class DurableJsonFile<D extends SnapshotData> implements Adapter<D> {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #format: Format<D>;
  readonly #name: string;
  readonly #keepsPrevious: boolean;

  /**
   * `name`: the file to read; `write` always replaces the current snapshot. It keeps that one as the previous one, unless
   * `keepsPrevious` is false: a damaged one must not take the place of an intact one.
   */
  constructor(disk: Disk, folder: string, format: Format<D>, name: string = snapshotFile, keepsPrevious = true) {
    this.#disk = disk;
    this.#folder = folder;
    this.#format = format;
    this.#name = name;
    this.#keepsPrevious = keepsPrevious;
  }

  /** Null when there is no such file. */
  async read(): Promise<D | null> {
    const path = join(this.#folder, this.#name);
    let content: Buffer;
    try {
      content = readAll(this.#disk, path, constants.MAX_STRING_LENGTH + 1);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null;
      throw damagedSnapshot(path, messageOf(error), error);
    }
    return parseSnapshot(content, path, this.#format);
  }

  /** Errors: 'messageBox.storageFailed'; the snapshots that were there are still there then. */
  async write(data: D): Promise<void> {
    const [temporary, current, previous] = [temporaryFile, snapshotFile, previousSnapshotFile].map((name) => join(this.#folder, name)) as [
      string,
      string,
      string,
    ];
    try {
      faultPoint('snapshot.beforeTemp');
      const file = this.#disk.open(temporary, 'replace');
      try {
        writeSnapshot(file, data, this.#format.version);
        faultPoint('snapshot.beforeSync');
        await file.dataSync();
      } finally {
        file.close();
      }
      faultPoint('snapshot.beforeKeepPrevious');
      if (this.#keepsPrevious && this.#disk.list(this.#folder).includes(snapshotFile)) await this.#disk.rename(current, previous);
      faultPoint('snapshot.beforeRename');
      await this.#disk.rename(temporary, current);
      faultPoint('snapshot.beforeDirectorySync');
      await this.#disk.syncFolder(this.#folder);
      faultPoint('snapshot.done');
    } catch (error) {
      this.#removeIfPossible(temporary);
      throw storageFailed(current, error);
    }
  }

  /** Half a snapshot would take room that a full disk needs. */
  #removeIfPossible(path: string): void {
    try {
      this.#disk.remove(path);
    } catch {
      // It is replaced by the next one; what made this one fail is told.
    }
  }
}

export interface LoadedSnapshot<D> {
  /** Undefined: begin with an empty state at sequence 0. */
  readonly data: D | undefined;
  readonly sequence: number;
  /** Where it is, or would be. */
  readonly file: string;
  /** A snapshot that could not be read, although an older one and the journal hold everything. */
  readonly damaged?: { readonly file: string; readonly reason: string };
}

/**
 * The newest snapshot that is intact and from which the journal (history included) goes on without a gap; an empty beginning when there
 * is none and the journal is complete. Errors: 'format.newer'; 'messageBox.snapshotDamaged' when a snapshot is damaged and nothing older
 * will do.
 */
export async function loadSnapshot<D extends SnapshotData>(disk: Disk, folder: string, format: Format<D>): Promise<LoadedSnapshot<D>> {
  let damage: SohError | undefined;
  let newest: D | undefined;
  let place = join(folder, snapshotFile);
  for (const name of [snapshotFile, previousSnapshotFile]) {
    try {
      const database = new Low<D | null>(new DurableJsonFile<D>(disk, folder, format, name) as Adapter<D | null>, null);
      await database.read();
      const data = database.data ?? undefined;
      if (data !== undefined && segmentsAfter(disk, folder, data.sequence)?.length) return loaded(data, join(folder, name), damage);
      if (newest === undefined && data !== undefined) place = join(folder, name);
      newest ??= data;
    } catch (error) {
      if (!isCode(error, 'messageBox.snapshotDamaged')) throw error;
      damage ??= error;
    }
  }
  // Without a damaged snapshot, the journal itself tells what is missing when it is opened.
  if (damage === undefined) return loaded(newest, place, undefined);
  if (newest !== undefined || !segmentsAfter(disk, folder, 0)?.length) throw damage;
  return loaded<D>(undefined, place, damage);
}

function loaded<D extends SnapshotData>(data: D | undefined, file: string, damage: SohError | undefined): LoadedSnapshot<D> {
  const found = { data, file, sequence: data?.sequence ?? 0 };
  if (damage === undefined) return found;
  return { ...found, damaged: { file: String(damage.parameters['file']), reason: String(damage.parameters['reason']) } };
}

/** Written in pieces, so that a large state is never one string. */
function writeSnapshot(file: DiskFile, data: SnapshotData, version: number): void {
  let crc = 0;
  let waiting = '';
  const put = (text: string, last = false): void => {
    waiting += text;
    if (waiting.length < chunkLength && !last) return;
    const bytes = Buffer.from(waiting);
    crc = crc32(bytes, crc);
    writeAll(file, bytes);
    waiting = '';
  };
  put(`{"format":${String(version)},\n"data":`);
  for (const piece of linesOf(data)) put(piece);
  put('', true);
  writeAll(file, Buffer.from(`${tailStart}${hex(crc)}"}\n`));
}

/** JSON of the data: each property begins a line, and so does each entry of a property that is a collection. */
function* linesOf(data: object): Generator<string> {
  let before = '{';
  for (const [name, value] of Object.entries(data) as [string, unknown][]) {
    if (value === undefined) continue;
    yield `${before}${JSON.stringify(name)}:`;
    yield* typeof value === 'object' && value !== null ? entriesOf(value) : [JSON.stringify(value)];
    before = ',\n';
  }
  yield before === '{' ? '{}' : '}';
}

function* entriesOf(collection: object): Generator<string> {
  const [open, close] = Array.isArray(collection) ? ['[', ']'] : ['{', '}'];
  let before = `${open}\n`;
  for (const [key, value] of Object.entries(collection) as [string, unknown][]) {
    const json = JSON.stringify(value) as string | undefined;
    if (json === undefined && !Array.isArray(collection)) continue;
    yield `${before}${Array.isArray(collection) ? '' : `${JSON.stringify(key)}:`}${json ?? 'null'}`;
    before = ',\n';
  }
  yield before.startsWith(open) ? `${open}${close}` : close;
}

/** The version a snapshot says it has; undefined when there is no such file. Errors: 'format.newer', 'messageBox.snapshotDamaged'. */
export function snapshotVersion(
  disk: Disk,
  folder: string,
  name: string,
  format: Pick<Format<unknown>, 'name' | 'version'>,
): number | undefined {
  const path = join(folder, name);
  try {
    return versionOf(readAll(disk, path, headBytes), path, format);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error instanceof SohError ? error : damagedSnapshot(path, messageOf(error), error);
  }
}

function versionOf(content: Buffer, path: string, format: Pick<Format<unknown>, 'name' | 'version'>): number {
  const [, version] = HEAD.exec(content.toString('latin1', 0, headBytes)) ?? [];
  if (version === undefined)
    throw damagedSnapshot(path, content.length === 0 ? 'it is empty' : 'it does not begin like a snapshot (byte 0)');
  return knownVersion(format, Number(version), path);
}

function parseSnapshot<D>(content: Buffer, path: string, format: Format<D>): D {
  if (content.length > constants.MAX_STRING_LENGTH)
    throw damagedSnapshot(path, `it has more than ${String(constants.MAX_STRING_LENGTH)} bytes`);
  const version = versionOf(content, path, format);
  const end = content.length - tailBytes;
  if (end < 0) throw damagedSnapshot(path, `it ends at byte ${String(content.length)}`);
  const expected = `${tailStart}${hex(crc32(content.subarray(0, end)))}"}\n`;
  if (content.toString('latin1', end) !== expected)
    throw damagedSnapshot(path, `its checksum at byte ${String(end + tailStart.length)} does not match its ${String(end)} bytes`);
  try {
    return lifted(format, version, (JSON.parse(content.toString()) as { data: unknown }).data, path);
  } catch (error) {
    throw damagedSnapshot(path, messageOf(error), error);
  }
}

function damagedSnapshot(file: string, reason: string, cause?: unknown): SohError {
  return new SohError('messageBox.snapshotDamaged', { file, reason }, cause);
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
