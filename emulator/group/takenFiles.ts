/**
 * What became of the files a `submit` has put into a receive folder, read from the journal: only what is durable is told. It is read from
 * where it was when they were put there, and only for as long as somebody waits for the answer.
 */
import { join, win32 } from 'node:path';
import { type Clock, pause } from '../clock.ts';
import type { SubmitOutcome } from '../control/commands.ts';
import { kindOf } from '../messagebox/core/recordFormat.ts';
import type { SubmitRecord } from '../messagebox/core/records.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import { BTS } from '../orchestration/message.ts';
import { journalOf } from '../tracking/journalReader.ts';

/** Records read between two rests. */
const STRETCH = 500;
const LOOK_EVERY_MS = 50;

export interface TakenFilesOptions {
  readonly dataFolder: string;
  readonly clock: Clock;
  /** Sequence of the last durable record. */
  readonly durable: () => number;
}

export class Outcomes {
  readonly #by = new Map<string, number>();
  readonly #suspended: SubmitOutcome['suspended'][number][] = [];

  /** So many messages are in the MessageBox, handed in by this host instance. */
  taken(hostInstance: string, messages = 1): void {
    this.#by.set(hostInstance, (this.#by.get(hostInstance) ?? 0) + messages);
  }

  /** The MessageBox keeps it suspended: malformed, or nobody subscribes. */
  suspended(instance: string, error: SubmitOutcome['suspended'][number]['error']): void {
    this.#suspended.push({ instance, error });
  }

  result(): SubmitOutcome {
    return { taken: [...this.#by].map(([hostInstance, messages]) => ({ hostInstance, messages })), suspended: this.#suspended };
  }
}

/**
 * Watches for files of these names until all were taken, or `withinMs` is over. Begin before they are put into the folder: `begin` keeps the
 * place in the journal.
 */
export class TakenFiles {
  readonly #options: TakenFilesOptions;
  readonly #from: number;

  constructor(options: TakenFilesOptions) {
    this.#options = options;
    this.#from = options.durable() + 1;
  }

  async watch(location: string, names: Iterable<string>, withinMs: number): Promise<SubmitOutcome> {
    const { dataFolder, clock, durable } = this.#options;
    const missing = new Set(names);
    const outcomes = new Outcomes();
    const follower = journalOf(join(dataFolder, MESSAGE_BOX_FOLDER)).follow({ from: this.#from, durable });
    for (const end = clock.monotonic() + withinMs; missing.size > 0 && clock.monotonic() < end;) {
      const read = await follower.next(STRETCH, (json) => kindOf(json) === 'submit');
      for (const { record } of read.records) {
        if (record.kind !== 'submit' || record.location !== location) continue;
        if (missing.delete(fileNameOf(record))) note(outcomes, record);
      }
      await pause(clock, read.end ? LOOK_EVERY_MS : 0);
    }
    return outcomes.result();
  }
}

function note(outcomes: Outcomes, { hostInstance, suspended }: SubmitRecord): void {
  outcomes.taken(hostInstance);
  if (suspended) outcomes.suspended(suspended.instance, suspended.error);
}

function fileNameOf({ message }: SubmitRecord): string {
  // Both kinds of separators end a folder's name there.
  return win32.basename(String(message.properties[BTS.receivedFileName] ?? ''));
}
