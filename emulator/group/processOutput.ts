/**
 * What a child prints, in whole lines. The child never waits for a disk: what there is no room for is counted and left out, so a flood of
 * text costs neither memory nor the child's lease.
 */
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Where lines go. */
export interface LineSink {
  /** True when so many bytes may come now. */
  room(bytes: number): boolean;
  lines(lines: readonly string[]): void;
  leftOut(count: number): void;
}

/** Longer lines are cut in pieces of so many characters. */
const LONGEST_LINE = 16 * 1024;
/** Bytes of standard error that are kept for whoever asks what the process said last. */
const LAST_WORDS_BYTES = 4096;
const LINE_BREAK = 10;

export class ProcessOutput {
  readonly #sink: LineSink;
  #lastWords: Buffer = Buffer.alloc(0);

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  /** The end of what it wrote to standard error. */
  get lastWords(): string {
    return this.#lastWords.toString('utf8');
  }

  read(stdout: Readable | null, stderr: Readable | null): void {
    for (const stream of [stdout, stderr]) if (stream) this.#read(stream);
    stderr?.on('data', (chunk: Buffer) => {
      const said = chunk.length >= LAST_WORDS_BYTES ? chunk : Buffer.concat([this.#lastWords, chunk]);
      this.#lastWords = Buffer.from(said.subarray(-LAST_WORDS_BYTES));
    });
  }

  #read(stream: Readable): void {
    let decoder = new StringDecoder('utf8');
    let rest = '';
    stream.on('data', (chunk: Buffer) => {
      if (!this.#sink.room(chunk.length)) {
        this.#sink.leftOut(lineBreaksIn(chunk));
        // What comes after the gap does not belong to what stood before it.
        if (rest !== '') this.#sink.lines([rest]);
        rest = '';
        decoder = new StringDecoder('utf8');
        return;
      }
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (; rest.length > LONGEST_LINE; rest = rest.slice(LONGEST_LINE)) lines.push(rest.slice(0, LONGEST_LINE));
      if (lines.length > 0) this.#sink.lines(lines);
    });
    stream.once('close', () => {
      if (rest !== '') this.#sink.lines([rest]);
    });
    // The end of the process tells what there is to tell.
    stream.on('error', () => undefined);
  }
}

function lineBreaksIn(chunk: Buffer): number {
  let count = 0;
  for (const byte of chunk) if (byte === LINE_BREAK) count++;
  return count;
}
