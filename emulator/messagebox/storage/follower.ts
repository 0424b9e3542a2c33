/**
 * The one reader of a journal, history and live segments alike, while the MessageBox writes it and moves segments: nothing is locked, nothing
 * is changed. An incomplete last line is one being written and does not count.
 */
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { SohError } from '../../errors.ts';
import { type Format, lifted } from '../../format.ts';
import type { Disk, DiskFile } from './disk.ts';
import { decodeLine, headerBytes } from './journalLine.ts';
import { badRecord, unreadable } from './recovery.ts';
import {
  allSegments,
  blocksOf,
  type Chain,
  type Damage,
  headOf,
  intactLines,
  openSealed,
  openSegment,
  type PlacedLine,
  segmentName,
} from './segments.ts';
import type { Follower, Gap, ReadOptions, ReadRecord, RecordSource, Wanted } from './storage.ts';

export interface JournalSourceOptions<R> {
  readonly disk: Disk;
  /** Of the journal. */
  readonly folder: string;
  readonly format: Format<R>;
  /** By the JSON of a record: kept for the history only, so that nothing waits until it is durable. */
  readonly isNote: (json: Buffer) => boolean;
}

export class JournalSource<R> implements RecordSource<R> {
  readonly #options: JournalSourceOptions<R>;

  constructor(options: JournalSourceOptions<R>) {
    this.#options = options;
  }

  follow(options: ReadOptions = {}): Follower<R> {
    return new JournalFollower(this.#options, options);
  }

  async *find(needle: string, { onGap }: Pick<ReadOptions, 'onGap'> = {}): AsyncGenerator<ReadRecord<R>> {
    const { disk, folder, format } = this.#options;
    const bytesWanted = Buffer.from(needle);
    const segments = allSegments(disk, folder).map(({ first }) => first);
    for (const [index, first] of segments.entries()) {
      const missed = missedIn(onGap, first, segments[index + 1]);
      let file: DiskFile | undefined;
      try {
        file = openSealed(disk, folder, format, first, segments[index + 1]);
        if (file === undefined) continue;
        const version = headOf(file, format).format;
        for (const { offset, bytes } of blocksOf(file)) {
          for (const [at, line] of hits(bytes, bytesWanted)) {
            const record = decodeLine(line);
            if (record === undefined) throwIfDamaged(file, first, missed);
            else if (record.json.includes(bytesWanted)) {
              const read = parsed(format, file, version, { ...record, offset: offset + at }, missed);
              if (read !== undefined) yield read;
            }
          }
          await breathe();
        }
      } catch (error) {
        if (error instanceof SohError) throw error;
        missed(unreadable(join(folder, segmentName(first)), error));
      } finally {
        file?.close();
      }
    }
  }
}

/** What an unreadable place is: told, or thrown. */
type Missed = (error: SohError) => void;

function missedIn(onGap: ((gap: Gap) => void) | undefined, first: number, next: number | undefined): Missed {
  return (error) => {
    if (onGap === undefined) throw error;
    onGap({ first: Number(error.parameters['sequence'] ?? first), last: next === undefined ? Infinity : next - 1, error });
  };
}

/** Complete lines of a block that hold the needle, and where they begin. */
function* hits(block: Buffer, needle: Buffer): Generator<[number, Buffer]> {
  for (let at = block.indexOf(needle); at >= 0;) {
    const start = block.lastIndexOf(0x0a, at) + 1;
    const end = block.indexOf(0x0a, at);
    if (end < 0) return;
    yield [start, block.subarray(start, end)];
    at = block.indexOf(needle, end);
  }
}

/** A line that cannot be read is the interrupted last write, unless later groups follow. */
function throwIfDamaged(file: DiskFile, first: number, missed: Missed): void {
  const lines = intactLines(file, { sequence: first, prevCrc: undefined });
  let step = lines.next();
  while (step.done !== true) step = lines.next();
  if (step.value?.acknowledged === true) missed(damaged(file.path, step.value));
}

/** A place in the journal that moves on with every record read. */
class JournalFollower<R> implements Follower<R> {
  readonly #source: JournalSourceOptions<R>;
  /** Nothing before it is wanted. */
  #from: number;
  readonly #durable: () => number;
  readonly #onGap: ((gap: Gap) => void) | undefined;
  /** Of the next record. */
  #chain: Chain;
  /** Segment that holds the next record, and where in it; undefined until there is one. */
  #place: { readonly first: number; offset: number } | undefined;

  constructor(source: JournalSourceOptions<R>, { from = 1, durable = () => Infinity, onGap }: ReadOptions) {
    this.#source = source;
    this.#from = from;
    this.#durable = durable;
    this.#onGap = onGap;
    this.#chain = { sequence: from, prevCrc: undefined };
  }

