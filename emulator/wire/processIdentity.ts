/**
 * Which process is meant: a pid alone may belong to another process by now, so its start time goes with it; and a pid says something only
 * where it was given, so the place goes with it too: another machine or another container has pids of its own.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { hasCode } from '../errors.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** As the system tells it, only to be compared; empty when it does not tell. */
  readonly startTime: string;
  /** Where the pid was given; see {@link processPlace}. Missing: in a file of an earlier version, which took every pid for one of its own. */
  readonly place?: string | undefined;
}

/** What can be said of a process from here. `unknown`: its pids are not ours to see, or its start time cannot be told. */
export type Life = 'alive' | 'dead' | 'unknown';

/** Identity of a process that runs now, here; undefined when there is none with this pid. A stopped process runs, a zombie does not. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  if (!exists(pid)) return undefined;
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime, place: processPlace() };
}

/** This process, whatever the system tells of it. */
export function ownIdentity(): ProcessIdentity {
  return processIdentity(process.pid) ?? { pid: process.pid, startTime: '', place: processPlace() };
}

/** What is known of exactly this process. */
export function lifeOf({ pid, startTime, place }: ProcessIdentity): Life {
  const here = processPlace();
  if (place !== undefined && place !== here) return isEarlierBoot(place, here) ? 'dead' : 'unknown';
  const current = processIdentity(pid);
  if (current === undefined) return 'dead';
  if (current.startTime === '' || startTime === '') return 'unknown';
  return current.startTime === startTime ? 'alive' : 'dead';
}

/** True when pids of that identity can be looked up from here. */
export function isOfThisPlace({ place }: ProcessIdentity): boolean {
  return place === undefined || place === processPlace();
}

let place: string | undefined;

/**
 * Where pids of this process mean something. Two processes with the same place see each other's pids; two with different ones, of two
 * machines, containers or starts of a machine, do not.
 */
export function processPlace(): string {
  place ??= process.platform === 'linux' ? linuxPlace() : `${process.platform}:${hostname()}`;
  return place;
}

/** Number of the outermost PID namespace, the same on every Linux: who is in it is in no container. */
const OUTERMOST = 'pid:[4026531836]';

function linuxPlace(): string {
  const boot = textOf('/proc/sys/kernel/random/boot_id');
  // The id of a machine is not to be shown around (man machine-id), so only its hash is.
  const machine = textOf('/etc/machine-id');
  const hashed = machine === '' ? '' : createHash('sha256').update(`scaled-out-hosts ${machine}`).digest('hex').slice(0, 16);
  return `linux:${hashed}:${boot === '' ? hostname() : boot}:${pidNamespace()}`;
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '?';
  }
}

/** The same machine was started again since, and both are in no container: nothing of that time lives. */
function isEarlierBoot(there: string, here: string): boolean {
  const of = (text: string): { machine: string; boot: string; outermost: boolean } => {
    const [, machine = '', boot = '', ...namespace] = text.split(':');
    return { machine, boot, outermost: text.startsWith('linux:') && namespace.join(':') === OUTERMOST };
  };
  const [then, now] = [of(there), of(here)];
  return then.outermost && now.outermost && then.machine !== '' && then.machine === now.machine && then.boot !== now.boot;
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

/** '' when the system does not tell, undefined when there is no such process any more. */
function startTimeOf(pid: number): string | undefined {
  if (process.platform === 'linux') return linuxStartTime(pid);
  return process.platform === 'win32' ? '' : startTimeFromPs(pid);
}

/** Field 22 of /proc/<pid>/stat counts from the start of the machine, so the boot id belongs to it. */
function linuxStartTime(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  } catch (error) {
    // It ended just now, or /proc hides processes of other users from us.
    const hidden = !(hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) || exists(pid);
    return hidden ? '' : undefined;
  }
  // The second field is the name in brackets and may hold anything, so fields are counted from its end: state is the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = textOf('/proc/sys/kernel/random/boot_id');
  // Some containers hide the boot id; the ticks alone tell processes of one boot apart.
  return `${boot === '' ? '' : `${boot}:`}${fields[19] ?? ''}`;
}

function startTimeFromPs(pid: number): string {
  try {
    // In UTC: the same process asked from a shell with another time zone would look like another one.
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env }).trim();
  } catch {
    // Gone meanwhile, or no ps.
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
