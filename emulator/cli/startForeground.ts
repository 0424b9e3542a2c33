import type { FeedFrame } from '../control/commands.ts';
import { ControlClient } from '../control/client.ts';
import { openDashboardOf } from './openDashboard.ts';
import { EXIT, type Call } from './command.ts';
import { printStatus } from './commands/status.ts';
import { eventLine } from './output/events.ts';
import type { Supervisor, SupervisorOptions } from './world.ts';

/** Runs the group inside this process until it ends or Ctrl+C stops it, and shows what happens. Gives the exit code. */
export async function runInForeground(options: SupervisorOptions, call: Call): Promise<number> {
  const { world, print, t, json } = call;
  const log = (line: string): void => (json ? undefined : world.err(`${line}\n`));
  const supervisor = await world.startSupervisor({ ...options, log });
  const stopListening = stopOnInterrupt(supervisor, call);
  try {
    if (!json) {
      printStatus(supervisor.status(), call);
      print.line();
      print.line(t('Ctrl+C stops the group.'));
    }
    if (call.values.has('open')) await openDashboardOf(options.dataFolder, call);
    const client = await ControlClient.connect(options.dataFolder, world.clock);
    await client.follow(new EventLog(call).show);
    await supervisor.ended;
    await client.close();
  } catch (error) {
    // Without its display the group would run on unseen in a process that looks stuck.
    await supervisor.stop();
    throw error;
  } finally {
    stopListening();
  }
  if (!json) print.line(t('The group has stopped.'));
  return supervisor.status().state === 'failed' ? EXIT.failed : EXIT.ok;
}

/** A snapshot after a gap repeats events; this many are remembered, more than a snapshot carries. */
const REMEMBERED_EVENTS = 400;

/** Shows each event once; with `--json` each frame as one line. */
class EventLog {
  readonly #call: Call;
  readonly #shown = new Set<string>();

  constructor(call: Call) {
    this.#call = call;
  }

  readonly show = (frame: FeedFrame): void => {
    const { print, json } = this.#call;
    if (json) {
      print.json(frame, 'oneLine');
      return;
    }
    for (const event of frame.events ?? []) {
      const identity = JSON.stringify(event);
      if (this.#shown.has(identity)) continue;
      this.#shown.add(identity);
      print.line(eventLine(event, this.#call));
    }
    for (const identity of this.#shown) {
      if (this.#shown.size <= REMEMBERED_EVENTS) break;
      this.#shown.delete(identity);
    }
  };
}

/** The first Ctrl+C stops in order, the second ends this process, and with it all processes of the group. */
function stopOnInterrupt(supervisor: Supervisor, { world, json, t }: Call): () => void {
  let stopping = false;
  return world.onInterrupt(() => {
    if (stopping) {
      world.exit(EXIT.failed);
      return;
    }
    stopping = true;
    if (!json) world.err(`${t('The group is stopping. Ctrl+C again kills it.')}\n`);
    supervisor.stop().catch((error: unknown) => {
      world.err(`${String(error)}\n`);
      world.exit(EXIT.failed);
    });
  });
}
