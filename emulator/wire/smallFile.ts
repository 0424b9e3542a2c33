/** Files of our own that are small: what is larger than it can be is not ours, and is not taken into memory. */
import * as fs from 'node:fs';
import { hasCode } from '../errors.ts';

const MOST_BYTES = 1024 * 1024;

/** The text of a file; `undefined` when there is none. Throws errors of the system, and an ordinary Error for one that is too large. */
export function readSmallFile(path: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
  try {
    const { size } = fs.fstatSync(descriptor);
    if (size > MOST_BYTES) throw new Error(`it has ${String(size)} bytes`);
    return fs.readFileSync(descriptor, 'utf8');
  } finally {
    fs.closeSync(descriptor);
  }
}
