/**
 * Keeps the projections of the journal up to date while somebody asks for them, and forgets them when nobody does. It only reads files
 * that the MessageBox writes anyway, so looking costs the MessageBox nothing.
 */
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { isCode } from '../errors.ts';
import type { FailoversFrame, LanesFrame } from '../control/lanes.ts';
import { isNote, type JournalRecord } from '../messagebox/core/records.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import { Failovers } from './failovers.ts';
import { enlistedServices } from './instanceDetail.ts';
import { type JournalTail, type ReadRecord, tail } from './journalReader.ts';
import { Lanes } from './lanes.ts';
import { Sampling } from './sampling.ts';

export interface JournalWatchOptions {
  readonly dataFolder: string;
  /** Number of the last durable record. What is not durable yet is not shown: a power failure could take it back. */
  readonly durable: () => number;
  /** UTC ms */
  readonly now: () => number;
}

/** Newest instances with a lane, and how long one is kept after its end (ms). */
const INSTANCES = 1000;
const WINDOW = 15 * 60_000;
/** Records before the present that are read when somebody begins to look. */
const LOOK_BACK = 100_000;
/** Nobody has asked for so long (ms): nobody looks any more. */
const FORGET_AFTER = 30_000;
/** Records read between two rests of the supervisor. */
const STRETCH = 2000;

interface Watched {
  readonly tail: JournalTail<JournalRecord>;
  readonly lanes: Lanes;
  readonly failovers: Failovers;
  readonly sampling: Sampling;
  /** Read, but not durable yet. */
  waiting: ReadRecord<JournalRecord>[];
  from: number | null;
}

export class JournalWatch {
  readonly #options: JournalWatchOptions;
  readonly #folder: string;
  #watched: Watched | undefined;
  #reading: Promise<Watched> | undefined;
  #forget: NodeJS.Timeout | undefined;
  /** The last one given out. */
  #revision = 0;

  constructor(options: JournalWatchOptions) {
    this.#options = options;
    this.#folder = join(options.dataFolder, MESSAGE_BOX_FOLDER);
  }

  /** @throws SohError 'messageBox.damaged' */
  async lanes(since: number | undefined): Promise<LanesFrame> {
    const { lanes, sampling } = await this.#current();
    const frame = lanes.frame(since, this.#options.now());
    this.#revision = frame.revision;
    return { ...frame, unseen: sampling.unseen };
  }

  /** @throws SohError 'messageBox.damaged' */
  async failovers(): Promise<FailoversFrame> {
    const { failovers, from } = await this.#current();
    return { from, failovers: failovers.list() };
  }

  close(): void {
    clearTimeout(this.#forget);
    this.#watched = undefined;
  }

  /** Up to the present end; calls that come meanwhile share the reading. */
  #current(): Promise<Watched> {
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => (this.#watched = undefined), FORGET_AFTER).unref();
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<Watched> {
    try {
      return await this.#advance();
    } catch (error) {
      // After a power failure the end of the journal may have been written again; what was read before it is then read anew.
      if (!isCode(error, 'messageBox.damaged') || this.#watched === undefined) throw error;
      this.#watched = undefined;
      return await this.#advance();
    }
  }

  async #advance(): Promise<Watched> {
    const watched = (this.#watched ??= await this.#begin());
    for (;;) {
      const { records: read, end } = watched.tail.some(STRETCH, watched.sampling.wanted);
      const records = watched.waiting.length === 0 ? read : [...watched.waiting, ...read];
      const durable = this.#options.durable();
      // Notes do not wait for the disk, so they do not count for what is durable.
      const held = records.findIndex(({ sequence, record }) => sequence > durable && !isNote(record));
      const ready = held < 0 ? records : records.slice(0, held);
      watched.waiting = held < 0 ? [] : records.slice(held);
      for (const record of ready) {
        watched.from ??= record.record.at;
        watched.failovers.add(record);
        // Read for the failover report alone: the beginning of that instance was left out.
        const leftOut = record.record.kind === 'commit' && watched.sampling.unseen > 0 && !watched.lanes.has(record.record.instance);
        if (!leftOut) watched.lanes.add(record);
      }
      if (end || watched.waiting.length > 0) return watched;
      await breathe();
    }
  }

  async #begin(): Promise<Watched> {
    // Greater than every revision of a watch before, also of one in a supervisor before: no group writes 1000 records in a ms.
    const revision = Math.max(this.#options.now() * 1000, this.#revision + 1);
    const lanes = new Lanes({ instances: INSTANCES, windowMs: WINDOW, revision });
    lanes.enlist([...(await enlistedServices(this.#folder)).values()]);
    const failovers = new Failovers();
    const sampling = new Sampling((instance) => lanes.has(instance) || failovers.awaits(instance));
    const from = Math.max(1, this.#options.durable() - LOOK_BACK);
    return { tail: tail(this.#folder, from), lanes, failovers, sampling, waiting: [], from: null };
  }
}
