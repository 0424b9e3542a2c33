/**
 * How user interfaces find a running group: the file `group.json` in its data folder, written by the supervisor when its control socket
 * listens, removed when it ends. A file whose process is gone counts as no file.
 */
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { messageOf, SohError } from '../errors.ts';
import { isAlive } from '../wire/processIdentity.ts';
import { makeDataFolder } from './dataFolder.ts';

/** Name of the discovery file in the data folder. */
export const DISCOVERY_FILE = 'group.json';

const discoverySchema = v.object({
  version: v.literal(1),
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Start time of that process as the system tells it: a pid alone may belong to another process by now. */
  startTime: v.string(),
  /** TCP port of the control socket on 127.0.0.1. */
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  /** Secret every client of the control socket presents. */
  token: v.pipe(v.string(), v.minLength(16)),
  /** Absolute path; `null` = the sample group. */
  clusterFile: v.nullable(v.string()),
  /** UTC, ISO 8601 */
  started: v.string(),
});

export type Discovery = v.InferOutput<typeof discoverySchema>;

/**
 * The group that runs on this data folder; `undefined` when none does. Throws `group.discoveryUnreadable` for a file that is there and
 * makes no sense: guessing could end in two supervisors.
 */
export async function readDiscovery(folder: string): Promise<Discovery | undefined> {
  const file = join(folder, DISCOVERY_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new SohError('group.discoveryUnreadable', { file, reason: messageOf(error) }, error);
  }
  const discovery = parse(text, file);
  return isAlive({ pid: discovery.pid, startTime: discovery.startTime }) ? discovery : undefined;
}

/** Makes the group findable. Atomic: a reader sees the old file or the new one. Only the user may read it, because of the token. */
export async function writeDiscovery(folder: string, discovery: Discovery): Promise<void> {
  makeDataFolder(folder);
  const file = join(folder, DISCOVERY_FILE);
  const temporary = `${file}.${discovery.pid}.tmp`;
  await rm(temporary, { force: true });
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(discovery, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

/** Removes the file if it is still the one of that process; another supervisor may have taken the folder over. */
export async function removeDiscovery(folder: string, pid: number): Promise<void> {
  const file = join(folder, DISCOVERY_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  if (parse(text, file).pid === pid) await rm(file, { force: true });
}

function parse(text: string, file: string): Discovery {
  try {
    return v.parse(discoverySchema, JSON.parse(text));
  } catch (error) {
    throw new SohError('group.discoveryUnreadable', { file, reason: messageOf(error) }, error);
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
