import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isCode, SohError } from '../errors.ts';
import { ControlClient } from '../control/client.ts';
import { defaultDataFolder } from '../control/dataFolder.ts';
import { findRunning, type Discovery } from '../control/discovery.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import type { Call } from './command.ts';

/** The group a command talks to. */
export interface RunningGroup {
  readonly folder: string;
  readonly discovery: Discovery;
}

/**
 * The running group that is meant: that of `--data`; else the one of a `cluster.json` in this folder; else the sample group.
 * Throws `group.notRunning`, `group.elsewhere`.
 */
export async function findGroup({ values, world }: Pick<Call, 'values' | 'world'>): Promise<RunningGroup> {
  const folders = foldersOf({ values, world });
  for (const folder of folders) {
    const discovery = await findRunning(folder);
    if (discovery !== undefined) return { folder, discovery };
  }
  throw new SohError('group.notRunning', { folder: folders.join(', ') });
}

/** The data folder that is meant: of the running group, else the first in which there is data. Throws `messageBox.noData`, `group.elsewhere`. */
export async function findFolder(call: Pick<Call, 'values' | 'world'>): Promise<{ readonly folder: string; readonly running: boolean }> {
  try {
    return { folder: (await findGroup(call)).folder, running: true };
  } catch (error) {
    if (!isCode(error, 'group.notRunning')) throw error;
    return { folder: folderWithData(call), running: false };
  }
}

/** The first of the folders that can be meant in which there is data. Throws `messageBox.noData`. */
export function folderWithData(call: Pick<Call, 'values' | 'world'>): string {
  const folders = foldersOf(call);
  const found = folders.find((folder) => existsSync(join(folder, MESSAGE_BOX_FOLDER)));
  if (found === undefined) throw new SohError('messageBox.noData', { folder: folders.join(', ') });
  return found;
}

function foldersOf({ values, world }: Pick<Call, 'values' | 'world'>): string[] {
  const given = values.text('data');
  if (given !== undefined) return [resolve(world.workingFolder, given)];
  return [defaultDataFolder(join(world.workingFolder, 'cluster.json'), world.homeFolder), defaultDataFolder(null, world.homeFolder)];
}

/** Connects to the group that is meant, does the work, and ends the connection whatever happens. */
export async function withGroup<T>(call: Pick<Call, 'values' | 'world'>, work: (client: ControlClient) => Promise<T>): Promise<T> {
  const { discovery } = await findGroup(call);
  const client = await ControlClient.connect(discovery, call.world.clock);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
