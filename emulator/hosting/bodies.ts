/** Large bodies travel apart from their messages: put before the message that refers to them, fetched before it is used. */
import { createHash } from 'node:crypto';
import { messageOf, SohError } from '../errors.ts';
import type { HostFrame, MessageBoxFrame, NewMessage, StoredMessage } from '../messagebox/protocol/frames.ts';
import { BODY_CHUNK_BYTES, BODY_LIMIT_BYTES, INLINE_BODY_CHARACTERS } from '../messagebox/protocol/limits.ts';
import type { Message } from '../orchestration/message.ts';
import { LARGE_BYTES, LargeBody, type LargeBytes } from './largeBody.ts';

/** A message whose body never was a text in this thread: its bytes, and their hash (sha256, hex). */
export type LargeMessage = Omit<NewMessage, 'body' | 'bodyHash'> & { readonly bytes: Uint8Array; readonly bodyHash: string };
/** A message as it came in. */
export type Incoming = NewMessage | LargeMessage;

/** Makes the message of a large body that was fetched. */
export type ReadLarge = (message: StoredMessage & { readonly bodyHash: string }, bytes: LargeBytes) => Promise<Message>;

type Answer = Extract<MessageBoxFrame, { kind: 'bodyStored' | 'body' }>;

export class BodyClient {
  readonly #send: (frame: HostFrame) => void;
  readonly #rest: () => Promise<void>;
  readonly #waiting = new Map<number, { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }>();
  #request = 0;

  /**
   * @param send throws 'group.connectionLost' without a connection: nobody would answer
   * @param rest resolves when others had their turn
   */
  constructor(send: (frame: HostFrame) => void, rest = (): Promise<void> => Promise.resolve()) {
    this.#send = send;
    this.#rest = rest;
  }

  answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.request);
    this.#waiting.delete(answer.request);
    if (answer.error === undefined) waiting?.resolve(answer);
    else if (answer.kind === 'body') waiting?.reject(new Error(answer.error));
    else waiting?.reject(new SohError('messageBox.protocol', { reason: answer.error }));
  }

  /** Nothing that is under way will be answered any more. */
  lost(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new SohError('group.connectionLost'));
  }

  /** True when the message can be sent as it is. */
  static isInline(message: NewMessage): boolean {
    return (message.body?.length ?? 0) <= INLINE_BODY_CHARACTERS;
  }

  /** Puts a large body into the MessageBox and refers to it. @throws SohError 'messageBox.messageTooLarge' */
  async outOfLine<M extends NewMessage>(message: M): Promise<M> {
    if (BodyClient.isInline(message)) return message;
    const { body, ...rest } = message;
    const bytes = Buffer.from(body ?? '', 'utf8');
    checkSize(bytes);
    const bodyHash = await this.#hashOf(bytes);
    await this.#put(bytes, bodyHash);
    return { ...rest, bodyHash } as M;
  }

  /** The same for a message that came in. @throws SohError 'messageBox.messageTooLarge' */
  async arrived(message: Incoming): Promise<NewMessage> {
    if (!('bytes' in message)) return this.outOfLine(message);
    const { bytes, ...rest } = message;
    await this.#put(bytes, rest.bodyHash);
    return rest;
  }

  /** Piece by piece, with rests in between. */
  async #hashOf(bytes: Uint8Array): Promise<string> {
    const hash = createHash('sha256');
    for (let at = 0; at < bytes.length; at += BODY_CHUNK_BYTES) {
      if (at > 0) await this.#rest();
      hash.update(bytes.subarray(at, at + BODY_CHUNK_BYTES));
    }
    return hash.digest('hex');
  }

  async #put(bytes: Uint8Array, hash: string): Promise<void> {
    checkSize(bytes);
    for (let offset = 0; offset < bytes.length; offset += BODY_CHUNK_BYTES) {
      const data = Buffer.from(bytes.buffer, bytes.byteOffset + offset, Math.min(BODY_CHUNK_BYTES, bytes.length - offset));
      const last = offset + data.length === bytes.length;
      await this.#ask((request) => ({ kind: 'putBody', request, hash, offset, last, data: data.toString('base64') }));
    }
  }

  /**
   * The whole message, its body fetched if needed. @throws SohError 'messageBox.bodyUnreadable'
   *
   * @param read for whoever wants more of a large body than its text
   */
  async complete({ id, type, properties, body, bodyHash = '' }: StoredMessage, read: ReadLarge = readText): Promise<Message> {
    if (body !== undefined) return { id, type, properties, body };
    const chunks = await this.#fetch(bodyHash);
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (size >= LARGE_BYTES) return read({ id, type, properties, bodyHash }, shared(chunks, size));
    return { id, type, properties, bodyHash, body: Buffer.concat(chunks).toString('utf8') };
  }

  /** Its name is the hash of its bytes, so what came is what was put, or it is not used. */
  async #fetch(bodyHash: string): Promise<Buffer[]> {
    try {
      return await this.#chunksOf(bodyHash);
    } catch (error) {
      if (error instanceof SohError) throw error;
      throw new SohError('messageBox.bodyUnreadable', { hash: bodyHash, reason: messageOf(error) }, error);
    }
  }

  async #chunksOf(hash: string): Promise<Buffer[]> {
    const chunks: Buffer[] = [];
    // Chunk by chunk, as they come: over all of them at once the thread would be away for too long.
    const found = createHash('sha256');
    for (let offset = 0, last = false; !last;) {
      const at = offset;
      const answer = await this.#ask((request) => ({ kind: 'getBody', request, hash, offset: at }));
      if (answer.kind !== 'body') throw new SohError('messageBox.protocol', { reason: 'not a body' });
      const chunk = Buffer.from(answer.data, 'base64');
      chunks.push(chunk);
      found.update(chunk);
      offset += chunk.length;
      last = answer.last;
      if (offset > BODY_LIMIT_BYTES) throw new Error(`it has more than ${String(BODY_LIMIT_BYTES)} bytes`);
    }
    if (found.digest('hex') !== hash) throw new Error('its bytes are not those that were put there');
    return chunks;
  }

  #ask(frame: (request: number) => HostFrame): Promise<Answer> {
    const request = ++this.#request;
    return new Promise((resolve, reject) => {
      this.#send(frame(request));
      this.#waiting.set(request, { resolve, reject });
    });
  }
}

function checkSize({ length: size }: Uint8Array): void {
  if (size > BODY_LIMIT_BYTES) throw new SohError('messageBox.messageTooLarge', { size, limit: BODY_LIMIT_BYTES });
}

/** In memory that another thread can see too. */
function shared(chunks: readonly Buffer[], size: number): LargeBytes {
  const bytes = new Uint8Array(new SharedArrayBuffer(size));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function readText(message: StoredMessage & { readonly bodyHash: string }, bytes: LargeBytes): Promise<Message> {
  return Promise.resolve(new LargeBody(message, bytes));
}
