/** The protocol between the supervisor and the MessageBox; same framing as frames.ts (a JSON array of frames per message). */
import * as v from 'valibot';
import { instanceFilterSchema, SERVICE_KINDS } from '../../control/commandArguments.ts';
import type { GroupEvent } from '../../control/events.ts';
import type { InstancePage, InstanceParts, InstanceSummary, OperationResult } from '../../control/instances.ts';
import type { MessageBoxStatus, OrchestrationStatus } from '../../control/status.ts';
import type { WireError } from '../../errors.ts';
import { type Described, reader } from '../../wire/described.ts';
import { id, ids, text, whole } from './parts.ts';

/** Instances of one `instances` answer: more would keep the MessageBox busy for too long at once. */
export const PAGE_LIMIT = 500;

const profile = v.picklist(['default', 'demo', 'biztalk-classic']);

/** `Observation` of control/events.ts. */
const observation = v.variant('kind', [
  v.object({
    kind: v.literal('groupStarted'),
    name: text,
    profile,
    computers: ids,
    hostInstances: v.array(v.object({ name: id, host: id, computer: id })),
    receiveLocations: v.array(v.object({ name: id, host: id, adapter: v.picklist(['FILE', 'HTTP']) })),
  }),
  v.object({
    kind: v.literal('hostInstanceState'),
    hostInstance: id,
    state: v.picklist(['stopped', 'start pending', 'running', 'stop pending', 'frozen', 'held', 'suspect', 'lost', 'restarting', 'failed']),
    detail: v.exactOptional(text),
  }),
  v.object({ kind: v.literal('computerState'), computer: id, state: v.picklist(['running', 'failed']) }),
  v.object({ kind: v.literal('fault'), fault: v.picklist(['kill', 'freeze', 'computer']), hostInstance: id }),
]);

/** This host instance's process is gone, as its parent saw. */
const processEnd = v.object({
  kind: v.literal('gone'),
  hostInstance: id,
  pid: whole,
  exitCode: v.nullable(v.number()),
  signal: v.nullable(text),
  /** It was ended because it had no lease for too long. */
  hung: v.boolean(),
  /** The error it told of at the end, else the last it wrote to standard error; '' when there was nothing. */
  text,
});

const supervisorFrame = v.variant('kind', [
  v.object({
    kind: v.literal('supervise'),
    protocol: whole,
    profile,
    /** All services of the group file: what is enlisted and not among them takes no more work. */
    services: v.array(v.object({ kind: v.picklist(SERVICE_KINDS), name: id, host: id })),
    /** As in the frame `hosts`. */
    hosts: ids,
    /** Host instances that live now; after a restart the MessageBox waits for these to resume, and for no others. */
    alive: ids,
  }),
  /** Hosts with an instance that runs or is about to: receive locations start when all services of these are enlisted. */
  v.object({ kind: v.literal('hosts'), hosts: ids }),
  /**
   * The supervisor ends or freezes this process itself, or lets it go on: the end of the session it has now is nobody's fault and counts for
   * no instance. A process without a session needs no excuse, and a later one gets none.
   */
  v.object({ kind: v.literal('excuse'), hostInstance: id, pid: whole, on: v.boolean() }),
  processEnd,
  /** For the history; `at`: UTC ms. */
  v.object({ kind: v.literal('observed'), at: whole, what: observation }),
  v.object({ kind: v.literal('status'), request: whole }),
  v.object({
    kind: v.literal('instances'),
    request: whole,
    filter: instanceFilterSchema,
    limit: v.pipe(whole, v.maxValue(PAGE_LIMIT)),
    offset: whole,
  }),
  v.object({ kind: v.literal('instance'), request: whole, instance: id }),
  v.object({
    kind: v.literal('operate'),
    request: whole,
    operation: v.picklist(['suspend', 'resume', 'terminate']),
    filter: instanceFilterSchema,
  }),
  /** Send `changes` from now on, at most one every 100 ms. */
  v.object({ kind: v.literal('watch'), on: v.boolean() }),
  v.object({ kind: v.literal('ping'), request: whole }),
  /** Flush and end. */
  v.object({ kind: v.literal('shutdown') }),
]);

export const readSupervisorFrame = reader(supervisorFrame);

export type SupervisorFrame = Described<typeof supervisorFrame>;
export type ProcessEnd = Described<typeof processEnd>;
/** A service as the group file names it. */
export type NamedService = Extract<SupervisorFrame, { kind: 'supervise' }>['services'][number];

/** What the MessageBox knows of a session; the supervisor merges it into `HostInstanceStatus`. */
export interface SessionReport {
  readonly hostInstance: string;
  /** Process that has the session; `null` without one. */
  readonly pid: number | null;
  readonly active: number;
  readonly credit: number;
  readonly committed: number;
  readonly delivered: number;
  readonly published: number;
  readonly leaseAgeMs: number | null;
  readonly rssMb: number | null;
  readonly draining: boolean;
  /** A debugger holds it: the lease does not end. */
  readonly onHold: boolean;
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
  | { readonly kind: 'pong'; readonly request: number }
  /** The question is not one the MessageBox understands or can answer. */
  | { readonly kind: 'refused'; readonly request: number; readonly error: WireError };
