/**
 * A MessageBox whose state is not decided but read: its records come from a journal, one by one. Everything that describes a MessageBox
 * (summaries, counts, reports, queries) works on it unchanged, so the past is shown by the same code as the present.
 */
import { profiles } from '../cluster/profiles.ts';
import type { GroupEvent } from '../control/events.ts';
import type { Profile } from '../cluster/clusterFile.ts';
import type { Service } from '../messagebox/protocol/frames.ts';
import { MessageBox } from '../messagebox/core/messageBox.ts';
import { conclusionOf } from '../messagebox/core/recordRules.ts';
import type { CommitRecord, JournalRecord, SessionEndRecord, SessionRecord } from '../messagebox/core/records.ts';
import { Reports } from '../messagebox/view/reports.ts';
import type { Session, Traffic } from '../messagebox/core/sessions.ts';
import { emptyState, type Instance } from '../messagebox/core/state.ts';
import { Store, type Watcher } from '../messagebox/core/store.ts';
import type { MessageBoxReport } from '../messagebox/protocol/supervisorFrames.ts';

export interface ReplayedMessageBoxOptions {
  readonly profile: Profile;
  /** Services enlisted before the first record that is read. */
  readonly services: readonly Service[];
  /** An instance ended; afterwards it is no longer in the store. */
  readonly ended: (instance: Instance, how: 'completed' | 'terminated') => void;
}

export class ReplayedMessageBox {
  readonly messageBox: MessageBox;
  readonly #reports: Reports;
  readonly #watcher: Watcher;
  #sequence = 0;
  #at = 0;

  constructor({ profile, services, ended }: ReplayedMessageBoxOptions) {
    const clocks = { monotonic: () => this.#at, wall: () => this.#at };
    const store = new Store(emptyState(), { append: () => this.#sequence }, clocks, () => undefined);
    this.messageBox = new MessageBox(store, profiles[profile]);
    this.#reports = new Reports(this.messageBox, () => ({ journalBytes: 0 }));
    this.#watcher = this.#watch(ended);
    store.watcher = this.#watcher;
    store.record({ kind: 'enlist', at: 0, services });
  }

  /** UTC ms of the last record. */
  get at(): number {
    return this.#at;
  }

  report(): MessageBoxReport {
    return this.#reports.status();
  }

  /** The next record. False: it is about an instance that began before the first record that was read. */
  add(record: JournalRecord, sequence: number): boolean {
    this.#sequence = sequence;
    this.#at = Math.max(this.#at, record.at);
    if (record.kind === 'commit' && !this.#instance(record.instance)) return false;
    this.#before(record);
    this.messageBox.store.record(record, record.kind === 'grant');
    this.#after(record);
    this.#count(record);
    return true;
  }

  /** What happened since the last call, as the MessageBox would have reported it. */
  takeEvents(): readonly GroupEvent[] {
    return this.#reports.takeEvents();
  }

  /** Ownership is no part of the durable state: it is followed here, from what the records say of it. */
  #before(record: JournalRecord): void {
    if (record.kind === 'commit') this.#release(record);
    else if (record.kind === 'sessionEnd') this.#endSession(record);
    else if (record.kind === 'generation' && record.generation !== this.messageBox.store.state.generation) this.#restarted();
  }

  #after(record: JournalRecord): void {
    const { store, sessions } = this.messageBox;
    if (record.kind === 'session') {
      const session = { ...sessionOf(record, this.#at), traffic: sessions.trafficOf(record.hostInstance) };
      sessions.add(session);
      for (const id of record.resumed ?? []) this.#take(session, id);
    } else if (record.kind === 'grant') {
      const session = sessions.of(record.hostInstance);
      if (!session) return;
      session.credit = Math.max(0, record.credit - record.instances.length);
      for (const id of record.instances) this.#take(session, id);
    } else if (record.kind === 'submit' && record.waiting) {
      const session = sessions.of(record.hostInstance);
      if (session) this.#take(session, record.waiting.instance);
    } else if (record.kind === 'sessionEnd') {
      const { hostInstance, reason, lost } = record;
      this.#watcher.ownerLost(
        hostInstance,
        reason,
        lost.map(({ instance }) => instance),
      );
      for (const { instance: id } of lost) {
        const instance = this.#instance(id);
        if (instance) store.enqueue(instance);
      }
    }
  }

  /** Messages from and to host instances. What was handed over again after a reconnection is not in the records. */
  #count(record: JournalRecord): void {
    const { sessions } = this.messageBox;
    if (record.kind === 'submit') sessions.trafficOf(record.hostInstance).published++;
    if (record.kind === 'commit') sessions.trafficOf(record.hostInstance).published += record.published?.length ?? 0;
    if (record.kind === 'grant') {
      const queued = record.instances.map((id) => this.#instance(id)?.queue.length ?? 0);
      sessions.trafficOf(record.hostInstance).delivered += queued.reduce((sum, length) => sum + length, 0);
    }
    for (const { to } of record.kind === 'submit' ? [record.message] : record.kind === 'commit' ? (record.published ?? []) : []) {
      for (const { instance } of to) {
        const traffic = this.#trafficOf(instance);
        if (traffic) traffic.delivered++;
      }
    }
  }

  #take(session: Session, id: string): void {
    const instance = this.#instance(id);
    const { store, dispatch } = this.messageBox;
    if (!instance || store.holdings.isHeld(instance)) return;
    dispatch.take(session, instance);
    store.queue(instance.service).trim();
  }

  #release(record: CommitRecord): void {
    const instance = this.#instance(record.instance);
    if (instance && conclusionOf(record) !== 'running') this.messageBox.dispatch.letGo(instance);
  }

  #endSession({ session: id, hostInstance }: SessionEndRecord): void {
    const { sessions } = this.messageBox;
    const session = sessions.of(hostInstance);
    if (session?.id !== id) return;
    for (const instance of session.held) this.messageBox.store.holdings.release(instance);
    session.held.clear();
    sessions.remove(session);
  }

