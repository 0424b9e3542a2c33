/**
 * The format of a journal record: the one door through which records come back from a disk or a run file. It stands apart from the frames'
 * schemas: what a host instance may say can become stricter any time, what was once written has to stay readable.
 */
import * as v from 'valibot';
import type { Format, Same } from '../../format.ts';
import { accepted } from '../../wire/exactly.ts';
import type { JournalRecord } from './records.ts';

const text = v.string();
const texts = v.array(text);
const number = v.number();
const flag = v.boolean();
const value = v.union([text, number, flag]);
const properties = v.record(text, value);
const predicate = v.union([
  v.strictObject({ property: text, operator: v.literal('exists') }),
  v.strictObject({ property: text, operator: v.picklist(['==', '!=', '<', '<=', '>', '>=']), value }),
]);
export const filter = v.array(v.array(predicate));
const subscribe = v.strictObject({ id: text, filter });
export const timer = v.strictObject({ id: text, due: number });
const trace = v.array(v.tuple([number, number]));
export const instanceError = v.strictObject({ code: text, message: text, shape: v.exactOptional(text) });
export const serviceKind = v.picklist(['orchestration', 'sendPort', 'receiveLocation']);

/** Parts of a message that stay the same in a record and in the state. */
export const messageParts = { id: text, type: text, properties, body: v.exactOptional(text), bodyHash: v.exactOptional(text) };

const field = v.strictObject({ path: text, type: v.picklist(['string', 'number', 'decimal', 'boolean']) });
const messageType = v.strictObject({
  name: text,
  format: v.picklist(['xml', 'json']),
  namespaces: v.record(text, text),
  promoted: v.record(text, field),
  distinguished: v.record(text, field),
  members: v.exactOptional(texts),
  receivePorts: v.exactOptional(texts),
});

export const service = v.strictObject({
  id: text,
  aliases: v.exactOptional(texts),
  name: text,
  kind: serviceKind,
  host: text,
  activations: v.array(v.strictObject({ id: text, filter, follows: v.array(v.strictObject({ id: text, filter, correlation: texts })) })),
  outline: v.array(
    v.strictObject({
      kind: text,
      name: text,
      parent: number,
      transaction: v.exactOptional(v.picklist(['longRunning', 'atomic'])),
      orchestration: v.exactOptional(text),
      compensates: v.exactOptional(text),
      source: v.exactOptional(v.strictObject({ file: text, line: number })),
    }),
  ),
  messageTypes: v.exactOptional(v.array(messageType)),
});

const route = v.union([
  v.strictObject({ instance: text, entry: text, subscription: text }),
  v.strictObject({ instance: text, entry: text, subscription: text, service: text, subscribe: v.array(subscribe) }),
]);
const routedMessage = v.strictObject({ ...messageParts, to: v.array(route), shape: v.exactOptional(number) });

const observation = v.variant('kind', [
  v.strictObject({
    kind: v.literal('groupStarted'),
    name: text,
    profile: v.picklist(['default', 'demo', 'biztalk-classic']),
    computers: texts,
    hostInstances: v.array(v.strictObject({ name: text, host: text, computer: text })),
    receiveLocations: v.array(v.strictObject({ name: text, host: text, adapter: v.picklist(['FILE', 'HTTP']) })),
  }),
  v.strictObject({
    kind: v.literal('hostInstanceState'),
    hostInstance: text,
    state: v.picklist(['stopped', 'start pending', 'running', 'suspect', 'lost', 'stop pending', 'frozen', 'held', 'restarting', 'failed']),
    detail: v.exactOptional(text),
  }),
  v.strictObject({ kind: v.literal('computerState'), computer: text, state: v.picklist(['running', 'failed']) }),
  v.strictObject({ kind: v.literal('fault'), fault: v.picklist(['kill', 'freeze', 'computer']), hostInstance: text }),
  v.strictObject({ kind: v.literal('clockJumped'), byMs: number, aheadMs: number }),
  v.strictObject({ kind: v.literal('storage'), state: v.picklist(['full', 'writable']) }),
]);

const at = number;

