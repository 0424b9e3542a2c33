/** What every kind of granted work is to its host instance. What they have in common, lock, version and commit, is in their slot. */
import type { DeliveredEntry, HostFrame } from '../messagebox/protocol/frames.ts';
import type { CommitPlace, CommitSlot } from './commitSlot.ts';

/** `progress` with the shape whose code runs next. */
export type Announcement = Extract<HostFrame, { kind: 'progress' }> & { readonly next: number };

export interface Work {
  readonly slot: CommitSlot;
  /** First run under this grant. */
  start(): void;
  /** New queue entries. */
  deliver(entries: readonly DeliveredEntry[]): void;
  /** A new session goes on with it: asks again for what the lost connection may have swallowed. The commit is the slot's. */
  reconnected(): void;
  /** It left this host instance: ended, dehydrated, or fenced. Effects not yet started must not start. */
  dropped(): void;
  /** An operator wants it suspended or terminated: commit now if blocked; otherwise the next commit does it. */
  operate(): void;
  /** Controlled stop: persist at once what is blocked; what runs persists at its next point. */
  drain(): void;
}

/** What work needs of its host instance. */
export interface Workplace extends CommitPlace {
  readonly draining: boolean;
  /** The instance whose code runs at this moment. */
  running: string | undefined;
  /**
   * Tells the MessageBox that the code of a shape is about to run, then calls back. One after the other, also of different work: when this
   * process ends, the last that was told is what ran. Without a connection nobody is called back; the work tells again with the next session.
   */
  announce(frame: Announcement, told: () => void): void;
  /** MessageBox wall clock, UTC ms. */
  now(): number;
  /** Once, `ms` from now; gives what ends it. */
  after(ms: number, run: () => void): () => void;
  /** The work started or stopped waiting in memory: its place may go to other work. */
  occupies(work: Work, place: boolean): void;
  /** It has nothing to persist and leaves without a commit; the MessageBox decides what becomes of it when this session ends. */
  leaves(work: Work): void;
}
