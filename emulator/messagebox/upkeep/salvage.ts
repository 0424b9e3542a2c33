/**
 * Reads as much of a damaged journal as hangs together: from a snapshot on, record by record, through segments wherever they lie and over
 * what was put in between, up to the first record that is gone. Changes nothing.
 */
import { join } from 'node:path';
import { SohError } from '../../errors.ts';
import { type Format, lifted } from '../../format.ts';
import type { Disk, DiskFile } from '../storage/disk.ts';
import { decodeLine, headerBytes, noCrc } from '../storage/journalLine.ts';
import { damaged, gone, type Known } from '../storage/loss.ts';
import { badRecord } from '../storage/recovery.ts';
import {
  blocksOf,
  type Chain,
  type Damage,
  headOf,
  historyFolder,
  intactLines,
  listSegments,
  openSegment,
  type PlacedLine,
  type SegmentHead,
  upToByte,
} from '../storage/segments.ts';

export interface Salvaged {
  /** Last record that hangs together with all before it. */
  readonly last: number;
  /** crc32 of its line. */
  readonly crc: number;
  /** Why it does not go on; undefined at the end of what was written. */
  readonly stopped: SohError | undefined;
}

/** Every segment there is, live or in the history, oldest first. Errors: 'format.newer'. */
export function segmentsOf(disk: Disk, folder: string, format: Format<unknown>): Known[] {
  const firsts = [folder, join(folder, historyFolder)].flatMap((place) => listSegments(disk, place).map(({ first }) => first));
  return [...new Set(firsts)]
    .sort((a, b) => a - b)
    .map((first) =>
      withSegment(disk, folder, first, (file) => ({ first, path: file.path, size: file.size(), head: headIn(file, format) })),
    );
}

function headIn(file: DiskFile, format: Format<unknown>): SegmentHead {
  try {
    return headOf(file, format);
  } catch (error) {
    if (error instanceof SohError) throw error;
    return { format: 1 };
  }
}

/** What the system refuses to read is as damaged as what makes no sense. */
function readable(
  disk: Disk,
  folder: string,
  { first, path }: Known,
  { sequence }: Chain,
  read: (file: DiskFile) => SohError | undefined,
): SohError | undefined {
  try {
    return withSegment(disk, folder, first, read);
  } catch (error) {
    if (error instanceof SohError) throw error;
    return new SohError('messageBox.damaged', { file: path, offset: 0, sequence }, error);
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

/**
 * The records after `from`. `onRecord` may throw: then that record is the first that is given up.
 *
 * @param segments all of them, as `segmentsOf` gives them
 */
export function salvage<R>(
  disk: Disk,
  folder: string,
  format: Format<R>,
  segments: readonly Known[],
  from: number,
  onRecord: (record: R, sequence: number) => void,
): Salvaged {
  const begin = segments.findLastIndex(({ first }) => first <= from + 1);
  const chain: Chain = { sequence: Math.min(from + 1, segments[begin]?.first ?? from + 1), prevCrc: from === 0 ? noCrc : undefined };
  // What lies before `from` is in the snapshot already: there, a missing record is passed over.
  for (const [offset, segment] of begin < 0 ? [] : segments.slice(begin).entries()) {
    const before = segments[begin + offset - 1];
    const next = segments[begin + offset + 1];
    if (segment.first > chain.sequence) return end(chain, from, missing(folder, chain, offset > 0 ? before : undefined, segment));
    const stopped = readable(disk, folder, segment, chain, (file) =>
      readSegment(sealedBy(file, next), segment, format, chain, from, onRecord, next?.first),
    );
    if (stopped !== undefined) return end(chain, from, stopped);
  }
  if (begin < 0 && segments[0] !== undefined)
    return end({ ...chain, sequence: from + 1 }, from, missing(folder, chain, undefined, segments[0]));
  return end(chain, from, undefined);
}

/** Damage in what the snapshot has, with nothing behind it, stops nothing. */
function end({ sequence, prevCrc }: Chain, from: number, stopped: SohError | undefined): Salvaged {
  if (sequence <= from) return { last: from, crc: noCrc, stopped: undefined };
  return { last: sequence - 1, crc: prevCrc ?? noCrc, stopped };
}

function missing(folder: string, { sequence }: Chain, read: Known | undefined, next: Known): SohError {
  return gone({ folder, sequence, read, next, last: next.first - 1 });
}

export function sealedBy(file: DiskFile, next: Known | undefined): DiskFile {
  const sealed = next?.head.sealed;
  return sealed !== undefined && file.path.endsWith(nameOf(sealed.first)) ? upToByte(file, sealed.bytes) : file;
}

const nameOf = (first: number): string => `${String(first).padStart(12, '0')}.log`;

/** Moves the chain to the end of the segment, or to the first record that is gone and says why. */
function readSegment<R>(
  file: DiskFile,
  { head }: Known,
  format: Format<R>,
  chain: Chain,
  from: number,
  onRecord: (record: R, sequence: number) => void,
  next: number | undefined,
): SohError | undefined {
  for (let position = 0; ;) {
    const lines = intactLines(file, chain, position);
    let step = lines.next();
    for (; step.done !== true; step = lines.next()) {
      const { sequence, json, offset } = step.value;
      if (sequence <= from) continue;
      try {
        onRecord(lifted(format, head.format, JSON.parse(json.toString()), file.path), sequence);
      } catch (error) {
        chain.sequence = sequence;
        return badRecord(file.path, sequence, offset, error);
      }
    }
    const damage = step.value;
    if (damage === undefined) return undefined;
    const behind = goesOn(file, damage, chain, from);
    if (behind === undefined) return covered(chain, from, next) ? undefined : damaged(file, damage, damage.sequence);
    chain.sequence = behind.sequence;
    chain.prevCrc = behind.prevCrc;
    position = behind.offset;
  }
}

/** The rest of the segment is damaged, and all of it is in the snapshot. */
function covered(chain: Chain, from: number, next: number | undefined): boolean {
  if (next === undefined || next > from + 1 || chain.sequence > from) return false;
  chain.sequence = next;
  chain.prevCrc = undefined;
  return true;
}

/** The record that should be where the damage is, or the first one after `from`, further down: what lies between is none of ours. */
function goesOn(file: DiskFile, { offset: damageAt }: Damage, { sequence, prevCrc }: Chain, from: number): PlacedLine | undefined {
  const wanted = Math.max(sequence, from + 1);
  for (const { offset, bytes } of blocksOf(file, damageAt)) {
    for (let start = 0; start < bytes.length;) {
      const newline = bytes.indexOf(0x0a, start);
      if (newline < 0) break;
      const line = decodeLine(bytes.subarray(start, newline));
      const fits = wanted > sequence || prevCrc === undefined || line?.prevCrc === prevCrc;
      // A line that was read before, and stands here again.
      if (line?.sequence === wanted && fits) return { ...line, json: Buffer.from(line.json), offset: offset + start };
      start = newline + 1;
    }
  }
  return undefined;
}

/** Bytes of a segment up to the end of a record in it, when everything before is intact; undefined when it is not. */
export function intactUpTo(file: DiskFile, first: number, last: number): number | undefined {
  const lines = intactLines(file, { sequence: first, prevCrc: undefined });
  for (let step = lines.next(); step.done !== true; step = lines.next()) {
    const { sequence, offset, json } = step.value;
    if (sequence === last) return offset + headerBytes + json.length + 1;
  }
  return undefined;
}
