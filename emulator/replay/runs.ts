/** Runs of a data folder: looking back at the one under way, and exporting it. */
import { join } from 'node:path';
import { RecordedRun } from './recordedRun.ts';
import { type Exported, exportRun, RUN_EXTENSION } from './runFile.ts';
import { folderSource } from './runSource.ts';

/** Folder of exported runs inside a data folder. */
const RUNS_FOLDER = 'runs';

/**
 * Opens the run of a data folder as far as it is durable.
 *
 * @param last number of the last durable record
 * @param now UTC ms
 * @throws SohError 'run.empty', 'messageBox.damaged'
 */
export function openRunOf(dataFolder: string, last: number, now: number): Promise<RecordedRun> {
  // A watch of the live lanes began its revisions with an earlier time (journalWatch.ts).
  return RecordedRun.open({ source: folderSource(dataFolder, last), revision: now * 1000 });
}

/**
 * Exports the run of a data folder into its folder of runs.
 *
 * @throws SohError 'run.empty', 'run.notWritten', 'messageBox.damaged'
 */
export function exportRunOf(dataFolder: string, last: number, group: string, now: number): Promise<Exported> {
  const file = join(dataFolder, RUNS_FOLDER, runFileName(group, now));
  return exportRun({ source: folderSource(dataFolder, last), file, withoutContent: false, now });
}

/** `Order process` at a time -> `order-process-20261123-021822.sohrun`. */
export function runFileName(group: string, now: number): string {
  const name = group.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-');
  const time = new Date(now).toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${name}-${time}.${RUN_EXTENSION}`;
}
