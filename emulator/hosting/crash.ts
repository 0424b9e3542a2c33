/** What a host instance says of itself when user code ends its process: the last thing that is heard of it. */
import { CRASH_INSTANCES, CRASH_TEXT_CHARACTERS, type CrashNotice } from './settings.ts';

/** @param thrown whatever was thrown, or an error made where `process.exit` was called */
export function crashNotice(
  cause: CrashNotice['cause'],
  thrown: unknown,
  memory: { readonly running: string | undefined; readonly held: readonly string[] } | undefined,
): CrashNotice {
  return {
    kind: 'crashed',
    cause,
    text: textOf(thrown).slice(0, CRASH_TEXT_CHARACTERS),
    ...(memory?.running === undefined ? {} : { instance: memory.running }),
    held: memory?.held.slice(0, CRASH_INSTANCES) ?? [],
  };
}

/** Anything may be thrown, also what resists being looked at. */
function textOf(thrown: unknown): string {
  try {
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    return typeof stack === 'string' && stack !== '' ? stack : String(thrown);
  } catch {
    return 'something without a text was thrown';
  }
}
