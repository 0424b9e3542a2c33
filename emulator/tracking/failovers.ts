/** The report of every loss of an owner: how soon it was noticed, when its work went on, where, and what ran or went out again. From the journal. */
import type { FaultKind } from '../control/events.ts';
import type { FailoverEntry } from '../control/lanes.ts';
import type { CommitRecord, JournalRecord, SessionEndRecord } from '../messagebox/core/records.ts';
import type { ReadRecord } from './history.ts';

interface Story {
  readonly loss: SessionEndRecord;
  readonly sequence: number;
  /** Of the host instance, before the loss. */
  readonly lastSign: number | null;
  readonly by: Map<string, number>;
  firstGrantedAt: number | null;
  firstResumedAt: number | null;
  lastResumedAt: number | null;
  resumed: number;
  givenUp: number;
  again: number;
  retransmitted: number;
  restartedAt: number | null;
}

/** What a person did to a host instance. */
interface Fault {
  readonly kind: FaultKind;
  readonly hostInstance: string;
  readonly at: number;
}

interface Pending {
  readonly story: Story;
  readonly atRisk: ReadonlySet<number>;
  /** A message of a send port that nobody transmits again yet. */
  untransmitted: boolean;
}

const KEPT = 50;
/** Faults kept: some cause no loss. */
const FAULTS = 200;
/** A fault caused a loss of the same host instance that follows within this time (ms): the longest lease of a profile and its sweep. */
const FAULT_BEFORE = 700_000;
const MINUTE = 60_000;

export class Failovers {
  #stories: Story[] = [];
  #faults: Fault[] = [];
  /** Lost instances that nobody has committed yet. */
  readonly #pending = new Map<string, Pending>();
  readonly #lastSigns = new Map<string, number>();

  add({ sequence, record }: ReadRecord): void {
    switch (record.kind) {
      case 'submit':
        this.#lastSigns.set(record.hostInstance, record.at);
        return;
      case 'commit':
        return this.#committed(record);
      case 'grant':
        for (const id of record.instances) this.#granted(id, record.at);
        return;
      case 'session':
        for (const story of this.#stories) if (story.loss.hostInstance === record.hostInstance) story.restartedAt ??= record.at;
        return;
      case 'sessionEnd':
        return this.#ended(sequence, record);
      case 'suspend':
        return this.#giveUp(record.instance);
      case 'operate':
        return record.applied && record.operation !== 'resume' ? this.#giveUp(record.instance) : undefined;
      case 'observed': {
        const { what, seenAt: at } = record;
        if (what.kind !== 'fault') return;
        this.#faults = [...this.#faults, { kind: what.fault, hostInstance: what.hostInstance, at }].slice(-FAULTS);
        return;
      }
      default:
        return;
    }
  }

  /** Lost, and nobody has committed it yet. */
  awaits(instance: string): boolean {
    return this.#pending.has(instance);
  }

  /** Newest first. */
  list(): readonly FailoverEntry[] {
    return this.#stories.map((story) => entryOf(story, causeOf(story.loss, this.#faults))).reverse();
  }

  #ended(sequence: number, loss: Extract<JournalRecord, { kind: 'sessionEnd' }>): void {
    if (loss.reason === 'bye') return;
    const story: Story = {
      ...{ loss, sequence, lastSign: this.#lastSigns.get(loss.hostInstance) ?? null, by: new Map<string, number>() },
      ...{ firstGrantedAt: null, firstResumedAt: null, lastResumedAt: null, resumed: 0, givenUp: 0, again: 0 },
      ...{ retransmitted: 0, restartedAt: null },
    };
    this.#stories = [...this.#stories, story].slice(-KEPT);
    for (const { instance, atRisk, sendPort } of loss.lost) {
      const before = this.#pending.get(instance);
      if (before) before.story.givenUp++;
      const shapes = new Set([...(before?.atRisk ?? []), ...atRisk.map(([shape]) => shape)]);
      this.#pending.set(instance, { story, atRisk: shapes, untransmitted: sendPort === true });
    }
  }

  /** The new owner transmits from the start. One that only had lost its connection goes on without a grant, and repeats nothing. */
  #granted(instance: string, at: number): void {
    const pending = this.#pending.get(instance);
    if (!pending) return;
    pending.story.firstGrantedAt ??= at;
    if (pending.untransmitted) pending.story.retransmitted++;
    pending.untransmitted = false;
  }

  #committed({ instance, hostInstance, at, trace = [] }: CommitRecord): void {
    this.#lastSigns.set(hostInstance, at);
    const pending = this.#pending.get(instance);
    if (!pending) return;
    const { story, atRisk } = pending;
    this.#pending.delete(instance);
    story.resumed++;
    story.by.set(hostInstance, (story.by.get(hostInstance) ?? 0) + 1);
    story.firstResumedAt ??= at;
    story.lastResumedAt = at;
    story.again += new Set(trace.flatMap(([shape]) => (atRisk.has(shape) ? [shape] : []))).size;
  }

  #giveUp(instance: string): void {
    const pending = this.#pending.get(instance);
    if (pending) pending.story.givenUp++;
    this.#pending.delete(instance);
  }
}

function causeOf({ hostInstance, at }: SessionEndRecord, faults: readonly Fault[]): Fault | undefined {
  // The fault is noted when the signal has been sent, so the loss may be some ms older.
  const before = faults.filter((fault) => fault.hostInstance === hostInstance && fault.at <= at + 100 && fault.at > at - FAULT_BEFORE);
  return before.sort((a, b) => b.at - a.at)[0];
}

function entryOf(story: Story, fault: Fault | undefined): FailoverEntry {
  const { loss, sequence, by, resumed, givenUp, again, retransmitted } = story;
  const { at, hostInstance, reason } = loss;
  const after = (time: number | null): number | null => (time === null ? null : time - at);
  const lost = loss.lost.length;
  const waiting = Math.max(0, lost - resumed - givenUp);
  const resumedByItself = by.get(hostInstance) ?? 0;
  const seen = fault?.at ?? story.lastSign;
  return {
    ...{ sequence, at, hostInstance, reason, fault: fault?.kind ?? null },
    detectionMs: seen === null ? null : Math.max(0, at - seen),
    ...{ lost, takenOver: resumed - resumedByItself, resumedByItself, givenUp, waiting },
    firstGrantedMs: after(story.firstGrantedAt),
    firstResumedMs: after(story.firstResumedAt),
    allResumedMs: waiting === 0 ? after(story.lastResumedAt) : null,
    by: [...by].map(([name, count]) => ({ hostInstance: name, count })),
    ...{ again, retransmitted },
    restartedMs: after(story.restartedAt),
    classic: classicTimes(reason, fault?.kind),
  };
}

/**
 * docs/behaviour.md, section 6.2: a process that crashed is restarted after about 60 s and releases its own locks; a computer that stays
 * down, or a hang, is noticed 600 s after the last heartbeat and at the next job tick, 9 to 11 minutes after the fault.
 */
function classicTimes(reason: SessionEndRecord['reason'], fault: Fault['kind'] | undefined): FailoverEntry['classic'] {
  const hangsOrStaysDown = fault === 'freeze' || fault === 'computer' || reason === 'lease expired';
  return hangsOrStaysDown ? { fromMs: 9 * MINUTE, toMs: 11 * MINUTE } : { fromMs: MINUTE, toMs: MINUTE };
}
