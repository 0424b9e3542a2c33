/** Which process is meant: a pid alone may belong to another process by now, so its start time goes with it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hasCode } from '../errors.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** As the system tells it, only to be compared; empty when it does not tell. */
  readonly startTime: string;
}

/** Identity of a process that runs now; undefined when there is none with this pid. A stopped process runs, a zombie does not. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  if (!exists(pid)) return undefined;
  if (process.platform === 'linux') return linuxIdentity(pid);
  return { pid, startTime: process.platform === 'win32' ? '' : startTimeFromPs(pid) };
}

/** True while exactly this process lives. When a start time is not known, the pid decides. */
export function isAlive(identity: ProcessIdentity): boolean {
  const current = processIdentity(identity.pid);
  if (current === undefined) return false;
  return current.startTime === '' || identity.startTime === '' || current.startTime === identity.startTime;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return hasCode(error, 'EPERM');
  }
}

/** Field 22 of /proc/<pid>/stat counts from the start of the machine, so the boot id belongs to it. */
function linuxIdentity(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return undefined;
    return { pid, startTime: '' };
  }
  // The second field is the name in brackets and may hold anything, so fields are counted from its end: state is the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { pid, startTime: `${bootId()}${fields[19] ?? ''}` };
}

function bootId(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:`;
  } catch {
    // Some containers hide it; the ticks alone tell processes of one boot apart.
    return '';
  }
}

function startTimeFromPs(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } }).trim();
  } catch {
    // Gone meanwhile, or no ps: the pid decides.
    return '';
  }
}
