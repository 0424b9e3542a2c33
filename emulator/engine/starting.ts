/** Start: an orchestration has another one started, which runs by itself (docs/behaviour.md, section 10, Start). */
import { argumentsOf, kindOf } from '../orchestration/calls.ts';
import type { Message, PropertyValue } from '../orchestration/message.ts';
import { START_SUBSCRIPTION, START_TYPE, STARTS, type StartArguments } from '../orchestration/starting.ts';
import { tokenOf } from './answers.ts';
import { attempt, Raised } from './code.ts';
import { variableOf } from './calls.ts';
import type { Instance } from './instance.ts';
import type { Frame, InstructionOf } from './instruction.ts';
import { BoundMessage } from './messages.ts';
import { startTime } from './scopes.ts';
import { keepToken, newToken } from './tokens.ts';
import { packVariables, unpackVariables } from './variables.ts';

/** Publishes what starts it, with the next commit. */
export function start(instance: Instance, instruction: InstructionOf<'start'>): void {
  const { orchestration, arguments: names } = instruction.shape;
  instance.ran(instruction);
  instance.checkVariables();
  const known = instance.known(instruction.around.frame);
  const variables: Record<string, ReturnType<typeof variableOf>> = {};
  const messages: Record<string, StartArguments['messages'][string]> = {};
  const correlationSets: Record<string, StartArguments['correlationSets'][string]> = {};
  const ports: Record<string, PropertyValue> = {};
  for (const [parameter, name] of Object.entries(argumentsOf(names))) {
    const kind = kindOf(orchestration, parameter);
    if (kind === 'variables') variables[parameter] = variableOf(known, name);
    const bound = kind === 'messages' ? known.messages.get(name) : undefined;
    if (bound) messages[parameter] = { type: bound.message.type, body: bound.message.body, properties: bound.message.properties };
    const values = kind === 'correlationSets' ? known.correlation[name] : undefined;
    if (values) correlationSets[parameter] = values;
    const port = kind === 'ports' ? instruction.around.frame.ports.get(name) : undefined;
    // All who are given the port answer with the same token.
    if (port) ports[parameter] = tokenOf(instance.state, port) ?? newToken(instance, port);
  }
  const given = { variables: packVariables(variables), messages, correlationSets, ports } satisfies StartArguments;
  const body = JSON.stringify(given);
  const properties = { [STARTS.orchestration]: orchestration.name, [STARTS.by]: instance.id };
  instance.pending.published.push({ type: START_TYPE, body, properties, shape: instruction.place });
}

/** Takes what started it, when a Start did, and its time begins; false when that is not there yet. @throws Raised when it is something else */
export function begin(instance: Instance, instruction: InstructionOf<'begin'>): boolean {
  const { frame } = instruction.around;
  if (frame.definition.parameters !== undefined && !takeArguments(instance, frame)) return false;
  startTime(instance, instruction, instance.program.defaultHandler, frame.definition.timeout);
  return true;
}

function takeArguments(instance: Instance, frame: Frame): boolean {
  const entry = instance.inbox.take(START_SUBSCRIPTION);
  if (entry === undefined) return false;
  instance.changed = true;
  instance.pending.consumed.push(entry.id);
  const { variables, messages, correlationSets, ports = {} } = attempt(() => argumentsIn(entry.message));
  const known = instance.known(frame);
  const { services } = instance;
  for (const [name, message] of Object.entries(messages))
    if (frame.messages.has(name))
      known.messages.set(name, new BoundMessage({ id: '', ...message }, false, instance.messageType(frame, name), services));
  for (const [name, value] of Object.entries(unpackVariables(variables))) if (frame.variables.has(name)) known.variables[name] = value;
  known.correlation = { ...correlationSets };
  for (const [name, token] of Object.entries(ports)) {
    const port = frame.ports.get(name);
    if (port) keepToken(instance, port, String(token));
  }
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
