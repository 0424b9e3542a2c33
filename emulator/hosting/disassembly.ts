/**
 * Received bytes made messages. A large message is read, hashed and promoted in a thread of its own; what comes back never was a text here.
 */
import { createHash } from 'node:crypto';
import type { InstanceError } from '../engine/door.ts';
import { messageOf, SohError } from '../errors.ts';
import type { Incoming } from './bodies.ts';
import type { TypesData } from './largeQuestions.ts';
import { LARGE_BYTES } from './largeBody.ts';
import type { LargeThread } from './largeThread.ts';
import { ENCODING } from './pipelines/decode.ts';
import type { BodyHint, MessageTypes } from './pipelines/messageTypes.ts';

/** A received body made a message, with the hash of the bytes it came as (sha256, hex). */
export interface Received {
  readonly message: Incoming;
  readonly malformed?: InstanceError;
  readonly contentHash: string;
}

export class Disassembly {
  readonly #thread: LargeThread;
  #types: MessageTypes;
  #data: TypesData;

  constructor(types: MessageTypes, thread: LargeThread) {
    this.#thread = thread;
    this.#types = types;
    this.#data = dataOf(types);
  }

  /** From now on messages are what these types say. */
  use(types: MessageTypes): void {
    this.#types = types;
    this.#data = dataOf(types);
  }

  /** The bytes are given away. Never rejects for what they contain. */
  async read(bytes: Buffer, hint: BodyHint): Promise<Received> {
    if (bytes.length < LARGE_BYTES) return received(this.#types, bytes, hint);
    return this.#thread.ask({ kind: 'disassemble', bytes: ownMemory(bytes), hint, data: this.#data });
  }
}

/** A module may have put more into its types than what they are: only data goes to the other thread. */
export function dataOf(types: MessageTypes): TypesData {
  return JSON.parse(JSON.stringify({ types: [...types.entries()], limits: types.limits })) as TypesData;
}

/** The same in the thread that calls it. */
export function received(
  types: MessageTypes,
  bytes: Uint8Array,
  hint: BodyHint,
): Received & { readonly message: { readonly body: string } } {
  const contentHash = createHash('sha256').update(bytes).digest('hex');
  try {
    return { ...types.disassemble(bytes, hint), contentHash };
  } catch (error) {
    // Nobody thought of such a message: it is kept as it came, and the reason shows.
    const message = { type: '', body: Buffer.from(bytes).toString('base64'), properties: { ...hint.properties, [ENCODING]: 'base64' } };
    const { code, message: reason } = new SohError('message.unreadable', { reason: messageOf(error) }, error);
    return { message, malformed: { code, message: reason }, contentHash };
  }
}

/** What shares its memory with other things cannot be given to another thread. */
function ownMemory(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  const own = buffer instanceof ArrayBuffer && buffer.byteLength - length <= 1;
  return own ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes);
}
