import { pause } from '../../clock.ts';
import { SohError } from '../../errors.ts';
import { ControlClient } from '../../control/client.ts';
import { readDiscovery } from '../../control/discovery.ts';
import { term } from '../../text/term.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { findGroup, type RunningGroup } from '../connect.ts';
import { formatNumber } from '../output/format.ts';
import { oneLine } from '../output/width.ts';

/** Longer than a drain may take: then something is wrong. */
const EXIT_DEADLINE_MS = 90_000;
const LOOK_EVERY_MS = 25;
/** How often somebody who waits is told what is waited for. */
const TELL_EVERY_MS = 2000;

/** `stop` */
export const stopCommand: Command = {
  name: 'stop',
  summary: term('Stop the group; its work goes on at the next start'),
  operands: [],
  options: [],
  async run(call) {
    const group = await findGroup(call);
    // Also a group of another version can be stopped.
    const client = await ControlClient.connectToStop(group.discovery, call.world.clock);
    const result = await client.call('stop', {});
    await stopped(group, client, call);
    await client.close();
    if (call.json) call.print.json(result);
    else call.print.line(call.t('The group has stopped.'));
    return EXIT.ok;
  },
};

/** So that a `start` right after this command finds the folder free; while it lasts, who still drains is said. */
async function stopped({ folder, discovery }: RunningGroup, client: ControlClient, call: Call): Promise<void> {
  const { clock } = call.world;
  const now = (): number => clock.monotonic();
  const deadline = now() + EXIT_DEADLINE_MS;
  let tellAt = now() + TELL_EVERY_MS;
  for (; (await readDiscovery(folder))?.pid === discovery.pid; await pause(clock, LOOK_EVERY_MS)) {
    if (now() > deadline) throw new SohError('group.noAnswer', { command: 'stop', seconds: EXIT_DEADLINE_MS / 1000 });
    if (call.json || now() < tellAt) continue;
    tellAt = now() + TELL_EVERY_MS;
    for (const line of await draining(client, call)) call.print.line(line);
  }
}

/** Empty when nobody answers any more: then only the sockets are left to be closed. */
async function draining(client: ControlClient, { t, language }: Call): Promise<string[]> {
  const status = await client.call('status', {}).catch(() => undefined);
  return (status?.hostInstances ?? [])
    .filter(({ state }) => state === 'stop pending')
    .map(({ name, active }) => t('{name} still drains: {count} instances', { name: oneLine(name), count: formatNumber(active, language) }));
}
