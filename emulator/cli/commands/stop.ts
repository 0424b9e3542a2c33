import { pause } from '../../clock.ts';
import { isCode, SohError } from '../../errors.ts';
import { ControlClient } from '../../control/client.ts';
import type { Commands } from '../../control/commands.ts';
import { readDiscovery } from '../../control/discovery.ts';
import { term } from '../../text/term.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { findGroup, type RunningGroup } from '../connect.ts';
import { formatNumber } from '../output/format.ts';
import { oneLine } from '../output/width.ts';
import { printError } from '../output/wireError.ts';

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
    const { undrained = [] } = await stopped(group, client, call);
    await client.close();
    if (call.json) call.print.json({ stopped: true, undrained });
    else {
      call.print.line(call.t('The group has stopped.'));
      for (const error of undrained) printError(error, call);
    }
    return EXIT.ok;
  },
};

/** Waits until the folder is free for a `start` right after this command; while it lasts, who still drains is said. */
async function stopped({ folder, discovery }: RunningGroup, client: ControlClient, call: Call): Promise<Commands['stop']['result']> {
  const { clock } = call.world;
  const answer = client.call('stop', {}).catch((error: unknown) => {
    // The supervisor may be gone before its answer is.
    if (!isCode(error, 'group.connectionLost')) throw error;
    return { stopped: true } as const;
  });
  let refused: unknown;
  answer.catch((error: unknown) => (refused = error));
  const now = (): number => clock.monotonic();
  const deadline = now() + EXIT_DEADLINE_MS;
  let tellAt = now() + TELL_EVERY_MS;
  for (; refused === undefined && (await readDiscovery(folder))?.pid === discovery.pid; await pause(clock, LOOK_EVERY_MS)) {
    if (now() > deadline) throw new SohError('group.noAnswer', { command: 'stop', seconds: EXIT_DEADLINE_MS / 1000 });
    if (call.json || now() < tellAt) continue;
    tellAt = now() + TELL_EVERY_MS;
    for (const line of await draining(client, call)) call.print.line(line);
  }
  return answer;
}

/** Empty when nobody answers any more: then only the sockets are left to be closed. */
async function draining(client: ControlClient, { t, language }: Call): Promise<string[]> {
  const status = await client.call('status', {}).catch(() => undefined);
  return (status?.hostInstances ?? [])
    .filter(({ state }) => state === 'stop pending')
    .map(({ name, active }) => t('{name} still drains: {count} instances', { name: oneLine(name), count: formatNumber(active, language) }));
}
