/**
 * Instances that ended, from the journal: they have left the MessageBox, so that its size follows live work. Reads on from where it was
 * each time it is asked; nobody asks, nothing is read.
 */
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import type { InstanceSummary } from '../group/control.ts';
import type { Service } from '../messagebox/frames.ts';
import type { CommitRecord, JournalRecord, RoutedMessage } from '../messagebox/records.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import { type JournalTail, tail } from './journalReader.ts';

/** Newest ones kept for lists; `show` finds the older ones too. */
const KEPT = 100_000;
/** Records read between two rests. */
const STRETCH = 2000;

interface Live {
  readonly service: string;
  readonly created: number;
  commits: number;
  takeovers: number;
  owner: string | null;
  lostBy: string | undefined;
}

export class FinishedInstances {
  readonly #tail: JournalTail<JournalRecord>;
  readonly #services = new Map<string, Service>();
  readonly #live = new Map<string, Live>();
  /** Oldest first. */
  readonly #finished = new Map<string, InstanceSummary>();
  #reading: Promise<void> | undefined;

  constructor(dataFolder: string) {
    this.#tail = tail(join(dataFolder, MESSAGE_BOX_FOLDER), 1);
  }

  /** Newest first. @throws SohError 'messageBox.damaged' */
  async list(): Promise<InstanceSummary[]> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    await this.#reading;
    return [...this.#finished.values()].reverse();
  }

  async #read(): Promise<void> {
    for (;;) {
      const records = this.#tail.next(STRETCH);
      for (const { record } of records) this.#add(record);
      if (records.length < STRETCH) return;
      await breathe();
    }
  }

  #add(record: JournalRecord): void {
    switch (record.kind) {
      case 'enlist':
        for (const service of record.services) this.#services.set(service.id, service);
        return;
      case 'submit':
        this.#routed(record.message, record.at);
        for (const kept of [record.suspended, record.waiting]) {
          if (kept) this.#begin(kept.instance, record.waiting?.service ?? record.location, record.at);
        }
        return;
      case 'commit':
        this.#committed(record);
        return;
      case 'sessionEnd':
        for (const { instance } of record.lost) {
          const live = this.#live.get(instance);
          if (live) live.lostBy = record.hostInstance;
        }
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
    const live = this.#live.get(record.instance);
    if (!live) return;
    live.commits = record.version;
    if (live.lostBy !== undefined && live.lostBy !== record.hostInstance) live.takeovers++;
    live.lostBy = undefined;
    live.owner = record.hostInstance;
    if (record.operated === 'terminate' || record.outcome === 'terminated')
      this.#end(record.instance, 'Terminated', record.at, record.error);
    else if (record.outcome === 'completed' && record.discarded === undefined) this.#end(record.instance, 'Completed', record.at);
  }

  #end(id: string, state: 'Completed' | 'Terminated', at: number, error: InstanceSummary['error'] = null): void {
    const live = this.#live.get(id);
    if (!live) return;
    this.#live.delete(id);
    const service = this.#services.get(live.service);
    this.#finished.set(id, {
      id,
      orchestration: service?.name ?? live.service,
      kind: service?.kind ?? 'receiveLocation',
      state,
      pendingOperation: null,
      owner: live.owner,
      commits: live.commits,
      takeovers: live.takeovers,
      created: new Date(live.created).toISOString(),
      changed: new Date(at).toISOString(),
      error,
    });
    if (this.#finished.size <= KEPT) return;
    const [oldest] = this.#finished.keys();
    if (oldest !== undefined) this.#finished.delete(oldest);
  }
}
