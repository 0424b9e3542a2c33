import { setTimeout as delay } from 'node:timers/promises';
import { SohError } from '../errors.ts';
import type { GroupStatus } from '../control/status.ts';
import { ControlClient } from '../control/client.ts';
import { readDiscovery } from '../control/discovery.ts';
import { openDashboardOf } from './openDashboard.ts';
import { EXIT, type Call } from './command.ts';
import { printStatus } from './commands/status.ts';
import type { SupervisorOptions, SupervisorProcess } from './world.ts';

const START_DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 50;

/** Starts the group as processes of its own and waits until it runs. Gives the exit code. Throws `group.startFailed`. */
export async function startDetached(options: SupervisorOptions, call: Call): Promise<number> {
  const { world, print, json } = call;
  const supervisor = await world.spawnSupervisor(options);
  const status = await whenStarted(options.dataFolder, supervisor, world.now() + START_DEADLINE_MS, world.now);
  if (json) print.json(status);
  else printStatus(status, call);
  if (call.values.has('open')) await openDashboardOf(options.dataFolder, call);
  return status.state === 'failed' ? EXIT.failed : EXIT.ok;
}

async function whenStarted(folder: string, supervisor: SupervisorProcess, deadline: number, now: () => number): Promise<GroupStatus> {
  for (;;) {
    const status = await statusOf(folder);
    if (status !== undefined && status.state !== 'starting') return status;
    if (supervisor.ended()) throw new SohError('group.startFailed', { folder, reason: await supervisor.lastOutput() });
    if (now() > deadline) throw new SohError('group.noAnswer', { command: 'start', seconds: START_DEADLINE_MS / 1000 });
    await delay(LOOK_EVERY_MS);
  }
}

/** `undefined` while the control socket is not there yet. */
async function statusOf(folder: string): Promise<GroupStatus | undefined> {
  const discovery = await readDiscovery(folder);
  if (discovery === undefined) return undefined;
  const client = await ControlClient.connect(discovery);
  try {
    return await client.call('status', {});
  } finally {
    await client.close();
  }
}
