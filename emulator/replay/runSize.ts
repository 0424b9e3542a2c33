/**
 * How much of a run may be held in memory at one of its moments. A run of any length passes by; what waits at the same time is kept, and a
 * small file from anywhere can claim that there is a lot of it.
 */
import { SohError } from '../errors.ts';
import type { JournalRecord } from '../messagebox/core/records.ts';
import type { MessageBoxState } from '../messagebox/core/state.ts';

/** Instances, messages, receive ids and whatever else has a name. */
const MOST_THINGS = 300_000;
/** Characters of the bodies and saved states that are kept. */
const MOST_CHARACTERS = 128 * 1024 * 1024;
/** Host instances and computers, each of which is in every picture of the group. */
const MOST_PROCESSES = 5000;

export class RunSize {
  readonly #file: string;
  /** Characters read since they were counted last, and how many were kept then. */
  #read = 0;
  #kept = 0;

  /** @param file as errors call it */
  constructor(file: string) {
    this.#file = file;
  }

  /**
   * After these records were added to the state.
   * @param processes host instances and computers there are
   * @throws SohError 'run.tooLarge'
   */
  check(state: MessageBoxState, processes: number, added: readonly { readonly record: JournalRecord }[]): void {
    if (processes > MOST_PROCESSES) throw this.#tooLarge(`${String(processes)} host instances and computers`);
    const { instances, messages, receiveIds, sessions, committed, finished, services } = state;
    const maps = [instances, messages, receiveIds, sessions, committed, finished, services];
    const things = maps.reduce((sum, { size }) => sum + size, 0);
    if (things > MOST_THINGS) throw this.#tooLarge(`${String(things)} instances and messages at one time`);
    for (const { record } of added) this.#read += charactersIn(record);
    if (this.#kept + this.#read <= MOST_CHARACTERS) return;
    this.#kept = charactersOf(state);
    this.#read = 0;
    // Half of it: what is near the limit is not counted again and again.
    if (this.#kept > MOST_CHARACTERS / 2) throw this.#tooLarge(`${String(this.#kept)} characters in messages and states at one time`);
  }

  #tooLarge(size: string): SohError {
    return new SohError('run.tooLarge', { file: this.#file, size });
  }
}

function charactersIn(record: JournalRecord): number {
  if (record.kind === 'submit') return (record.message.body?.length ?? 0) + (record.suspended?.error.message.length ?? 0);
  if (record.kind === 'unrouted') return record.message.body?.length ?? 0;
  if (record.kind !== 'commit') return 0;
  return (record.published ?? []).reduce((sum, { body }) => sum + (body?.length ?? 0), record.state?.length ?? 0);
}

function charactersOf({ instances, messages }: MessageBoxState): number {
  let sum = 0;
  for (const { state, error } of instances.values()) sum += (state?.length ?? 0) + (error?.message.length ?? 0);
  for (const { body } of messages.values()) sum += body?.length ?? 0;
  return sum;
}
