/** CPU time and memory of processes, as Linux keeps them. */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

/** Clock ticks a second: the same on every Linux that Node runs on. */
const TICKS = 100;
const PAGE_KB = 4;

/** User and system time of a process with its threads, in ms; 0 when it is gone. */
export function cpuMs(pid: number): number {
  const fields = statOf(pid);
  return fields ? ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS : 0;
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
