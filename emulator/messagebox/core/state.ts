/**
 * The MessageBox's durable state: plain data, changed only by `apply`. What belongs to the running process is in `holdings.ts`.
 */
import type { InstanceError } from '../../engine/door.ts';
import type { Properties } from '../../orchestration/message.ts';
import type { Filter } from '../../orchestration/predicates.ts';
import type { Service } from '../protocol/frames.ts';

export interface Message {
  readonly id: string;
  readonly type: string;
  readonly properties: Properties;
  readonly body?: string;
  readonly bodyHash?: string;
  /** Queue entries and holds that refer to it; at 0 it leaves the MessageBox. */
  references: number;
}

export interface Entry {
  readonly id: string;
  /** Subscription that matched, or the timer's id. */
  readonly subscription: string;
  readonly message?: string;
  readonly timer?: string;
}

export interface InstanceSubscription {
  readonly id: string;
  readonly filter: Filter;
  /** Created together with the instance: a match joins it instead of activating another (docs/behaviour.md, section 11). */
  readonly convoy: boolean;
}

export interface Timer {
  readonly id: string;
  /** UTC ms */
  readonly due: number;
}

/**
 * ready: can run (Active while granted). idle: dehydrated, waits for a message or timer. suspendedNotResumable: nothing of it goes on, it
 * only keeps its messages. ended: it left the MessageBox; a queue or a host instance may still have a reference to it.
 */
export type InstanceStatus = 'ready' | 'idle' | 'suspended' | 'suspendedNotResumable' | 'ended';

export interface Instance {
  readonly id: string;
  /** Id of the service it is pinned to; only an instance that has not committed anything ever changes it. */
  service: string;
  readonly kind: Service['kind'];
  host: string;
  status: InstanceStatus;
  version: number;
  lastCommit: string | null;
  state: string | null;
  queue: Entry[];
  waits: readonly string[];
  holds: readonly string[];
  timers: Timer[];
  subscriptions: InstanceSubscription[];
  /** Abnormal releases since the last commit (docs/failure-model.md, 4.6). */
  attempt: number;
  takeovers: number;
  /** Name of the host instance that committed or lost it last. */
  owner: string | null;
  /** The owner was lost and nobody committed since. */
  orphaned: boolean;
  operation: 'suspend' | 'terminate' | null;
  readonly created: number;
  changed: number;
  error: InstanceError | null;
}

/** What is remembered of a submission. */
export interface ReceivedId {
  readonly location: string;
  /** When it was submitted, UTC ms; 0: not known. */
  readonly at: number;
}

export interface FinishedCounts {
  completed: number;
  terminated: number;
}

export interface MessageBoxState {
  generation: number;
  /** Random, of this data folder; '' before its first generation. */
  origin: string;
  /** Sequence of the last applied record. */
  sequence: number;
  /** Highest wall clock ever recorded: time in the MessageBox never goes back (docs/failure-model.md, P17). */
  at: number;
  /** Every version there ever was, by id: what instances are pinned to and what the history is told with. */
  readonly services: Map<string, Service>;
  /** Which of them take activations: the id by `enlistedAs`. */
  readonly enlisted: Map<string, string>;
  readonly instances: Map<string, Instance>;
  readonly messages: Map<string, Message>;
  /** Receive ids whose source may still exist. */
  readonly receiveIds: Map<string, ReceivedId>;
  /** Host instances with a session: the ones a restarted MessageBox waits for. */
  readonly sessions: Map<string, string>;
  /** Commits by host instance. */
  readonly committed: Map<string, number>;
  /** By service id. */
  readonly finished: Map<string, FinishedCounts>;
  /** Last commit of recently finished instances: the memory for a retried last commit. */
  readonly lastCommits: Map<string, string>;
}

/** Its orchestration has ended: it stands nowhere and waits for nothing. The messages in its queue stay. */
export function comeToRest(instance: Instance): void {
  instance.state = null;
  instance.waits = [];
  instance.timers = [];
  instance.queue = instance.queue.filter(({ message }) => message !== undefined);
}

/** A name belongs to one service of each kind: a send port may be called what a receive location is called. */
export function enlistedAs({ kind, name }: Pick<Service, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}

export function emptyState(): MessageBoxState {
  return {
    generation: 0,
    origin: '',
    sequence: 0,
    at: 0,
    services: new Map(),
    enlisted: new Map(),
    instances: new Map(),
    messages: new Map(),
    receiveIds: new Map(),
    sessions: new Map(),
    committed: new Map(),
    finished: new Map(),
    lastCommits: new Map(),
  };
}
