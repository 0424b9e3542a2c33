/**
 * Follows a text file that grows and is replaced when it is full, and hands out its new lines. A file, not a pipe: it outlives the window or
 * the command that reads it, and never blocks the writer. Who reads too slowly misses lines, and is told so.
 */
import { open, type FileHandle } from 'node:fs/promises';
import type { Cancel, Clock } from '../clock.ts';
import { hasCode } from '../errors.ts';

const POLL_MS = 400;
const CHUNK_BYTES = 64 * 1024;
/** Who is further behind is taken forward: nobody reads that much between two looks. */
const MOST_BEHIND_BYTES = 512 * 1024;

export interface LogTailOptions {
  /** Begin so many bytes before the end, with a whole line; everything when missing. */
  readonly lastBytes?: number;
  /** Lines were passed over. */
  leftOut?(): void;
}

export class LogTail {
  readonly #path: string;
  readonly #onLine: (line: string) => void;
  readonly #onError: (error: unknown) => void;
  readonly #options: LogTailOptions;
  #offset = 0;
  #file: number | undefined;
  #rest = '';
  #cancel: Cancel | undefined;
  #reading: Promise<void> | undefined;

  constructor(path: string, onLine: (line: string) => void, onError: (error: unknown) => void, options: LogTailOptions = {}) {
    this.#path = path;
    this.#onLine = onLine;
    this.#onError = onError;
    this.#options = options;
  }

  start(clock: Clock): void {
    this.#cancel ??= clock.every(POLL_MS, () => void this.drain());
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
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #read(): Promise<void> {
    let file: FileHandle;
    try {
      file = await open(this.#path, 'r');
    } catch (error) {
      // Nothing was written yet, or the next file is just being begun.
      if (hasCode(error, 'ENOENT')) return;
      throw error;
    }
    try {
      const { size, ino } = await file.stat();
      const cut = await this.#takeUp(file, size, ino);
      await this.#readTo(size, file, cut);
    } finally {
      await file.close();
    }
  }

  /** Where reading goes on; true when it begins in the middle of a line. */
  async #takeUp(file: FileHandle, size: number, ino: number): Promise<boolean> {
    const first = this.#file === undefined;
    if (this.#file !== ino || size < this.#offset) {
      this.#offset = 0;
      this.#rest = '';
    }
    this.#file = ino;
    const most = first ? (this.#options.lastBytes ?? Infinity) : MOST_BEHIND_BYTES;
    if (size - this.#offset <= most) return false;
    if (!first) this.#options.leftOut?.();
    this.#offset = size - most;
    this.#rest = '';
    if (this.#offset === 0) return false;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, this.#offset - 1);
    return buffer.toString() !== '\n';
  }

  async #readTo(end: number, file: FileHandle, cut: boolean): Promise<void> {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    let skip = cut;
    while (this.#offset < end) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK_BYTES, end - this.#offset), this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      const lines = (this.#rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!skip) this.#onLine(line.trimEnd());
        skip = false;
      }
    }
  }
}
