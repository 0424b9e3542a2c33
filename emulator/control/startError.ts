/** Why a group did not start, from what its supervisor printed. */
import * as v from 'valibot';
import { fromWire, SohError } from '../errors.ts';
import { term } from '../text/term.ts';
import { wireError } from './wireErrorSchema.ts';

/** Of lines that say nothing else so many are shown. */
const SHOWN_LINES = 5;

/** An error of ours is one line of JSON, mostly the last; a supervisor that did not come so far has only printed lines. @param exitCode where it is known */
export function startErrorIn(printed: string, folder: string, exitCode?: number | null): SohError {
  const lines = printed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  for (const line of lines.toReversed()) {
    const error = errorIn(line);
    if (error !== undefined) return error;
  }
  const silent = typeof exitCode === 'number' ? `exit code ${String(exitCode)}` : term('it printed nothing');
  const reason = lines.slice(-SHOWN_LINES).join(' | ') || silent;
  return new SohError('group.startFailed', { folder, reason });
}

function errorIn(line: string): SohError | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const parsed = v.safeParse(wireError, JSON.parse(line));
    return parsed.success ? fromWire(parsed.output) : undefined;
  } catch {
    // It only looks like JSON.
    return undefined;
  }
}
