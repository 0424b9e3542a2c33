/** Reads everything in the folder of a MessageBox, of a running one too, and says what is damaged or gone. Changes nothing. */
import { isCode, SohError } from '../../errors.ts';
import { apply } from '../core/apply.ts';
import { kindOf } from '../core/recordFormat.ts';
import { isNote, type JournalRecord } from '../core/records.ts';
import { fromSnapshot, messageBoxFormats, type SnapshotContent } from '../core/snapshotState.ts';
import { emptyState, type MessageBoxState } from '../core/state.ts';
import type { Disk } from '../storage/disk.ts';
import { JournalSource } from '../storage/follower.ts';
import { readMark } from '../storage/mark.ts';
import { type Cut, readJournal } from '../storage/recovery.ts';
import { allSegments } from '../storage/segments.ts';
import { DurableJsonFile, previousSnapshotFile, snapshotFile } from '../storage/snapshot.ts';
import { bodiesOf, bodyUnreadable, faultOf } from './bodiesOf.ts';

export interface Verified {
  /** Last record. */
  readonly sequence: number;
  readonly segments: number;
  /** Bodies of messages that wait or are held. */
  readonly bodies: number;
  /** The last write was interrupted; nothing of it was acknowledged, and a start cuts it. While the group runs: what is just being written. */
  readonly interrupted?: Cut;
  /** Where the mark should be that says how far the journal was acknowledged; a loss at the end of the journal would not be noticed. */
  readonly unmarked?: string;
  /** Of the journal that a start needs the first one only: nothing can be said of what is behind it. */
  readonly problems: readonly SohError[];
}

const { record: recordFormat, snapshot: snapshotFormat } = messageBoxFormats;
const LOOK_AT = 5000;

/** @throws SohError 'format.newer', 'messageBox.noData' */
export async function verify(disk: Disk, folder: string): Promise<Verified> {
  const segments = allSegments(disk, folder).length;
  const snapshots = await readSnapshots(disk, folder);
  if (segments === 0 && snapshots.data === undefined && snapshots.problems.length === 0)
    throw new SohError('messageBox.noData', { folder });
  const read = readState(disk, folder, snapshots.data);
  const faults = [...bodiesOf(read.state).keys()].flatMap((hash) => bodyFault(disk, folder, hash) ?? []);
  // A running group lets go of bodies meanwhile.
  const needed = faults.length > 0 ? bodiesOf(readState(disk, folder, snapshots.data).state) : undefined;
  return {
    ...{ sequence: read.sequence, segments, bodies: bodiesOf(read.state).size },
    ...(read.interrupted && { interrupted: read.interrupted }),
    ...(read.unmarked === undefined ? {} : { unmarked: read.unmarked }),
    problems: [
      ...snapshots.problems,
      ...read.problems,
      ...(await historyProblems(disk, folder, snapshots.data?.sequence ?? 0)),
      ...faults.filter(({ parameters }) => needed?.has(String(parameters['hash']))),
    ],
  };
}

async function readSnapshots(disk: Disk, folder: string): Promise<{ data: SnapshotContent | undefined; problems: SohError[] }> {
  const problems: SohError[] = [];
  let data: SnapshotContent | undefined;
  for (const name of [snapshotFile, previousSnapshotFile]) {
    try {
      const found = await new DurableJsonFile<SnapshotContent>(disk, folder, snapshotFormat, name).read();
      data ??= found ?? undefined;
    } catch (error) {
      if (!isCode(error, 'messageBox.snapshotDamaged')) throw error;
      problems.push(error);
    }
  }
  return { data, problems };
}

interface ReadState extends Pick<Verified, 'sequence' | 'interrupted' | 'unmarked' | 'problems'> {
  readonly state: MessageBoxState;
}

/** What a start would read, as far as it can be read. */
function readState(disk: Disk, folder: string, data: SnapshotContent | undefined): ReadState {
  const state = data === undefined ? emptyState() : fromSnapshot(data);
  const from = data?.sequence ?? 0;
  // Before the journal: a running group only moves it on.
  const mark = readMark(disk, folder);
  let sequence = from;
  const onRecord = (record: JournalRecord, at: number): void => {
    apply(state, record, at);
    sequence = at;
  };
  try {
    const { cut, unmarked } = readJournal<JournalRecord>({ disk, folder, format: recordFormat, from, onRecord }, mark).report;
    return { ...{ state, sequence, problems: [] }, ...(cut && { interrupted: cut }), ...(unmarked === undefined ? {} : { unmarked }) };
  } catch (error) {
    if (!(error instanceof SohError) || error.code === 'format.newer') throw error;
    return { state, sequence, problems: [error] };
  }
}

function bodyFault(disk: Disk, folder: string, hash: string): SohError | undefined {
  const reason = faultOf(disk, folder, hash);
  return reason === undefined ? undefined : bodyUnreadable(hash, reason);
}

/** Of the records that no start needs any more. */
async function historyProblems(disk: Disk, folder: string, upTo: number): Promise<SohError[]> {
  const problems: SohError[] = [];
  const source = new JournalSource<JournalRecord>({ disk, folder, format: recordFormat, isNote: (json) => isNote(kindOf(json)) });
  const follower = source.follow({
    onGap: ({ first, error }) => {
      if (first <= upTo) problems.push(error);
    },
  });
  for (let done = upTo === 0; !done;) {
    const { records, end } = await follower.next(LOOK_AT);
    done = end || (records.at(-1)?.sequence ?? 0) > upTo;
  }
  return problems;
}
