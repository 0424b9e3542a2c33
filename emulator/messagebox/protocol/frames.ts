/**
 * The protocol between a host instance and the MessageBox. A WebSocket message is a JSON array of frames: everything one side had to
 * say in one turn of its event loop. Ownership rules: docs/architecture.md, "Who owns an instance" (generation, session, lock,
 * version).
 *
 * Host instances run user code, so what they say is described here once, and the description checks it (`readHostFrame`). What the
 * MessageBox says is not checked: it runs no code but ours.
 */
import * as v from 'valibot';
import { SERVICE_KINDS } from '../../control/commandArguments.ts';
import type { InstanceError } from '../../engine/door.ts';
import { type Described, reader } from '../../wire/described.ts';
import { filter, id, ids, jsonText, properties, propertyName, text, time, whole } from './parts.ts';

/** Raise when a peer of the last version could misread a frame. */
export const PROTOCOL_VERSION = 2;

const outlineEntry = v.object({
  kind: text,
  name: text,
  parent: v.number(),
  transaction: v.exactOptional(v.picklist(['longRunning', 'atomic'])),
  orchestration: v.exactOptional(text),
  compensates: v.exactOptional(text),
  source: v.exactOptional(v.object({ file: id, line: whole })),
});

const activation = v.object({
  /** Number of the activating Receive shape. */
  id,
  filter,
  /**
   * Instance subscriptions that the MessageBox creates together with the instance, because the activating Receive initializes the
   * correlation sets they follow. This is the convoy rule (docs/behaviour.md, section 11): a message that matches one of them joins
   * the existing instance instead of activating another, atomically. `correlation`: promoted properties whose value comes from the
   * activating message.
   */
  follows: v.array(v.object({ id, filter, correlation: v.array(propertyName) })),
});

const field = v.object({ path: text, type: v.picklist(['string', 'number', 'decimal', 'boolean']) });
const fields = v.record(propertyName, field);

const messageType = v.object({
  name: text,
  format: v.picklist(['xml', 'json']),
  namespaces: v.record(propertyName, text),
  promoted: fields,
  distinguished: fields,
  /** What bodies in JSON are recognised by, when the type says it. */
  members: v.exactOptional(v.array(text)),
  /** Receive ports from which the orchestration takes it; `*` = any. */
  receivePorts: v.exactOptional(v.array(text)),
});

const service = v.object({
  /** `name@version` for an orchestration, `name@receive` for a receive location, the name for a send port: what an instance is pinned to. */
  id,
  /** Other ids it is known by: instances pinned to one of them are its own too. */
  aliases: v.exactOptional(ids),
  name: id,
  kind: v.picklist(SERVICE_KINDS),
  host: id,
  /** Activation subscriptions; a match creates an instance. */
  activations: v.array(activation),
  /** The shapes, by their number; kept for the history. Files of their sources are relative to the folder of the group file. */
  outline: v.array(outlineEntry),
  /** Those its module declares: receive locations know them from here, because their host instances load no module that is not theirs. */
  messageTypes: v.exactOptional(v.array(messageType)),
});

const newMessage = v.object({ type: text, properties, body: v.exactOptional(text), bodyHash: v.exactOptional(id) });

/** A shape that ran: number in the outline, and ms since the start of the run the commit belongs to. */
const trace = v.array(v.tuple([whole, v.number()]));

const error = v.object({
  code: text,
  message: text,
  /** Name of the shape it happened in. */
  shape: v.exactOptional(text),
});

const timers = v.array(v.object({ id, due: time }));

