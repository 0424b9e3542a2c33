/** What every kind of granted work is to its host instance. What they have in common, lock, version and commit, is in their slot. */
import type { CommitFrame, DeliveredEntry, HostFrame } from '../messagebox/protocol/frames.ts';
import type { BodyClient } from './bodies.ts';
import type { CommitSlot } from './commitSlot.ts';

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
export interface Workplace {
  readonly bodies: BodyClient;
  readonly draining: boolean;
  /** The instance whose code runs at this moment. */
  running: string | undefined;
  /** @param left called when it is out of this process; never when the connection is lost before */
  send(frame: HostFrame, left?: () => void): void;
  /** MessageBox wall clock, UTC ms. */
  now(): number;
  /** Once, `ms` from now; gives what ends it. */
  after(ms: number, run: () => void): () => void;
  /** The work started or stopped waiting in memory: its place may go to other work. */
  occupies(work: Work, place: boolean): void;
  /** It has nothing to persist and leaves without a commit; the MessageBox decides what becomes of it when this session ends. */
  leaves(work: Work): void;
  log(line: string): void;
}

/** The parts of a commit that most commits leave empty. */
export const EMPTY_COMMIT = {
  consumed: [],
  published: [],
  subscribe: [],
  unsubscribe: [],
  timers: [],
  cancelTimers: [],
  holds: [],
  trace: [],
} as const satisfies Partial<CommitFrame>;

/** Id of the commit made from this version under this lock: the same for each repeat. */
export function commitId(work: { readonly instance: string; readonly version: number; readonly lock: string }): string {
  return `${work.instance}#${String(work.version + 1)}@${work.lock}`;
}
