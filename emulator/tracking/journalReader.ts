/** The journal of a MessageBox as a source of records, for those that only read it. */
import { setImmediate as breathe } from 'node:timers/promises';
import { kindOf, recordFormat } from '../messagebox/core/recordFormat.ts';
import { isNote, type JournalRecord } from '../messagebox/core/records.ts';
import { nodeDisk } from '../messagebox/storage/disk.ts';
import { JournalSource } from '../messagebox/storage/follower.ts';
import type { ReadRecord, RecordSource } from '../messagebox/storage/storage.ts';

export type { ReadRecord };

/** Records between two rests, in which the reader's process can do something else. */
const STRETCH = 500;

/** @param folder of the journal */
export function journalOf(folder: string): RecordSource<JournalRecord> {
  return new JournalSource({ disk: nodeDisk, folder, format: recordFormat, isNote: (json) => isNote(kindOf(json)) });
}

/**
 * All records from `from` (default 1) to the present end; history that was pruned is skipped. Errors: 'messageBox.damaged' and the like,
 * where a record or a segment in between is not readable.
 */
export async function* readRecords(folder: string, options: { readonly from?: number } = {}): AsyncGenerator<ReadRecord<JournalRecord>> {
  const follower = journalOf(folder).follow(options);
  for (let end = false; !end; await breathe()) {
    const read = await follower.next(STRETCH);
    yield* read.records;
    ({ end } = read);
  }
}
