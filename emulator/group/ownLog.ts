/** The supervisor's own words: on standard error, which is a file when it was started in the background. Then the file is kept small. */
import { copyFileSync, fstatSync, ftruncateSync, statSync, writeSync } from 'node:fs';
import { previousSupervisorLog, supervisorLog } from '../control/logs.ts';
import { LOG_LIMITS } from './logFile.ts';

const STDERR = 2;

/** @param limitBytes size at which the file becomes the previous one */
export function ownLog(dataFolder: string, limitBytes: number = LOG_LIMITS.fileBytes): (line: string) => void {
  const file = supervisorLog(dataFolder);
  let left = 0;
  return (line) => {
    const text = `${line}\n`;
    left -= text.length;
    if (left < 0) left = makeRoom(file, previousSupervisorLog(dataFolder), limitBytes);
    try {
      writeSync(STDERR, text);
    } catch {
      // A full disk or a reader that went away takes the words, not the group.
    }
  };
}

/** Bytes that may be written before the next look. The file is open for whoever started this process, so it is emptied, not replaced. */
function makeRoom(file: string, previous: string, limitBytes: number): number {
  try {
    const own = fstatSync(STDERR);
    if (!own.isFile() || own.ino !== statSync(file).ino) return Infinity;
    if (own.size < limitBytes) return limitBytes - own.size;
    copyFileSync(file, previous);
    ftruncateSync(STDERR, 0);
    return limitBytes;
  } catch {
    // Without room for a second file the first goes on growing until there is.
    return limitBytes / 10;
  }
}
