import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type InputType } from 'node:zlib';
import { hasCode, messageOf } from '../../errors.ts';

/** Content codings that are undone (RFC 9110, section 8.4.1), each within a limit. */
const CODINGS: Readonly<Record<string, (bytes: InputType, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** A body that is not read to its end. */
export class BodyRefused extends Error {
  readonly status: 400 | 413 | 415 | 503;

  constructor(status: BodyRefused['status'], message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads request bodies, each at most `limit` bytes, all that are being read together at most `total` bytes. */
export class BodyReader {
  readonly #limit: number;
  readonly #total: number;
  #held = 0;

  constructor(limit: number, total: number) {
    this.#limit = limit;
    this.#total = total;
  }

  /** Rejects with BodyRefused; with any other error when the caller went away. The connection stays open for the answer. */
  read(request: IncomingMessage): Promise<Buffer> {
    if (Number(request.headers['content-length'] ?? 0) > this.#limit) return Promise.reject(this.#tooLarge());
    const chunks: Buffer[] = [];
    let size = 0;
    return new Promise<Buffer>((resolve, reject) => {
      const refuse = (refused: BodyRefused): void => {
        request.pause();
        reject(refused);
      };
      request.on('data', (chunk: Buffer) => {
        size += chunk.length;
        this.#held += chunk.length;
        if (size > this.#limit) refuse(this.#tooLarge());
        else if (this.#held > this.#total) refuse(new BodyRefused(503, 'Too many large messages at the same time.'));
        else chunks.push(chunk);
      });
      request.once('end', () => {
        resolve(Buffer.concat(chunks, size));
      });
      request.once('error', reject);
      request.once('close', () => {
        reject(new Error('the caller went away'));
      });
    }).finally(() => {
      request.removeAllListeners('data');
      this.#held -= size;
    });
  }

  /** The body without its content codings, which are undone in the reverse order of their naming. Rejects with BodyRefused. */
  async decoded(bytes: Buffer, contentEncoding: string | undefined): Promise<Buffer> {
    const codings = (contentEncoding ?? '').split(',').map((coding) => coding.trim().toLowerCase());
    let plain = bytes;
    for (const coding of codings.reverse()) if (coding !== '' && coding !== 'identity') plain = await this.#without(coding, plain);
    return plain;
  }

  async #without(coding: string, bytes: Buffer): Promise<Buffer> {
    const undo = Object.hasOwn(CODINGS, coding) ? CODINGS[coding] : undefined;
    if (!undo) throw new BodyRefused(415, `The content coding "${coding}" is not supported. Use gzip, deflate, br, or none.`);
    try {
      return await undo(bytes, { maxOutputLength: this.#limit });
    } catch (error) {
      if (hasCode(error, 'ERR_BUFFER_TOO_LARGE')) throw this.#tooLarge();
      throw new BodyRefused(400, `The body is not ${coding}: ${messageOf(error)}`);
    }
  }

  #tooLarge(): BodyRefused {
    return new BodyRefused(413, `A message may have at most ${String(this.#limit)} bytes.`);
  }
}

/** The charset parameter of a content type (RFC 9110, section 8.3.2). */
export function charsetOf(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s";]+)"?/i.exec(contentType ?? '')?.[1];
}
