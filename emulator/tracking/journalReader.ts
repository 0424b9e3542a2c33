/**
 * Reads the journal, history and live segments alike, while the MessageBox writes it and moves segments: nothing is locked, nothing is
 * changed. Records at the very end may not be on the device yet; an incomplete last line is one being written and does not count.
 */
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { hasCode, SohError } from '../errors.ts';
import type { JournalRecord } from '../messagebox/core/records.ts';
import { type Disk, type DiskFile, nodeDisk } from '../messagebox/storage/disk.ts';
import { decodeLine, headerBytes } from '../messagebox/storage/journalLine.ts';
import {
  blocksOf,
  type Chain,
  historyFolder,
  intactLines,
  listSegments,
  type PlacedLine,
  segmentName,
} from '../messagebox/storage/segments.ts';

export interface ReadRecord<R> {
  readonly sequence: number;
  readonly record: R;
}

export interface ReadOptions {
  /** First sequence wanted; default 1. History that was deleted is skipped. */
  readonly from?: number;
  readonly disk?: Disk;
}

/** Records between two rests, in which the reader's process can do something else. */
const stretch = 500;

/** All records from `from` to the present end. Errors: 'messageBox.damaged' where a record or a segment in between is not readable. */
export async function* readRecords<R = JournalRecord>(folder: string, options: ReadOptions = {}): AsyncGenerator<ReadRecord<R>> {
  const cursor = new Cursor(options.disk ?? nodeDisk, folder, options.from ?? 1);
  let count = 0;
  for (const line of cursor.read()) {
    if (++count % stretch === 0) await breathe();
    yield parsed<R>(line);
  }
}

/** Follows the journal: each `next` gives the complete records since the last call, at most `limit`; none when nothing is new. */
export interface JournalTail<R> {
  next(limit?: number): ReadRecord<R>[];
  /** As `next`, but only what is wanted by its JSON is parsed. `end`: there was less than the limit. */
  some(limit: number, wanted: (json: Buffer) => boolean): { readonly records: ReadRecord<R>[]; readonly end: boolean };
}

/** A tail that begins with record `from`, or with the oldest one that is still there. Errors of `next`: 'messageBox.damaged'. */
export function tail<R = JournalRecord>(folder: string, from: number, disk: Disk = nodeDisk): JournalTail<R> {
  const cursor = new Cursor(disk, folder, from);
  const some: JournalTail<R>['some'] = (limit, wanted) => {
    const records: ReadRecord<R>[] = [];
    let count = 0;
    for (const line of cursor.read()) {
      if (wanted(line.json)) records.push(parsed<R>(line));
      if (++count >= limit) return { records, end: false };
    }
    return { records, end: true };
  };
  return { next: (limit = 10_000) => some(limit, () => true).records, some };
}

/**
 * The records whose text holds `needle` as it stands in JSON, oldest first: a search over bytes, so it does not parse what it skips.
 * Only hits are checked for damage ('messageBox.damaged'); use `readRecords` for a verdict.
 */
export async function* findRecords<R = JournalRecord>(
  folder: string,
  needle: string,
  disk: Disk = nodeDisk,
): AsyncGenerator<ReadRecord<R>> {
  const bytesWanted = Buffer.from(needle);
  for (const { first } of allSegments(disk, folder)) {
    const file = openSegment(disk, folder, first);
    if (file === undefined) continue;
    try {
      for (const { bytes } of blocksOf(file)) {
        for (const line of hits(bytes, bytesWanted)) {
          const record = decodeLine(line);
          if (record === undefined) throwIfDamaged(file, first);
          else if (record.json.includes(bytesWanted)) yield parsed<R>(record);
        }
        await breathe();
      }
    } finally {
      file.close();
    }
  }
}

/** Complete lines of a block that hold the needle. */
function* hits(block: Buffer, needle: Buffer): Generator<Buffer> {
  for (let at = block.indexOf(needle); at >= 0;) {
    const start = block.lastIndexOf(0x0a, at) + 1;
    const end = block.indexOf(0x0a, at);
    if (end < 0) return;
    yield block.subarray(start, end);
    at = block.indexOf(needle, end);
  }
}

