import { type Clock, pause } from '../clock.ts';
import { SohError } from '../errors.ts';
import { type Readiness, readinessOf } from '../control/readiness.ts';
import { startErrorIn } from '../control/startError.ts';
import type { GroupStatus } from '../control/status.ts';
import { ControlClient } from '../control/client.ts';
import { readDiscovery } from '../control/discovery.ts';
import { openDashboardOf } from './openDashboard.ts';
import { EXIT, type Call } from './command.ts';
import { printStatus } from './commands/status.ts';
import { errorText } from '../text/translate.ts';
import { oneLine } from './output/width.ts';
import type { SupervisorOptions, SupervisorProcess } from './world.ts';

const START_DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 50;

/**
 * Starts the group as processes of its own and waits until it works. Where some of its host instances fail it goes on without them, says
 * so, and the exit code is that of a failure. Throws what kept this start from coming about, `group.startFailed` where nobody said.
 */
export async function startDetached(options: SupervisorOptions, call: Call): Promise<number> {
  const { world, print, json } = call;
  const supervisor = await world.spawnSupervisor(options);
  const status = await whenStarted(options.dataFolder, supervisor, world.clock);
  if (json) print.json(status);
  else printStatus(status, call);
  if (call.values.has('open')) await openDashboardOf(options.dataFolder, call);
  const readiness = readinessOf(status);
  if (readiness.kind === 'works') return EXIT.ok;
  if (!json) printFailure(readiness, call);
  return EXIT.failed;
}

async function whenStarted(folder: string, supervisor: SupervisorProcess, clock: Clock): Promise<GroupStatus> {
  const deadline = clock.monotonic() + START_DEADLINE_MS;
  for (;;) {
    const status = await statusOf(folder, clock);
    if (status !== undefined && readinessOf(status).kind !== 'starting') return status;
    if (supervisor.ended()) throw startErrorIn(await supervisor.printed(), folder);
    if (clock.monotonic() > deadline) {
      if (status) return status;
      throw new SohError('group.noAnswer', { command: 'start', seconds: START_DEADLINE_MS / 1000 });
    }
    await pause(clock, LOOK_EVERY_MS);
  }
}

function printFailure(readiness: Exclude<Readiness, { kind: 'works' }>, { print, t }: Call): void {
  print.line();
  if (readiness.kind === 'starting') {
    print.line(
      print.paint('bad', t('After {seconds} s the group does not work yet; it goes on starting.', { seconds: START_DEADLINE_MS / 1000 })),
    );
    return;
  }
  const { message, next } = errorText(readiness.error, t);
  const where = readiness.host === undefined ? '' : `${oneLine(readiness.host)}: `;
  print.line(print.paint('bad', `${where}${oneLine(message)}`));
  print.line(oneLine(next));
  if (readiness.host !== undefined) print.line(t('The rest of the group runs. "scaled-out-hosts stop" ends it.'));
}

/** `undefined` while the control socket is not there yet. */
async function statusOf(folder: string, clock: Clock): Promise<GroupStatus | undefined> {
  const discovery = await readDiscovery(folder);
  if (discovery === undefined) return undefined;
  const client = await ControlClient.connect(discovery, clock);
  try {
    return await client.call('status', {});
  } finally {
    await client.close();
  }
}
