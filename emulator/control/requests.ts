/** What the supervisor accepts on the control socket. A request that is wrong is answered so; what is no request closes the connection. */
import * as v from 'valibot';
import { isCode, SohError } from '../errors.ts';
import { commandArguments } from './commandArguments.ts';
import type { CommandName, Hello } from './commands.ts';

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const hello = v.object({ kind: v.literal('hello'), version: v.number(), token: v.optional(v.string()) });
const numbered = v.object({ id: whole });
const request = v.object({
  id: whole,
  command: v.picklist(Object.keys(commandArguments) as CommandName[]),
  arguments: v.optional(v.unknown(), {}),
});

export interface ControlRequest {
  readonly id: number;
  readonly command: CommandName;
  readonly arguments: unknown;
}

/** A request with a number, and why it cannot be done. */
export interface WrongRequest {
  readonly id: number;
  readonly refused: SohError;
}

/** @throws SohError 'messageBox.protocol' when it is no request at all */
export function parseRequest(text: string): ControlRequest | WrongRequest | Hello {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    throw new SohError('messageBox.protocol', { reason: 'not JSON' }, error);
  }
  const greeting = v.safeParse(hello, message);
  if (greeting.success) return greeting.output as Hello;
  const { id } = check(numbered, message);
  try {
    const envelope = check(request, message);
    return { ...envelope, arguments: check(commandArguments[envelope.command], envelope.arguments) };
  } catch (error) {
    if (!isCode(error, 'messageBox.protocol')) throw error;
    return { id, refused: error };
  }
}

function check<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new SohError('messageBox.protocol', { reason: `${v.getDotPath(issue) ?? 'request'}: ${issue.message}` });
}
