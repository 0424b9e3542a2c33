/**
 * Keeps the projections of the journal up to date while somebody asks for them, and forgets them when nobody does. It only reads files
 * that the MessageBox writes anyway, so looking costs the MessageBox nothing.
 */
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { isCode, SohError, toWire, type WireError } from '../errors.ts';
import type { FailoversFrame, LanesFrame } from '../control/lanes.ts';
import type { JournalRecord } from '../messagebox/core/records.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import type { Follower, Gap, RecordSource } from '../messagebox/storage/storage.ts';
import { Failovers } from './failovers.ts';
import { enlistedServices } from './instanceDetail.ts';
import { journalOf } from './journalReader.ts';
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
  readonly follower: Follower<JournalRecord>;
  readonly lanes: Lanes;
  readonly failovers: Failovers;
  readonly sampling: Sampling;
  from: number | null;
  /** The first part that could not be read. */
  unread?: WireError;
}

export class JournalWatch {
  readonly #options: JournalWatchOptions;
  readonly #journal: RecordSource<JournalRecord>;
  #watched: Watched | undefined;
  #reading: Promise<Watched> | undefined;
  #forget: NodeJS.Timeout | undefined;
  /** The last one given out. */
  #revision = 0;

  constructor(options: JournalWatchOptions) {
    this.#options = options;
    this.#journal = journalOf(join(options.dataFolder, MESSAGE_BOX_FOLDER));
  }

  /** @throws SohError 'format.newer' */
  async lanes(since: number | undefined): Promise<LanesFrame> {
    const { lanes, sampling, unread } = await this.#current();
    const frame = lanes.frame(since, this.#options.now());
    this.#revision = frame.revision;
    return { ...frame, unseen: sampling.unseen, ...(unread && { unread }) };
  }

  /** @throws SohError 'format.newer' */
  async failovers(): Promise<FailoversFrame> {
    const { failovers, from, unread } = await this.#current();
    return { from, failovers: failovers.list(), ...(unread && { unread }) };
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
      return await this.#advance((this.#watched ??= await this.#begin(false)));
    } catch (error) {
      if (!(error instanceof SohError) || isCode(error, 'format.newer')) throw error;
      // After a power failure the end of the journal may have been written again; what was read before it is then read anew. What cannot
      // be read then either is damaged: it is left out and told, and does not keep the rest from being shown.
      return await this.#advance((this.#watched = await this.#begin(true)));
    }
  }

  async #advance(watched: Watched): Promise<Watched> {
    for (;;) {
      const { records, end } = await watched.follower.next(STRETCH, watched.sampling.wanted);
      for (const read of records) {
        const { record } = read;
        watched.from ??= record.at;
        watched.failovers.add(read);
        // Read for the failover report alone: the beginning of that instance was left out.
        const leftOut = record.kind === 'commit' && watched.sampling.unseen > 0 && !watched.lanes.has(record.instance);
        if (!leftOut) watched.lanes.add(read);
      }
      if (end) return watched;
      await breathe();
    }
  }

  async #begin(overDamage: boolean): Promise<Watched> {
    // Greater than every revision of a watch before, also of one in a supervisor before: no group writes 1000 records in a ms.
    const revision = Math.max(this.#options.now() * 1000, this.#revision + 1);
    const lanes = new Lanes({ instances: INSTANCES, windowMs: WINDOW, revision });
    const watched: Partial<Watched> = {};
    const onGap = ({ error }: Gap): void => {
      watched.unread ??= toWire(error);
    };
    lanes.enlist([...(await enlistedServices(this.#journal, onGap)).values()]);
    const failovers = new Failovers();
    const sampling = new Sampling((instance) => lanes.has(instance) || failovers.awaits(instance));
    const { durable } = this.#options;
    const follower = this.#journal.follow({ from: Math.max(1, durable() - LOOK_BACK), durable, ...(overDamage && { onGap }) });
    return Object.assign(watched, { follower, lanes, failovers, sampling, from: null });
  }
}
