/** Messages inside an orchestration, as its code reads them. */
import { readContent } from '../orchestration/exactJson.ts';
import type { FieldValue, Message, MessageType, Properties } from '../orchestration/message.ts';
import { withoutMarks } from '../orchestration/propertyValue.ts';
import type { ReadableMessage } from '../orchestration/shapes.ts';
import type { EngineServices } from './door.ts';

/** The value of a message variable: frozen, because a change would be seen in memory, but not after another host instance took over. */
export class BoundMessage implements ReadableMessage {
  readonly id: string;
  readonly type: string;
  readonly body: string;
  /** As code sees them. */
  readonly properties: Properties;
  /** Received ones stay in the MessageBox; the state only names them. */
  readonly received: boolean;
  readonly #properties: Properties;
  readonly #schema: MessageType;
  readonly #services: EngineServices;
  #content: { readonly value: unknown } | undefined;

  constructor(message: Message, received: boolean, schema: MessageType, services: EngineServices) {
    this.id = message.id;
    this.type = message.type;
    this.body = message.body;
    this.properties = Object.freeze(withoutMarks(message.properties));
    this.received = received;
    this.#properties = message.properties;
    this.#schema = schema;
    this.#services = services;
    Object.freeze(this);
  }

  /** The context properties as they travel and are saved. */
  static propertiesOf(message: BoundMessage): Properties {
    return message.#properties;
  }

  field(name: string): FieldValue | undefined {
    const location = fieldOf(this.#schema.distinguished, name) ?? fieldOf(this.#schema.promoted, name);
    if (location === undefined) throw new TypeError(`Message type "${this.#schema.name}" declares no field "${name}".`);
    return this.#services.field(this.#schema, this.body, location);
  }

  get content(): unknown {
    this.#content ??= { value: this.#schema.format === 'json' ? freeze(readContent(this.body)) : this.body };
    return this.#content.value;
  }
}

/** The messages of one instance as properties of one object; reading one without a value throws, and so does giving it one. */
export function messagesView(
  names: readonly string[],
  bound: () => ReadonlyMap<string, BoundMessage>,
): Readonly<Record<string, ReadableMessage>> {
  const view = {};
  for (const name of names) {
    const get = (): ReadableMessage => {
      const message = bound().get(name);
      if (message === undefined) throw new ReferenceError(`Message "${name}" has no value yet.`);
      return message;
    };
    Object.defineProperty(view, name, { enumerable: true, get });
  }
  return Object.freeze(view);
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
