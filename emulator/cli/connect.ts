import { join, resolve } from 'node:path';
import { SohError } from '../errors.ts';
import { ControlClient } from '../control/client.ts';
import { defaultDataFolder } from '../control/dataFolder.ts';
import { findRunning, type Discovery } from '../control/discovery.ts';
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
  const given = values.text('data');
  const here = defaultDataFolder(join(world.workingFolder, 'cluster.json'), world.homeFolder);
  const sample = defaultDataFolder(null, world.homeFolder);
  const folders = given === undefined ? [here, sample] : [resolve(world.workingFolder, given)];
  for (const folder of folders) {
    const discovery = await findRunning(folder);
    if (discovery !== undefined) return { folder, discovery };
  }
  throw new SohError('group.notRunning', { folder: folders.join(', ') });
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
