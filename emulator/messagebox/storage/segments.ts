/**
 * The files of a journal: `journal-<first sequence>.log` in the data folder, the last of them being written; those that a snapshot covers
 * move to `history/`. Names carry the first sequence, so the order and the gaps are known without opening a file.
 */
import { join } from 'node:path';
import * as v from 'valibot';
import { hasCode, SohError } from '../../errors.ts';
import { type Format, knownVersion } from '../../format.ts';
import type { Disk, DiskFile } from './disk.ts';
import { claimedBytes, decodeLine, type JournalLine } from './journalLine.ts';

/** Folder of the segments that no restart needs any more; the tracking history. */
export const historyFolder = 'history';

export interface SegmentFile {
  /** Sequence of its first record. */
  readonly first: number;
  readonly path: string;
}

export function segmentName(first: number): string {
  return `journal-${String(first).padStart(12, '0')}.log`;
}

/** Segments directly in `folder`, oldest first. */
export function listSegments(disk: Disk, folder: string): SegmentFile[] {
  const found: SegmentFile[] = [];
  for (const name of disk.list(folder)) {
    const match = /^journal-(\d{12})\.log$/.exec(name);
    if (match) found.push({ first: Number(match[1]), path: join(folder, name) });
  }
  return found.sort((a, b) => a.first - b.first);
}

/** Segments of the history and live ones, oldest first. */
export function allSegments(disk: Disk, folder: string): SegmentFile[] {
  // Live ones first: one that moves in between is then seen twice instead of never.
  const [live, archived] = [listSegments(disk, folder), listSegments(disk, join(folder, historyFolder))];
  return [...new Map([...archived, ...live].map((file) => [file.first, file])).values()].sort((a, b) => a.first - b.first);
}

/**
 * The segments that hold the records after `from`, oldest first; the first of them may begin earlier. Archived ones are used where the
 * live ones begin too late. Undefined when records are missing at the beginning.
 */
export function segmentsAfter(disk: Disk, folder: string, from: number): SegmentFile[] | undefined {
  const live = listSegments(disk, folder);
  const firstLive = live[0]?.first ?? Infinity;
  const archived = firstLive > from + 1 ? listSegments(disk, join(folder, historyFolder)).filter(({ first }) => first < firstLive) : [];
  const all = [...archived, ...live];
  const start = all.findLastIndex(({ first }) => first <= from + 1);
  if (start >= 0 && live.length > 0) return all.slice(start);
  return all.length === 0 && from === 0 ? [] : undefined;
}

/** What the first record of a segment says of segments, in its member `segment`. */
export interface SegmentHead {
  /** Of the records in this one. */
  readonly format: number;
  /** The segment before this one: its first record and its bytes. What was written to it later does not count. */
  readonly sealed?: { readonly first: number; readonly bytes: number };
}

/**
 * The head of a segment; format 1 where it says nothing, as in the first release. A first record that is damaged, or no record at all, says
 * nothing either: whoever reads it is told. Errors: 'format.newer'.
 */
export function headOf(file: DiskFile, format: Pick<Format<unknown>, 'name' | 'version'>): SegmentHead {
  const line = firstLine(file);
  const said = line && v.safeParse(saysSegment, jsonOf(line.json));
  if (said?.success !== true) return { format: 1 };
  const { format: version, sealed } = said.output.segment;
  if (version > format.version) knownVersion(format, version, file.path);
  const checked = v.safeParse(sealedSegment, sealed);
  return { format: Math.max(1, version), ...(checked.success ? { sealed: checked.output } : {}) };
}

function firstLine(file: DiskFile): JournalLine | undefined {
  for (const { bytes } of blocksOf(file)) {
    const end = bytes.indexOf(0x0a);
    return end < 0 ? undefined : decodeLine(bytes.subarray(0, end));
  }
  return undefined;
}

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const saysSegment = v.object({ segment: v.object({ format: v.pipe(v.number(), v.integer()), sealed: v.unknown() }) });
const sealedSegment = v.object({ first: whole, bytes: whole });

function jsonOf(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString());
  } catch {
    return undefined;
  }
}

/** A segment wherever it is now: live, or in the history. Undefined when it is in neither. */
export function openSegment(disk: Disk, folder: string, first: number): DiskFile | undefined {
  const name = segmentName(first);
  return openIfThere(disk, join(folder, name)) ?? openIfThere(disk, join(folder, historyFolder, name));
}

