/**
 * Makes a copy of a damaged data folder that opens: everything up to the first acknowledged record that is gone, and nothing behind it. The
 * folder itself is not changed. Says exactly what is given up.
 */
import { join } from 'node:path';
import { messageOf, SohError } from '../../errors.ts';
import { apply } from '../core/apply.ts';
import type { JournalRecord } from '../core/records.ts';
import { fromSnapshot, messageBoxFormats, type SnapshotContent, toSnapshot } from '../core/snapshotState.ts';
import type { MessageBoxState } from '../core/state.ts';
import { type Disk, storageFailed, writeAll } from '../storage/disk.ts';
import { decodeLine, LineBuffer } from '../storage/journalLine.ts';
import type { Known } from '../storage/loss.ts';
import { MarkFile, readMark } from '../storage/mark.ts';
import { blocksOf, historyFolder, type SegmentHead, segmentName } from '../storage/segments.ts';
import { DurableJsonFile, previousSnapshotFile, snapshotFile } from '../storage/snapshot.ts';
import { copyBodies, type LostBody } from './bodiesOf.ts';
import { copyBytes } from './copying.ts';
import { intactUpTo, salvage, type Salvaged, sealedBy, segmentsOf, withSegment } from './salvage.ts';

export interface Repaired {
  /** Everything up to this record is in the copy. */
  readonly sequence: number;
  /** Records that are not; undefined when nothing is given up. */
  readonly lost?: {
    readonly first: number;
    readonly last: number;
    /** The last of them that is known to have been acknowledged; undefined when none is known to. */
    readonly acknowledged?: number;
    /** Instances they name, as far as they can be read; at most 50. */
    readonly instances: readonly string[];
    readonly reason: SohError;
  };
  /** Records of which only what became of them is in the copy, not their history; undefined when the history is whole. */
  readonly historyLost?: { readonly first: number; readonly last: number };
  /** Bodies of messages that wait or are held, and cannot be read. */
  readonly bodies: readonly LostBody[];
}

const { record: recordFormat, snapshot: snapshotFormat } = messageBoxFormats;
const MOST_INSTANCES = 50;

interface Best extends Salvaged {
  readonly state: MessageBoxState;
}

/**
 * @param from the MessageBox's folder of the damaged data folder
 * @param to where the copy of it is made; must not exist, or be empty
 * @throws SohError 'format.newer', 'messageBox.nothingToRepair', 'messageBox.storageFailed'
 */
export async function repair(disk: Disk, from: string, to: string): Promise<Repaired> {
  const segments = segmentsOf(disk, from, recordFormat);
  const best = await bestOf(disk, from, segments);
  const known = knownEnd(disk, from, segments, best.last);
  disk.makeFolder(to);
  const kept = await copyHistory(disk, from, to, segments, best.last);
  const bodies = await copyBodies(disk, from, to, best.state);
  await new DurableJsonFile<SnapshotContent>(disk, to, snapshotFormat).write(toSnapshot(best.state, best.last));
  await beginJournal(disk, to, best, kept.sealed);
  return {
    sequence: best.last,
    ...(known === undefined ? {} : { lost: { ...known, reason: best.stopped ?? goneAtTheEnd(from, best.last, known.last) } }),
    ...(kept.lost && { historyLost: kept.lost }),
    bodies,
  };
}

/** From each snapshot that can be read, and from the beginning: what reaches furthest. */
async function bestOf(disk: Disk, folder: string, segments: readonly Known[]): Promise<Best> {
  let best: Best | undefined;
  let first: SohError | undefined;
  for (const name of [snapshotFile, previousSnapshotFile, undefined]) {
    try {
      const data = name === undefined ? undefined : await new DurableJsonFile<SnapshotContent>(disk, folder, snapshotFormat, name).read();
      if (data === null) continue;
      const state = fromSnapshot(data);
      const salvaged = salvage<JournalRecord>(disk, folder, recordFormat, segments, data?.sequence ?? 0, (record, sequence) => {
        applyWhole(state, record, sequence);
      });
      if (best === undefined || salvaged.last > best.last) best = { ...salvaged, state };
    } catch (error) {
      if (!(error instanceof SohError) || error.code === 'format.newer') throw error;
      first ??= error;
    }
  }
  if (best === undefined || (best.last === 0 && segments.length === 0))
    throw first ?? new SohError('messageBox.nothingToRepair', { folder });
  return best;
}

/** A record that contradicts the state must not leave half of itself in it. */
function applyWhole(state: MessageBoxState, record: JournalRecord, sequence: number): void {
  if (record.kind === 'commit' && !state.instances.has(record.instance)) throw new Error(`there is no instance ${record.instance}`);
  apply(state, record, sequence);
}

