/** Reads the records of one segment that may be damaged: as they hang together, or each for itself. */
import type { SohError } from '../../errors.ts';
import type { Disk, DiskFile } from '../storage/disk.ts';
import { claimedBytes, decodeLine, headerBytes, type JournalLine } from '../storage/journalLine.ts';
import { damaged } from '../storage/loss.ts';
import { blocksOf, type Chain, type Damage, intactLines, openSegment, type PlacedLine } from '../storage/segments.ts';

const NEWLINE = 0x0a;
/** Where the blank before the number of a record stands in its line. */
const SEQUENCE_AT = 27;

/** Every record of a segment that is intact in itself, wherever it stands; valid until the next is asked for. What cannot be read is not known. */
export function* linesIn(disk: Disk, folder: string, first: number): Generator<JournalLine> {
  let file: DiskFile | undefined;
  try {
    file = openSegment(disk, folder, first);
    if (file === undefined) return;
    yield* linesOf(file);
  } catch {
    return;
  } finally {
    file?.close();
  }
}

function* linesOf(file: DiskFile): Generator<JournalLine> {
  for (const { bytes } of blocksOf(file)) {
    for (let start = 0, end = bytes.indexOf(NEWLINE); end >= 0; start = end + 1, end = bytes.indexOf(NEWLINE, start)) {
      const line = decodeLine(bytes.subarray(start, end));
      if (line !== undefined) yield line;
    }
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

/** Says why a record cannot be used: then it is the first that is given up. */
export type Take = (line: PlacedLine) => SohError | undefined;

export interface ReadingOptions {
  readonly file: DiskFile;
  /** First record of the segment, by its name. */
  readonly first: number;
  /** The records after it are wanted. */
  readonly from: number;
  /** Is moved along. */
  readonly chain: Chain;
  readonly take: Take;
}

/** Reads one segment over what was put in between. */
export class Reading {
  readonly #options: ReadingOptions;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  /** To its end, or to the first record that is gone; says why. @param next first record of the segment behind it */
  read(next: number | undefined): SohError | undefined {
    const { file, chain } = this.#options;
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
      if (behind === undefined)
        return this.#covered(next) ? undefined : damaged(file, damage, next === undefined ? damage.sequence : next - 1);
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
    const { chain } = this.#options;
    chain.sequence = next;
    chain.prevCrc = prevCrc;
  }

  #take(line: PlacedLine): SohError | undefined {
    const { from, chain, take } = this.#options;
    const bad = line.sequence <= from ? undefined : take(line);
    if (bad === undefined) return undefined;
    chain.sequence = line.sequence;
    chain.prevCrc = line.prevCrc;
    return bad;
  }

  /** The rest of the segment is damaged, and all of it is in the snapshot. */
  #covered(next: number | undefined): boolean {
    const { from, chain } = this.#options;
    if (next === undefined || next > from + 1 || chain.sequence > from) return false;
    chain.sequence = next;
    chain.prevCrc = undefined;
    return true;
  }

  #beginsRight(): boolean {
    const [line] = linesOf(this.#options.file);
    return line === undefined || line.sequence >= this.#options.first;
  }

  /**
   * The record that should be where the damage is, or the first one after the snapshot, wherever it stands behind it: what lies between is
   * something else, or a record that was read before. Where nothing links it, in a file that begins with an earlier record than its name says,
   * it is not taken: it may be of another group.
   */
  #goesOn({ offset: damageAt }: Damage): PlacedLine | undefined {
    const { file, from, chain } = this.#options;
    const { sequence, prevCrc } = chain;
    const wanted = Math.max(sequence, from + 1);
    const needle = ` ${String(wanted).padStart(12, '0')} `;
    for (const { offset, bytes } of blocksOf(file, damageAt)) {
      for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) {
        const start = at - SEQUENCE_AT;
        const line = start < 0 ? undefined : decodeLine(bytes.subarray(start, start + Math.max(0, claimedBytes(bytes.subarray(start)))));
        if (line?.sequence !== wanted) continue;
        const linked = wanted === sequence && prevCrc !== undefined;
        if (linked ? line.prevCrc === prevCrc : this.#beginsRight())
          return { ...line, json: Buffer.from(line.json), offset: offset + start };
      }
    }
    return undefined;
  }
}

function byteAt(file: DiskFile, position: number): number | undefined {
  const byte = Buffer.alloc(1);
  return file.read(byte, position) === 1 ? byte[0] : undefined;
}
