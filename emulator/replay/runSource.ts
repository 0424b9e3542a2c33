/** Where the records of a run come from: the journal of a data folder, or a file that was exported from one. */
import { join } from 'node:path';
import type { Service } from '../messagebox/protocol/frames.ts';
import type { JournalRecord } from '../messagebox/core/records.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import { enlistedServices } from '../tracking/instanceDetail.ts';
import { journalOf, type ReadRecord } from '../tracking/journalReader.ts';

/** The next records, at most `limit`; none at the end. */
export type RunReader = (limit: number) => Promise<readonly ReadRecord<JournalRecord>[]>;

export interface RunSource {
  /** File or folder, as errors call it. */
  readonly name: string;
  /** From anywhere, so that there is a limit to what may be in it at one time. */
  readonly foreign: boolean;
  /** Services enlisted at any time, so that a run can be read from its middle. */
  services(): Promise<readonly Service[]>;
  /** A reader at the first record; as many as wanted. It throws SohError 'messageBox.damaged' or 'run.unreadable'. */
  records(): RunReader;
  /** The records whose JSON holds a text, oldest first. */
  find(needle: string): AsyncIterable<ReadRecord<JournalRecord>>;
}

/** Records of one run that are looked at; of a longer one the newest. */
export const MOST_RECORDS = 500_000;

/**
 * The journal of a data folder, of a running group as of a stopped one.
 *
 * @param last number of the last durable record, with which the run ends; Infinity for a group that does not run
 */
export function folderSource(dataFolder: string, last: number): RunSource {
  const journal = journalOf(join(dataFolder, MESSAGE_BOX_FOLDER));
  return {
    name: dataFolder,
    foreign: false,
    services: async () => [...(await enlistedServices(journal)).values()],
    records: () => {
      const follower = journal.follow({ from: Number.isFinite(last) ? Math.max(1, last - MOST_RECORDS) : 1 });
      return async (limit) => (await follower.next(limit)).records.filter(({ sequence }) => sequence <= last);
    },
    async *find(needle) {
      for await (const record of journal.find(needle)) {
        if (record.sequence > last) return;
        yield record;
      }
    },
  };
}