/** Records behind `last` of which anything is known: from the mark, from the snapshots, from what can still be read of the journal. */
function knownEnd(
  disk: Disk,
  folder: string,
  segments: readonly Known[],
  last: number,
): { first: number; last: number; acknowledged?: number; instances: string[] } | undefined {
  const acknowledged = readMark(disk, folder).mark?.sequence ?? 0;
  let end = Math.max(acknowledged, (segments.at(-1)?.first ?? 1) - 1);
  const instances = new Set<string>();
  for (const { first } of segments) {
    for (const { sequence, json } of intactIn(disk, folder, first)) {
      if (sequence <= last) continue;
      end = Math.max(end, sequence);
      for (const [, instance = ''] of json.toString().matchAll(/"instance":"([^"\\]{1,100})"/g))
        if (instances.size < MOST_INSTANCES) instances.add(instance);
    }
  }
  if (end <= last) return undefined;
  return { first: last + 1, last: end, ...(acknowledged > last ? { acknowledged } : {}), instances: [...instances] };
}

/** Every record of a segment that is intact in itself, wherever it stands. */
function intactIn(disk: Disk, folder: string, first: number): { sequence: number; json: Buffer }[] {
  const found: { sequence: number; json: Buffer }[] = [];
  try {
    withSegment(disk, folder, first, (file) => {
      for (const { bytes } of blocksOf(file)) {
        for (let start = 0, end = bytes.indexOf(0x0a); end >= 0; start = end + 1, end = bytes.indexOf(0x0a, start)) {
          const line = decodeLine(bytes.subarray(start, end));
          if (line !== undefined) found.push({ sequence: line.sequence, json: Buffer.from(line.json) });
        }
      }
    });
  } catch (error) {
    if (error instanceof SohError) throw error;
    // What cannot be read is not known.
  }
  return found;
}

function goneAtTheEnd(folder: string, last: number, end: number): SohError {
  return new SohError('messageBox.segmentMissing', { file: join(folder, segmentName(last + 1)), sequence: last + 1, last: end });
}

/** Segments that are whole and join, back from the last record that is kept. */
async function copyHistory(
  disk: Disk,
  from: string,
  to: string,
  segments: readonly Known[],
  last: number,
): Promise<{ sealed: SegmentHead['sealed'] | undefined; lost: { first: number; last: number } | undefined }> {
  const history = join(to, historyFolder);
  let next: number = last + 1;
  let sealed: SegmentHead['sealed'];
  const whole: { first: number; bytes: number }[] = [];
  for (const [index, { first }] of [...segments.entries()].reverse()) {
    if (first > last) continue;
    const bytes = intactBytes(disk, from, segments, index, next - 1);
    if (bytes === undefined) break;
    whole.push({ first, bytes });
    sealed ??= { first, bytes };
    next = first;
  }
  disk.makeFolder(history);
  for (const { first, bytes } of whole) {
    withSegment(disk, from, first, (file) => {
      copyBytes(disk, file, join(history, segmentName(first)), bytes);
    });
  }
  await disk.syncFolder(history);
  const oldest = segments[0]?.first ?? next;
  return { sealed, lost: oldest < next ? { first: oldest, last: next - 1 } : undefined };
}

function intactBytes(disk: Disk, folder: string, segments: readonly Known[], index: number, last: number): number | undefined {
  const segment = segments[index];
  if (segment === undefined) return undefined;
  try {
    return withSegment(disk, folder, segment.first, (file) => intactUpTo(sealedBy(file, segments[index + 1]), segment.first, last));
  } catch (error) {
    if (error instanceof SohError) throw error;
    return undefined;
  }
}

/** A new segment behind what is kept; its one record changes nothing. */
async function beginJournal(disk: Disk, to: string, { state, last, crc }: Best, sealed: SegmentHead['sealed'] | undefined): Promise<void> {
  const segment = { format: recordFormat.version, ...(sealed && { sealed }) };
  const record: JournalRecord = { kind: 'generation', at: state.at, generation: state.generation, origin: state.origin, segment };
  const lines = new LineBuffer();
  const sequence = last + 1;
  const own = lines.add(crc, sequence, sequence, JSON.stringify(record));
  const path = join(to, segmentName(sequence));
  try {
    const file = disk.open(path, 'create');
    try {
      writeAll(file, lines.content);
      await file.dataSync();
    } finally {
      file.close();
    }
    const mark = await MarkFile.create(disk, to, { sequence, crc: own, segment: sequence, bytes: lines.length });
    mark.close();
    await disk.syncFolder(to);
  } catch (error) {
    throw storageFailed(path, messageOf(error) === '' ? undefined : error);
  }
}
