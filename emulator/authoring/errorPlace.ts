/** Where in the user's modules an error of loading one comes from. */
import { fileURLToPath } from 'node:url';

export interface ErrorPlace {
  /** Absolute path. */
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** A frame of a stack. */
const IN_STACK = /(file:\/\/\/[^\s)]+?):(\d+)(?::(\d+))?\)?$/;

/** @param own beginning of the URLs of our own files, which are not the user's */
export function errorPlace(error: unknown, own: string): ErrorPlace | undefined {
  if (!(error instanceof Error)) return undefined;
  const [, url, line, column] = stackPlace(error.stack, own) ?? [];
  if (url === undefined || line === undefined) return undefined;
  return { file: fileURLToPath(url), line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) };
}

function stackPlace(stack: unknown, own: string): RegExpExecArray | undefined {
  if (typeof stack !== 'string') return undefined;
  for (const text of stack.split('\n')) {
    const found = IN_STACK.exec(text);
    if (found && found[1]?.startsWith(own) !== true) return found;
  }
  return undefined;
}
