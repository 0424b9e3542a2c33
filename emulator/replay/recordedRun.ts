/**
 * A recorded run with a moment one looks at. Answers what a page asks of a group, from the records up to that moment; what would change
 * something is refused, because the past cannot be changed.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { messageOf, SohError } from '../errors.ts';
import type { Snapshot } from '../control/commands.ts';
import type { RunOverview } from '../control/run.ts';
import type { PageGroup } from '../control/pageBridge.ts';
import type { Service } from '../messagebox/protocol/frames.ts';
import type { JournalRecord } from '../messagebox/core/records.ts';
import { detailFrom, inRecords } from '../tracking/instanceDetail.ts';
import type { ReadRecord } from '../tracking/journalReader.ts';
import { Overview } from './overview.ts';
import { ReplayedGroup } from './replayedGroup.ts';
import { RunSize } from './runSize.ts';
import type { RunReader, RunSource } from './runSource.ts';

/** Records read between two rests. */
const STRETCH = 500;

export interface RecordedRunOptions {
  readonly source: RunSource;
  /** Greater than every revision of lanes that the reader of this run may have seen. */
  readonly revision: number;
}

export class RecordedRun {
  readonly overview: RunOverview;
  readonly #source: RunSource;
  readonly #services: readonly Service[];
  #group: ReplayedGroup;
  #next: RunReader;
  /** Read, but later than the moment. */
  #ahead: readonly ReadRecord<JournalRecord>[] = [];
  #at: number;
  #wanted: number;
  #moving: Promise<void> | undefined;

  private constructor(source: RunSource, services: readonly Service[], group: ReplayedGroup, overview: RunOverview) {
    this.#source = source;
    this.#services = services;
    this.#group = group;
    this.overview = overview;
    this.#next = source.records();
    this.#at = overview.to;
    this.#wanted = overview.to;
  }

  /**
   * Reads the whole run; the moment is its end.
   * @throws SohError 'run.empty', 'messageBox.damaged', 'run.unreadable', 'run.tooLarge'
   */
  static async open({ source, revision }: RecordedRunOptions): Promise<RecordedRun> {
    const services = await source.services();
    const group = new ReplayedGroup(services, revision);
    const overview = new Overview();
    const size = source.foreign ? new RunSize(source.name) : undefined;
    const next = source.records();
    for (let read = await next(STRETCH); read.length > 0; read = await next(STRETCH)) {
      for (const record of read) {
        addTo(group, record, source.name);
        overview.add(record);
      }
      size?.check(group.state, group.processes, read);
      await breathe();
    }
    const whole = overview.get();
    if (whole === null) throw new SohError('run.empty');
    return new RecordedRun(source, services, group, whole);
  }

  /** The moment one looks at, UTC ms. */
  get at(): number {
    return this.#at;
  }

  /** Goes to a moment. Calls that come while it is under way share its end; the last one wins. */
  async goTo(at: number): Promise<void> {
    this.#wanted = Math.min(this.overview.to, Math.max(this.overview.from, at));
    while (this.#moving !== undefined || this.#at !== this.#wanted) {
      this.#moving ??= this.#move(this.#wanted).finally(() => (this.#moving = undefined));
      await this.#moving;
    }
  }

  snapshot(frame: number): Snapshot {
    return this.#group.snapshot(frame, this.#at);
  }

  /** @throws SohError 'run.past' for what would change something, 'group.unknownInstance' */
  readonly call: PageGroup['call'] = async (command, parameters) => {
    const answer = await this.#answer(command, parameters);
    return answer as never;
  };

  async #answer(command: string, parameters: Record<string, unknown>): Promise<unknown> {
    switch (command) {
      case 'status':
        return this.#group.status(this.#at);
      case 'instances':
        return this.#group.instances(parameters);
      case 'lanes':
        return this.#group.lanes(parameters['since'] as number | undefined, this.#at);
      case 'failovers':
        return this.#group.failovers();
      case 'show':
        return this.#show(String(parameters['instance']));
      default:
        throw new SohError('run.past');
    }
  }

  async #show(instance: string): Promise<unknown> {
    const group = this.#group;
    const records = upTo(this.#source.find(inRecords(instance)), group.sequence);
    const detail = await detailFrom(records, group.state.services, instance, group.live(instance));
    if (!detail) throw new SohError('group.unknownInstance', { id: instance });
    return detail;
  }

  async #move(target: number): Promise<void> {
    if (target < this.#at) this.#beginAnew();
    await this.#forward(target);
  }

  #beginAnew(): void {
    this.#group = new ReplayedGroup(this.#services, this.#group.revision + 1);
    this.#next = this.#source.records();
    this.#ahead = [];
  }

  /** Up to a moment, unless another one behind is wanted meanwhile. */
  async #forward(target: number): Promise<void> {
    for (;;) {
      if (this.#ahead.length === 0) this.#ahead = await this.#next(STRETCH);
      const later = this.#ahead.findIndex(({ record }) => record.at > target);
      const due = later < 0 ? this.#ahead : this.#ahead.slice(0, later);
      for (const record of due) addTo(this.#group, record, this.#source.name);
      this.#ahead = later < 0 ? [] : this.#ahead.slice(later);
      if (later >= 0 || due.length === 0) break;
      await breathe();
      if (this.#wanted < target) {
        this.#at = this.#group.at;
        return;
      }
    }
    this.#at = target;
  }
}

/** A file may hold anything: records that contradict each other are its fault, and are said to be. */
function addTo(group: ReplayedGroup, record: ReadRecord<JournalRecord>, file: string): void {
  try {
    group.add(record);
  } catch (error) {
    throw new SohError('run.unreadable', { file, reason: `record ${String(record.sequence)}: ${messageOf(error)}` }, error);
  }
}

async function* upTo(records: AsyncIterable<ReadRecord<JournalRecord>>, last: number): AsyncGenerator<ReadRecord<JournalRecord>> {
  for await (const record of records) {
    if (record.sequence > last) return;
    yield record;
  }
}
