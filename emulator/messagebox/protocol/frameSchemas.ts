/** The shapes that may come in from a socket; anything else is refused at the door. Host instances run user code, so these are checked too. */
import * as v from 'valibot';
import { SohError } from '../../errors.ts';
import { instanceFilterSchema } from '../../control/commandArguments.ts';
import { exactly } from '../../wire/exactly.ts';
import type { HostFrame } from './frames.ts';
import { PAGE_LIMIT, type SupervisorFrame } from './supervisorFrames.ts';

const text = v.string();
const id = v.pipe(v.string(), v.maxLength(1000));
const ids = v.array(id);
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const scalar = v.union([v.string(), v.number(), v.boolean()]);
/** A property name that JavaScript treats specially would reach into prototypes. */
const propertyName = v.pipe(
  v.string(),
  v.check((name) => name !== '__proto__', 'a property name'),
);
const properties = v.record(propertyName, scalar);
const predicate = v.union([
  v.object({ property: propertyName, operator: v.literal('exists') }),
  v.object({ property: propertyName, operator: v.picklist(['==', '!=', '<', '<=', '>', '>=']), value: scalar }),
]);
const filter = v.array(v.array(predicate));
const newMessage = v.object({ type: text, properties, body: v.optional(text), bodyHash: v.optional(id) });
const publishedMessage = v.object({ type: text, properties, body: v.optional(text), bodyHash: v.optional(id), shape: whole });
const subscription = v.object({ id, filter });
const timer = v.object({ id, due: v.number() });
const trace = v.array(v.tuple([whole, v.number()]));
const error = v.object({ code: text, message: text, shape: v.optional(text) });

const source = v.object({ file: id, line: whole });

const service = v.object({
  id,
  name: id,
  kind: v.picklist(['orchestration', 'sendPort', 'receiveLocation']),
  host: id,
  activations: v.array(v.object({ id, filter, follows: v.array(v.object({ id, filter, correlation: v.array(propertyName) })) })),
  outline: v.array(v.object({ kind: text, name: text, parent: v.number(), source: v.optional(source) })),
});

const commit = v.object({
  kind: v.literal('commit'),
  id,
  instance: id,
  lock: id,
  base: whole,
  state: v.optional(text),
  consumed: ids,
  published: v.array(publishedMessage),
  subscribe: v.array(subscription),
  unsubscribe: ids,
  timers: v.array(timer),
  cancelTimers: ids,
  holds: ids,
  trace,
  points: v.array(v.picklist(['scope-end', 'send', 'start-orchestration', 'breakpoint', 'suspension', 'shutdown', 'dehydration', 'end'])),
  outcome: v.picklist(['running', 'idle', 'completed', 'terminated', 'suspended']),
  error: v.optional(error),
  waits: v.optional(ids),
});

const hostFrame = v.variant('kind', [
  commit,
  v.object({ kind: v.literal('pull'), credit: v.pipe(whole, v.maxValue(100_000)) }),
  v.object({ kind: v.literal('heartbeat'), loopLagMs: v.number(), active: whole, rssMb: v.number() }),
  v.object({ kind: v.literal('progress'), instance: id, trace, next: v.optional(whole) }),
  v.object({
    kind: v.literal('submit'),
    request: whole,
    location: id,
    receiveId: id,
    message: newMessage,
    malformed: v.optional(error),
    twoWay: v.optional(v.object({ service: id, timeoutMs: v.number() })),
  }),
  v.object({ kind: v.literal('forget'), receiveIds: ids }),
  v.object({ kind: v.literal('hold'), on: v.boolean() }),
  v.object({ kind: v.literal('drain') }),
  v.object({ kind: v.literal('bye') }),
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
    resume: v.array(v.object({ instance: id, version: whole, pending: v.optional(id) })),
  }),
]);

const profile = v.picklist(['default', 'demo', 'biztalk-classic']);

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
    state: v.picklist(['stopped', 'start pending', 'running', 'stop pending', 'frozen', 'lost', 'restarting', 'failed']),
    detail: v.optional(text),
  }),
  v.object({ kind: v.literal('computerState'), computer: id, state: v.picklist(['running', 'failed']) }),
  v.object({ kind: v.literal('fault'), fault: v.picklist(['kill', 'freeze', 'computer']), hostInstance: id }),
]);

const supervisorFrame = v.variant('kind', [
  v.object({
    kind: v.literal('supervise'),
    protocol: whole,
    profile,
    expected: ids,
    alive: ids,
  }),
  v.object({ kind: v.literal('excuse'), hostInstance: id }),
  v.object({ kind: v.literal('gone'), hostInstance: id }),
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
  v.object({ kind: v.literal('watch'), on: v.boolean() }),
  v.object({ kind: v.literal('ping'), request: whole }),
  v.object({ kind: v.literal('shutdown') }),
]);

const isHostFrame = exactly(hostFrame);

/** @throws SohError 'messageBox.protocol' */
export function parseHostFrame(frame: unknown): HostFrame {
  return isHostFrame(frame) ? (frame as HostFrame) : (parse(hostFrame, frame) as HostFrame);
}

/** @throws SohError 'messageBox.protocol' */
export function parseSupervisorFrame(frame: unknown): SupervisorFrame {
  return parse(supervisorFrame, frame) as SupervisorFrame;
}

function parse(schema: typeof hostFrame | typeof supervisorFrame, frame: unknown): unknown {
  const result = v.safeParse(schema, frame, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new SohError('messageBox.protocol', { reason: `${v.getDotPath(issue) ?? 'frame'}: ${issue.message}` });
}
