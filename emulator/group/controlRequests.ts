/** What the supervisor accepts on the control socket; anything else closes the connection. */
import * as v from 'valibot';
import { SohError } from '../errors.ts';
import { instanceFilterSchema } from '../messagebox/frameSchemas.ts';
import type { CommandName, Hello } from './control.ts';

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const none = v.object({});
const named = v.object({ name });
const filtered = v.object({ filter: instanceFilterSchema });
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

const parameters = {
  status: none,
  instances: v.object({
    filter: v.optional(instanceFilterSchema),
    limit: v.optional(v.pipe(whole, v.maxValue(10_000))),
    offset: v.optional(whole),
  }),
  show: v.object({ instance: name }),
  lanes: v.object({ since: v.optional(whole) }),
  failovers: none,
  submit: v.object({
    location: name,
    files: v.pipe(v.array(v.object({ name, content: v.string() })), v.maxLength(10_000)),
    count: v.optional(v.pipe(whole, v.minValue(1), v.maxValue(100_000))),
  }),
  killHostInstance: named,
  freezeHostInstance: named,
  thawHostInstance: named,
  stopHostInstance: named,
  startHostInstance: named,
  failComputer: named,
  repairComputer: named,
  addComputer: named,
  addHostInstance: v.object({ host: name, computer: name }),
  killMessageBox: none,
  suspend: filtered,
  resume: filtered,
  terminate: filtered,
  follow: none,
  stop: none,
} as const satisfies Record<CommandName, v.GenericSchema>;

const hello = v.object({ kind: v.literal('hello'), version: v.number(), token: v.optional(v.string()) });
const request = v.object({
  id: whole,
  command: v.picklist(Object.keys(parameters) as CommandName[]),
  arguments: v.optional(v.unknown(), {}),
});

export interface ControlRequest {
  readonly id: number;
  readonly command: CommandName;
  readonly arguments: unknown;
}

/** @throws SohError 'messageBox.protocol' */
export function parseRequest(text: string): ControlRequest | Hello {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    throw new SohError('messageBox.protocol', { reason: 'not JSON' }, error);
  }
  const greeting = v.safeParse(hello, message);
  if (greeting.success) return greeting.output as Hello;
  const envelope = check(request, message);
  return { ...envelope, arguments: check(parameters[envelope.command], envelope.arguments) };
}

function check<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new SohError('messageBox.protocol', { reason: `${v.getDotPath(issue) ?? 'request'}: ${issue.message}` });
}
