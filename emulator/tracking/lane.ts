/** The life of one orchestration instance as a lane: stretches of ownership, commits, takeovers. Changed record by record, in order. */
import type { InstanceLane, LanePoint, LaneStretch, LaneTakeover, LaneTone } from '../control/lanes.ts';
import type { SessionEnd } from '../control/events.ts';
import { conclusionOf, goesOn, isTakeover } from '../messagebox/core/recordRules.ts';
import type { CommitRecord, MoveRecord, SessionEndRecord } from '../messagebox/core/records.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Lost = SessionEndRecord['lost'][number];

/** Newest commits, and newest of everything else, kept of one instance. */
const POINTS = 100;
const KEPT = 200;
/** A pause between two shapes that is longer is a wait, not work (ms). */
const WAIT = 20;

export class Lane implements InstanceLane {
  readonly instance: string;
  readonly orchestration: string;
  service: string;
  readonly parent: string | null;
  readonly begun: number;
  ended: number | null = null;
  outcome: InstanceLane['outcome'] = null;
  readonly stretches: Mutable<LaneStretch>[] = [];
  readonly points: LanePoint[] = [];
  readonly takeovers: Mutable<LaneTakeover>[] = [];
  omitted = 0;
  #version = 0;
  /** Shapes that ran under owners that were lost, since the last commit. */
  readonly #atRisk = new Set<number>();
  #lostBy: string | undefined;
  /** Queue entries not consumed, with their subscription or timer. */
  readonly #queue = new Map<string, string>();
  /** What wakes it while it is dehydrated. */
  #waits: readonly string[] = [];
  readonly #timers = new Map<string, number>();

  constructor(start: Pick<InstanceLane, 'instance' | 'orchestration' | 'service' | 'parent' | 'begun'>) {
    this.instance = start.instance;
    this.orchestration = start.orchestration;
    this.service = start.service;
    this.parent = start.parent;
    this.begun = start.begun;
    this.#open('ready', start.begun, null);
  }

