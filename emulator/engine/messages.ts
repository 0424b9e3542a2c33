/** Messages inside an orchestration, as its code reads them. */
import { readContent } from '../orchestration/exactJson.ts';
import type { FieldValue, Message, MessageType, Properties } from '../orchestration/message.ts';
import { withoutMarks } from '../orchestration/propertyValue.ts';
import type { ReadableMessage } from '../orchestration/shapes.ts';
import type { EngineServices } from './door.ts';

/** The value of a message variable. */
export class BoundMessage {
  readonly message: Message;
  /** Received ones stay in the MessageBox; the state only names them. */
  readonly received: boolean;
  readonly #schema: MessageType;
  readonly #services: EngineServices;
  #view: ReadableMessage | undefined;

  constructor(message: Message, received: boolean, schema: MessageType, services: EngineServices) {
    this.message = message;
    this.received = received;
    this.#schema = schema;
    this.#services = services;
  }

  /** As code reads it; made when code does. */
  get view(): ReadableMessage {
    this.#view ??= new MessageView(this.message, this.#schema, this.#services);
    return this.#view;
  }
}

/** Frozen, deeply: a change would be seen in memory, but not after another host instance took over. */
class MessageView implements ReadableMessage {
  readonly id: string;
  readonly type: string;
  readonly body!: string;
  readonly properties: Properties;
  readonly #message: Message;
  readonly #schema: MessageType;
  readonly #services: EngineServices;
  #content: { readonly value: unknown } | undefined;

  constructor(message: Message, schema: MessageType, services: EngineServices) {
    this.id = message.id;
    this.type = message.type;
    if (message.bodyHash === undefined) this.body = message.body;
    // Not before code asks for it: a large one may never be wanted as a text.
    else Object.defineProperty(this, 'body', { enumerable: true, get: () => message.body });
    this.properties = Object.freeze({ ...withoutMarks(message.properties) });
    this.#message = message;
    this.#schema = schema;
    this.#services = services;
    Object.freeze(this);
  }

  field(name: string): FieldValue | undefined {
    const location = fieldOf(this.#schema.distinguished, name) ?? fieldOf(this.#schema.promoted, name);
    if (location === undefined) throw new TypeError(`Message type "${this.#schema.name}" declares no field "${name}".`);
    return this.#services.field(this.#schema, this.#message, location);
  }

  get content(): unknown {
    this.#content ??= { value: this.#schema.format === 'json' ? freeze(readContent(this.body)) : this.body };
    return this.#content.value;
  }
}

interface Messages {
  readonly names: ReadonlySet<string>;
  readonly bound: ReadonlyMap<string, BoundMessage>;
}

/** Traps do not change what they are asked about: the target is only where they look. */
const view: ProxyHandler<Messages> = {
  get({ names, bound }, name) {
    if (typeof name === 'symbol') return undefined;
    const message = bound.get(name);
    if (message) return message.view;
    if (names.has(name)) throw new ReferenceError(`Message "${name}" has no value yet.`);
    // Who prints or awaits an object looks for these.
    if (name === 'toJSON' || name === 'then') return undefined;
    if (name in Object.prototype) return Reflect.get(Object.prototype, name) as unknown;
    throw new ReferenceError(`Message "${name}" is not declared (declared: ${[...names].join(', ')}).`);
  },
  has: ({ names }, name) => names.has(name as string),
  ownKeys: ({ names }) => [...names],
  getOwnPropertyDescriptor(messages, name) {
    if (!messages.names.has(name as string)) return undefined;
    return { enumerable: true, configurable: true, get: () => view.get?.(messages, name, undefined) as unknown };
  },
  set: (_messages, name) => refuse('set', name),
  defineProperty: (_messages, name) => refuse('define', name),
  deleteProperty: (_messages, name) => refuse('delete', name),
};

function refuse(what: string, name: string | symbol): never {
  throw new TypeError(`Cannot ${what} property '${String(name)}' of the messages`);
}

/** The messages of one instance as properties of one object; reading one without a value throws, and so does giving it one. */
export function messagesView(
  names: ReadonlySet<string>,
  bound: ReadonlyMap<string, BoundMessage>,
): Readonly<Record<string, ReadableMessage>> {
  return new Proxy({ names, bound }, view) as unknown as Readonly<Record<string, ReadableMessage>>;
}

function fieldOf<T>(fields: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function freeze(value: unknown): unknown {
  const open = [value];
  while (open.length > 0) {
    const part = open.pop();
    if (typeof part !== 'object' || part === null) continue;
    Object.freeze(part);
    for (const inner of Object.values(part) as unknown[]) open.push(inner);
  }
  return value;
}
