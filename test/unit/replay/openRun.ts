/** Opens a run file in a process with little memory and says what became of it: `openRun.ts FILE`. */
import { readFileSync } from 'node:fs';
import { SohError } from '../../../emulator/errors.ts';
import { RecordedRun } from '../../../emulator/replay/recordedRun.ts';
import { fileSource } from '../../../emulator/replay/runFile.ts';

try {
  const run = await RecordedRun.open({ source: await fileSource(readFileSync(process.argv[2] ?? ''), 'x.sohrun'), revision: 0 });
  console.log(`opened ${String(run.overview.records)}`);
} catch (error) {
  console.log(error instanceof SohError ? error.code : `unexpected: ${String(error)}`);
}