  /** A message for it, or a timer that fired. */
  queued(entry: string, subscription: string, at: number): void {
    this.#queue.set(entry, subscription);
    this.#timers.delete(subscription);
    if (this.#current.tone === 'dehydrated' && this.#waits.includes(subscription)) this.#open('ready', at, this.#current.by);
  }

  /** It begins in another version. */
  moved({ service, entries }: Pick<MoveRecord, 'service' | 'entries'>): void {
    this.service = service;
    for (const { entry, subscription } of entries) this.#queue.set(entry, subscription);
  }

  /** @param restartedAt when the MessageBox last started: then all ownership that was not taken up again became void */
  granted(hostInstance: string, credit: number, at: number, restartedAt: number): void {
    if (this.#current.tone === 'running') {
      this.#endOwnership(Math.max(this.#current.from, Math.min(restartedAt, at)), 'messagebox restarted');
      this.#open('ready', this.#current.to ?? at, this.#current.by);
    }
    const takeover = isTakeover(this.#lostBy, hostInstance);
    this.#open('running', at, hostInstance, { credit, ...(takeover ? { takeover } : {}) });
    const last = this.takeovers.at(-1);
    if (last?.resumedAt === null) Object.assign(last, { to: hostInstance, grantedAt: at });
  }

  committed(record: CommitRecord): void {
    const { at, hostInstance, version, trace = [], points } = record;
    this.#ownedBy(hostInstance, at - (trace.at(-1)?.[1] ?? 0));
    this.#noteWaits(trace, at, record.outcome === 'idle');
    const again = [...new Set(trace.flatMap(([shape]) => (this.#atRisk.has(shape) ? [shape] : [])))];
    this.points.push({ at, version, points, ...(again.length > 0 ? { again } : {}) });
    if (this.points.length > POINTS) this.omitted += this.points.splice(0, this.points.length - POINTS).length;
    const last = this.takeovers.at(-1);
    if (last?.resumedAt === null) Object.assign(last, { to: hostInstance, resumedAt: at });
    this.#version = version;
    this.#atRisk.clear();
    this.#lostBy = undefined;
    for (const entry of record.consumed ?? []) this.#queue.delete(entry);
    for (const { id, due } of record.timers ?? []) this.#timers.set(id, due);
    for (const id of record.cancelTimers ?? []) this.#timers.delete(id);
    this.#concluded(record);
  }

  lost({ version, atRisk }: Lost, from: string, reason: SessionEnd, at: number): void {
    this.#version = version;
    this.#ownedBy(from, at);
    this.#noteWaits(atRisk, at, true);
    this.#lostBy = from;
    for (const [shape] of atRisk) this.#atRisk.add(shape);
    this.#endOwnership(at, reason === 'bye' ? 'stopped' : 'lost');
    this.#open(reason === 'bye' ? 'ready' : 'lost', at, from);
    const shapes = [...new Set(atRisk.map(([shape]) => shape))];
    this.takeovers.push({ at, from, reason, version, to: null, grantedAt: null, resumedAt: null, atRisk: shapes });
    if (this.takeovers.length > KEPT) this.takeovers.shift();
  }

  suspended(at: number): void {
    if (this.#current.tone === 'running') this.#endOwnership(at, 'suspended');
    this.#open('suspended', at, this.#current.by);
  }

  resumed(at: number): void {
    this.#open('ready', at, this.#current.by);
  }

  end(outcome: 'completed' | 'terminated', at: number): void {
    if (this.#current.tone === 'running') this.#endOwnership(at, outcome);
    else this.#current.to = at;
    this.ended = at;
    this.outcome = outcome;
  }

  #concluded(record: CommitRecord): void {
    const conclusion = conclusionOf(record);
    const { at, waits = [] } = record;
    if (conclusion === 'terminated' || conclusion === 'completed') {
      if (record.discarded === undefined) this.end(conclusion, at);
      else this.#restsWithMessages(conclusion, at);
    } else if (conclusion === 'suspended') this.suspended(at);
    else if (conclusion === 'idle') {
      const { by } = this.#current;
      this.#endOwnership(at, 'idle');
      this.#waits = waits;
      // What goes on at once never shows as a rest.
      if (goesOn(waits, (wait) => [...this.#queue.values()].includes(wait))) this.#open('ready', at, by);
      else {
        const due = Math.min(...waits.flatMap((wait) => this.#timers.get(wait) ?? []));
        this.#open('dehydrated', at, by, Number.isFinite(due) ? { due } : {});
      }
    }
  }

  /** Its work has ended, and what it did not take keeps it. */
  #restsWithMessages(end: 'completed' | 'terminated', at: number): void {
    this.#endOwnership(at, end);
    this.#open('suspended', at, this.#current.by);
  }

  get #current(): Mutable<LaneStretch> {
    const current = this.stretches.at(-1);
    if (current === undefined) throw new RangeError('a lane has at least one stretch');
    return current;
  }

  #open(tone: LaneTone, from: number, by: string | null, more: Partial<LaneStretch> = {}): void {
    const before = this.stretches.at(-1);
    if (before) before.to ??= Math.max(from, before.from);
    this.stretches.push({ tone, by, from, to: null, version: this.#version, ...more });
    if (this.stretches.length > KEPT) this.omitted += this.stretches.splice(0, this.stretches.length - KEPT).length;
  }

  #endOwnership(at: number, end: NonNullable<LaneStretch['end']>): void {
    Object.assign(this.#current, { to: at, end });
  }

  /** Grants are notes that a power failure may take: an owner whose grant is not there owned it at least since its run began. */
  #ownedBy(hostInstance: string, since: number): void {
    const current = this.#current;
    if (current.tone === 'running' && current.by === hostInstance) return;
    this.#open('running', Math.max(current.from, since), hostInstance);
  }

  /**
   * Shapes run at once; between two runs the instance waits in memory. The trace counts from the first run after the last commit, which
   * the grant or that commit started.
   */
  #noteWaits(trace: readonly (readonly [number, number])[], at: number, untilTheEnd: boolean): void {
    const stretch = this.#current;
    const base = Math.max(stretch.from, this.points.at(-1)?.at ?? 0);
    const times = [...trace.map(([, offset]) => Math.min(base + offset, at)), ...(untilTheEnd && trace.length > 0 ? [at] : [])];
    const waits = times.flatMap((time, index): [number, number][] => {
      const before = times[index - 1] ?? time;
      return time - before > WAIT ? [[before, time]] : [];
    });
    if (waits.length > 0) stretch.waits = [...(stretch.waits ?? []), ...waits].slice(-KEPT);
  }
}
