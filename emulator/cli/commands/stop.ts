import { setTimeout as delay } from 'node:timers/promises';
import { SohError } from '../../errors.ts';
import { ControlClient } from '../../control/client.ts';
import { readDiscovery } from '../../control/discovery.ts';
import { term } from '../../text/term.ts';
import { EXIT, type Command } from '../command.ts';
import { findGroup, type RunningGroup } from '../connect.ts';

/** After its answer the supervisor only closes its sockets. */
const EXIT_DEADLINE_MS = 10_000;
const LOOK_EVERY_MS = 25;

/** `stop` */
export const stopCommand: Command = {
  name: 'stop',
  summary: term('Stop the group; its work goes on at the next start'),
  operands: [],
  options: [],
  async run(call) {
    const group = await findGroup(call);
    const client = await ControlClient.connect(group.discovery);
    const result = await client.call('stop', {});
    await client.close();
    await processEnded(group, call.world.now);
    if (call.json) call.print.json(result);
    else call.print.line(call.t('The group has stopped.'));
    return EXIT.ok;
  },
};

/** So that a `start` right after this command finds the folder free. */
async function processEnded({ folder, discovery }: RunningGroup, now: () => number): Promise<void> {
  const deadline = now() + EXIT_DEADLINE_MS;
  while ((await readDiscovery(folder))?.pid === discovery.pid) {
    if (now() > deadline) throw new SohError('group.noAnswer', { command: 'stop', seconds: EXIT_DEADLINE_MS / 1000 });
    await delay(LOOK_EVERY_MS);
  }
}
