/**
 * Makes a copy of a damaged data folder that opens: everything up to the first acknowledged record that is gone, and nothing behind it. The
 * folder itself is not changed. Says exactly what is given up.
 */
import { join } from 'node:path';
import { SohError } from '../../errors.ts';
import { apply } from '../core/apply.ts';
import type { JournalRecord } from '../core/records.ts';
import { knowsStart } from '../core/sameJournal.ts';
import { fromSnapshot, messageBoxFormats, type SnapshotContent, toSnapshot } from '../core/snapshotState.ts';
import type { MessageBoxState } from '../core/state.ts';
import { type Disk, storageFailed, writeAll } from '../storage/disk.ts';
import { LineBuffer, noCrc } from '../storage/journalLine.ts';
import { gone, type Known, type Loss } from '../storage/loss.ts';
import { type Mark, MarkFile, readMark } from '../storage/mark.ts';
import { missingMark } from '../storage/recovery.ts';
import { segmentName } from '../storage/segments.ts';
import { DurableJsonFile } from '../storage/snapshot.ts';
import { copyBodies, type LostBody } from './bodiesOf.ts';
import { copyHistory, type HistoryEnd } from './history.ts';
import { snapshotsOf, type UsableSnapshot } from './ownSnapshots.ts';
import { ownSegments } from './ownSegments.ts';
import { linesIn } from './reading.ts';
import { salvage, type Salvaged, segmentsOf } from './salvage.ts';

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
  /** Why a snapshot was not used: 'messageBox.snapshotDamaged', 'messageBox.snapshotForeign'. Nothing is given up for it alone. */
  readonly unusable: readonly SohError[];
  /** The mark that should say how far the journal went, and does not: what was cut between two records at its end cannot be noticed. */
  readonly unmarked?: string;
}

const { record: recordFormat, snapshot: snapshotFormat } = messageBoxFormats;
const MOST_INSTANCES = 50;

interface Best extends Salvaged {
  readonly state: MessageBoxState;
}

/**
 * @param from the MessageBox's folder of the damaged data folder
 * @param to where the copy of it is made; must not exist, or be empty
 * @throws SohError 'format.newer', 'messageBox.storageFailed'; 'messageBox.noData', 'messageBox.snapshotDamaged', 'messageBox.snapshotForeign' when
 * there is nothing to begin with
 */
export async function repair(disk: Disk, from: string, to: string): Promise<Repaired> {
  const found = readMark(disk, from);
  const { mark } = found;
  const all = segmentsOf(disk, from, recordFormat);
  const { segments, foreign, starts } = ownSegments({ disk, folder: from, segments: all, mark });
  const { usable, unusable } = await snapshotsOf({ disk, folder: from, segments, mark }, starts);
  const best = bestOf(disk, from, segments, usable);
  if (best === undefined) throw unusable[0] ?? new SohError('messageBox.noData', { folder: from });
  const lost = lostAfter(disk, from, all, best, mark);
  disk.makeFolder(to);
  const unmarked = missingMark(from, found, all);
  const { generation, origin } = best.state;
  const kept = await copyHistory(disk, from, to, segments, { sequence: best.last, crc: best.crc, generation, origin });
  const begin = all[0]?.first ?? kept.oldest;
  const bodies = await copyBodies(disk, from, to, best.state);
  await new DurableJsonFile<SnapshotContent>(disk, to, snapshotFormat).write(toSnapshot(best.state, best.last));
  await beginJournal(disk, to, best, kept.end);
  return {
    sequence: best.last,
    ...(lost && {
      lost: {
        ...lost,
        reason: foreign[0] ?? reasonOf(best.stopped, { folder: from, sequence: lost.first, read: segments.at(-1), last: lost.last, mark }),
      },
    }),
    ...(begin < kept.oldest && { historyLost: { first: begin, last: kept.oldest - 1 } }),
    ...{ bodies, unusable },
    ...(unmarked === undefined ? {} : { unmarked }),
  };
}

