/** What a user interface knows of a run that can be looked back at: of the group that runs, or from a file. All times are UTC ms. */
import type { FaultKind } from './events.ts';

/** A moment worth going to. */
export interface RunMark {
  readonly at: number;
  readonly kind: FaultKind | 'ownerLost' | 'suspended' | 'messageBoxStarted';
  /** Host instance, instance or MessageBox it is about. */
  readonly subject: string;
}

/** A whole run at a glance. */
export interface RunOverview {
  readonly from: number;
  readonly to: number;
  readonly records: number;
  /** False: it began earlier than the first record that is there. */
  readonly complete: boolean;
  /** Commits in equal parts of the time. */
  readonly activity: readonly number[];
  /** Oldest first, at most 500. */
  readonly marks: readonly RunMark[];
}

/** What a load chart shows of one moment. The counts begin anew when the MessageBox starts. */
export interface LoadSample {
  readonly at: number;
  /** So far, by host instance. */
  readonly committed: Readonly<Record<string, number>>;
  readonly delivered: Readonly<Record<string, number>>;
  readonly published: Readonly<Record<string, number>>;
  /** Orchestrations and ports it holds, by host instance. */
  readonly active: Readonly<Record<string, number>>;
  /** Instances that wait for an owner, by host. */
  readonly queued: Readonly<Record<string, number>>;
  /** Host instances that run, by host. */
  readonly running: Readonly<Record<string, number>>;
}
