/** Whether a snapshot and the records beside it are of one group: a snapshot that was put there from another folder is intact, and wrong. */
import { SohError } from '../../errors.ts';
import { kindOf } from './recordFormat.ts';
import type { JournalRecord } from './records.ts';
import type { SnapshotContent } from './snapshotState.ts';

/** Each start has a generation of its own, and a random origin that no other start of any group has. */
export type Start = Pick<SnapshotContent, 'generation' | 'origin'>;

/** Generations only grow, and each has one origin. @param sequence of the record that tells of the start */
export function knowsStart(snapshot: Start & Pick<SnapshotContent, 'sequence'>, { generation, origin }: Start, sequence: number): boolean {
  if (generation === snapshot.generation) return origin === snapshot.origin;
  return sequence <= snapshot.sequence ? generation < snapshot.generation : generation > snapshot.generation;
}

/** The start a record tells of; undefined for one that tells of none. */
export function startIn(json: Buffer): Start | undefined {
  return kindOf(json) === 'generation' ? (JSON.parse(json.toString()) as Start) : undefined;
}

/** Looks at records beside a snapshot. Throws 'messageBox.snapshotForeign' at one that it contradicts; without a snapshot nothing is. */
export interface SameJournal {
  readonly record: (record: JournalRecord, sequence: number) => void;
  /** One that need not be decoded, because the snapshot has it. */
  readonly covered: (json: Buffer, sequence: number) => void;
}

/** @param file the snapshot, for the error */
export function sameJournal(snapshot: SnapshotContent | undefined, file: string): SameJournal {
  const look = (start: Start | undefined, sequence: number): void => {
    if (snapshot !== undefined && start !== undefined && !knowsStart(snapshot, start, sequence))
      throw snapshotForeign(file, snapshot, sequence);
  };
  return {
    record: (record, sequence) => {
      if (record.kind === 'generation') look(record, sequence);
    },
    covered: (json, sequence) => {
      look(startIn(json), sequence);
    },
  };
}

/** @param start the record that tells of the start the snapshot does not know */
export function snapshotForeign(file: string, { sequence }: Pick<SnapshotContent, 'sequence'>, start: number): SohError {
  return new SohError('messageBox.snapshotForeign', { file, snapshot: sequence, sequence: start });
}