const commit = v.object({
  kind: v.literal('commit'),
  /** `instance#version@lock`; the same for every retry of the same commit. */
  id,
  instance: id,
  lock: id,
  /** Version the commit was made from. */
  base: whole,
  /** The saved state; missing: unchanged since the last commit. */
  state: v.exactOptional(jsonText),
  consumed: ids,
  /** In the order they were sent. The id of the n-th is `<instance>/<version>/<n>`. */
  published: v.array(v.object({ ...newMessage.entries, shape: whole })),
  subscribe: v.array(v.object({ id, filter })),
  unsubscribe: ids,
  /** Durable timers; `due`: UTC ms. */
  timers,
  cancelTimers: ids,
  /** Ids of received messages the saved state still refers to; kept, and handed out with the next grant. */
  holds: ids,
  trace,
  /** Merged points in the order they were reached. */
  points: v.array(v.picklist(['scope-end', 'send', 'start-orchestration', 'breakpoint', 'suspension', 'shutdown', 'dehydration', 'end'])),
  outcome: v.picklist(['running', 'idle', 'completed', 'terminated', 'suspended']),
  /** Why it is suspended or was terminated. */
  error: v.exactOptional(error),
  /** With outcome 'idle': the subscriptions and timers it waits for; only these wake it. Without any it was saved while it ran, and is ready. */
  waits: v.exactOptional(ids),
});

const submit = v.object({
  kind: v.literal('submit'),
  request: whole,
  location: id,
  /** location + file identity + content hash: submitting it again is recognised. */
  receiveId: id,
  message: newMessage,
  /** The message cannot be processed: it is suspended with this reason and kept. */
  malformed: v.exactOptional(error),
  /** Two-way: an instance of the location's service waits for the response, owned by this session. */
  twoWay: v.exactOptional(v.object({ timeoutMs: v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15 / 2)) })),
});

/** Host instance -> MessageBox. */
const hostFrame = v.variant('kind', [
  commit,
  /** Room for so many more instances. */
  v.object({ kind: v.literal('pull'), credit: v.pipe(whole, v.maxValue(100_000)) }),
  v.object({ kind: v.literal('heartbeat'), loopLagMs: v.number(), active: whole, rssMb: v.number() }),
  /**
   * The instance is blocked in memory; what ran since its last commit is at risk. `timers`: the times that it waits for and its owner alone
   * keeps; `due`: UTC ms. `next`: number of the shape whose code runs next.
   */
  v.object({ kind: v.literal('progress'), instance: id, trace, timers: v.exactOptional(timers), next: v.exactOptional(whole) }),
  submit,
  /** The source of these receive ids is gone: they can be forgotten. */
  v.object({ kind: v.literal('forget'), receiveIds: ids }),
  /** Which receive ids of this location are remembered? `begin`: from the first one on; else where the last answer ended. */
  v.object({ kind: v.literal('keptIds'), request: whole, location: id, begin: v.boolean() }),
  /** Keep my lease: a debugger is about to stop me (docs/failure-model.md, 4.2). */
  v.object({ kind: v.literal('hold'), on: v.boolean() }),
  /** No more grants; running work goes on to its next persistence point. */
  v.object({ kind: v.literal('drain') }),
  v.object({ kind: v.literal('bye') }),
  /** `data`: base64, at most 1 MiB decoded. */
  v.object({ kind: v.literal('putBody'), request: whole, hash: id, offset: whole, last: v.boolean(), data: text }),
  v.object({ kind: v.literal('getBody'), request: whole, hash: id, offset: whole }),
  v.object({
    kind: v.literal('hello'),
    protocol: whole,
    hostInstance: id,
    host: id,
    computer: id,
    pid: whole,
    services: v.array(service),
    /** This process was welcomed before: what it announces is not newer than what others announced meanwhile. */
    again: v.exactOptional(v.boolean()),
    /** Work held before the connection was lost; the MessageBox gives new locks for what is still current. */
    resume: v.array(v.object({ instance: id, version: whole, pending: v.exactOptional(id) })),
  }),
]);

export const readHostFrame = reader(hostFrame);

export type HostFrame = Described<typeof hostFrame>;
export type CommitFrame = Described<typeof commit>;
export type SubmitFrame = Described<typeof submit>;
/** A service the host instances of a host can run: an orchestration, a send port or a two-way receive location. */
export type Service = Described<typeof service>;
export type Activation = Described<typeof activation>;
/** A message on its way into the MessageBox. Either a body, or the hash of a body put there before (`putBody`). */
export type NewMessage = Described<typeof newMessage>;

/** A stored message as it is handed to a host instance. */
export interface StoredMessage extends NewMessage {
  readonly id: string;
}

