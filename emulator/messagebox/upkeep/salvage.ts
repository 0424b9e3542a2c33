/**
 * Reads as much of a damaged journal as hangs together: from a snapshot on, record by record, through segments wherever they lie and over
 * what was put in between, up to the first record that is gone. Changes nothing.
 */
import { SohError } from '../../errors.ts';
import { type Format, lifted } from '../../format.ts';
import type { Disk, DiskFile } from '../storage/disk.ts';
import { claimedBytes, decodeLine, headerBytes, type JournalLine, noCrc } from '../storage/journalLine.ts';
import { damaged, gone, type Known } from '../storage/loss.ts';
import { badRecord, unreadable } from '../storage/recovery.ts';
import { allSegments, blocksOf, type Chain, type Damage, headOf, intactLines, openSegment, type PlacedLine } from '../storage/segments.ts';

const NEWLINE = 0x0a;
/** Where the blank before the number of a record stands in its line. */
const SEQUENCE_AT = 27;

export interface Salvaged {
  /** Last record that hangs together with all before it. */
  readonly last: number;
  /** crc32 of that record; undefined when it was not read. */
  readonly crc: number | undefined;
  /** Why it does not go on; undefined at the end of what was written. */
  readonly stopped: SohError | undefined;
}

/** Every segment there is, live or in the history, oldest first. One that cannot be opened is one without a byte. Errors: 'format.newer'. */
export function segmentsOf(disk: Disk, folder: string, format: Format<unknown>): Known[] {
  return allSegments(disk, folder).map(({ first, path }) => {
    try {
      return withSegment(disk, folder, first, (file) => ({ first, path, size: file.size(), head: headOf(file, format) }));
    } catch (error) {
      if (error instanceof SohError) throw error;
      return { first, path, size: 0, head: { format: 1 } };
    }
  });
}

/** Every record of a segment that is intact in itself, wherever it stands; valid until the next is asked for. What cannot be read is not known. */
export function* linesIn(disk: Disk, folder: string, first: number): Generator<JournalLine> {
  let file: DiskFile | undefined;
  try {
    file = openSegment(disk, folder, first);
    if (file === undefined) return;
    for (const { bytes } of blocksOf(file)) {
      for (let start = 0, end = bytes.indexOf(NEWLINE); end >= 0; start = end + 1, end = bytes.indexOf(NEWLINE, start)) {
        const line = decodeLine(bytes.subarray(start, end));
        if (line !== undefined) yield line;
      }
    }
  } catch {
    return;
  } finally {
    file?.close();
  }
}

export function withSegment<T>(disk: Disk, folder: string, first: number, read: (file: DiskFile) => T): T {
  const file = openSegment(disk, folder, first);
  if (file === undefined) throw new Error(`segment ${String(first)} is gone`);
  try {
    return read(file);
  } finally {
    file.close();
  }
}

export interface SalvageOptions<R> {
  readonly disk: Disk;
  readonly folder: string;
  readonly format: Format<R>;
  /** All of them, as `segmentsOf` gives them. */
  readonly segments: readonly Known[];
  /** The records after it are wanted. */
  readonly from: number;
  /** May throw: then that record is the first that is given up. */
  readonly onRecord: (record: R, sequence: number) => void;
}

export function salvage<R>(options: SalvageOptions<R>): Salvaged {
  const { folder, segments, from } = options;
  const begin = segments.findLastIndex(({ first }) => first <= from + 1);
  const chain: Chain = { sequence: segments[begin]?.first ?? from + 1, prevCrc: from === 0 ? noCrc : undefined };
  if (begin < 0) return end(chain, from, segments[0] && missing(folder, chain, undefined, segments[0]));
  for (const [offset, segment] of segments.slice(begin).entries()) {
    const before = segments[begin + offset - 1];
    const next = segments[begin + offset + 1];
    if (segment.first > chain.sequence) return end(chain, from, missing(folder, chain, offset > 0 ? before : undefined, segment));
    const stopped = readable(options, segment, (file) => new Reading(options, segment, file, chain).read(next?.first));
    if (stopped !== undefined) return end(chain, from, stopped);
  }
  return end(chain, from, undefined);
}

/** Damage in what the snapshot has, with nothing behind it, stops nothing. */
function end({ sequence, prevCrc: crc }: Chain, from: number, stopped: SohError | undefined): Salvaged {
  return sequence <= from ? { last: from, crc: undefined, stopped: undefined } : { last: sequence - 1, crc, stopped };
}

function missing(folder: string, { sequence }: Chain, read: Known | undefined, next: Known): SohError {
  return gone({ folder, sequence, read, next, last: next.first - 1 });
}

/** What the system refuses to read is as damaged as what makes no sense. */
function readable(
  { disk, folder }: Pick<SalvageOptions<unknown>, 'disk' | 'folder'>,
  { first, path }: Known,
  read: (file: DiskFile) => SohError | undefined,
): SohError | undefined {
  try {
    return withSegment(disk, folder, first, read);
  } catch (error) {
    return unreadable(path, error);
  }
}

