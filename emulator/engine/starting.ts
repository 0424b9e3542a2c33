/** Start: an orchestration has another one started, which runs by itself (docs/behaviour.md, section 10, Start). */
import { argumentsOf, kindOf } from '../orchestration/calls.ts';
import type { Message } from '../orchestration/message.ts';
import { START_SUBSCRIPTION, START_TYPE, STARTS, type StartArguments } from '../orchestration/starting.ts';
import { attempt, Raised } from './code.ts';
import { variableOf } from './calls.ts';
import type { Instance } from './instance.ts';
import type { InstructionOf } from './instruction.ts';
import { BoundMessage } from './messages.ts';
import { packVariables, unpackVariables } from './variables.ts';

/** Publishes what starts it, with the next commit. */
export function start(instance: Instance, instruction: InstructionOf<'start'>): void {
  const { orchestration, arguments: given } = instruction.shape;
  instance.ran(instruction);
  instance.checkVariables();
  const known = instance.known(instruction.around.frame);
  const variables: Record<string, ReturnType<typeof variableOf>> = {};
  const messages: Record<string, StartArguments['messages'][string]> = {};
  const correlationSets: Record<string, StartArguments['correlationSets'][string]> = {};
  for (const [parameter, name] of Object.entries(argumentsOf(given))) {
    const kind = kindOf(orchestration, parameter);
    if (kind === 'variables') variables[parameter] = variableOf(known, name);
    const bound = kind === 'messages' ? known.messages.get(name) : undefined;
    if (bound) messages[parameter] = { type: bound.message.type, body: bound.message.body, properties: bound.message.properties };
    const values = kind === 'correlationSets' ? known.correlation[name] : undefined;
    if (values) correlationSets[parameter] = values;
  }
  const body = JSON.stringify({ variables: packVariables(variables), messages, correlationSets } satisfies StartArguments);
  const properties = { [STARTS.orchestration]: orchestration.name, [STARTS.by]: instance.id };
  instance.pending.published.push({ type: START_TYPE, body, properties, shape: instruction.place });
}

/** Takes what started it; false when that is not there yet. @throws Raised when it is something else */
export function begin(instance: Instance, { around: { frame } }: InstructionOf<'begin'>): boolean {
  const entry = instance.inbox.take(START_SUBSCRIPTION);
  if (entry === undefined) return false;
  instance.changed = true;
  instance.pending.consumed.push(entry.id);
  const { variables, messages, correlationSets } = attempt(() => argumentsIn(entry.message));
  const known = instance.known(frame);
  const { services } = instance;
  for (const [name, message] of Object.entries(messages))
    if (frame.messages.has(name))
      known.messages.set(name, new BoundMessage({ id: '', ...message }, false, instance.messageType(frame, name), services));
  for (const [name, value] of Object.entries(unpackVariables(variables))) if (frame.variables.has(name)) known.variables[name] = value;
  known.correlation = { ...correlationSets };
  instance.subscribeFollowers(frame, Object.keys(correlationSets));
  return true;
}

/** Anybody can publish a message with the properties of one that starts. */
function argumentsIn({ type, body }: Message): StartArguments {
  const given: unknown = type === START_TYPE ? JSON.parse(body) : undefined;
  const { variables, messages, correlationSets } = (given ?? {}) as { readonly [K in keyof StartArguments]?: unknown };
  if (isRecord(variables) && isRecord(messages) && isRecord(correlationSets)) return given as StartArguments;
  throw new Raised({ type: 'TypeError', message: 'What started this orchestration is no message of a Start.' });
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
