/** Receive, Construct and Send: the shapes that handle messages. */
import { writeJson } from '../orchestration/exactJson.ts';
import { BTS, type Message, type Properties, type PropertyValue } from '../orchestration/message.ts';
import { textProperty } from '../orchestration/propertyValue.ts';
import type { Assignment } from '../orchestration/shapes.ts';
import { attempt, Raised } from './code.ts';
import { validateCorrelation } from './correlation.ts';
import type { MadeBody } from './door.ts';
import type { Instance, Making } from './instance.ts';
import type { Frame, InstructionOf, PortOfFrame } from './instruction.ts';
import { BoundMessage } from './messages.ts';
import { assigned, checkSize } from './properties.ts';

/** What tells how a message came in does not go out with it; the name of a received file does. */
const staysInside = new Set<string>(Object.values(BTS).filter((property) => property !== BTS.receivedFileName));

/** Takes the oldest message for a Receive; false when none is there. */
export function receive(instance: Instance, instruction: InstructionOf<'receive'>): boolean {
  const { shape } = instruction;
  const { frame } = instruction.around;
  const entry = instance.inbox.take(instance.queueOf(frame, instruction.place));
  if (entry === undefined) return false;
  const known = instance.known(frame);
  instance.ran(instruction);
  instance.pending.consumed.push(entry.id);
  const { message } = entry;
  known.messages.set(shape.message, new BoundMessage(message, true, instance.messageType(frame, shape.message), instance.services));
  const token = message.properties[BTS.correlationToken];
  const port = frame.ports.get(shape.port);
  const owner = port && instance.state.frames.get(port.frame);
  if (token !== undefined && owner && port.twoWay) owner.tokens = { ...owner.tokens, [port.port]: token };
  // A later message of a parallel convoy finds its sets initialized; it was routed here because it has the same values.
  const joined = shape.initializes.filter((set) => shape.activate && Object.hasOwn(known.correlation, set));
  validate(instance, frame, [...joined, ...shape.follows], message.properties);
  const sets = shape.initializes.filter((set) => !joined.includes(set));
  for (const set of sets) instance.initialize(frame, set, message.properties);
  // What follows an activating receive was subscribed by the MessageBox together with the instance.
  if (!shape.activate) instance.subscribeFollowers(frame, sets);
  return true;
}

/** The token of the request that a port answers, once. It is kept by who declares the port: that may have been given to another one. */
function takeToken({ state }: Instance, { frame, port }: PortOfFrame): PropertyValue | undefined {
  const owner = state.frames.get(frame);
  if (owner === undefined || !Object.hasOwn(owner.tokens, port)) return undefined;
  const { [port]: token, ...others } = owner.tokens;
  owner.tokens = others;
  return token;
}

/**
 * Builds a message. Its body has to be one of its type, or the shape throws.
 *
 * @returns false: what it promotes is found out elsewhere, and `constructed` goes on with it
 */
export function construct(instance: Instance, instruction: InstructionOf<'construct'>): boolean {
  const { shape } = instruction;
  instance.ran(instruction);
  const type = instance.messageType(instruction.around.frame, shape.message);
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

function bind(instance: Instance, { instruction, message: name, type, body, properties: set }: Making, promoted: Properties): void {
  const properties = assigned(name, promoted, set);
  const message: Message = { id: '', type: type.name, body, properties };
  instance.known(instruction.around.frame).messages.set(name, new BoundMessage(message, false, type, instance.services));
}

/** Publishes a message with the next commit. */
export function send(instance: Instance, instruction: InstructionOf<'send'>): void {
  const { shape } = instruction;
  const { frame } = instruction.around;
  instance.ran(instruction);
  const bound = instance.known(frame).messages.get(shape.message);
  if (bound === undefined) throw new Raised({ type: 'ReferenceError', message: `Message "${shape.message}" has no value yet.` });
  const { message, received } = bound;
  validate(instance, frame, shape.follows, message.properties);
  for (const set of shape.initializes) instance.initialize(frame, set, message.properties);
  const port = frame.ports.get(shape.port);
  const properties: Record<string, PropertyValue> = {
    ...(received ? outgoing(message.properties) : message.properties),
    ...correlated(instance, frame, shape.follows),
    ...(port && instance.services.sendProperties(port.port, port.orchestration)),
  };
  if (shape.address) {
    properties[BTS.outboundAddress] = addressOf(shape.name, instance.evaluate<unknown>(instruction, shape.address));
    checkSize(shape.message, properties);
  }
  const token = port && takeToken(instance, port);
  if (token !== undefined) properties[BTS.correlationToken] = token;
  instance.pending.published.push({ type: message.type, ...bodyOf(message), properties, shape: instruction.place });
  instance.subscribeFollowers(frame, shape.initializes);
}

function bodyOf(message: Message): MadeBody {
  return message.bodyHash === undefined ? { body: message.body } : { bodyHash: message.bodyHash };
}

function addressOf(shape: string, address: unknown): PropertyValue {
  if (typeof address === 'string') return textProperty(address);
  throw new Raised({ type: 'TypeError', message: `Send "${shape}" is given a ${typeof address} as its address, which has to be a text.` });
}

function validate(instance: Instance, frame: Frame, sets: readonly string[], properties: Properties): void {
  const { definition } = frame;
  validateCorrelation(definition.correlationSets, instance.known(frame), sets, properties, instance.services.correlation);
}

/** Following a set promotes its properties on the outgoing message (docs/behaviour.md, section 10, Send). */
function correlated(instance: Instance, frame: Frame, sets: readonly string[]): Record<string, PropertyValue> {
  const properties: Record<string, PropertyValue> = {};
  const { correlation } = instance.known(frame);
  for (const set of sets) {
    frame.definition.correlationSets[set]?.forEach((property, index) => {
      const value = correlation[set]?.[index];
      if (value !== undefined) properties[property] = value;
    });
  }
  return properties;
}

function outgoing(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([property]) => !staysInside.has(property)));
}
