/**
 * Reads as much of a damaged journal as hangs together: from a snapshot on, record by record, through segments wherever they lie and over
 * what was put in between, up to the first record that is gone. Changes nothing.
 */
import { SohError } from '../../errors.ts';
import { type Format, lifted } from '../../format.ts';
import type { Disk, DiskFile } from '../storage/disk.ts';
import { noCrc } from '../storage/journalLine.ts';
import { gone, type Known } from '../storage/loss.ts';
import { badRecord, unreadable } from '../storage/recovery.ts';
import { allSegments, type Chain, headOf } from '../storage/segments.ts';
import { Reading, type Take, withSegment } from './reading.ts';

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
    const take = taking(options, segment);
    const stopped = readable(options, segment, (file) => new Reading({ file, first: segment.first, from, chain, take }).read(next?.first));
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

/** Hands on a record, and says why it cannot be used. */
function taking<R>({ format, onRecord }: SalvageOptions<R>, { head, path }: Known): Take {
  return ({ sequence, json, offset }) => {
    try {
      onRecord(lifted(format, head.format, JSON.parse(json.toString()), path), sequence);
      return undefined;
    } catch (error) {
      return badRecord(path, sequence, offset, error);
    }
  };
}
