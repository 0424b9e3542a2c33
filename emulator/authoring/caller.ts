/** Finds the line that a function was called from. */
import type { SourcePlace } from '../orchestration/source.ts';

/** Types are stripped in place and modules keep their URL, so the line is that of the file the user wrote. */
const FRAME = /\b(file:\/\/.*):(\d+):\d+\)?$/;

/** The place of the call of `callee` that is under way; `undefined` when the stack does not tell. */
export function callerOf(callee: (...parameters: never) => unknown): SourcePlace | undefined {
  const trace: { readonly stack?: unknown } = {};
  Error.captureStackTrace(trace, callee);
  if (typeof trace.stack !== 'string') return undefined;
  const frame = trace.stack.split('\n').find((line) => line.startsWith('    at '));
  const [, file, line] = FRAME.exec(frame ?? '') ?? [];
  return file === undefined ? undefined : { file, line: Number(line) };
}
