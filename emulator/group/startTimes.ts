/**
 * When processes were started, as the system tells it: what proves that a pid still means the process that was written down. Linux and
 * macOS tell it in the identity of a process at once; Windows has to be asked with a program, which takes a while, so all are asked for together.
 */
import { execFile } from 'node:child_process';
import { processIdentity } from '../wire/processIdentity.ts';

/** Start times by pid, as text that is only compared; a pid that is missing is gone, or the system does not tell. Never rejects. */
export type StartTimes = (pids: readonly number[]) => Promise<ReadonlyMap<number, string>>;

/** Runs a program and resolves with what it printed; rejects when it cannot be run. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<string>;

const POWERSHELL_TIMEOUT_MS = 20_000;

export function systemStartTimes(platform: NodeJS.Platform = process.platform): StartTimes {
  return platform === 'win32' ? windowsStartTimes(runProgram) : identityStartTimes;
}

const identityStartTimes: StartTimes = (pids) => {
  const known = pids.map((pid) => [pid, processIdentity(pid)?.startTime ?? ''] as const);
  return Promise.resolve(new Map(known.filter(([, startTime]) => startTime !== '')));
};

/** Whole numbers of 100 ns since 1601: one process has the same for ever, two of one pid never have. */
export function windowsStartTimes(run: RunProgram): StartTimes {
  return async (pids) => {
    if (pids.length === 0) return new Map();
    const list = pids.map(Number).join(',');
    const script = `Get-Process -Id ${list} -ErrorAction SilentlyContinue | ForEach-Object { "$($_.Id) $($_.StartTime.ToFileTimeUtc())" }`;
    try {
      return parse(await run('powershell.exe', ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', script]));
    } catch {
      // Not there, or not allowed here: then nothing is proven, and what is not proven is left alone.
      return new Map();
    }
  };
}

function parse(printed: string): ReadonlyMap<number, string> {
  const lines = printed.split('\n').map((line) => /^(\d+) (\d+)\s*$/.exec(line));
  return new Map(lines.flatMap((match) => (match === null ? [] : [[Number(match[1]), match[2] ?? '']])));
}

function runProgram(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // One pid that is gone makes the exit code 1; the others are told all the same.
    execFile(program, [...args], { timeout: POWERSHELL_TIMEOUT_MS, windowsHide: true, encoding: 'utf8' }, (error, stdout) => {
      if (error === null || stdout !== '') resolve(stdout);
      else reject(new Error(error.message, { cause: error }));
    });
  });
}
