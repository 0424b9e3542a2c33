/** What a restart does with the journal it finds: replay what is intact, cut an interrupted write, refuse everything else. */
import { join } from 'node:path';
import { SohError } from '../../errors.ts';
import { type Disk, storageFailed } from './disk.ts';
import { noCrc } from './journalLine.ts';
import { type Chain, intactLines, listSegments, segmentName, type SegmentFile, segmentsAfter } from './segments.ts';

/** An interrupted write that was removed from the end of the journal. */
export interface Cut {
  readonly file: string;
  /** Byte at which the file ends now. */
  readonly offset: number;
  readonly bytes: number;
  /** First sequence that is free again. */
  readonly sequence: number;
}

export interface RecoveryReport {
  /** Last intact record. */
  readonly sequence: number;
  /** Records handed to `onRecord`. */
  readonly records: number;
  readonly cut?: Cut;
}

/** A live segment as the journal keeps it in mind. */
export interface Segment extends SegmentFile {
  readonly name: string;
  last: number;
  bytes: number;
}

export interface Recovered {
  readonly report: RecoveryReport;
  readonly crc: number;
  /** Live segments, oldest first. */
  readonly segments: Segment[];
}

/**
 * Reads the records after `from`. Errors: 'messageBox.damaged' when a record that was acknowledged is damaged or missing; nothing is
 * changed then. A damaged record that nothing of a later group follows is the interrupted last write and is cut. (A single damaged last
 * record cannot be told from one that was never acknowledged: the group after it would be the proof. It is cut and reported.)
 */
export async function recover(
  disk: Disk,
  folder: string,
  from: number,
  onRecord: (json: string, sequence: number) => void,
): Promise<Recovered> {
  const files = segmentsAfter(disk, folder, from);
  if (files === undefined) throw damaged(join(folder, segmentName(from + 1)), 0, from + 1);
  const chain: Chain = { sequence: files[0]?.first ?? 1, prevCrc: files.length === 0 ? noCrc : undefined };
  let cut: Cut | undefined;
  let records = 0;
  for (const [index, { first, path }] of files.entries()) {
    if (first !== chain.sequence) throw damaged(path, 0, chain.sequence);
    cut = replay(disk, path, chain, index === files.length - 1, (json, sequence) => {
      if (sequence <= from) return;
      onRecord(json, sequence);
      records++;
    });
  }
  const sequence = chain.sequence - 1;
  if (sequence < from) throw damaged(files.at(-1)?.path ?? folder, cut?.offset ?? 0, chain.sequence);
  await settleTail(disk, folder, files.at(-1), cut);
  const report = cut === undefined ? { sequence, records } : { sequence, records, cut };
  return { report, crc: chain.prevCrc ?? noCrc, segments: liveSegments(disk, folder, sequence) };
}

/** Returns the cut that is due at the end of the last segment. */
function replay(
  disk: Disk,
  path: string,
  chain: Chain,
  last: boolean,
  onRecord: (json: string, sequence: number) => void,
): Cut | undefined {
  const file = disk.open(path, 'read');
  try {
    const lines = intactLines(file, chain);
    let step = lines.next();
    for (; step.done !== true; step = lines.next()) onRecord(step.value.json.toString(), step.value.sequence);
    const damage = step.value;
    if (damage === undefined) return undefined;
    // A later segment is created only after everything in the earlier ones was acknowledged.
    if (damage.acknowledged || !last) throw damaged(path, damage.offset, damage.sequence);
    return { file: path, offset: damage.offset, bytes: file.size() - damage.offset, sequence: damage.sequence };
  } finally {
    file.close();
  }
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

function damaged(file: string, offset: number, sequence: number): SohError {
  return new SohError('messageBox.damaged', { file, offset, sequence });
}
