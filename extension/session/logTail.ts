import { open, type FileHandle } from 'node:fs/promises';

const POLL_MS = 400;
const CHUNK_BYTES = 64 * 1024;

/** Follows a growing text file and hands out its new lines. A file, not a pipe: it outlives this window and never blocks the writer. */
export class LogTail {
  readonly #path: string;
  readonly #onLine: (line: string) => void;
  readonly #onError: (error: unknown) => void;
  #offset = 0;
  #rest = '';
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;

  constructor(path: string, onLine: (line: string) => void, onError: (error: unknown) => void) {
    this.#path = path;
    this.#onLine = onLine;
    this.#onError = onError;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.drain(), POLL_MS).unref();
  }

  /** Hands out what is there now. */
  async drain(): Promise<void> {
    this.#reading ??= this.#read()
      .catch((error: unknown) => {
        this.stop();
        this.#onError(error);
      })
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #read(): Promise<void> {
    const file = await open(this.#path, 'r');
    try {
      await this.#readAll(file);
    } finally {
      await file.close();
    }
  }

  async #readAll(file: FileHandle): Promise<void> {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      const lines = (this.#rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#onLine(line.trimEnd());
    }
  }
}
