/** What a restart does with the journal it finds: replay what is intact, cut an interrupted write, refuse everything else. */
import { join } from 'node:path';
import { messageOf, SohError } from '../../errors.ts';
import { type Format, lifted } from '../../format.ts';
import { type Disk, type DiskFile, storageFailed } from './disk.ts';
import { noCrc } from './journalLine.ts';
import { damaged, gone, type Known } from './loss.ts';
import { type FoundMark, type Mark, markFile } from './mark.ts';
import {
  asSealed,
  blocksOf,
  type Chain,
  type Damage,
  headOf,
  intactLines,
  listSegments,
  openSegment,
  segmentName,
  type SegmentFile,
  segmentsAfter,
} from './segments.ts';

/** An interrupted write that was removed from the end of the journal. */
export interface Cut {
  readonly file: string;
  /** Byte at which the file ends now. */
  readonly offset: number;
  readonly bytes: number;
  /** First sequence that is free again. */
  readonly sequence: number;
  /** Instances that are named in what was cut, as far as it can be read; at most 20. */
  readonly instances: readonly string[];
}

export interface RecoveryReport {
  /** Last intact record. */
  readonly sequence: number;
  /** Records handed to `onRecord`. */
  readonly records: number;
  readonly cut?: Cut;
  /** The mark that should say whether acknowledged records are missing at the end, and does not. Not there where that is known. */
  readonly unmarked?: string;
}

/** A live segment as the journal keeps it in mind. */
export interface Segment extends SegmentFile {
  readonly name: string;
  last: number;
  bytes: number;
}

export interface Recovered {
  readonly report: RecoveryReport;
  /** The last record, and where it ends. */
  readonly end: Mark;
  /** Live segments, oldest first. */
  readonly segments: Segment[];
}

export interface RecoveryOptions<R> {
  readonly disk: Disk;
  readonly folder: string;
  readonly format: Format<R>;
  /** Sequence of the snapshot the replay starts from; 0 when there is none. */
  readonly from: number;
  /** Called in order for every record after `from`. What it throws refuses the record. */
  readonly onRecord: (record: R, sequence: number) => void;
  /** Called for the records up to `from` that are read on the way. What it throws refuses the journal. */
  readonly onCovered?: (json: Buffer, sequence: number) => void;
}

type Place = Pick<RecoveryOptions<unknown>, 'disk' | 'folder' | 'format'>;

/** What reading the journal found. */
export interface Read {
  readonly report: RecoveryReport;
  /** crc32 of the last record. */
  readonly crc: number;
  readonly last: SegmentFile | undefined;
}

/** Reads the records after `from`, and then settles the end of the journal for who goes on writing it. Errors: those of `readJournal`. */
export async function recover<R>(options: RecoveryOptions<R>, found: FoundMark): Promise<Recovered> {
  const { disk, folder } = options;
  const { report, crc, last } = readJournal(options, found);
  await settleTail(disk, folder, last, report.cut);
  const segments = liveSegments(disk, folder, report.sequence);
  const open = segments.at(-1);
  return { report, end: { sequence: report.sequence, crc, segment: open?.first ?? 1, bytes: open?.bytes ?? 0 }, segments };
}

/**
 * Reads the records after `from` and changes nothing. A damaged record that nothing of a later group follows, and that the mark does not
 * know, is the interrupted last write: `cut` says what is to be cut. Errors: 'format.newer'; 'messageBox.segmentMissing', 'segmentEmptied',
 * 'segmentCut', 'damaged', 'foreign' when a record that was acknowledged is gone, damaged or another one; 'messageBox.badRecord' for one
 * that is intact and makes no sense; 'messageBox.segmentUnreadable' when the system does not give the bytes.
 */
export function readJournal<R>(options: RecoveryOptions<R>, found: FoundMark): Read {
  const { disk, folder, from } = options;
  const { mark } = found;
  const acknowledged = Math.max(from, mark?.sequence ?? 0);
  const files = segmentsAfter(disk, folder, from);
  if (files === undefined) throw gone({ folder, sequence: from + 1, last: Math.max(acknowledged, from + 1) });
  const segments = files.map((file) => known(options, file));
  const chain: Chain = { sequence: segments[0]?.first ?? 1, prevCrc: segments.length === 0 ? noCrc : undefined };
  let cut: Cut | undefined;
  let records = 0;
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (segment.first < chain.sequence) throw new SohError('messageBox.foreign', { file: segment.path, sequence: segment.first });
    if (segment.first > chain.sequence)
      throw gone({ folder, sequence: chain.sequence, read: segments[index - 1], next: segment, last: segment.first - 1 });
    records += reading(options, segment, next, (file) => {
      const damage = replay(options, file, segment.head.format, chain, mark);
      if (damage.at === undefined) return damage.records;
      // A later segment is created only after everything in the earlier ones was acknowledged.
      if (damage.at.acknowledged || next !== undefined || damage.at.sequence <= acknowledged)
        throw damaged(file, damage.at, next === undefined ? Math.max(acknowledged, damage.at.sequence) : next.first - 1);
      cut = interrupted(file, damage.at);
      return damage.records;
    });
  }
  const last = segments.at(-1);
  const sequence = chain.sequence - 1;
  if (sequence < acknowledged) throw gone({ folder, sequence: chain.sequence, read: last, last: acknowledged, mark });
  const unmarked = missingMark(folder, found, segments);
  return { report: { sequence, records, ...(cut && { cut }), ...(unmarked && { unmarked }) }, crc: chain.prevCrc ?? noCrc, last };
}

