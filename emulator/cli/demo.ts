/**
 * The demonstration: orders arrive as files, two processing host instances share them, one is killed with SIGKILL while it owns
 * unfinished ones, the other resumes these. The verdict comes from the MessageBox's journal and the output files.
 */
import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Clock, pause } from '../clock.ts';
import type { FeedFrame } from '../control/commands.ts';
import type { GroupStatus } from '../control/status.ts';
import { ControlClient } from '../control/client.ts';
import { startSupervisor } from '../group/supervisor.ts';
import { translator } from '../text/translate.ts';
import { type DemoVerdict, judgeDemo, type KillMoment } from './demoVerdict.ts';
import { chooser, makeOrder } from './demoOrders.ts';
import { DemoPrinter } from './demoPrinter.ts';
import type { DemoOptions, DemoWorld } from './world.ts';

const ORDERS = 200;
const KILLS = 1;
/** Orders arrive over this time, however many they are; for each further kill as long again as a victim takes to come back. */
const DROP_MS = 2500;
const DROP_MS_PER_FURTHER_KILL = 4500;
const BATCH_MS = 100;
/** Nothing moved for so long: the run is stuck, which is a failure to report, not to wait for. */
const STUCK_MS = 15_000;
const LOOK_MS = 500;
const VICTIMS = ['ProcessingHost@A', 'ProcessingHost@B'];

/** Runs the demonstration; exit code 0 only when nothing was lost, nothing counted twice and every output is there exactly once. */
export async function runDemo(options: DemoOptions & { readonly seed: number }, world: DemoWorld): Promise<number> {
  const { clock } = world;
  const { seed } = options;
  const folder = options.dataFolder ?? join(homedir(), '.scaled-out-hosts', `demo-${String(process.pid)}`);
  const printer = new DemoPrinter(world, translator(options.language), options.json);
  const run: DemoRun = { seed, orders: options.orchestrations ?? ORDERS, kills: options.kills ?? KILLS, folder, printer, clock };
  const supervisor = await startSupervisor({
    clusterFile: null,
    dataFolder: folder,
    log: () => undefined,
    clock,
  });
  let killed: KillMoment[];
  try {
    killed = await play(run);
  } finally {
    await supervisor.stop();
  }
  const verdict = await judgeDemo({ dataFolder: folder, orders: run.orders, seed, kills: killed });
  const clean = isClean(verdict);
  if (options.json) world.out(`${JSON.stringify(verdict)}\n`);
  else printer.verdict(verdict, clean, folder, options.dataFolder !== undefined || !clean);
  if (clean && options.dataFolder === undefined) await rm(folder, { recursive: true, force: true });
  return clean ? 0 : 1;
}

export function isClean(verdict: DemoVerdict): boolean {
  return (
    verdict.lost === 0 &&
    verdict.committedTwice === 0 &&
    verdict.completed === verdict.orchestrations &&
    verdict.outputsFound === verdict.outputsExpected &&
    verdict.outputsTwice === 0
  );
}

interface DemoRun {
  readonly seed: number;
  readonly orders: number;
  readonly kills: number;
  readonly folder: string;
  readonly printer: DemoPrinter;
  readonly clock: Clock;
}

async function play(run: DemoRun): Promise<KillMoment[]> {
  const { printer, orders, kills, folder, seed, clock } = run;
  const client = await ControlClient.connect(folder, clock);
  const choose = chooser(seed);
  const group = new Watched(clock);
  await client.follow((frame) => {
    group.frame(frame);
    printer.frame(frame);
  });
  try {
    await group.until((status) => status.hostInstances.every(({ state }) => state === 'running'), 'all host instances run');
    printer.started(group.status, orders, seed);
    const dropping = dropOrders(client, orders, choose, clock, DROP_MS + Math.max(0, kills - 1) * DROP_MS_PER_FURTHER_KILL);
    const killed: KillMoment[] = [];
    for (let number = 1; number <= kills; number++) {
      const preferred = VICTIMS[Math.floor(choose() * VICTIMS.length)] ?? '';
      const begun = (orders * number * 0.8) / (kills + 1);
      await group.until(
        (status) => isOver(status, orders) || victimOf(status, preferred, begun) !== undefined,
        'one owns unfinished orchestrations',
      );
      const victim = victimOf(group.status, preferred, begun);
      if (victim === undefined) break;
      const at = clock.wall();
      const owned = group.status.hostInstances.find(({ name }) => name === victim)?.active ?? 0;
      await client.call('killHostInstance', { name: victim });
      killed.push({ hostInstance: victim, at });
      printer.killed(victim, owned);
    }
    await dropping;
    await group.until((status) => isOver(status, orders), 'all orders are done');
    return killed;
  } finally {
    await client.close();
  }
}

