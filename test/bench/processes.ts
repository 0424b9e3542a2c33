/** CPU time and memory of processes, as Linux keeps them. */
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

/** Clock ticks a second: the same on every Linux that Node runs on. */
const TICKS = 100;
const PAGE_KB = 4;

/** User and system time of a process with its threads, in ms; 0 when it is gone. */
export function cpuMs(pid: number): number {
  const fields = statOf(pid);
  return fields ? ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS : 0;
}

/** The same of all processes below this one whose command line contains a text. */
export function cpuMsBelow(contains: string): number {
  const parents = new Map(
    readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [[Number(name), Number(statOf(Number(name))?.[1])]] : [])),
  );
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent === process.pid || (parent !== undefined && parent > 1 && isBelow(parent));
  };
  const own = [...parents.keys()].filter((pid) => isBelow(pid) && commandLineOf(pid).includes(contains));
  return own.reduce((sum, pid) => sum + cpuMs(pid), 0);
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Resident memory in MB. */
export function rssMb(pid: number): number {
  return (Number(readFileSync(`/proc/${String(pid)}/statm`, 'utf8').split(' ')[1]) * PAGE_KB) / 1024;
}

/** Load of the machine over the last minute: with other work on it, times mean little and CPU time more. */
export function load(): number {
  return Math.round((loadavg()[0] ?? 0) * 10) / 10;
}

/** Fields from the third on; the second, the name, may contain anything. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
