/** The words for a loss: a segment that was deleted, one that was emptied, one that ends too early, one that is damaged, one of another journal. */
import { join } from 'node:path';
import { SohError } from '../../errors.ts';
import type { DiskFile } from './disk.ts';
import { claimedBytes } from './journalLine.ts';
import type { Mark } from './mark.ts';
import { blocksOf, type Damage, segmentName, type SegmentFile, type SegmentHead } from './segments.ts';

/** A segment as the words need it. */
export interface Known extends SegmentFile {
  readonly head: SegmentHead;
  /** Bytes that are there now. */
  readonly size: number;
}

export interface Loss {
  /** The data folder, for the name of what is not there. */
  readonly folder: string;
  /** The first record that is gone. */
  readonly sequence: number;
  /** The last segment that could be read, up to `sequence`. */
  readonly read?: Known | undefined;
  /** The segment behind it, which begins later than it should. */
  readonly next?: Known | undefined;
  /** The last record that is known to have been acknowledged, and the mark where it comes from there. */
  readonly last: number;
  readonly mark?: Mark | undefined;
}

/** What became of acknowledged records behind the end of `read`, where nothing is damaged. */
export function gone({ folder, sequence, read, next, last, mark }: Loss): SohError {
  if (read !== undefined && endsEarly(read, next, mark)) {
    const code = read.size === 0 ? 'messageBox.segmentEmptied' : 'messageBox.segmentCut';
    return new SohError(code, { file: read.path, offset: read.size, sequence, last });
  }
  return new SohError('messageBox.segmentMissing', { file: join(folder, segmentName(sequence)), sequence, last });
}

/** Whether the segment itself is too short, and not the one that should follow it away. */
function endsEarly(read: Known, next: Known | undefined, mark: Mark | undefined): boolean {
  if (read.size === 0) return true;
  const sealed = next?.head.sealed;
  if (sealed !== undefined) return sealed.first === read.first;
  if (next !== undefined) return false;
  return mark === undefined || mark.segment <= read.first;
}

/** A damaged record that had been acknowledged: a file that ends in the middle of it was cut. */
export function damaged(file: DiskFile, damage: Damage, last: number): SohError {
  const { offset, sequence } = damage;
  if (endsInLine(file, offset)) return new SohError('messageBox.segmentCut', { file: file.path, offset: file.size(), sequence, last });
  return new SohError('messageBox.damaged', { file: file.path, offset, sequence });
}

/** No line ends behind this place, and the one that begins there says that it was longer: else its end is there, and damaged. */
function endsInLine(file: DiskFile, offset: number): boolean {
  let begun: Buffer | undefined;
  for (const { bytes } of blocksOf(file, offset)) {
    if (bytes.includes(0x0a)) return false;
    begun ??= bytes;
  }
  const claimed = begun === undefined ? -1 : claimedBytes(begun);
  return claimed < 0 || file.size() - offset <= claimed;
}
