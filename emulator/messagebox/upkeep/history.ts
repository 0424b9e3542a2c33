/** The history of a repaired folder: its records back from the last one that is kept, as far as they hang together. */
import { join } from 'node:path';
import { knowsStart, type Start, startIn } from '../core/sameJournal.ts';
import { type Disk, storageFailed, writeAll } from '../storage/disk.ts';
import { LineBuffer } from '../storage/journalLine.ts';
import { historyFolder, type PlacedLine, type SegmentFile, segmentName } from '../storage/segments.ts';
import { Reading, withSegment } from './reading.ts';

/** The last segment of the history: its first record, its bytes, and the crc32 of its last line. */
export interface HistoryEnd {
  readonly first: number;
  readonly bytes: number;
  readonly crc: number;
}

/** Where the history ends. */
export interface KeptEnd extends Start {
  readonly sequence: number;
  /** crc32 of that record; undefined when it was not read. */
  readonly crc: number | undefined;
}

export interface KeptHistory {
  /** Undefined when there is none. */
  readonly end: HistoryEnd | undefined;
  /** The oldest record it has; one after the last that is kept when it has none. */
  readonly oldest: number;
}

const PIECE_BYTES = 1024 * 1024;

/** Writes the segments that join, without what was put in between. One of another group does not join. Errors: 'messageBox.storageFailed'. */
export async function copyHistory(
  disk: Disk,
  from: string,
  to: string,
  segments: readonly SegmentFile[],
  kept: KeptEnd,
): Promise<KeptHistory> {
  const history = join(to, historyFolder);
  disk.makeFolder(history);
  let oldest = kept.sequence + 1;
  let joins = kept.crc;
  let end: HistoryEnd | undefined;
  for (const { first } of [...segments].reverse()) {
    if (first > kept.sequence) continue;
    const part = { disk, folder: from, first, last: oldest - 1 };
    const found = read(part, () => undefined);
    if (found === undefined || found.crc !== (joins ?? found.crc)) break;
    if (found.start !== undefined && !knowsStart(kept, found.start, first)) break;
    const bytes = await write(part, join(history, segmentName(first)));
    end ??= { first, bytes, crc: found.crc };
    oldest = first;
    joins = found.prevCrc;
  }
  await disk.syncFolder(history);
  return { end, oldest };
}

interface Part {
  readonly disk: Disk;
  readonly folder: string;
  readonly first: number;
  readonly last: number;
}

/** What joins the records of a segment to others; undefined when not all of them are there. */
interface Joint {
  readonly start: Start | undefined;
  /** crc32 of the record before the first, and of the last. */
  readonly prevCrc: number;
  readonly crc: number;
}

function read({ disk, folder, first, last }: Part, use: (line: PlacedLine) => void): Joint | undefined {
  let head: Omit<Joint, 'crc'> | undefined;
  const chain = { sequence: first, prevCrc: undefined as number | undefined };
  const take = (line: PlacedLine): undefined => {
    head ??= { start: startIn(line.json), prevCrc: line.prevCrc };
    use(line);
  };
  try {
    withSegment(disk, folder, first, (file) => new Reading({ file, first, from: first - 1, chain, take }).read(last + 1));
  } catch {
    // What the system refuses to read does not join either.
    return undefined;
  }
  return head === undefined || chain.sequence !== last + 1 || chain.prevCrc === undefined ? undefined : { ...head, crc: chain.prevCrc };
}

async function write(part: Part, path: string): Promise<number> {
  try {
    const file = part.disk.open(path, 'create');
    try {
      const lines = new LineBuffer();
      const put = (): void => {
        writeAll(file, lines.content);
        lines.clear();
      };
      read(part, ({ prevCrc, sequence, group, json }) => {
        lines.add(prevCrc, sequence, group, json.toString());
        if (lines.length > PIECE_BYTES) put();
      });
      put();
      await file.dataSync();
      return file.size();
    } finally {
      file.close();
    }
  } catch (error) {
    throw storageFailed(path, error);
  }
}
