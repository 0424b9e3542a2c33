/** What every kind of granted work has in common: a lock, a version, at most one commit under way. */
import type { CommitFrame, DeliveredEntry, HostFrame } from '../messagebox/protocol/frames.ts';

export interface Work {
  readonly instance: string;
  /** Of the last acknowledged commit. */
  version: number;
  lock: string;
  /** Sent and not answered: repeated as it is after a reconnection. */
  pending: CommitFrame | undefined;
  /** First run under this grant. */
  start(): void;
  /** New queue entries. */
  deliver(entries: readonly DeliveredEntry[]): void;
  /** The pending commit is on disk and the instance goes on here. */
  acknowledged(now: number): void;
  /** It left this host instance: ended, dehydrated, or fenced. Effects not yet started must not start. */
  dropped(): void;
  /** A new session goes on with it: says again what the lost connection may have swallowed. */
  reconnected(): void;
  /** The MessageBox refused the commit: suspend with this reason. */
  rejected(code: string, reason: string): void;
  /** An operator wants it suspended or terminated: commit now if blocked; otherwise the next commit does it. */
  operate(): void;
  /** Controlled stop: persist at once what is blocked; what runs persists at its next point. */
  drain(): void;
}

/** What work needs of its host instance. */
export interface Workplace {
  send(frame: HostFrame): void;
  /** MessageBox wall clock, UTC ms. */
  now(): number;
  readonly draining: boolean;
  /** The work started or stopped waiting in memory: its place may go to other work. */
  occupies(work: Work, place: boolean): void;
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
export function commitId(work: Pick<Work, 'instance' | 'version' | 'lock'>): string {
  return `${work.instance}#${String(work.version + 1)}@${work.lock}`;
}
