/**
 * A message with a large body in the memory of a host instance: its bytes, what was read of them in the other thread, and a text only when
 * somebody asks for one.
 */
import { fromWire } from '../errors.ts';
import { Decimal } from '../orchestration/decimal.ts';
import type { FieldLocation, FieldValue, Message, MessageType, Properties } from '../orchestration/message.ts';
import type { BodyLimits } from './pipelines/bodyLimits.ts';
import type { ReadLarge } from './bodies.ts';
import type { ReadField } from './largeQuestions.ts';
import type { LargeThread } from './largeThread.ts';

/** Bytes from which on a message is read in the other thread: below, the way there costs more than the reading. */
export const LARGE_BYTES = 256 * 1024;

export type LargeBytes = Uint8Array<SharedArrayBuffer>;

type Fields = ReadonlyMap<FieldLocation, ReadField>;

export class LargeBody implements Message {
  readonly id: string;
  readonly type: string;
  readonly properties: Properties;
  readonly bodyHash: string;
  readonly #bytes: LargeBytes;
  readonly #fields: ReadonlyMap<MessageType, Fields>;
  #body: string | undefined;

  constructor(
    { id, type, properties, bodyHash }: Omit<Message, 'body'> & { readonly bodyHash: string },
    bytes: LargeBytes,
    fields: ReadonlyMap<MessageType, Fields> = new Map(),
  ) {
    this.id = id;
    this.type = type;
    this.properties = properties;
    this.bodyHash = bodyHash;
    this.#bytes = bytes;
    this.#fields = fields;
  }

  get body(): string {
    this.#body ??= Buffer.from(this.#bytes.buffer).toString('utf8');
    return this.#body;
  }

  /**
   * A declared field that was read already.
   *
   * @param other reads it now: it was not
   * @throws what reading it here would throw
   */
  field(type: MessageType, location: FieldLocation, other: () => FieldValue | undefined): FieldValue | undefined {
    const read = this.#fields.get(type)?.get(location);
    if (read === undefined) return other();
    if ('error' in read) throw fromWire(read.error);
    return 'decimal' in read ? new Decimal(read.decimal) : read.value;
  }
}

/**
 * Reads the fields that messages of an orchestration declare, in the other thread. Which of its messages a body becomes is not known yet,
 * so it is read as each of those that it can be.
 */
export function readFields(thread: LargeThread, limits: BodyLimits, declared: readonly MessageType[]): ReadLarge {
  return async (message, bytes) => {
    const types = [...new Set(declared)].filter((type) => (type.name === message.type || type.name === '') && locationsOf(type).length > 0);
    if (types.length === 0) return new LargeBody(message, bytes);
    const plain = types.map(({ name, format, namespaces, promoted, distinguished }) => ({
      ...{ name, format, namespaces: plainOf(namespaces), promoted: plainOf(promoted), distinguished: plainOf(distinguished) },
    }));
    // Who asks for a field of a body that the other thread could not read is told by whoever reads it then.
    const answer = await thread.ask({ kind: 'fields', bytes, types: plain, limits }).catch(() => []);
    const fields = types.map((type, index) => [type, fieldsOf(type, answer[index])] as const);
    return new LargeBody(message, bytes, new Map(fields));
  };
}

function fieldsOf(
  type: MessageType,
  read: Readonly<Record<'distinguished' | 'promoted', Readonly<Record<string, ReadField>>>> | undefined,
): Fields {
  const fields = new Map<FieldLocation, ReadField>();
  for (const kind of ['distinguished', 'promoted'] as const) {
    for (const [name, location] of Object.entries(type[kind])) {
      const found = read?.[kind];
      const field = found && Object.hasOwn(found, name) ? found[name] : undefined;
      if (field !== undefined) fields.set(location, field);
    }
  }
  return fields;
}

function locationsOf({ promoted, distinguished }: MessageType): FieldLocation[] {
  return [...Object.values(promoted), ...Object.values(distinguished)];
}

/** A module may have put more into its types than what they are: only data goes to the other thread. */
function plainOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
