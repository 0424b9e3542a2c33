/**
 * A message with a large body in the memory of a host instance: its bytes, what was read of them in the other thread, and a text only when
 * somebody asks for one.
 */
import { fromWire, type WireError } from '../errors.ts';
import { Decimal } from '../orchestration/decimal.ts';
import type { FieldLocation, FieldValue, Message, MessageType, Properties } from '../orchestration/message.ts';

/** Bytes from which on a message is read in the other thread: below, the way there costs more than the reading. */
export const LARGE_BYTES = 256 * 1024;

export type LargeBytes = Uint8Array<SharedArrayBuffer>;

/** By name; a field that is missing here could not be read in the other thread. */
export interface ReadFields {
  readonly distinguished: Readonly<Record<string, ReadField>>;
  readonly promoted: Readonly<Record<string, ReadField>>;
}

/** What reading one field came to. `decimal`: its text, because a decimal is no plain data. */
export type ReadField =
  { readonly value: string | number | boolean | undefined } | { readonly decimal: string } | { readonly error: WireError };

/** What was read, as one type declares it. */
export type Fields = ReadonlyMap<FieldLocation, ReadField>;

export class LargeBody implements Message {
  readonly id: string;
  readonly type: string;
  readonly properties: Properties;
  readonly bodyHash: string;
  /** In UTF-8. */
  readonly bytes: LargeBytes;
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
    this.bytes = bytes;
    this.#fields = fields;
  }

  get body(): string {
    this.#body ??= Buffer.from(this.bytes.buffer).toString('utf8');
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
