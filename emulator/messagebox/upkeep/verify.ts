/** Reads everything in the folder of a MessageBox, of a running one too, and says what is damaged or gone. Changes nothing. */
import { SohError } from '../../errors.ts';
import { apply } from '../core/apply.ts';
import { kindOf } from '../core/recordFormat.ts';
import { isNote, type JournalRecord } from '../core/records.ts';
import { sameJournal } from '../core/sameJournal.ts';
import { fromSnapshot, messageBoxFormats } from '../core/snapshotState.ts';
import type { MessageBoxState } from '../core/state.ts';
import type { Disk } from '../storage/disk.ts';
import { JournalSource } from '../storage/follower.ts';
import { readMark } from '../storage/mark.ts';
import { type Cut, readJournal } from '../storage/recovery.ts';
import { allSegments } from '../storage/segments.ts';
import { bodiesOf, bodyUnreadable, faultOf } from './bodiesOf.ts';
import { ownSegments } from './ownSegments.ts';
import { snapshotsOf, type UsableSnapshot } from './ownSnapshots.ts';

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

const { record: recordFormat } = messageBoxFormats;
const LOOK_AT = 5000;

/** @throws SohError 'format.newer', 'messageBox.noData' */
export async function verify(disk: Disk, folder: string): Promise<Verified> {
  const segments = allSegments(disk, folder);
  const place = { disk, folder, segments, mark: readMark(disk, folder).mark };
  const { foreign, starts } = ownSegments(place);
  const { usable, unusable } = await snapshotsOf(place, starts);
  const [snapshot] = usable;
  if (segments.length === 0 && snapshot === undefined && unusable.length === 0) throw new SohError('messageBox.noData', { folder });
  const read = readState(disk, folder, snapshot);
  const faults = [...bodiesOf(read.state).keys()].flatMap((hash) => bodyFault(disk, folder, hash) ?? []);
  // A running group lets go of bodies meanwhile.
  const needed = faults.length > 0 ? bodiesOf(readState(disk, folder, snapshot).state) : undefined;
  return {
    ...{ sequence: read.sequence, segments: segments.length, bodies: bodiesOf(read.state).size },
    ...(read.interrupted && { interrupted: read.interrupted }),
    ...(read.unmarked === undefined ? {} : { unmarked: read.unmarked }),
    problems: [
      ...unusable,
      ...foreign,
      ...read.problems,
      ...(await historyProblems(disk, folder, snapshot?.data.sequence ?? 0)),
      ...faults.filter(({ parameters }) => needed?.has(String(parameters['hash']))),
    ],
  };
}

interface ReadState extends Pick<Verified, 'sequence' | 'interrupted' | 'unmarked' | 'problems'> {
  readonly state: MessageBoxState;
}

/** What a start would read, as far as it can be read. */
function readState(disk: Disk, folder: string, snapshot: UsableSnapshot | undefined): ReadState {
  const data = snapshot?.data;
  const state = fromSnapshot(data);
  const from = data?.sequence ?? 0;
  // Before the journal: a running group only moves it on.
  const mark = readMark(disk, folder);
  let sequence = from;
  const { record: onStart, covered: onCovered } = sameJournal(data, snapshot?.file ?? '');
  const onRecord = (record: JournalRecord, at: number): void => {
    onStart(record, at);
    apply(state, record, at);
    sequence = at;
  };
  try {
    const { cut, unmarked } = readJournal<JournalRecord>({ disk, folder, format: recordFormat, from, onRecord, onCovered }, mark).report;
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
