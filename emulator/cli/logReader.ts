/** The log of one host instance, read from its files: its last lines, then what is new. */
import { stat } from 'node:fs/promises';
import { logFile, previousLogFile } from '../control/logs.ts';
import { LogTail } from '../control/logTail.ts';
import { hasCode } from '../errors.ts';

export interface LogLine {
  readonly hostInstance: string;
  /** When it was printed (UTC, ISO 8601); '' where the log does not say. */
  readonly at: string;
  readonly text: string;
}

/** Bytes that are read for the last lines. */
const LAST_BYTES = 512 * 1024;
/** The time the log itself writes before each line. */
const STAMP = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) ?(.*)$/s;

export class LogReader {
  readonly #hostInstance: string;
  readonly #path: string;
  readonly #tail: LogTail;
  #lines: LogLine[] = [];

  constructor(dataFolder: string, hostInstance: string) {
    this.#hostInstance = hostInstance;
    this.#path = logFile(dataFolder, hostInstance);
    this.#tail = new LogTail(this.#path, this.#take, raise, {
      lastBytes: LAST_BYTES,
      leftOut: () => this.#take('…'),
    });
  }

  /** The last lines there are, oldest first. Where the file has just begun, those of the one before are among them. */
  async last(count: number): Promise<readonly LogLine[]> {
    if ((await sizeOf(this.#path)) < LAST_BYTES)
      await new LogTail(previousLogFile(this.#path), this.#take, raise, { lastBytes: LAST_BYTES }).drain();
    const lines = await this.more();
    return count === 0 ? [] : lines.slice(-count);
  }

  /** What was printed since the last call. */
  async more(): Promise<readonly LogLine[]> {
    await this.#tail.drain();
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  readonly #take = (line: string): void => {
    const [, at = '', text = line] = STAMP.exec(line) ?? [];
    this.#lines.push({ hostInstance: this.#hostInstance, at, text });
  };
}

function raise(error: unknown): never {
  throw error;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
}
