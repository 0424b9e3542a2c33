/** What the disk alone can do: the limits the group is measured against. */
import { closeSync, fdatasync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { percentile, rounded } from './statistics.ts';

const sync = promisify(fdatasync);
const RECORD_BYTES = 1024;
const GROUP = 100;

export interface DiskLimits {
  /** Records of 1 KB a second, each appended and synced alone. */
  readonly alonePerSecond: number;
  /** Median of one append and sync, in ms. */
  readonly aloneP50Ms: number;
  /** The same records in groups of 100 that share a sync. */
  readonly groupedPerSecond: number;
}

/** Appends and syncs in `folder` for about `ms` each way. */
export async function measureDisk(folder: string, ms: number): Promise<DiskLimits> {
  const alone = await append(folder, RECORD_BYTES, ms);
  const grouped = await append(folder, RECORD_BYTES * GROUP, ms);
  return {
    alonePerSecond: Math.round(alone.perSecond),
    aloneP50Ms: rounded(percentile(alone.times, 0.5), 3),
    groupedPerSecond: Math.round(grouped.perSecond * GROUP),
  };
}

async function append(folder: string, bytes: number, ms: number): Promise<{ perSecond: number; times: number[] }> {
  const path = join(folder, 'limit.dat');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(bytes, 'x');
  const times: number[] = [];
  const began = performance.now();
  try {
    for (let now = began; now - began < ms;) {
      writeSync(file, block);
      await sync(file);
      const then = now;
      now = performance.now();
      times.push(now - then);
    }
  } finally {
    closeSync(file);
    rmSync(path);
  }
  return { perSecond: (times.length * 1000) / (performance.now() - began), times };
}