  next(limit: number, wanted: Wanted = () => true): Promise<{ records: ReadRecord<R>[]; end: boolean }> {
    return new Promise((resolve) => {
      resolve(this.#take(limit, wanted));
    });
  }

  #take(limit: number, wanted: Wanted): { records: ReadRecord<R>[]; end: boolean } {
    const records: ReadRecord<R>[] = [];
    let count = 0;
    for (const { line, file, version } of this.#read()) {
      const missed: Missed = (error) => {
        this.#missed(line.sequence, line.sequence, error);
      };
      const record = wanted(line.json, line.sequence) ? parsed(this.#source.format, file, version, line, missed) : undefined;
      if (record !== undefined) records.push(record);
      if (++count >= limit) return { records, end: false };
    }
    return { records, end: true };
  }

  /** The records up to the present end; may be left early and called again. */
  *#read(): Generator<{ line: PlacedLine; file: DiskFile; version: number }> {
    const { disk, folder, format } = this.#source;
    for (;;) {
      // Listed before the segment is read to its end: what began later than this list cannot show a gap.
      const segments = allSegments(disk, folder).map(({ first }) => first);
      const place = (this.#place ??= this.#start(segments));
      if (place === undefined) return;
      const next = segments.find((first) => first > place.first);
      let file: DiskFile | undefined;
      try {
        file = openSealed(disk, folder, format, place.first, next);
        if (file !== undefined && !(yield* this.#readSegment(file, place, next, headOf(file, format).format))) return;
      } catch (error) {
        this.#passWhole(place.first, next, error);
      } finally {
        file?.close();
      }
      if (!this.#enterNext(place.first, segments)) return;
    }
  }

  /** False when there is something behind that is not to be read yet. */
  *#readSegment(
    file: DiskFile,
    place: { offset: number },
    next: number | undefined,
    version: number,
  ): Generator<{ line: PlacedLine; file: DiskFile; version: number }, boolean> {
    for (let damageAt = -1; ;) {
      const lines = intactLines(file, { ...this.#chain }, place.offset);
      let step = lines.next();
      for (; step.done !== true; step = lines.next()) {
        const line = step.value;
        if (line.sequence > this.#durable() && !this.#source.isNote(line.json)) return false;
        this.#chain = { sequence: line.sequence + 1, prevCrc: line.crc };
        place.offset = line.offset + headerBytes + line.json.length + 1;
        if (line.sequence < this.#from) continue;
        this.#from = line.sequence + 1;
        yield { line, file, version };
      }
      const damage = step.value;
      if (damage === undefined || (next === undefined && !damage.acknowledged)) return true;
      // The line may have been written to its end, and others behind it, while it was read: damage is what is there twice.
      if (damage.offset === damageAt && !this.#pass(file, place, damage, next)) return true;
      damageAt = damage.offset;
    }
  }

  /** Goes on behind damage in the same segment; false when nothing readable follows in it. Throws where gaps are errors. */
  #pass(file: DiskFile, place: { offset: number }, damage: Damage, next: number | undefined): boolean {
    const behind = firstIntact(file, damage);
    const sequence = behind?.sequence ?? Math.max(next ?? 0, damage.sequence + 1);
    this.#missed(damage.sequence, sequence - 1, damaged(file.path, damage));
    this.#chain = { sequence, prevCrc: behind?.prevCrc };
    if (behind === undefined) return false;
    place.offset = behind.offset;
    return true;
  }

  /** Goes on behind a segment of which the system does not give the bytes. Throws where gaps are errors, and for the last segment. */
  #passWhole(first: number, next: number | undefined, cause: unknown): void {
    const error = unreadable(join(this.#source.folder, segmentName(first)), cause);
    if (cause instanceof SohError || next === undefined) throw error;
    this.#missed(this.#chain.sequence, next - 1, error);
    this.#chain = { sequence: next, prevCrc: undefined };
  }

  /** Goes to the beginning of the next segment; false when there is none. */
  #enterNext(here: number, segments: readonly number[]): boolean {
    const { disk, folder } = this.#source;
    const { sequence } = this.#chain;
    if (sequence !== here && exists(disk, folder, sequence)) {
      this.#place = { first: sequence, offset: 0 };
      return true;
    }
    const next = segments.find((first) => first > here);
    if (next === undefined) return false;
    // Looked at again: what was listed may have been pruned since, and then nothing older than the next one is there.
    const pruned = next > sequence && (allSegments(disk, folder)[0]?.first ?? 0) >= next;
    if (next > sequence && !pruned) {
      const missing = { file: join(folder, segmentName(sequence)), sequence, last: next - 1 };
      this.#missed(sequence, next - 1, new SohError('messageBox.segmentMissing', missing));
    }
    this.#chain = { sequence: next, prevCrc: undefined };
    this.#place = { first: next, offset: 0 };
    return true;
  }

  #missed(first: number, last: number, error: SohError): void {
    if (this.#onGap === undefined || error.code === 'format.newer') throw error;
    this.#onGap({ first, last, error });
  }

  #start(segments: readonly number[]): { first: number; offset: number } | undefined {
    const first = segments.findLast((segment) => segment <= this.#from) ?? segments[0];
    if (first === undefined) return undefined;
    this.#chain = { sequence: first, prevCrc: undefined };
    return { first, offset: 0 };
  }
}

/** Also when it cannot be opened: whoever reads it says so. */
function exists(disk: Disk, folder: string, first: number): boolean {
  try {
    const file = openSegment(disk, folder, first);
    file?.close();
    return file !== undefined;
  } catch {
    return true;
  }
}

/** The first record behind damage that is intact in itself. */
function firstIntact(file: DiskFile, { offset: from, sequence }: Damage): PlacedLine | undefined {
  for (const { offset, bytes } of blocksOf(file, from)) {
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf(0x0a, start);
      if (end < 0) break;
      const line = decodeLine(bytes.subarray(start, end));
      if (line !== undefined && line.sequence >= sequence) return { ...line, offset: offset + start };
      start = end + 1;
    }
  }
  return undefined;
}

function parsed<R>(format: Format<R>, file: DiskFile, version: number, line: PlacedLine, missed: Missed): ReadRecord<R> | undefined {
  const { sequence, json, offset } = line;
  try {
    return { sequence, record: lifted(format, version, JSON.parse(json.toString()), file.path) };
  } catch (error) {
    missed(badRecord(file.path, sequence, offset, error));
    return undefined;
  }
}

function damaged(file: string, { offset, sequence }: Damage): SohError {
  return new SohError('messageBox.damaged', { file, offset, sequence });
}
