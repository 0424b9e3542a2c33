/**
 * A log in two files that never grow beyond their limit. Whoever writes never waits: lines are kept for a moment and written together; what is
 * more than the log takes in a second, or than a slow or full disk takes at all, is left out and counted in the log.
 */
import { appendFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import { hasCode } from '../errors.ts';
import { previousLogFile } from '../control/logs.ts';
import type { LineSink } from './processOutput.ts';

/** What a log needs of the disk. */
export interface LogDisk {
  append(path: string, text: string): Promise<void>;
  /** Bytes; 0 when there is none. */
  size(path: string): Promise<number>;
  /** The second takes the place of the first, and there is no first any more. */
  replace(path: string, previous: string): Promise<void>;
}

export interface LogLimits {
  /** Bytes of one of the two files. */
  readonly fileBytes: number;
  /** Bytes taken in a second. */
  readonly secondBytes: number;
  /** Bytes that wait for the disk. */
  readonly waitingBytes: number;
}

interface Waiting {
  readonly text: string;
  /** Lines that are lost when it cannot be written. */
  readonly lines: number;
}

const MB = 1024 * 1024;
export const LOG_LIMITS: LogLimits = { fileBytes: 5 * MB, secondBytes: 2 * MB, waitingBytes: 4 * MB };
const WRITE_AFTER_MS = 50;
const SECOND_MS = 1000;

export class LogFile implements LineSink {
  readonly path: string;
  readonly #disk: LogDisk;
  readonly #clock: Clock;
  readonly #limits: LogLimits;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #size: number | undefined;
  #leftOut = 0;
  #second = -Infinity;
  #taken = 0;
  #planned = false;
  #forsaken = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, clock: Clock, disk: LogDisk = nodeLogDisk, limits: LogLimits = LOG_LIMITS) {
    this.path = path;
    this.#clock = clock;
    this.#disk = disk;
    this.#limits = limits;
  }

  room(bytes: number): boolean {
    if (this.#forsaken) return false;
    const now = this.#clock.monotonic();
    if (now - this.#second >= SECOND_MS) {
      this.#second = now;
      this.#taken = 0;
    }
    return this.#taken + bytes <= this.#limits.secondBytes && this.#waitingBytes + bytes <= this.#limits.waitingBytes;
  }

  lines(lines: readonly string[]): void {
    const at = new Date(this.#clock.wall()).toISOString();
    this.#tellLeftOut(at);
    const text = lines.map((line) => `${at} ${line.trimEnd()}\n`).join('');
    const bytes = Buffer.byteLength(text);
    this.#waiting.push({ text, lines: lines.length });
    this.#waitingBytes += bytes;
    this.#taken += bytes;
    this.#writeSoon();
  }

  leftOut(count: number): void {
    this.#leftOut += count;
    this.#writeSoon();
  }

  /** The folder is not ours any more: what waits, and what comes, is not written. */
  forsake(): void {
    this.#forsaken = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    this.#tellLeftOut(new Date(this.#clock.wall()).toISOString());
    await this.#write();
  }

  #tellLeftOut(at: string): void {
    if (this.#leftOut === 0) return;
    this.#waiting.push({ text: `${at} … ${String(this.#leftOut)} lines left out\n`, lines: this.#leftOut });
    this.#leftOut = 0;
  }

  #writeSoon(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#clock.after(WRITE_AFTER_MS, () => {
      this.#planned = false;
      void this.#write();
    });
  }

  /** One at a time. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      // More may be left out while this second lasts; it is told once.
      if (this.#clock.monotonic() - this.#second >= SECOND_MS) this.#tellLeftOut(new Date(this.#clock.wall()).toISOString());
      else if (this.#leftOut > 0) this.#writeSoon();
      const waiting = this.#waiting;
      if (waiting.length === 0 || this.#forsaken) return;
      this.#waiting = [];
      this.#waitingBytes = 0;
      try {
        await this.#append(waiting.map(({ text }) => text).join(''));
      } catch {
        // A log that cannot be written must not end what it is about; how much is missing is told when it can be.
        this.#size = undefined;
        this.#leftOut += waiting.reduce((sum, { lines }) => sum + lines, 0);
      }
    });
    return this.#writing;
  }

  async #append(text: string): Promise<void> {
    const bytes = Buffer.byteLength(text);
    this.#size ??= await this.#disk.size(this.path);
    if (this.#size > 0 && this.#size + bytes > this.#limits.fileBytes) {
      await this.#disk.replace(this.path, previousLogFile(this.path));
      this.#size = 0;
    }
    await this.#disk.append(this.path, text);
    this.#size += bytes;
  }
}

export const nodeLogDisk: LogDisk = {
  append: async (path, text) => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await appendFile(path, text, { mode: 0o600 });
  },
  size: async (path) => {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return 0;
      throw error;
    }
  },
  replace: async (path, previous) => {
    await rm(previous, { force: true });
    await rename(path, previous);
  },
};
