/** A whole run at a glance, for the bar on which one goes back and forth: how long it was, how busy, and what went wrong when. */
import type { RunMark, RunOverview } from '../control/run.ts';
import type { ReadRecord } from '../tracking/journalReader.ts';
import type { JournalRecord } from '../messagebox/core/records.ts';

/** Parts of the run whose activity is told. */
const PARTS = 240;
const MARKS = 500;
/** Length of a counted piece of time, doubled when a run outgrows the pieces (ms). */
const FIRST_PIECE = 50;
const PIECES = 4096;

export class Overview {
  #from: number | undefined;
  #to = 0;
  #records = 0;
  #first = 0;
  #piece = FIRST_PIECE;
  #pieces: number[] = [];
  readonly #marks: RunMark[] = [];
  #generation: number | undefined;

  add({ sequence, record }: ReadRecord<JournalRecord>): void {
    this.#from ??= record.at;
    if (this.#records++ === 0) this.#first = sequence;
    this.#to = Math.max(this.#to, record.at);
    if (record.kind === 'commit') this.#count(record.at - this.#from);
    const mark = this.#markOf(record);
    if (mark && this.#marks.length < MARKS) this.#marks.push(mark);
  }

  /** `null` of a run without records. */
  get(): RunOverview | null {
    const from = this.#from;
    if (from === undefined) return null;
    const length = Math.max(1, this.#to - from);
    const activity = Array.from({ length: PARTS }, () => 0);
    for (const [index, count] of this.#pieces.entries()) {
      const part = Math.min(PARTS - 1, Math.floor((index * this.#piece * PARTS) / length));
      activity[part] = (activity[part] ?? 0) + count;
    }
    return { from, to: this.#to, records: this.#records, complete: this.#first <= 1, activity, marks: this.#marks };
  }

  #count(offset: number): void {
    while (offset / this.#piece >= PIECES) this.#halve();
    const index = Math.floor(offset / this.#piece);
    while (this.#pieces.length <= index) this.#pieces.push(0);
    this.#pieces[index] = (this.#pieces[index] ?? 0) + 1;
  }

  #halve(): void {
    this.#piece *= 2;
    this.#pieces = Array.from(
      { length: Math.ceil(this.#pieces.length / 2) },
      (_, index) => (this.#pieces[2 * index] ?? 0) + (this.#pieces[2 * index + 1] ?? 0),
    );
  }

  #markOf(record: JournalRecord): RunMark | undefined {
    const { at } = record;
    if (record.kind === 'sessionEnd' && record.reason !== 'bye' && record.reason !== 'replaced')
      return { at, kind: 'ownerLost', subject: record.hostInstance };
    if (record.kind === 'observed' && record.what.kind === 'fault')
      return { at, kind: record.what.fault, subject: record.what.hostInstance };
    if (record.kind === 'suspend') return { at, kind: 'suspended', subject: record.instance };
    if (record.kind !== 'generation' || record.generation === this.#generation) return undefined;
    const first = this.#generation === undefined;
    this.#generation = record.generation;
    return first ? undefined : { at, kind: 'messageBoxStarted', subject: 'MessageBox' };
  }
}
