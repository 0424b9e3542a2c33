/**
 * A group as it was at one moment of a recorded run: record after record goes through the MessageBox's own state and through the
 * projections of the dashboard. It only goes forward; who wants to go back begins anew.
 */
import { matcher, summaryFacts } from '../control/instanceFilter.ts';
import type { Commands, Snapshot } from '../control/commands.ts';
import type { GroupEvent } from '../control/events.ts';
import type { InstanceSummary } from '../control/instances.ts';
import { isoTime } from '../control/isoTime.ts';
import type { GroupStatus } from '../control/status.ts';
import type { FailoversFrame, LanesFrame } from '../control/lanes.ts';
import type { LoadSample } from '../control/run.ts';
import { loadSample } from '../control/loadSample.ts';
import type { Service } from '../messagebox/protocol/frames.ts';
import { partsOf } from '../messagebox/view/instanceParts.ts';
import { queryInstances } from '../messagebox/view/instanceQuery.ts';
import type { JournalRecord } from '../messagebox/core/records.ts';
import type { MessageBoxState } from '../messagebox/core/state.ts';
import { summaryOf } from '../messagebox/view/summaries.ts';
import type { LiveInstance } from '../messagebox/protocol/supervisorFrames.ts';
import { atOnce } from '../slices.ts';
import { Failovers } from '../tracking/failovers.ts';
import type { ReadRecord } from '../tracking/journalReader.ts';
import { Lanes } from '../tracking/lanes.ts';
import { Processes } from './processes.ts';
import { ReplayedMessageBox } from './replayedMessageBox.ts';

/** As many instances and events as a live group's snapshot holds. */
const KEPT = 200;
const FINISHED = 100_000;
/** Instances with a lane, as in a live group; all that ended are kept while they are among them (ms). */
const LANES = { instances: 1000, windowMs: 24 * 3_600_000 };
/** Time between two samples of the load (ms), and how many are kept: 15 minutes. */
const SPACING = 500;
const SAMPLES = 1800;
/** Time of which every sample is told (ms); before it, one of so many. */
const FINE = 60_000;
const COARSE = 10;

export class ReplayedGroup {
  readonly #messageBox: ReplayedMessageBox;
  readonly #processes = new Processes();
  readonly #lanes: Lanes;
  readonly #failovers = new Failovers();
  readonly #finished: InstanceSummary[] = [];
  #events: GroupEvent[] = [];
  #samples: LoadSample[] = [];
  #nextSample = 0;
  #from: number | null = null;
  #generation: number | undefined;
  #sequence = 0;

  /** @param revision first revision of the lanes: one that no reader of lanes has seen */
  constructor(services: readonly Service[], revision: number) {
    this.#lanes = new Lanes({ ...LANES, revision });
    this.#lanes.enlist(services);
    this.#messageBox = new ReplayedMessageBox({
      profile: 'default',
      services,
      ended: (instance, how) => {
        this.#finished.push(summaryOf(this.#messageBox.messageBox.store, instance, how));
        if (this.#finished.length >= 2 * FINISHED) this.#finished.splice(0, FINISHED);
      },
    });
  }

  /** Number of the last record. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Time of the last record, UTC ms. */
  get at(): number {
    return this.#messageBox.at;
  }

  get revision(): number {
    return this.#lanes.revision;
  }

  add(entry: ReadRecord<JournalRecord>): void {
    const { record, sequence } = entry;
    this.#from ??= record.at;
    this.#sample(record.at);
    this.#sequence = sequence;
    this.#processes.add(record);
    this.#failovers.add(entry);
    if (this.#messageBox.add(record, sequence)) this.#lanes.add(entry);
    this.#note(record);
  }

  status(at: number): GroupStatus {
    const report = this.#messageBox.report();
    const { name, profile, receiveLocations } = this.#processes;
    return {
      ...{ name, state: 'running', profile, dataFolder: '', clusterFile: null, supervisorPid: 0 },
      computers: this.#processes.computers(),
      hostInstances: this.#processes.hostInstances(report.sessions, at),
      messageBox: { ...report.status, pid: null, state: 'running', sequence: this.#sequence },
      services: report.services,
      receiveLocations,
    };
  }

  snapshot(frame: number, at: number): Snapshot {
    const { instances } = this.instances({ limit: KEPT });
    return {
      kind: 'snapshot',
      frame,
      status: this.status(at),
      instances,
      events: this.#events.slice(-KEPT),
      samples: thinned(this.#samples, at),
    };
  }

  /** As the command of the same name. */
  instances({ filter = {}, limit = KEPT, offset = 0 }: Commands['instances']['arguments']): Commands['instances']['result'] {
    const { store } = this.#messageBox.messageBox;
    const live = atOnce(queryInstances(store, filter, offset, limit));
    const ended = this.#finished.filter(matcher(filter, store.now, summaryFacts)).reverse();
    const counts = { ...live.counts };
    for (const { state } of ended) counts[state]++;
    const from = Math.max(0, offset - live.total);
    const page = ended.slice(from, from + limit - live.instances.length);
    return { ...live, total: live.total + ended.length, counts, instances: [...live.instances, ...page] };
  }

  /** What the MessageBox says of an instance that has not ended. A body out of line is not in the records. */
  live(id: string): LiveInstance | null {
    const { store } = this.#messageBox.messageBox;
    const instance = store.state.instances.get(id);
    return instance === undefined ? null : { ...summaryOf(store, instance), ...partsOf(store, instance, ({ body }) => body) };
  }

  /** Host instances and computers. */
  get processes(): number {
    return this.#processes.size;
  }

  get state(): MessageBoxState {
    return this.#messageBox.messageBox.store.state;
  }

  lanes(since: number | undefined, at: number): LanesFrame {
    return { ...this.#lanes.frame(since, at), unseen: 0 };
  }

  failovers(): FailoversFrame {
    return { from: this.#from, failovers: this.#failovers.list() };
  }

  #note(record: JournalRecord): void {
    const at = isoTime(record.at);
    const events: GroupEvent[] = [...this.#messageBox.takeEvents()];
    if (record.kind === 'observed' && record.what.kind !== 'fault' && record.what.kind !== 'groupStarted')
      events.push({ at, sequence: this.#sequence, ...record.what });
    if (record.kind === 'generation' && record.generation !== this.#generation) {
      this.#generation = record.generation;
      events.push({ at, sequence: this.#sequence, kind: 'messageBoxState', state: 'running' });
    }
    if (events.length === 0) return;
    this.#events.push(...events);
    if (this.#events.length > 2 * KEPT) this.#events = this.#events.slice(-KEPT);
  }

  /** Before the record: the load of the time that has passed since the one before. */
  #sample(at: number): void {
    if (at < this.#nextSample) return;
    this.#nextSample = at + SPACING;
    this.#samples.push(loadSample(this.status(at), at));
    if (this.#samples.length > 2 * SAMPLES) this.#samples = this.#samples.slice(-SAMPLES);
  }
}

/** All of the last minute, and of the time before it as many as a chart can draw. */
function thinned(samples: readonly LoadSample[], at: number): readonly LoadSample[] {
  return samples.filter((sample, index) => at - sample.at <= FINE || index % COARSE === 0);
}
