/**
 * Which segments are certain to be of a folder, and which are of another one: from the record that is marked back, as long as each segment ends
 * with the record that the next one follows.
 */
import { SohError } from '../../errors.ts';
import { knowsStart, type Start, startIn } from '../core/sameJournal.ts';
import type { Disk } from '../storage/disk.ts';
import type { Mark } from '../storage/mark.ts';
import type { SegmentFile } from '../storage/segments.ts';
import { linesIn } from './reading.ts';

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

export function ownSegments<S extends SegmentFile>(place: Place<S>): Own<S> {
  const { starts, stranger } = walkBack(place);
  const foreign = place.segments.flatMap((segment, index) => {
    const another = index === stranger?.index ? stranger.sequence : contradiction(place, segment, starts);
    return another === undefined ? [] : [{ segment, error: new SohError('messageBox.foreign', { file: segment.path, sequence: another }) }];
  });
  const out = new Set(foreign.map(({ segment }) => segment));
  // What is behind the one that should have the mark was written by whoever wrote that one.
  const end = stranger?.marked === true ? stranger.index : Infinity;
  return {
    segments: place.segments.filter((segment, index) => !out.has(segment) && index < end),
    foreign: foreign.map(({ error }) => error),
    starts,
  };
}

/** From the mark back to where nothing is certain; `stranger`: the segment that ends it has another record of that number. */
function walkBack({ disk, folder, segments, mark }: Place): {
  readonly starts: readonly CertainStart[];
  readonly stranger?: { readonly index: number; readonly sequence: number; readonly marked: boolean };
} {
  const starts: CertainStart[] = [];
  if (mark === undefined) return { starts };
  const from = segments.findLastIndex(({ first }) => first <= mark.sequence);
  let ends: Pick<Mark, 'sequence' | 'crc'> = mark;
  for (let index = from; index >= 0; index--) {
    const first = segments[index]?.first ?? 0;
    const found = ending(disk, folder, first, ends);
    if (found === 'another') return { starts, stranger: { index, sequence: ends.sequence, marked: index === from } };
    const head = found === 'this' ? headOf(disk, folder, first) : undefined;
    if (head === undefined) break;
    if (head.start !== undefined) starts.push({ ...head.start, sequence: first, marked: index === from });
    ends = { sequence: first - 1, crc: head.prevCrc };
  }
  return { starts };
}

/** The first record of a segment, when it tells of a start that cannot be beside those that are certain. */
function contradiction({ disk, folder }: Place, { first }: SegmentFile, starts: readonly CertainStart[]): number | undefined {
  if (starts.length === 0 || starts.some(({ sequence }) => sequence === first)) return undefined;
  const { start } = headOf(disk, folder, first) ?? {};
  return start !== undefined && starts.some((certain) => !knowsStart(certain, start, first)) ? first : undefined;
}

/** Whether a segment has this record, or another one of that number; undefined: neither can be read. */
function ending(
  disk: Disk,
  folder: string,
  first: number,
  { sequence, crc }: Pick<Mark, 'sequence' | 'crc'>,
): 'this' | 'another' | undefined {
  let found: 'another' | undefined;
  for (const line of linesIn(disk, folder, first)) {
    if (line.sequence !== sequence) continue;
    if (line.crc === crc) return 'this';
    found = 'another';
  }
  return found;
}

/** The first record of a segment, where it can be read. */
export function headOf(
  disk: Disk,
  folder: string,
  first: number,
): { readonly start: Start | undefined; readonly prevCrc: number } | undefined {
  const [line] = linesIn(disk, folder, first);
  return line?.sequence === first ? { start: startIn(line.json), prevCrc: line.prevCrc } : undefined;
}
