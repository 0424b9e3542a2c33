/**
 * The files of a journal: `journal-<first sequence>.log` in the data folder, the last of them being written; those that a snapshot covers
 * move to `history/`. Names carry the first sequence, so the order and the gaps are known without opening a file.
 */
import { join } from 'node:path';
import type { Disk, DiskFile } from './disk.ts';
import { decodeLine, type JournalLine } from './journalLine.ts';

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

const chunkBytes = 1024 * 1024;

/**
 * The file from `position` on in blocks of whole lines, each about 1 MiB; the last block ends without a newline when the file does. A
 * block is valid until the next one is asked for.
 */
export function* blocksOf(file: DiskFile, position = 0): Generator<{ readonly offset: number; readonly bytes: Buffer }> {
  let buffer = Buffer.allocUnsafe(chunkBytes);
  let offset = position;
  let held = 0;
  for (;;) {
    if (held === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
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
