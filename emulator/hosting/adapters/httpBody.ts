import type { IncomingMessage } from 'node:http';

/** A body that is not read to its end. */
export class BodyRefused extends Error {
  readonly status: 413 | 503;

  constructor(status: 413 | 503, message: string) {
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

  #tooLarge(): BodyRefused {
    return new BodyRefused(413, `A message may have at most ${String(this.#limit)} bytes.`);
  }
}
