/** When snapshots are made: by a worker thread from sealed segments, so that commits never wait for one. */
import type { Worker } from 'node:worker_threads';
import type { TimeSource } from '../../clock.ts';
import { isOutOfRoom, messageOf } from '../../errors.ts';
import type { JournalRecord } from '../core/records.ts';
import type { SnapshotResult } from '../storage/snapshotWorker.ts';
import type { RecordLog } from '../storage/storage.ts';

/** What the worker answers. */
export type SnapshotAnswer =
  /** `pruned`: segments of the history that were removed; `trouble`: why not all that should be. */
  (SnapshotResult & { readonly pruned: number; readonly trouble?: string }) | { readonly error: string };

/** Without a new record for so long the group rests. */
const REST_MS = 2000;
/** Snapshots of a resting group are at least so far apart. */
const BETWEEN_MS = 30_000;

const PAUSE_FACTOR = 4;

export class Snapshots {
  readonly #journal: RecordLog<JournalRecord>;
  readonly #clock: TimeSource;
  readonly #snapshot: (upTo: number) => Promise<SnapshotResult>;
  readonly #log: (line: string) => void;
  readonly #failed: (error: unknown) => void;
  #running: Promise<void> | undefined;
  /** Sequence of the newest snapshot, and of the one before, whose segments are still needed. */
  #newest: number;
  #madeAt = -Infinity;
  #lastSequence = 0;
  #restingSince = 0;
  #previous = 0;
  /** Monotonic ms. */
  #pauseUntil = 0;

  /** @param newest last record of the snapshot that is there, or 0 */
  constructor(
    journal: RecordLog<JournalRecord>,
    clock: TimeSource,
    snapshot: (upTo: number) => Promise<SnapshotResult>,
    newest: number,
    log: (line: string) => void,
    failed: (error: unknown) => void,
  ) {
    this.#journal = journal;
    this.#clock = clock;
    this.#snapshot = snapshot;
    this.#newest = newest;
    this.#log = log;
    this.#failed = failed;
  }

  /**
   * Called after each write group. A snapshot costs as much as there is live state, which may be far more than the sealed segment it
   * saves a restart from reading: between two of them passes four times the time the last one took.
   */
  consider(): void {
    if (this.#running || this.#journal.sealedSequence <= this.#newest || this.#clock.monotonic() < this.#pauseUntil) return;
    this.#begin(this.#journal.sealedSequence, this.#madeAt);
  }

  /** When the group rests: a small snapshot, so that the file a person opens shows the present. Called now and then. */
  rest(now: number): void {
    const { sequence, durable } = this.#journal;
    if (sequence !== this.#lastSequence) {
      this.#lastSequence = sequence;
      this.#restingSince = now;
      return;
    }
    const due = now - this.#restingSince > REST_MS && now - this.#madeAt > BETWEEN_MS && durable > this.#newest;
    if (due && !this.#running) this.#begin(durable, now);
  }

  /** At the end, when the journal is closed: a snapshot of everything, so that a person can read the file and the next start is quick. */
  async last(): Promise<void> {
    await this.#running;
    if (this.#journal.durable > this.#newest) await this.#make(this.#journal.durable);
  }

  #begin(upTo: number, now: number): void {
    this.#madeAt = now;
    this.#running = this.#make(upTo).finally(() => (this.#running = undefined));
    this.#running.catch(this.#failed);
  }

  async #make(upTo: number): Promise<void> {
    const began = this.#clock.monotonic();
    const made = await this.#snapshot(upTo).catch((error: unknown) => {
      this.#log(`the snapshot failed, the one before stands: ${messageOf(error)}`);
      return undefined;
    });
    const took = this.#clock.monotonic() - began;
    this.#pauseUntil = began + (1 + PAUSE_FACTOR) * took;
    if (made === undefined) {
      this.#newest = upTo;
      return;
    }
    this.#previous = this.#newest;
    this.#newest = made.sequence;
    await this.#archive();
    this.#log(`snapshot at record ${String(made.sequence)}: ${String(made.records)} records in ${String(Math.round(took))} ms`);
  }

  /** A full disk may refuse even to move a file: it stays until the next snapshot. */
  async #archive(): Promise<void> {
    try {
      await this.#journal.archive(this.#previous);
    } catch (error) {
      if (!isOutOfRoom(error)) throw error;
      this.#log(`segments stay where they are for now: ${messageOf(error)}`);
    }
  }
}

/** Makes a snapshot in a thread of its own that ends with it. */
export function snapshotIn(start: () => Worker, log: (line: string) => void): (upTo: number) => Promise<SnapshotResult> {
  return (upTo) =>
    new Promise((resolve, reject) => {
      const worker = start();
      worker.once('message', (answer: SnapshotAnswer) => {
        if ('error' in answer) reject(new Error(answer.error));
        else {
          if (answer.pruned > 0)
            log(`the ${String(answer.pruned)} oldest segments of the history were removed: it is as large as it may be`);
          if (answer.trouble !== undefined) log(`the history is larger than it may be: ${answer.trouble}`);
          resolve(answer);
        }
      });
      worker.once('error', reject);
      worker.once('exit', () => {
        reject(new Error('the worker ended without an answer'));
      });
      worker.postMessage(upTo);
    });
}