/** One segment, and the chain that it moves on. */
class Reading<R> {
  readonly #options: SalvageOptions<R>;
  readonly #segment: Known;
  readonly #file: DiskFile;
  readonly #chain: Chain;

  constructor(options: SalvageOptions<R>, segment: Known, file: DiskFile, chain: Chain) {
    this.#options = options;
    this.#segment = segment;
    this.#file = file;
    this.#chain = chain;
  }

  /** To its end, or to the first record that is gone; says why. @param next first record of the segment behind it */
  read(next: number | undefined): SohError | undefined {
    const [file, chain] = [this.#file, this.#chain];
    for (let position = 0; ;) {
      const lines = intactLines(file, chain, position);
      let step = lines.next();
      for (; step.done !== true; step = lines.next()) {
        if (step.value.sequence === next) return this.#enough(next, step.value.prevCrc);
        const bad = this.#take(step.value);
        if (bad !== undefined) return bad;
      }
      const damage = step.value;
      if (damage === undefined || chain.sequence === next) return undefined;
      const behind = this.#goesOn(damage);
      if (behind === undefined) return this.#covered(next) ? undefined : damaged(file, damage, damage.sequence);
      chain.sequence = behind.sequence + 1;
      chain.prevCrc = behind.crc;
      const bad = this.#take(behind);
      if (bad !== undefined) return bad;
      position = behind.offset + headerBytes + behind.json.length;
      if (byteAt(file, position) === NEWLINE) position++;
    }
  }

  /** What a process that had lost the folder wrote to the segment afterwards does not count. */
  #enough(next: number, prevCrc: number): undefined {
    this.#chain.sequence = next;
    this.#chain.prevCrc = prevCrc;
  }

  #take({ sequence, json, offset, prevCrc }: PlacedLine): SohError | undefined {
    const { from, format, onRecord } = this.#options;
    if (sequence <= from) return undefined;
    try {
      onRecord(lifted(format, this.#segment.head.format, JSON.parse(json.toString()), this.#file.path), sequence);
      return undefined;
    } catch (error) {
      this.#chain.sequence = sequence;
      this.#chain.prevCrc = prevCrc;
      return badRecord(this.#file.path, sequence, offset, error);
    }
  }

  /** The rest of the segment is damaged, and all of it is in the snapshot. */
  #covered(next: number | undefined): boolean {
    const { from } = this.#options;
    if (next === undefined || next > from + 1 || this.#chain.sequence > from) return false;
    this.#chain.sequence = next;
    this.#chain.prevCrc = undefined;
    return true;
  }

  #beginsRight(): boolean {
    const [line] = linesIn(this.#options.disk, this.#options.folder, this.#segment.first);
    return line?.sequence === this.#segment.first;
  }

  /**
   * The record that should be where the damage is, or the first one after the snapshot, wherever it stands behind it: what lies between is
   * something else, or a record that was read before. Where nothing links it, in a file that begins with another record than its name says,
   * it is not taken: it may be of another group.
   */
  #goesOn({ offset: damageAt }: Damage): PlacedLine | undefined {
    const { sequence, prevCrc } = this.#chain;
    const wanted = Math.max(sequence, this.#options.from + 1);
    const needle = ` ${String(wanted).padStart(12, '0')} `;
    for (const { offset, bytes } of blocksOf(this.#file, damageAt)) {
      for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) {
        const start = at - SEQUENCE_AT;
        const line = start < 0 ? undefined : decodeLine(bytes.subarray(start, start + Math.max(0, claimedBytes(bytes.subarray(start)))));
        if (line?.sequence !== wanted) continue;
        const linked = wanted === sequence && prevCrc !== undefined;
        if (linked ? line.prevCrc === prevCrc : this.#beginsRight()) return { ...line, json: Buffer.from(line.json), offset: offset + start };
      }
    }
    return undefined;
  }
}

function byteAt(file: DiskFile, position: number): number | undefined {
  const byte = Buffer.alloc(1);
  return file.read(byte, position) === 1 ? byte[0] : undefined;
}

export interface IntactEnd {
  /** The end of the record, in bytes. */
  readonly bytes: number;
  readonly crc: number;
  readonly head: { readonly json: Buffer; readonly prevCrc: number };
}

/** The end of a record in a segment when everything before it is intact; undefined when it is not. */
export function intactUpTo(file: DiskFile, first: number, last: number): IntactEnd | undefined {
  let head: IntactEnd['head'] | undefined;
  const lines = intactLines(file, { sequence: first, prevCrc: undefined });
  for (let step = lines.next(); step.done !== true; step = lines.next()) {
    const { sequence, offset, json, crc, prevCrc } = step.value;
    head ??= { json: Buffer.from(json), prevCrc };
    if (sequence === last) return { bytes: offset + headerBytes + json.length + 1, crc, head };
  }
  return undefined;
}