async function dropOrders(client: ControlClient, orders: number, choose: () => number, clock: Clock, duration: number): Promise<void> {
  const batches = Math.min(orders, Math.floor(duration / BATCH_MS));
  for (let batch = 0, dropped = 0; batch < batches; batch++) {
    const upTo = Math.round(((batch + 1) * orders) / batches);
    const files = Array.from({ length: upTo - dropped }, (_, index) => makeOrder(dropped + index + 1, choose));
    await client.call('submit', { location: 'Orders folder', files });
    dropped = upTo;
    await pause(clock, BATCH_MS);
  }
}

/** A processing host instance that owns unfinished orchestrations, when so many orders have begun that the kill is in the middle of things. */
function victimOf(status: GroupStatus, preferred: string, begun: number): string | undefined {
  const service = status.services.find(({ name }) => name === 'ProcessOrder');
  const total = service ? Object.values(service.counts).reduce((sum, count) => sum + count, 0) : 0;
  if (total < begun) return undefined;
  const running = status.hostInstances.filter(({ name, state }) => VICTIMS.includes(name) && state === 'running');
  // Somebody has to be there to take over.
  const candidates = running.length > 1 ? running.filter(({ active }) => active > 2) : [];
  return (candidates.find(({ name }) => name === preferred) ?? candidates[0])?.name;
}

function isOver(status: GroupStatus, orders: number): boolean {
  return finished(status) >= orders && nothingLive(status);
}

function finished(status: GroupStatus): number {
  return status.services.find(({ name }) => name === 'ProcessOrder')?.counts.Completed ?? 0;
}

function nothingLive(status: GroupStatus): boolean {
  const { counts } = status.messageBox;
  return counts['Ready to run'] + counts.Active + counts.Dehydrated + counts.Scheduled + counts['Waits for version'] === 0;
}

/** The newest status, and waiting for one that fulfils a condition. */
class Watched {
  #status: GroupStatus | undefined;
  #waiting: { condition: (status: GroupStatus) => boolean; resolve: () => void } | undefined;
  readonly #clock: Clock;
  #movedAt: number;
  #sequence = -1;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#movedAt = clock.monotonic();
  }

  get status(): GroupStatus {
    if (!this.#status) throw new Error('no status yet');
    return this.#status;
  }

  frame(frame: FeedFrame): void {
    if (frame.status) this.#status = frame.status;
    if (!this.#status) return;
    if (this.#status.messageBox.sequence !== this.#sequence) {
      this.#sequence = this.#status.messageBox.sequence;
      this.#movedAt = this.#clock.monotonic();
    }
    if (this.#waiting?.condition(this.#status)) {
      this.#waiting.resolve();
      this.#waiting = undefined;
    }
  }

  /** @throws when nothing moves any more */
  async until(condition: (status: GroupStatus) => boolean, what: string): Promise<void> {
    if (this.#status && condition(this.#status)) return;
    this.#movedAt = this.#clock.monotonic();
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#clock.every(LOOK_MS, () => {
        if (this.#clock.monotonic() - this.#movedAt < STUCK_MS) return;
        cancel();
        reject(new Error(`nothing moved for ${String(STUCK_MS / 1000)} s while waiting until ${what}`));
      });
      this.#waiting = {
        condition,
        resolve: () => {
          cancel();
          resolve();
        },
      };
    });
  }
}
