/**
 * A copy of the folder of a MessageBox that can be started, also while the group works: everything up to one record that is on the device,
 * and nothing behind it. Only reads, and holds up nobody.
 */
import { join } from 'node:path';
import { SohError } from '../../errors.ts';
import { apply } from '../core/apply.ts';
import type { JournalRecord } from '../core/records.ts';
import { sameJournal } from '../core/sameJournal.ts';
import { fromSnapshot, messageBoxFormats, type SnapshotContent } from '../core/snapshotState.ts';
import type { MessageBoxState } from '../core/state.ts';
import { type Disk, type DiskFile, fileSize, storageFailed } from '../storage/disk.ts';
import { headerBytes } from '../storage/journalLine.ts';
import { gone } from '../storage/loss.ts';
import { type FoundMark, MarkFile, readMark } from '../storage/mark.ts';
import { type Read, readJournal } from '../storage/recovery.ts';
import { allSegments, historyFolder, intactLines, type SegmentFile, segmentName } from '../storage/segments.ts';
import { DurableJsonFile, type LoadedSnapshot, loadSnapshot } from '../storage/snapshot.ts';
import { bodyUnreadable, copyBodies } from './bodiesOf.ts';
import { copySegment } from './copying.ts';
import { withSegment } from './reading.ts';

export interface BackedUp {
  /** Everything up to this record is in the copy. */
  readonly sequence: number;
  readonly instances: number;
  readonly messages: number;
}

const { record: recordFormat, snapshot: snapshotFormat } = messageBoxFormats;

/**
 * @param to must not exist, or be empty
 * @param durable asked once: a record that is on the device, as new as possible; Infinity: the group does not run
 * @throws SohError 'messageBox.noData', 'messageBox.storageFailed', 'messageBox.bodyUnreadable', 'format.newer', and those of a start on a
 * damaged folder: a copy that could not be started is none
 */
export async function backup(disk: Disk, from: string, to: string, durable: () => Promise<number>): Promise<BackedUp> {
  const snapshot = await loadSnapshot<SnapshotContent>(disk, from, snapshotFormat);
  const mark = readMark(disk, from);
  // What is told of a group may be a little old.
  const upTo = Math.max(await durable(), mark.mark?.sequence ?? 0);
  disk.makeFolder(to);
  const { history, live } = segmentsUpTo(disk, from, snapshot.sequence, upTo);
  await copySegments(disk, from, to, live, upTo);
  if (snapshot.data !== undefined) await new DurableJsonFile<SnapshotContent>(disk, to, snapshotFormat).write(snapshot.data);
  const { state, read } = replayed(disk, from, to, snapshot, mark);
  if (upTo !== Infinity && read.report.sequence < upTo) throw gone({ folder: from, sequence: read.report.sequence + 1, last: upTo });
  // Before the history, which may be large: a running group lets go of a body a minute after it needs it no more.
  const [lost] = await copyBodies(disk, from, to, state);
  if (lost !== undefined) throw bodyUnreadable(lost.hash, lost.reason);
  await copySegments(disk, from, join(to, historyFolder), history, upTo);
  await finish(disk, to, read);
  return { sequence: read.report.sequence, instances: state.instances.size, messages: state.messages.size };
}

/** What a start needs, and the rest. */
function segmentsUpTo(disk: Disk, folder: string, snapshot: number, upTo: number): Record<'history' | 'live', readonly SegmentFile[]> {
  const segments = allSegments(disk, folder).filter(({ first }) => first <= upTo);
  if (segments.length === 0 && snapshot === 0) throw new SohError('messageBox.noData', { folder });
  const needed = Math.max(
    0,
    segments.findLastIndex(({ first }) => first <= snapshot + 1),
  );
  return { history: segments.slice(0, needed), live: segments.slice(needed) };
}

async function copySegments(disk: Disk, from: string, to: string, segments: readonly SegmentFile[], upTo: number): Promise<void> {
  disk.makeFolder(to);
  for (const [index, { first }] of segments.entries()) {
    const last = upTo !== Infinity && index === segments.length - 1;
    const bytes = last ? withSegment(disk, from, first, (file) => endOf(file, first, upTo)) : undefined;
    await copySegment(disk, from, first, join(to, segmentName(first)), bytes);
  }
  await disk.syncFolder(to);
}

/** Where a record ends in its segment, in bytes, when everything before it is intact; undefined when it is not. */
function endOf(file: DiskFile, first: number, last: number): number | undefined {
  const lines = intactLines(file, { sequence: first, prevCrc: undefined });
  for (let step = lines.next(); step.done !== true; step = lines.next())
    if (step.value.sequence === last) return step.value.offset + headerBytes + step.value.json.length + 1;
  return undefined;
}

/** What a start on the copy would find. Errors are told with the names of the folder that was copied. */
function replayed(
  disk: Disk,
  from: string,
  to: string,
  { data, file: snapshot }: LoadedSnapshot<SnapshotContent>,
  mark: FoundMark,
): { state: MessageBoxState; read: Read } {
  const state = fromSnapshot(data);
  const { record: onStart, covered: onCovered } = sameJournal(data, snapshot);
  const onRecord = (record: JournalRecord, sequence: number): void => {
    onStart(record, sequence);
    apply(state, record, sequence);
  };
  try {
    const options = { disk, folder: to, format: recordFormat, from: data?.sequence ?? 0, onRecord, onCovered };
    return { state, read: readJournal<JournalRecord>(options, mark) };
  } catch (error) {
    if (!(error instanceof SohError)) throw error;
    const { file } = error.parameters;
    throw new SohError(error.code, { ...error.parameters, ...(typeof file === 'string' && { file: file.replace(to, from) }) }, error);
  }
}

/** Without an interrupted write at its end, and with a mark of its own. */
async function finish(disk: Disk, to: string, { report, crc, last }: Read): Promise<void> {
  if (last === undefined) return;
  try {
    if (report.cut !== undefined) {
      const file = disk.open(report.cut.file, 'change');
      try {
        file.truncate(report.cut.offset);
        await file.dataSync();
      } finally {
        file.close();
      }
    }
    const mark = { sequence: report.sequence, crc, segment: last.first, bytes: fileSize(disk, last.path) };
    (await MarkFile.create(disk, to, mark)).close();
    await disk.syncFolder(to);
  } catch (error) {
    throw storageFailed(last.path, error);
  }
}