/** From each of the snapshots, and from the beginning: what reaches furthest. Undefined when there is nothing at all. */
function bestOf(disk: Disk, folder: string, segments: readonly Known[], snapshots: readonly UsableSnapshot[]): Best | undefined {
  let best: Best | undefined;
  for (const data of [...snapshots.map((snapshot) => snapshot.data), undefined]) {
    const state = fromSnapshot(data);
    const salvaged = salvage<JournalRecord>({
      ...{ disk, folder, segments, format: recordFormat, from: data?.sequence ?? 0 },
      onRecord: (record, sequence) => {
        applyWhole(state, data, record, sequence);
      },
    });
    if (best === undefined || salvaged.last > best.last) best = { ...salvaged, state };
  }
  return best !== undefined && best.last === 0 && segments.length === 0 ? undefined : best;
}

/** A record that contradicts the state must not leave half of itself in it. */
function applyWhole(state: MessageBoxState, snapshot: SnapshotContent | undefined, record: JournalRecord, sequence: number): void {
  if (record.kind === 'commit' && !state.instances.has(record.instance)) throw new Error(`there is no instance ${record.instance}`);
  if (record.kind === 'generation' && snapshot !== undefined && !knowsStart(snapshot, record, sequence))
    throw new Error(`it is of a start that does not follow the snapshot up to record ${String(snapshot.sequence)}`);
  apply(state, record, sequence);
}

/**
 * The records behind the last one that is kept, of which anything is known: from the mark, from what can still be read of the journal, from
 * bytes that are no record any more. Undefined when there is nothing.
 */
function lostAfter(
  disk: Disk,
  folder: string,
  segments: readonly Known[],
  { last: kept, stopped }: Best,
  mark: Mark | undefined,
): Omit<NonNullable<Repaired['lost']>, 'reason'> | undefined {
  const acknowledged = mark?.sequence ?? 0;
  let last = Math.max(acknowledged, (segments.at(-1)?.first ?? 1) - 1, stopped === undefined ? 0 : kept + 1);
  const instances = new Set<string>();
  for (const [index, { first }] of segments.entries()) {
    if ((segments[index + 1]?.first ?? Infinity) <= kept + 1) continue;
    for (const { sequence, json } of linesIn(disk, folder, first)) {
      if (sequence <= kept) continue;
      last = Math.max(last, sequence);
      for (const [, instance = ''] of json.toString().matchAll(/"instance":"([^"\\]{1,100})"/g))
        if (instances.size < MOST_INSTANCES) instances.add(instance);
    }
  }
  if (last <= kept) return undefined;
  return { first: kept + 1, last, ...(acknowledged > kept ? { acknowledged } : {}), instances: [...instances] };
}

/** In the words of a start; how much is gone from the end, a segment that was cut cannot tell itself. */
function reasonOf(stopped: SohError | undefined, end: Loss): SohError {
  if (stopped === undefined) return gone(end);
  if (stopped.code !== 'messageBox.segmentCut' || stopped.parameters['file'] !== end.read?.path) return stopped;
  return new SohError(stopped.code, { ...stopped.parameters, last: end.last }, stopped);
}

/** A new segment behind what is kept; its one record changes nothing. */
async function beginJournal(disk: Disk, to: string, { state, last }: Best, history: HistoryEnd | undefined): Promise<void> {
  const sealed = history && { first: history.first, bytes: history.bytes };
  const segment = { format: recordFormat.version, ...(sealed && { sealed }) };
  const record: JournalRecord = { kind: 'generation', at: state.at, generation: state.generation, origin: state.origin, segment };
  const lines = new LineBuffer();
  const sequence = last + 1;
  const own = lines.add(history?.crc ?? noCrc, sequence, sequence, JSON.stringify(record));
  const path = join(to, segmentName(sequence));
  try {
    const file = disk.open(path, 'create');
    try {
      writeAll(file, lines.content);
      await file.dataSync();
    } finally {
      file.close();
    }
    (await MarkFile.create(disk, to, { sequence, crc: own, segment: sequence, bytes: lines.length })).close();
    await disk.syncFolder(to);
  } catch (error) {
    throw storageFailed(path, error);
  }
}
