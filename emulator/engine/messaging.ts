/** Receive, Construct and Send: the shapes that handle messages. */
import { writeJson } from '../orchestration/exactJson.ts';
import { BTS, PARTNER_PORT, type Message, type Properties, type PropertyValue } from '../orchestration/message.ts';
import { faultOf } from '../orchestration/ports.ts';
import { textProperty } from '../orchestration/propertyValue.ts';
import type { Assignment } from '../orchestration/shapes.ts';
import { tokenOf } from './answers.ts';
import { attempt, Raised } from './code.ts';
import { validateCorrelation } from './correlation.ts';
import { expectDelivery } from './deliveries.ts';
import type { MadeBody } from './door.ts';
import type { Instance, Made, Making } from './instance.ts';
import type { Frame, Instruction, InstructionOf } from './instruction.ts';
import { BoundMessage } from './messages.ts';
import { assigned, checkSize } from './properties.ts';
import { keepToken, tokenToSend } from './tokens.ts';

/** What tells how a message came in does not go out with it; the name of a received file does. */
const staysInside = new Set<string>([PARTNER_PORT, ...Object.values(BTS).filter((property) => property !== BTS.receivedFileName)]);

/** Takes the oldest message for a Receive; false when none is there. @throws Raised when that is a fault */
export function receive(instance: Instance, instruction: InstructionOf<'receive'>): boolean {
  const { shape } = instruction;
  const { frame } = instruction.around;
  const entry = instance.inbox.take(instance.queueOf(frame, instruction.place));
  if (entry === undefined) return false;
  const known = instance.known(frame);
  instance.ran(instruction);
  instance.pending.consumed.push(entry.id);
  const { message } = entry;
  const fault = faultOf(frame.definition, shape.port, message.type);
  const name = fault ?? shape.message;
  known.messages.set(name, new BoundMessage(message, true, instance.messageType(frame, name), instance.services));
  if (fault !== undefined)
    throw new Raised({ type: message.type, message: `Port "${shape.port}" was answered with the fault message "${fault}".` });
  const token = message.properties[BTS.correlationToken];
  const port = frame.ports.get(shape.port);
  if (token !== undefined && port?.declaration.direction === 'receive' && port.declaration.twoWay) keepToken(instance, port, token);
  // A later message of a parallel convoy finds its sets initialized; it was routed here because it has the same values.
  const joined = shape.initializes.filter((set) => shape.activate && Object.hasOwn(known.correlation, set));
  validate(instance, frame, joined, message.properties);
  validate(instance, frame, shape.follows, message.properties);
  const sets = shape.initializes.filter((set) => !joined.includes(set));
  for (const set of sets) instance.initialize(frame, set, message.properties, shape.activate);
  // What follows an activating receive was subscribed by the MessageBox together with the instance.
  if (!shape.activate) instance.subscribeFollowers(frame, sets);
  return true;
}

/**
 * Builds messages. The body of each has to be one of its type, or the shape throws.
 *
 * @returns false: what one of them promotes is found out elsewhere, and `constructed` goes on with it
 */
export function construct(instance: Instance, instruction: InstructionOf<'construct'>): boolean {
  instance.ran(instruction);
  const { shape } = instruction;
  if (shape.kind === 'construct') {
    const assignment = instance.evaluate(instruction, shape.assign) as Partial<Assignment> | undefined;
    return bindAll(instance, instruction, [madeOf(instance, instruction, shape.message, assignment?.body, assignment?.properties)]);
  }
  const bodies: unknown = instance.evaluate(instruction, shape.map);
  return bindAll(
    instance,
    instruction,
    shape.to.map((message, index) => madeOf(instance, instruction, message, Array.isArray(bodies) ? bodies[index] : undefined)),
  );
}

/** The rest of a Construct, whose code does not run again. @returns as `construct` does */
export function constructed(instance: Instance, { instruction, made: [first, ...rest] }: Making, promoted: () => Properties): boolean {
  instance.making = undefined;
  bind(instance, instruction, first, attempt(promoted));
  return bindAll(instance, instruction, rest);
}

function madeOf(instance: Instance, instruction: InstructionOf<'construct'>, message: string, value: unknown, properties?: unknown): Made {
  const { name, kind } = instruction.shape;
  if (value === undefined) {
    const shape = `${kind === 'construct' ? 'Construct' : 'Transform'} "${name}"`;
    throw new Raised({ type: 'TypeError', message: `${shape} gives no body to message "${message}".` });
  }
  const body = typeof value === 'string' ? value : attempt(() => writeJson(value as Assignment['body']));
  return { message, type: instance.messageType(instruction.around.frame, message), body, properties };
}

function bindAll(instance: Instance, instruction: InstructionOf<'construct'>, made: readonly Made[]): boolean {
  const [first, ...rest] = made;
  if (first === undefined) return true;
  const promoted = attempt(() => instance.services.promote(first.type, first.body));
  if (promoted === 'elsewhere') {
    instance.making = { instruction, made: [first, ...rest] };
    return false;
  }
  bind(instance, instruction, first, promoted);
  return bindAll(instance, instruction, rest);
}

function bind(
  instance: Instance,
  { around }: Instruction,
  { message: name, type, body, properties: set }: Made,
  promoted: Properties,
): void {
  const properties = assigned(name, promoted, set);
  const message: Message = { id: '', type: type.name, body, properties };
  instance.known(around.frame).messages.set(name, new BoundMessage(message, false, type, instance.services));
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
  // What was given with a Start leads to who started it, and a response to who asked, wherever they are.
  const isBound = port?.declaration.direction === 'send' && (port.declaration.twoWay || tokenOf(instance.state, port) === undefined);
  const properties = received ? outgoing(message.properties) : { ...message.properties };
  correlate(instance, frame, shape.follows, properties);
  if (isBound) Object.assign(properties, instance.services.sendProperties(port.port, port.orchestration));
  if (shape.address) {
    properties[BTS.outboundAddress] = addressOf(shape.name, instance.evaluate<unknown>(instruction, shape.address));
    checkSize(shape.message, properties);
  }
  const token = port && tokenToSend(instance, port);
  if (token !== undefined) properties[BTS.correlationToken] = token;
  if (port?.declaration.deliveryNotification) Object.assign(properties, expectDelivery(instance, instruction));
  if (faultOf(frame.definition, shape.port, message.type) !== undefined) properties[BTS.isFault] = true;
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
function correlate(instance: Instance, frame: Frame, sets: readonly string[], properties: Record<string, PropertyValue>): void {
  const { correlation } = instance.known(frame);
  for (const set of sets) {
    frame.definition.correlationSets[set]?.forEach((property, index) => {
      const value = correlation[set]?.[index];
      if (value !== undefined) properties[property] = value;
    });
  }
}

function outgoing(properties: Properties): Record<string, PropertyValue> {
  return Object.fromEntries(Object.entries(properties).filter(([property]) => !staysInside.has(property)));
}