export interface GrantedInstance {
  readonly instance: string;
  readonly service: string;
  readonly lock: string;
  readonly version: number;
  /** `null` before the first commit. */
  readonly state: string | null;
  readonly queue: readonly DeliveredEntry[];
  /** Messages the state refers to. */
  readonly held: readonly StoredMessage[];
  /** Timers that fired and are not yet consumed are in the queue; these are still running. */
  readonly timers: readonly { readonly id: string; readonly due: number }[];
  /** Runs alone: a host instance died on it at least twice (docs/failure-model.md, 4.6). */
  readonly alone: boolean;
  /** A host instance died while it held this: the MessageBox is told of each shape before its code runs. */
  readonly tellAhead: boolean;
  /** How often a persisted instance changed its owner. */
  readonly takeovers: number;
}

/** A queue entry: a message for a subscription, or a timer that fired. */
export interface DeliveredEntry {
  readonly id: string;
  readonly subscription: string;
  readonly message?: StoredMessage;
  readonly timer?: string;
}

/** MessageBox -> host instance. */
export type MessageBoxFrame =
  | {
      readonly kind: 'welcome';
      readonly session: string;
      readonly generation: number;
      /** MessageBox wall clock, ms since 1970: the only clock that counts. */
      readonly now: number;
      readonly heartbeatMs: number;
      readonly leaseMs: number;
      /** New locks of work that goes on; everything else the host still holds must be dropped. */
      readonly resumed: readonly { readonly instance: string; readonly lock: string; readonly version: number }[];
    }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  /**
   * Every service that can be there is enlisted: receive locations may take messages in. Said again when the types have changed. False: the disk
   * is full, they pause.
   */
  | {
      readonly kind: 'receive';
      readonly enabled: boolean;
      /** Message types the modules of the enlisted orchestrations declare, by the orchestration's name. */
      readonly messageTypes: Readonly<Record<string, NonNullable<Service['messageTypes']>>>;
    }
  | { readonly kind: 'grant'; readonly now: number; readonly instances: readonly GrantedInstance[] }
  | { readonly kind: 'deliver'; readonly instance: string; readonly lock: string; readonly entries: readonly DeliveredEntry[] }
  | {
      readonly kind: 'ack';
      readonly instance: string;
      readonly id: string;
      readonly version: number;
      readonly now: number;
      /** The instance left this host instance: it ended, went idle, or an operator's pending operation was applied. */
      readonly released: boolean;
    }
  /** The session or lock is not current: drop the instance and every effect not yet started. */
  | { readonly kind: 'fenced'; readonly instance: string; readonly id: string }
  | {
      readonly kind: 'rejected';
      readonly instance: string;
      readonly id: string;
      readonly code: string;
      readonly reason: string;
      /** Index of what it publishes and nobody subscribes to. */
      readonly publish?: number;
    }
  /** What was said is not a frame: it was not heard; nothing else was lost. */
  | { readonly kind: 'notUnderstood'; readonly said: string; readonly reason: string }
  /** An operator wants it suspended or terminated: commit at the next point (at once when blocked). */
  | { readonly kind: 'operate'; readonly instance: string; readonly operation: 'suspend' | 'terminate' }
  | {
      readonly kind: 'submitted';
      readonly request: number;
      readonly duplicate: boolean;
      /** id of the two-way instance */ readonly instance?: string;
      readonly lock?: string;
      readonly suspended?: InstanceError;
      /** It is not a message the MessageBox can keep as it was submitted, or there is no room for it now; nothing of it was taken. */
      readonly refused?: InstanceError;
    }
  /** A page of the remembered receive ids, with the time they came at (UTC ms; 0: not known). */
  | {
      readonly kind: 'keptIds';
      readonly request: number;
      readonly ids: readonly (readonly [id: string, at: number])[];
      readonly more: boolean;
    }
  | { readonly kind: 'bodyStored'; readonly request: number; readonly error?: string }
  | { readonly kind: 'body'; readonly request: number; readonly data: string; readonly last: boolean; readonly error?: string };