  #restarted(): void {
    const { sessions, store } = this.messageBox;
    for (const session of [...sessions.live.values()]) {
      const held = [...session.held];
      for (const instance of held) store.holdings.release(instance);
      session.held.clear();
      sessions.remove(session);
      for (const instance of held) {
        store.enqueue(instance);
        store.touched(instance);
      }
    }
  }

  #trafficOf(id: string): Traffic | undefined {
    const instance = this.#instance(id);
    return instance && this.messageBox.store.holdings.grantOf(instance)?.session.traffic;
  }

  #instance(id: string): Instance | undefined {
    return this.messageBox.store.state.instances.get(id);
  }

  #watch(ended: ReplayedMessageBoxOptions['ended']): Watcher {
    const reports = this.#reports;
    return {
      instanceChanged: (instance) => reports.instanceChanged(instance),
      instanceGone: (instance, how) => {
        reports.instanceGone(instance, how);
        ended(instance, how);
      },
      ownerLost: (hostInstance, reason, instances) => reports.ownerLost(hostInstance, reason, instances),
      suspended: (instance) => reports.suspended(instance),
    };
  }
}

/** Its connection is long gone: nobody is told anything. */
const NOBODY = { send: () => undefined, close: () => undefined };

function sessionOf(record: SessionRecord, now: number): Omit<Session, 'traffic'> {
  const { session: id, hostInstance, host, computer, pid, services = [] } = record;
  return {
    ...{ id, hostInstance, host, computer, pid, connection: NOBODY, services: new Set(services), held: new Set<Instance>() },
    ...{ credit: 0, lastSeen: now, lastGrant: 0, alone: null, rssMb: null, active: 0 },
    ...{ draining: false, onHold: false, excused: false, running: null, processEnd: null },
  };
}