/** The mark that should be there and is not, or is damaged: who writes heads writes marks. */
export function missingMark(folder: string, found: FoundMark, segments: readonly Known[]): string | undefined {
  if (found.mark !== undefined) return undefined;
  return found.there || segments.some(({ head }) => head.format > 1 || head.sealed !== undefined) ? join(folder, markFile) : undefined;
}

function known({ disk, folder, format }: Place, { first, path }: SegmentFile): Known {
  return withFile(disk, folder, { first, path }, (file) => ({ first, path, head: headOf(file, format), size: file.size() }));
}

function reading<T>({ disk, folder }: Place, segment: Known, next: Known | undefined, read: (file: DiskFile) => T): T {
  return withFile(disk, folder, segment, (file) => read(asSealed(file, segment.first, next?.head)));
}

/** Wherever the segment is now: a running MessageBox may move it to the history meanwhile. */
function withFile<T>(disk: Disk, folder: string, { first, path }: SegmentFile, read: (file: DiskFile) => T): T {
  try {
    const file = openSegment(disk, folder, first);
    if (file === undefined) throw new Error('it is gone');
    try {
      return read(file);
    } finally {
      file.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The system does not give the bytes: 'messageBox.segmentUnreadable'. */
export function unreadable(file: string, cause: unknown): SohError {
  return cause instanceof SohError ? cause : new SohError('messageBox.segmentUnreadable', { file, reason: messageOf(cause) }, cause);
}

/** Hands on the records of one segment; `at` is set where it does not go on. */
function replay<R>(
  { format, from, onRecord, onCovered }: RecoveryOptions<R>,
  file: DiskFile,
  version: number,
  chain: Chain,
  mark: Mark | undefined,
): { records: number; at: Damage | undefined } {
  const lines = intactLines(file, chain);
  let records = 0;
  let step = lines.next();
  for (; step.done !== true; step = lines.next()) {
    const { sequence, crc, json, offset } = step.value;
    if (sequence === mark?.sequence && crc !== mark.crc) throw new SohError('messageBox.foreign', { file: file.path, sequence });
    if (sequence <= from) {
      onCovered?.(json, sequence);
      continue;
    }
    try {
      onRecord(lifted(format, version, JSON.parse(json.toString()), file.path), sequence);
    } catch (error) {
      throw badRecord(file.path, sequence, offset, error);
    }
    records++;
  }
  return { records, at: step.value };
}

/** A record that is intact and cannot be used: of a kind or with members this version does not know, or one that contradicts the others. */
export function badRecord(file: string, sequence: number, offset: number, cause: unknown): SohError {
  if (cause instanceof SohError) return cause;
  return new SohError('messageBox.badRecord', { file, sequence, offset, reason: messageOf(cause) }, cause);
}

const MENTIONED = /"instance":"([^"\\]{1,100})"/g;
const MOST_MENTIONED = 20;

function interrupted(file: DiskFile, { offset, sequence }: Damage): Cut {
  const found = new Set<string>();
  for (const { bytes } of blocksOf(file, offset)) {
    for (const [, instance = ''] of bytes.toString('latin1').matchAll(MENTIONED)) if (found.size < MOST_MENTIONED) found.add(instance);
  }
  return { file: file.path, offset, bytes: file.size() - offset, sequence, instances: [...found] };
}

/**
 * Cuts the interrupted write and brings the rest to the device: after a kill the last group may be in the page cache only, and what is
 * decided from now on builds on it.
 */
async function settleTail(disk: Disk, folder: string, last: SegmentFile | undefined, cut: Cut | undefined): Promise<void> {
  if (last === undefined) return;
  try {
    const file = disk.open(last.path, 'change');
    try {
      if (cut !== undefined) file.truncate(cut.offset);
      await file.dataSync();
      // The next segment takes this one's name when not one record of it is left.
      if (file.size() === 0) disk.remove(last.path);
    } finally {
      file.close();
    }
    await disk.syncFolder(folder);
  } catch (error) {
    throw storageFailed(last.path, error);
  }
}

function liveSegments(disk: Disk, folder: string, sequence: number): Segment[] {
  const files = listSegments(disk, folder);
  return files.map(({ first, path }, index) => {
    const file = disk.open(path, 'read');
    try {
      return { first, path, name: segmentName(first), last: (files[index + 1]?.first ?? sequence + 1) - 1, bytes: file.size() };
    } finally {
      file.close();
    }
  });
}
