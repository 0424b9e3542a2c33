/** The protocol between the supervisor and the MessageBox; same framing as frames.ts (a JSON array of frames per message). */
import type { GroupEvent, Observation } from '../../control/events.ts';
import type { InstanceFilter, InstancePage, InstanceParts, InstanceSummary, OperationResult } from '../../control/instances.ts';
import type { MessageBoxStatus, OrchestrationStatus } from '../../control/status.ts';
import type { Profile } from '../../cluster/clusterFile.ts';

/** Instances of one `instances` answer: more would keep the MessageBox busy for too long at once. */
export const PAGE_LIMIT = 500;

export type SupervisorFrame =
  | {
      readonly kind: 'supervise';
      readonly protocol: number;
      readonly profile: Profile;
      /** Names of all services of the group file: receive locations start when all are enlisted. */
      readonly expected: readonly string[];
      /** Host instances that live now; after a restart the MessageBox waits for these to resume, and for no others. */
      readonly alive: readonly string[];
    }
  /** The supervisor ends this host instance itself: its death is nobody's fault and counts for no instance. */
  | { readonly kind: 'excuse'; readonly hostInstance: string }
  /** This host instance's process is gone, as its parent saw. */
  | { readonly kind: 'gone'; readonly hostInstance: string }
  /** For the history; `at`: UTC ms. */
  | { readonly kind: 'observed'; readonly at: number; readonly what: Observation }
  | { readonly kind: 'status'; readonly request: number }
  | {
      readonly kind: 'instances';
      readonly request: number;
      readonly filter: InstanceFilter;
      readonly limit: number;
      readonly offset: number;
    }
  | { readonly kind: 'instance'; readonly request: number; readonly instance: string }
  | {
      readonly kind: 'operate';
      readonly request: number;
      readonly operation: 'suspend' | 'resume' | 'terminate';
      readonly filter: InstanceFilter;
    }
  /** Send `changes` from now on, at most one every 100 ms. */
  | { readonly kind: 'watch'; readonly on: boolean }
  | { readonly kind: 'ping'; readonly request: number }
  /** Flush and end. */
  | { readonly kind: 'shutdown' };

/** What the MessageBox knows of a session; the supervisor merges it into `HostInstanceStatus`. */
export interface SessionReport {
  readonly hostInstance: string;
  readonly active: number;
  readonly credit: number;
  readonly committed: number;
  readonly delivered: number;
  readonly published: number;
  readonly leaseAgeMs: number | null;
  readonly rssMb: number | null;
  readonly draining: boolean;
}

export interface MessageBoxReport {
  readonly status: Omit<MessageBoxStatus, 'pid' | 'state' | 'error'>;
  readonly sessions: readonly SessionReport[];
  readonly services: readonly OrchestrationStatus[];
  readonly receiveEnabled: boolean;
}

/** Everything the MessageBox says of one live instance, from one moment. */
export type LiveInstance = InstanceSummary & InstanceParts;

export type SupervisorReply =
  | { readonly kind: 'supervised'; readonly generation: number }
  | { readonly kind: 'status'; readonly request: number; readonly report: MessageBoxReport }
  | ({ readonly kind: 'instances'; readonly request: number } & InstancePage)
  /** `null`: there is no live instance of that id. */
  | { readonly kind: 'instance'; readonly request: number; readonly live: LiveInstance | null }
  | { readonly kind: 'operated'; readonly request: number; readonly result: OperationResult }
  | {
      readonly kind: 'changes';
      readonly report: MessageBoxReport;
      readonly instances: readonly InstanceSummary[];
      readonly events: readonly GroupEvent[];
    }
  | { readonly kind: 'pong'; readonly request: number };
