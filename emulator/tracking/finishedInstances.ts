/**
 * Instances that ended, from the journal: they have left the MessageBox, so that its size follows live work. Reads on from where it was
 * each time it is asked; nobody asks, nothing is read. Most records are only looked at, not parsed (recordHead.ts).
 */
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { toWire, type WireError } from '../errors.ts';
import type { InstanceFilter, InstancePage, InstanceSummary } from '../control/instances.ts';
import { type InstanceFacts, matcher } from '../control/instanceFilter.ts';
import { isoTime } from '../control/isoTime.ts';
import type { Service } from '../messagebox/protocol/frames.ts';
import { kindOf } from '../messagebox/core/recordFormat.ts';
import type { CommitRecord, JournalRecord, RoutedMessage } from '../messagebox/core/records.ts';
import { conclusionOf, isTakeover } from '../messagebox/core/recordRules.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import type { Follower } from '../messagebox/storage/storage.ts';
import { versionIn } from '../messagebox/core/versions.ts';
import { noCounts } from '../messagebox/core/instanceState.ts';
import { inSlices, type Pace, type Walk } from '../slices.ts';
import { journalOf } from './journalReader.ts';
import { commitHead, type CommitHead } from './recordHead.ts';

/** Newest ones kept for lists; `show` finds the older ones too. */
const KEPT = 100_000;
/** So many more are let in before the oldest go, all at once. */
const ROOM = 10_000;
/** Kinds of records that change nothing about who ends how. */
const PASSED: ReadonlySet<string> = new Set([
  'generation',
  'unenlist',
  'session',
  'grant',
  'timer',
  'forget',
  'observed',
] satisfies JournalRecord['kind'][]);
/** Records read, and instances looked at, between two rests. */
const STRETCH = 500;

const pace: Pace = { monotonic: () => performance.now(), rest: () => breathe() };

interface Live {
  service: string;
  readonly created: number;
  commits: number;
  takeovers: number;
  owner: string | null;
  lostBy: string | undefined;
}

interface Finished extends Live {
  readonly id: string;
  readonly state: 'Completed' | 'Terminated';
  readonly changed: number;
  readonly error: InstanceSummary['error'];
}

