/**
 * How user interfaces find a running group: the file `group.json` in its data folder, written by the supervisor when its control socket
 * listens, removed when it ends. A file whose process is gone counts as no file. Of one from another machine or container (a shared
 * folder) nobody can tell from here; what is sure is that its control socket cannot be reached.
 */
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { isOutOfRoom, messageOf, SohError } from '../errors.ts';
import { type Format, lifted } from '../format.ts';
import { isOfThisPlace, lifeOf } from '../wire/processIdentity.ts';
import { readSmallFile } from '../wire/smallFile.ts';
import { CONTROL_VERSION } from './commands.ts';
import { makeDataFolder } from './dataFolder.ts';

/** Name of the discovery file in the data folder. */
export const DISCOVERY_FILE = 'group.json';

const discoverySchema = v.strictObject({
  version: v.number(),
  /** Version of the control socket (`CONTROL_VERSION`) the group speaks. */
  control: v.pipe(v.number(), v.integer(), v.minValue(1)),
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Start time of that process as the system tells it: a pid alone may belong to another process by now. */
  startTime: v.string(),
  /** Where the pid was given, and the name of that computer or container for people. */
  place: v.optional(v.string()),
  computer: v.optional(v.string()),
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

/** Version 1: the first release, which spoke version 1 of the control socket without saying it. */
const discoveryFormat: Format<Discovery> = {
  name: 'discovery file',
  version: 2,
  lifts: [(older) => ({ ...(older as object), version: 2, control: 1 })],
  check: (value) => v.parse(discoverySchema, value),
};

/**
 * The group that runs here on this data folder; `undefined` when none does. Throws `group.discoveryUnreadable` for a file that is there and
 * makes no sense: guessing could end in two supervisors; `format.newer`.
 */
export function readDiscovery(folder: string): Promise<Discovery | undefined> {
  return new Promise((resolve) => {
    const discovery = recorded(folder);
    resolve(discovery !== undefined && isOfThisPlace(discovery) && lifeOf(discovery) !== 'dead' ? discovery : undefined);
  });
}

/** The same for who wants to use it or to change its folder. Throws `group.elsewhere` when a group of another computer or container is recorded. */
export async function findRunning(folder: string): Promise<Discovery | undefined> {
  const discovery = await readDiscovery(folder);
  const other = discovery === undefined ? recorded(folder) : undefined;
  if (other !== undefined && !isOfThisPlace(other) && lifeOf(other) !== 'dead')
    throw new SohError('group.elsewhere', { folder, computer: other.computer ?? '?', pid: other.pid });
  return discovery;
}

/** Makes the group findable. Atomic: a reader sees the old file or the new one. Only the user may read it, because of the token. */
export async function writeDiscovery(folder: string, group: Omit<Discovery, 'version' | 'control'>): Promise<void> {
  const discovery: Discovery = { ...group, version: discoveryFormat.version, control: CONTROL_VERSION };
  makeDataFolder(folder);
  const file = join(folder, DISCOVERY_FILE);
  const temporary = `${file}.${discovery.pid}.tmp`;
  await rm(temporary, { force: true });
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(discovery, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw isOutOfRoom(error) ? new SohError('messageBox.storageFull', { folder }, error) : error;
  }
}

/** Removes the file if it is still the one with that token: another supervisor may have taken the folder over, even with the same pid. */
export async function removeDiscovery(folder: string, token: string): Promise<void> {
  if (recorded(folder)?.token === token) await rm(join(folder, DISCOVERY_FILE), { force: true });
}

/** What the file says, whether that process lives or not. */
function recorded(folder: string): Discovery | undefined {
  const file = join(folder, DISCOVERY_FILE);
  try {
    const text = readSmallFile(file);
    if (text === undefined) return undefined;
    const value = JSON.parse(text) as { version?: unknown } | null;
    return lifted(discoveryFormat, value?.version, value, file);
  } catch (error) {
    if (error instanceof SohError) throw error;
    throw new SohError('group.discoveryUnreadable', { file, reason: messageOf(error) }, error);
  }
}
