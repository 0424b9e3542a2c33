/** `processes.json`: which processes a supervisor has started, for the next one. */
import * as v from 'valibot';
import { messageOf, SohError } from '../errors.ts';
import { type Format, lifted } from '../format.ts';
import type { ProcessIdentity } from '../wire/processIdentity.ts';
import { readSmallFile } from '../wire/smallFile.ts';

/** Name of the file in the data folder. */
export const PROCESSES_FILE = 'processes.json';

const contentSchema = v.strictObject({
  version: v.number(),
  processes: v.array(
    v.strictObject({ pid: v.pipe(v.number(), v.integer(), v.minValue(1)), startTime: v.string(), place: v.optional(v.string()) }),
  ),
});

/** Version 1: the first release, a list without a version. */
const processesFormat: Format<v.InferOutput<typeof contentSchema>> = {
  name: 'process list',
  version: 2,
  lifts: [(processes) => ({ version: 2, processes })],
  check: (value) => v.parse(contentSchema, value),
};

/** The processes that are written down; none when there is no file. Errors: 'format.newer', 'group.processesUnreadable'. */
export function readProcesses(file: string): readonly ProcessIdentity[] {
  try {
    const text = readSmallFile(file);
    if (text === undefined) return [];
    const value = JSON.parse(text) as { version?: unknown } | null;
    return lifted(processesFormat, Array.isArray(value) ? 1 : value?.version, value, file).processes;
  } catch (error) {
    if (error instanceof SohError) throw error;
    throw new SohError('group.processesUnreadable', { file, reason: messageOf(error) }, error);
  }
}

/** The content of the file. */
export function processesText(processes: readonly ProcessIdentity[]): string {
  return JSON.stringify({ version: processesFormat.version, processes });
}
