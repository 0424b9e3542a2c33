/**
 * One journal record is one line of text, every field but the last of fixed width:
 *
 *     crc32    prevCrc  length    sequence     group        json
 *     1c291ca3 00000000 000000042 000000000001 000000000001 {"kind":...}
 *
 * crc32 covers everything after itself up to the end of the json; prevCrc is the crc32 of the record before, so a record that is lost or
 * moved is noticed; group is the sequence of the first record of the write group it was flushed with: it tells recovery which records
 * were waiting for the same sync.
 */
import { crc32 } from 'node:zlib';

const space = 0x20;
const newline = 0x0a;
const prevAt = 9;
const lengthAt = 18;
const sequenceAt = 28;
const groupAt = 41;

/** Bytes before the json. */
export const headerBytes = 54;

/** A buffer larger than this is not kept for the next group. */
const keptBytes = 8 * 1024 * 1024;

/** crc32 of the record before the very first one. */
export const noCrc = 0;

/** A line that is intact in itself. `json` is a view that lives as long as the buffer it was read into. */
export interface JournalLine {
  readonly crc: number;
  readonly prevCrc: number;
  readonly sequence: number;
  readonly group: number;
  readonly json: Buffer;
}

/** Lines that wait for the disk, back to back in one reusable buffer. */
export class LineBuffer {
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The lines; valid until the next `add` or `clear`. */
  get content(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Adds one line and returns its crc32. */
  add(prevCrc: number, sequence: number, group: number, json: string): number {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    const most = this.#length + headerBytes + json.length * 3 + 1;
    if (most > this.#bytes.length) this.#grow(most);
    const bytes = this.#bytes;
    const at = this.#length;
    const length = bytes.write(json, at + headerBytes);
    const end = at + headerBytes + length;
    putHex(bytes, at + prevAt, prevCrc);
    putDecimal(bytes, at + lengthAt, 9, length);
    putLong(bytes, at + sequenceAt, sequence);
    putLong(bytes, at + groupAt, group);
    const crc = crc32(bytes.subarray(at + prevAt, end));
    putHex(bytes, at, crc);
    bytes[end] = newline;
    this.#length = end + 1;
    return crc;
  }

  /** Forgets the lines. A buffer that one huge group made large is given back. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafe(64 * 1024);
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafe(Math.max(least, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** The record of a line (without its newline), or undefined when any bit of it is wrong. */
export function decodeLine(line: Buffer): JournalLine | undefined {
  if (line.length < headerBytes) return undefined;
  const crc = takeHex(line, 0);
  const prevCrc = takeHex(line, prevAt);
  const length = takeDecimal(line, lengthAt, 9);
  const sequence = takeDecimal(line, sequenceAt, 12);
  const group = takeDecimal(line, groupAt, 12);
  if (line[prevAt - 1] !== space || line.length !== headerBytes + length) return undefined;
  if (crc !== crc32(line.subarray(prevAt))) return undefined;
  return { crc, prevCrc, sequence, group, json: line.subarray(headerBytes) };
}

/** Bytes the line has that begins here, by its own header; -1 when this is no header. */
export function claimedBytes(start: Buffer): number {
  const length = takeDecimal(start, lengthAt, 9);
  return takeHex(start, 0) < 0 || length < 0 ? -1 : headerBytes + length;
}

const hexDigits = Buffer.from('0123456789abcdef');
const hexValues = Int8Array.from({ length: 256 }, (_, byte) => hexDigits.indexOf(byte));

function putHex(target: Buffer, at: number, value: number): void {
  for (let shift = 28, index = at; shift >= 0; shift -= 4, index++) target[index] = hexDigits[(value >>> shift) & 15] ?? 0;
  target[at + 8] = space;
}

function putLong(target: Buffer, at: number, value: number): void {
  const high = Math.floor(value / 1e6);
  putDecimal(target, at + 6, 6, value - high * 1e6);
  for (let index = at + 5, rest = high; index >= at; index--, rest = (rest / 10) | 0) target[index] = 48 + (rest % 10);
}

function putDecimal(target: Buffer, at: number, digits: number, value: number): void {
  for (let index = at + digits - 1, rest = value | 0; index >= at; index--, rest = (rest / 10) | 0) target[index] = 48 + (rest % 10);
  target[at + digits] = space;
}

/** Only lower-case digits count: an upper-case one is a flipped bit. -1 when it is no number. */
function takeHex(line: Buffer, at: number): number {
  let value = 0;
  for (let index = at; index < at + 8; index++) {
    const digit = hexValues[line[index] ?? 0] ?? -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function takeDecimal(line: Buffer, at: number, digits: number): number {
  let value = 0;
  for (let index = at; index < at + digits; index++) {
    const digit = (line[index] ?? 0) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
