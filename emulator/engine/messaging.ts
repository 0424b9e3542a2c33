/** Receive, Construct and Send: the shapes that handle messages. */
import { writeJson } from '../orchestration/exactJson.ts';
import { BTS, type Message, type Properties, type PropertyValue } from '../orchestration/message.ts';
import { textProperty } from '../orchestration/propertyValue.ts';
import type { Assignment } from '../orchestration/shapes.ts';
import { attempt, Raised } from './code.ts';
import type { MadeBody } from './door.ts';
import type { Instance, Making } from './instance.ts';
import type { InstructionOf } from './instruction.ts';
import { BoundMessage } from './messages.ts';
import { assigned, checkSize } from './properties.ts';

/** What tells how a message came in does not go out with it; the name of a received file does. */
const staysInside = new Set<string>(Object.values(BTS).filter((property) => property !== BTS.receivedFileName));

/** Takes the oldest message for a Receive; false when none is there. */
export function receive(instance: Instance, instruction: InstructionOf<'receive'>): boolean {
  const { shape } = instruction;
  const entry = instance.inbox.take(instruction.place);
  if (entry === undefined) return false;
  instance.ran(instruction);
  instance.pending.consumed.push(entry.id);
  const { message } = entry;
  instance.state.messages.set(shape.message, new BoundMessage(message, true, instance.messageType(shape.message), instance.services));
  const token = message.properties[BTS.correlationToken];
  if (token !== undefined && instance.program.compiled.definition.ports[shape.port]?.twoWay === true)
    instance.state.tokens[shape.port] = token;
  // A later message of a parallel convoy finds its sets initialized; it was routed here because it has the same values.
  const sets = shape.initializes.filter((set) => !(shape.activate && Object.hasOwn(instance.state.correlation, set)));
  for (const set of sets) instance.initialize(set, message.properties);
  // What follows an activating receive was subscribed by the MessageBox together with the instance.
  if (!shape.activate) instance.subscribeFollowers(sets);
  return true;
}

/**
 * Builds a message. Its body has to be one of its type, or the shape throws.
 *
 * @returns false: what it promotes is found out elsewhere, and `constructed` goes on with it
 */
export function construct(instance: Instance, instruction: InstructionOf<'construct'>): boolean {
  const { shape } = instruction;
  instance.ran(instruction);
  const type = instance.messageType(shape.message);
  const assignment = instance.evaluate(instruction, shape.assign) as Partial<Assignment> | undefined;
  const value = assignment?.body;
  if (value === undefined)
    throw new Raised({ type: 'TypeError', message: `Construct "${shape.name}" gives no body to message "${shape.message}".` });
  const body = typeof value === 'string' ? value : attempt(() => writeJson(value));
  const promoted = attempt(() => instance.services.promote(type, body));
  const making: Making = { instruction, message: shape.message, type, body, properties: assignment?.properties };
  if (promoted === 'elsewhere') {
    instance.making = making;
    return false;
  }
  bind(instance, making, promoted);
  return true;
}

/** The rest of a Construct, whose code does not run again. */
export function constructed(instance: Instance, making: Making, promoted: () => Properties): void {
  instance.making = undefined;
  bind(instance, making, attempt(promoted));
}

function bind(instance: Instance, { message: name, type, body, properties: set }: Making, promoted: Properties): void {
  const properties = assigned(name, promoted, set);
  const message: Message = { id: '', type: type.name, body, properties };
  instance.state.messages.set(name, new BoundMessage(message, false, type, instance.services));
}

/** Publishes a message with the next commit. */
export function send(instance: Instance, instruction: InstructionOf<'send'>): void {
  const { shape } = instruction;
  instance.ran(instruction);
  const bound = instance.state.messages.get(shape.message);
  if (bound === undefined) throw new Raised({ type: 'ReferenceError', message: `Message "${shape.message}" has no value yet.` });
  const { message, received } = bound;
  for (const set of shape.initializes) instance.initialize(set, message.properties);
  const properties: Record<string, PropertyValue> = {
    ...(received ? outgoing(message.properties) : message.properties),
    ...correlated(instance, shape.follows),
    ...instance.services.sendProperties(shape.port),
  };
  if (shape.address) {
    properties[BTS.outboundAddress] = addressOf(shape.name, instance.evaluate<unknown>(instruction, shape.address));
    checkSize(shape.message, properties);
  }
  const { tokens } = instance.state;
  const token = Object.hasOwn(tokens, shape.port) ? tokens[shape.port] : undefined;
  if (token !== undefined) {
    properties[BTS.correlationToken] = token;
    delete tokens[shape.port];
  }
  instance.pending.published.push({ type: message.type, ...bodyOf(message), properties, shape: instruction.place });
  instance.subscribeFollowers(shape.initializes);
}

function bodyOf(message: Message): MadeBody {
  return message.bodyHash === undefined ? { body: message.body } : { bodyHash: message.bodyHash };
}

function addressOf(shape: string, address: unknown): PropertyValue {
  if (typeof address === 'string') return textProperty(address);
  throw new Raised({ type: 'TypeError', message: `Send "${shape}" is given a ${typeof address} as its address, which has to be a text.` });
}

/** Following a set promotes its properties on the outgoing message (docs/behaviour.md, section 10, Send). */
function correlated(instance: Instance, sets: readonly string[]): Record<string, PropertyValue> {
  const properties: Record<string, PropertyValue> = {};
  for (const set of sets) {
    instance.program.compiled.definition.correlationSets[set]?.forEach((property, index) => {
      const value = instance.state.correlation[set]?.[index];
      if (value !== undefined) properties[property] = value;
    });
  }
  return properties;
}

function outgoing(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([property]) => !staysInside.has(property)));
}