export class FinishedInstances {
  readonly #follower: Follower<JournalRecord>;
  readonly #services = new Map<string, Service>();
  readonly #live = new Map<string, Live>();
  /** Oldest first. */
  readonly #finished: Finished[] = [];
  /** Of the stretch that is read now, by number: the heads that are enough, and null for each record that has to be parsed. */
  readonly #order: { readonly sequence: number; readonly head: CommitHead | null }[] = [];
  #reading: Promise<void> | undefined;
  /** The first part of the journal that could not be read. */
  #unread: WireError | undefined;
  readonly #facts: InstanceFacts<Finished> = {
    id: ({ id }) => id,
    orchestration: ({ service }) => this.#services.get(service)?.name ?? service,
    kind: ({ service }) => this.#services.get(service)?.kind ?? 'receiveLocation',
    state: ({ state }) => state,
    owner: ({ owner }) => owner,
    takeovers: ({ takeovers }) => takeovers,
    created: ({ created }) => created,
    error: ({ error }) => error?.message,
  };

  constructor(dataFolder: string) {
    this.#follower = journalOf(join(dataFolder, MESSAGE_BOX_FOLDER)).follow({
      onGap: ({ error }) => {
        this.#unread ??= toWire(error);
      },
    });
  }

  /** One page of those a filter chooses, the last that ended first. `now`: UTC ms. @throws SohError 'format.newer' */
  async query(filter: InstanceFilter, now: number, offset: number, limit: number): Promise<Omit<InstancePage, 'at'>> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    await this.#reading;
    return inSlices(this.#choose(matcher(filter, now, this.#facts), offset, limit), pace);
  }

  *#choose(wanted: (finished: Finished) => boolean, offset: number, limit: number): Walk<Omit<InstancePage, 'at'>> {
    const counts = noCounts();
    const instances: InstanceSummary[] = [];
    let total = 0;
    // Those of this moment: what is read meanwhile is for the next question.
    const finished = [...this.#finished];
    for (let index = finished.length - 1; index >= 0; index--) {
      if (index % STRETCH === 0) yield finished.length - index;
      const one = finished[index];
      if (!one || !wanted(one)) continue;
      counts[one.state]++;
      if (total >= offset && total < offset + limit) instances.push(this.#summary(one));
      total++;
    }
    return { total, counts, instances, ...(this.#unread && { unread: this.#unread }) };
  }

  async #read(): Promise<void> {
    for (;;) {
      const { records, end } = await this.#follower.next(STRETCH, this.#wanted);
      let next = 0;
      for (const { sequence, head } of this.#order.splice(0)) {
        const parsed = records[next];
        if (head !== null) this.#owned(head);
        else if (parsed?.sequence === sequence) {
          this.#add(parsed.record);
          next++;
        }
      }
      if (end) return;
      await breathe();
    }
  }

  /** Whether a record has to be parsed. All a list needs of most commits, the owner and the number, is in their heads. */
  readonly #wanted = (json: Buffer, sequence: number): boolean => {
    const kind = kindOf(json);
    if (kind !== undefined && PASSED.has(kind)) return false;
    const head = kind === 'commit' ? commitHead(json) : undefined;
    const enough = head !== undefined && !head.ends && !head.begins;
    this.#order.push({ sequence, head: enough ? head : null });
    return !enough;
  };

  #add(record: JournalRecord): void {
    switch (record.kind) {
      case 'enlist':
        for (const service of record.services) this.#services.set(service.id, service);
        return;
      case 'submit':
        this.#routed(record.message, record.at);
        for (const kept of [record.suspended, record.waiting]) {
          if (kept) this.#begin(kept.instance, kept.service ?? record.location, record.at);
        }
        return;
      case 'commit':
        this.#committed(record);
        return;
      case 'unrouted':
        this.#begin(record.instance, this.#live.get(record.sender)?.service ?? '', record.at);
        return;
      case 'move': {
        const live = this.#live.get(record.instance);
        if (live) live.service = record.service;
        return;
      }
      case 'sessionEnd':
        for (const { instance } of record.lost) {
          const live = this.#live.get(instance);
          if (live) live.lostBy = record.hostInstance;
        }
        return;
      case 'suspend':
        if (record.routed) this.#routed(record.routed, record.at);
        return;
      case 'operate':
        if (record.routed) this.#routed(record.routed, record.at);
        if (record.applied && record.operation === 'terminate') this.#end(record.instance, 'Terminated', record.at);
        else if (record.applied && record.routed) this.#end(record.instance, 'Completed', record.at);
        return;
      default:
        return;
    }
  }

  #routed(message: RoutedMessage, at: number): void {
    for (const route of message.to) if ('service' in route) this.#begin(route.instance, route.service, at);
  }

  #begin(instance: string, service: string, at: number): void {
    this.#live.set(instance, { service, created: at, commits: 0, takeovers: 0, owner: null, lostBy: undefined });
  }

  #committed(record: CommitRecord): void {
    for (const message of record.published ?? []) this.#routed(message, record.at);
    for (const { instance } of record.unrouted ?? []) this.#begin(instance, this.#live.get(record.instance)?.service ?? '', record.at);
    this.#owned(record);
    // It is still there, suspended with what it left.
    if (record.discarded !== undefined) return;
    const conclusion = conclusionOf(record);
    if (conclusion === 'terminated') this.#end(record.instance, 'Terminated', record.at, record.error);
    else if (conclusion === 'completed') this.#end(record.instance, 'Completed', record.at);
  }

  #owned({ instance, hostInstance, version }: Pick<CommitHead, 'instance' | 'hostInstance' | 'version'>): void {
    const live = this.#live.get(instance);
    if (!live) return;
    live.commits = version;
    if (isTakeover(live.lostBy, hostInstance)) live.takeovers++;
    live.lostBy = undefined;
    live.owner = hostInstance;
  }

  #end(id: string, state: Finished['state'], at: number, error: InstanceSummary['error'] = null): void {
    const live = this.#live.get(id);
    if (!live) return;
    this.#live.delete(id);
    this.#finished.push({ ...live, id, state, changed: at, error });
    if (this.#finished.length >= KEPT + ROOM) this.#finished.splice(0, ROOM);
  }

  #summary(finished: Finished): InstanceSummary {
    const { id, state, owner, commits, takeovers, created, changed, error } = finished;
    return {
      id,
      orchestration: this.#facts.orchestration(finished),
      kind: this.#facts.kind(finished),
      ...(this.#facts.kind(finished) === 'orchestration' ? { version: versionIn(finished.service) } : {}),
      state,
      pendingOperation: null,
      owner,
      commits,
      takeovers,
      created: isoTime(created),
      changed: isoTime(changed),
      error,
    };
  }
}