function openIfThere(disk: Disk, path: string): DiskFile | undefined {
  try {
    return disk.open(path, 'read');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** A segment up to the length the one behind it, `next`, says it had when it was sealed. Undefined when it is nowhere. Errors: 'format.newer'. */
export function openSealed(
  disk: Disk,
  folder: string,
  format: Pick<Format<unknown>, 'name' | 'version'>,
  first: number,
  next: number | undefined,
): DiskFile | undefined {
  const file = openSegment(disk, folder, first);
  let behind: DiskFile | undefined;
  try {
    behind = file && next !== undefined ? openSegment(disk, folder, next) : undefined;
    return file && behind ? asSealed(file, first, headOf(behind, format)) : file;
  } catch (error) {
    // That the next one cannot be read is told when it is its turn.
    if (!(error instanceof SohError)) return file;
    file?.close();
    throw error;
  } finally {
    behind?.close();
  }
}

/** A segment as it was when the next one was begun: what a process that had lost the folder wrote to it afterwards does not count. */
export function asSealed(file: DiskFile, first: number, next: SegmentHead | undefined): DiskFile {
  return next?.sealed?.first === first ? upToByte(file, next.sealed.bytes) : file;
}

/** The first `bytes` of a file, as if there were no more. */
function upToByte(file: DiskFile, bytes: number): DiskFile {
  const left = (position: number): number => Math.max(0, bytes - position);
  return {
    ...file,
    read: (into, position) => file.read(into.subarray(0, left(position)), position),
    size: () => Math.min(file.size(), bytes),
  };
}

const chunkBytes = 1024 * 1024;
/** No record is longer: what claims to be is damage, and is not taken into memory. */
const longestLine = 256 * 1024 * 1024;

/**
 * The file from `position` on in blocks of whole lines, each about 1 MiB; the last block ends without a newline when the file does, and so
 * does one of bytes that are no record. A block is valid until the next one is asked for.
 */
export function* blocksOf(file: DiskFile, position = 0): Generator<{ readonly offset: number; readonly bytes: Buffer }> {
  let buffer = Buffer.allocUnsafe(chunkBytes);
  let offset = position;
  let held = 0;
  for (;;) {
    if (held === buffer.length) {
      if (isNoRecord(buffer)) {
        yield { offset, bytes: buffer };
        offset += held;
        held = 0;
      } else buffer = Buffer.concat([buffer], buffer.length * 2);
    }
    const count = file.read(buffer.subarray(held), offset + held);
    if (count === 0) break;
    const whole = buffer.subarray(held, held + count).lastIndexOf(0x0a) + held + 1;
    held += count;
    if (whole <= held - count) continue;
    yield { offset, bytes: buffer.subarray(0, whole) };
    buffer.copyWithin(0, whole, held);
    offset += whole;
    held -= whole;
  }
  if (held > 0) yield { offset, bytes: buffer.subarray(0, held) };
}

/** So many bytes without a newline are a record only when the first of them say that it is that long. */
function isNoRecord(bytes: Buffer): boolean {
  const claimed = claimedBytes(bytes);
  return claimed < bytes.length || claimed > longestLine;
}

/** What the next record must look like to follow the one before. */
export interface Chain {
  sequence: number;
  /** Undefined: any, for the first record that is read. */
  prevCrc: number | undefined;
}

export interface Damage {
  readonly offset: number;
  /** The record that should be there. */
  readonly sequence: number;
  /** A later write group is on disk, so the damaged record was once acknowledged: this is no interrupted write. */
  readonly acknowledged: boolean;
}

export interface PlacedLine extends JournalLine {
  readonly offset: number;
}

/**
 * The records of one segment from `position` on, each checked by itself and against the one before; `chain` is moved along. Ends at the
 * end of the file, or at the first damaged record and tells where and how bad it is. An unfinished last line is damage, too.
 */
export function* intactLines(file: DiskFile, chain: Chain, position = 0): Generator<PlacedLine, Damage | undefined> {
  for (const { offset, bytes } of blocksOf(file, position)) {
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf(0x0a, start);
      const line = end < 0 ? undefined : decodeLine(bytes.subarray(start, end));
      const follows = line?.sequence === chain.sequence && (chain.prevCrc ?? line.prevCrc) === line.prevCrc;
      if (!line || !follows)
        return { offset: offset + start, sequence: chain.sequence, acknowledged: laterGroupFollows(file, offset + start, chain.sequence) };
      chain.sequence++;
      chain.prevCrc = line.crc;
      yield { ...line, offset: offset + start };
      start = end + 1;
    }
  }
  return undefined;
}

/**
 * A write group is flushed only after the one before is on the device. So when any intact record behind the damage belongs to a group
 * that began after the damaged record, that record had been acknowledged (docs/failure-model.md, P9).
 */
function laterGroupFollows(file: DiskFile, damageAt: number, sequence: number): boolean {
  for (const { bytes } of blocksOf(file, damageAt)) {
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf(0x0a, start);
      if (end < 0) break;
      const line = decodeLine(bytes.subarray(start, end));
      if (line !== undefined && line.group > sequence) return true;
      start = end + 1;
    }
  }
  return false;
}
