/**
 * Which segments are certain to be of a folder, and which are of another one: from the record that is marked back, as long as each segment ends
 * with the record that the next one follows.
 */
import { SohError } from '../../errors.ts';
import { type Start, startIn } from '../core/sameJournal.ts';
import type { Disk } from '../storage/disk.ts';
import type { Mark } from '../storage/mark.ts';
import type { SegmentFile } from '../storage/segments.ts';
import { linesIn } from './salvage.ts';

/** What is looked at. */
export interface Place<S extends SegmentFile = SegmentFile> {
  readonly disk: Disk;
  readonly folder: string;
  /** All there are, oldest first. */
  readonly segments: readonly S[];
  readonly mark: Mark | undefined;
}

/** The start a segment begins in; each start of a MessageBox begins a segment. */
export interface CertainStart extends Start {
  /** Its first record. */
  readonly sequence: number;
  /** The record that is marked is in its segment. */
  readonly marked: boolean;
}

export interface Own<S> {
  /** Without those of another folder. */
  readonly segments: readonly S[];
  /** Of each that is left out: 'messageBox.foreign'. */
  readonly foreign: readonly SohError[];
  /** Those of which it is certain, newest first. */
  readonly starts: readonly CertainStart[];
}

export function ownSegments<S extends SegmentFile>({ disk, folder, segments, mark }: Place<S>): Own<S> {
  const starts: CertainStart[] = [];
  const all = { segments, foreign: [], starts };
  if (mark === undefined) return all;
  const from = segments.findLastIndex(({ first }) => first <= mark.sequence);
  let ends: Pick<Mark, 'sequence' | 'crc'> = mark;
  for (let index = from; index >= 0; index--) {
    const segment = segments[index];
    if (segment === undefined) break;
    const found = ending(disk, folder, segment.first, ends);
    if (found === 'another') {
      const error = new SohError('messageBox.foreign', { file: segment.path, sequence: ends.sequence });
      // What is behind the one that should be marked was written by whoever wrote that one.
      const others = segments.filter((_, at) => (index === from ? at < index : at !== index));
      return { segments: others, foreign: [error], starts };
    }
    const head = found === 'this' ? headOf(disk, folder, segment.first) : undefined;
    if (head === undefined) break;
    if (head.start !== undefined) starts.push({ ...head.start, sequence: segment.first, marked: index === from });
    ends = { sequence: segment.first - 1, crc: head.prevCrc };
  }
  return all;
}

/** Whether a segment has this record, or another one of that number; undefined: neither can be read. */
function ending(disk: Disk, folder: string, first: number, { sequence, crc }: Pick<Mark, 'sequence' | 'crc'>): 'this' | 'another' | undefined {
  let found: 'another' | undefined;
  for (const line of linesIn(disk, folder, first)) {
    if (line.sequence !== sequence) continue;
    if (line.crc === crc) return 'this';
    found = 'another';
  }
  return found;
}

/** The first record of a segment, where it can be read. */
export function headOf(disk: Disk, folder: string, first: number): { readonly start: Start | undefined; readonly prevCrc: number } | undefined {
  const [line] = linesIn(disk, folder, first);
  return line?.sequence === first ? { start: startIn(line.json), prevCrc: line.prevCrc } : undefined;
}