/** A line that cannot be read is the interrupted last write, unless later groups follow. */
function throwIfDamaged(file: DiskFile, first: number): void {
  const lines = intactLines(file, { sequence: first, prevCrc: undefined });
  let step = lines.next();
  while (step.done !== true) step = lines.next();
  if (step.value?.acknowledged === true) throw damaged(file.path, step.value.offset, step.value.sequence);
}

/** A place in the journal that moves on with every record read. */
class Cursor {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #from: number;
  readonly #chain: Chain;
  /** Segment that holds the next record, and where in it; undefined until there is one. */
  #place: { first: number; offset: number } | undefined;

  constructor(disk: Disk, folder: string, from: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#from = from;
    this.#chain = { sequence: from, prevCrc: undefined };
  }

  /** The records up to the present end; may be left early and called again. */
  *read(): Generator<PlacedLine> {
    for (;;) {
      // Listed before the segment is read to its end: what began later than this list cannot show a gap.
      const segments = allSegments(this.#disk, this.#folder);
      this.#place ??= this.#start(segments);
      if (this.#place === undefined) return;
      const file = openSegment(this.#disk, this.#folder, this.#place.first);
      if (file === undefined) throw damaged(join(this.#folder, segmentName(this.#place.first)), 0, this.#chain.sequence);
      try {
        yield* this.#readSegment(file, this.#place, segments.at(-1)?.first === this.#place.first);
      } finally {
        file.close();
      }
      const next = this.#chain.sequence;
      if (next !== this.#place.first && exists(this.#disk, this.#folder, next)) this.#place = { first: next, offset: 0 };
      else if (segments.some(({ first }) => first > next)) throw damaged(join(this.#folder, segmentName(next)), 0, next);
      else return;
    }
  }

  *#readSegment(file: DiskFile, place: { offset: number }, last: boolean): Generator<PlacedLine> {
    for (let damageAt = -1; ;) {
      const lines = intactLines(file, this.#chain, place.offset);
      let step = lines.next();
      for (; step.done !== true; step = lines.next()) {
        place.offset = step.value.offset + headerBytes + step.value.json.length + 1;
        if (step.value.sequence >= this.#from) yield step.value;
      }
      const damage = step.value;
      if (damage === undefined || (last && !damage.acknowledged)) return;
      // The line may have been written to its end, and others behind it, while it was read: damage is what is there twice.
      if (damage.offset === damageAt) throw damaged(file.path, damage.offset, damage.sequence);
      damageAt = damage.offset;
    }
  }

  #start(segments: readonly { first: number }[]): { first: number; offset: number } | undefined {
    const segment = segments.findLast(({ first }) => first <= this.#from) ?? segments[0];
    if (segment === undefined) return undefined;
    this.#chain.sequence = segment.first;
    return { first: segment.first, offset: 0 };
  }
}

function allSegments(disk: Disk, folder: string): { first: number }[] {
  // Live ones first: one that moves in between is then seen twice instead of never.
  const firsts = [folder, join(folder, historyFolder)].flatMap((place) => listSegments(disk, place).map(({ first }) => first));
  return [...new Set(firsts)].sort((a, b) => a - b).map((first) => ({ first }));
}

function openSegment(disk: Disk, folder: string, first: number): DiskFile | undefined {
  const name = segmentName(first);
  return openIfThere(disk, join(folder, name)) ?? openIfThere(disk, join(folder, historyFolder, name));
}

function exists(disk: Disk, folder: string, first: number): boolean {
  const file = openSegment(disk, folder, first);
  file?.close();
  return file !== undefined;
}

function openIfThere(disk: Disk, path: string): DiskFile | undefined {
  try {
    return disk.open(path, 'read');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function parsed<R>(line: { readonly sequence: number; readonly json: Buffer }): ReadRecord<R> {
  return { sequence: line.sequence, record: JSON.parse(line.json.toString()) as R };
}

function damaged(file: string, offset: number, sequence: number): SohError {
  return new SohError('messageBox.damaged', { file, offset, sequence });
}