const commit = v.strictObject({
  kind: v.literal('commit'),
  at,
  id: text,
  instance: text,
  hostInstance: text,
  version: number,
  state: v.exactOptional(text),
  consumed: v.exactOptional(texts),
  published: v.exactOptional(v.array(routedMessage)),
  subscribe: v.exactOptional(v.array(subscribe)),
  unsubscribe: v.exactOptional(texts),
  timers: v.exactOptional(v.array(timer)),
  cancelTimers: v.exactOptional(texts),
  holds: v.exactOptional(texts),
  trace: v.exactOptional(trace),
  points: v.array(v.picklist(['scope-end', 'send', 'start-orchestration', 'breakpoint', 'suspension', 'shutdown', 'dehydration', 'end'])),
  outcome: v.picklist(['running', 'idle', 'completed', 'terminated', 'suspended']),
  waits: v.exactOptional(texts),
  error: v.exactOptional(instanceError),
  unrouted: v.exactOptional(v.array(v.strictObject({ message: text, instance: text }))),
  discarded: v.exactOptional(number),
  operated: v.exactOptional(v.picklist(['suspend', 'terminate'])),
});

const submit = v.strictObject({
  kind: v.literal('submit'),
  at,
  location: text,
  hostInstance: text,
  receiveId: text,
  message: routedMessage,
  suspended: v.exactOptional(v.strictObject({ instance: text, service: v.exactOptional(text), error: instanceError, resumable: flag })),
  waiting: v.exactOptional(v.strictObject({ instance: text, service: text, subscribe, timer })),
});

const unrouted = v.strictObject({
  kind: v.literal('unrouted'),
  at,
  instance: text,
  sender: text,
  hostInstance: text,
  message: routedMessage,
  error: instanceError,
});

const sessionEnd = v.strictObject({
  kind: v.literal('sessionEnd'),
  at,
  session: text,
  hostInstance: text,
  reason: v.picklist(['bye', 'socket closed', 'lease expired', 'replaced', 'messagebox restarted']),
  lost: v.array(
    v.strictObject({
      instance: text,
      version: number,
      attempt: number,
      atRisk: trace,
      running: v.exactOptional(number),
      sendPort: v.exactOptional(v.literal(true)),
    }),
  ),
});

const recordSchema = v.variant('kind', [
  commit,
  submit,
  unrouted,
  sessionEnd,
  v.strictObject({ kind: v.literal('grant'), at, hostInstance: text, credit: number, instances: texts }),
  v.strictObject({ kind: v.literal('timer'), at, instance: text, timer: text, entry: text }),
  v.strictObject({ kind: v.literal('forget'), at, receiveIds: texts }),
  v.strictObject({ kind: v.literal('observed'), at, seenAt: number, what: observation }),
  v.strictObject({
    kind: v.literal('session'),
    at,
    session: text,
    hostInstance: text,
    host: text,
    computer: text,
    pid: number,
    services: v.exactOptional(texts),
    resumed: v.exactOptional(texts),
    forgiven: v.exactOptional(texts),
  }),
  v.strictObject({
    kind: v.literal('operate'),
    at,
    operation: v.picklist(['suspend', 'resume', 'terminate']),
    instance: text,
    applied: flag,
    routed: v.exactOptional(routedMessage),
  }),
  v.strictObject({
    kind: v.literal('suspend'),
    at,
    instance: text,
    error: instanceError,
    resumable: flag,
    routed: v.exactOptional(routedMessage),
  }),
  v.strictObject({ kind: v.literal('enlist'), at, services: v.array(service) }),
  v.strictObject({ kind: v.literal('unenlist'), at, services: v.array(v.strictObject({ kind: serviceKind, name: text })) }),
  v.strictObject({
    kind: v.literal('move'),
    at,
    instance: text,
    service: text,
    entries: v.array(v.strictObject({ entry: text, subscription: text })),
    subscribe: v.array(subscribe),
  }),
  v.strictObject({
    kind: v.literal('generation'),
    at,
    generation: number,
    origin: text,
    segment: v.exactOptional(v.strictObject({ format: number, sealed: v.exactOptional(v.strictObject({ first: number, bytes: number })) })),
  }),
]);
true satisfies Same<v.InferOutput<typeof recordSchema>, JournalRecord>;

/**
 * Version 1: the first release. Since version 2 a segment says its version, and how long the one before it was when it was sealed; services are
 * unenlisted, and instances go over to another version. Version 3 goes with version 3 of the saved state (engine/savedState.ts); an instance that
 * is idle and waits for nothing is ready, and it is known how the message types of a service are recognised.
 */
export const recordFormat: Format<JournalRecord> = {
  name: 'journal',
  version: 3,
  lifts: [(record) => record, (record) => record],
  check: accepted(recordSchema),
};

const KIND = /^\{"kind":"(\w+)"/;
const KIND_BYTES = 40;

/** The kind of a record by the first bytes of its JSON, which is not parsed; `undefined` when it does not begin like one. */
export function kindOf(json: Buffer): string | undefined {
  return KIND.exec(json.toString('latin1', 0, KIND_BYTES))?.[1];
}
