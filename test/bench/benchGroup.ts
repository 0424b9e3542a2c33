/** A group for measuring: real processes from the bundles, in a folder of its own on the measured disk. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { nodeClock } from '../../emulator/clock.ts';
import type { GroupStatus } from '../../emulator/control/status.ts';
import { ControlClient } from '../../emulator/control/client.ts';
import { readDiscovery } from '../../emulator/control/discovery.ts';
import { cpuMs } from './processes.ts';
import { RawClient, type RawClientOptions } from './rawClient.ts';

export interface BenchGroupOptions {
  /** Folder for everything of this group. */
  readonly folder: string;
  /** The bundles. */
  readonly dist: string;
  /** Orchestrations a processing host instance runs at a time. */
  readonly concurrency?: number;
  /** A third host whose orchestrations dehydrate at once. */
  readonly sleepers?: boolean;
  /** Make CPU profiles: see `profile`. */
  readonly profile?: boolean;
  /** Record how late the MessageBox's event loop is: see `lateness`. */
  readonly lateness?: boolean;
}

export const VICTIMS = ['ProcessingHost@A', 'ProcessingHost@B'] as const;
const PROBE = new URL('./probe.mjs', import.meta.url).href;
const FIXTURE = fileURLToPath(new URL('./fixture/orders.ts', import.meta.url));
const DEADLINE_MS = 120_000;

/** Writes `cluster.json` of the benchmark. */
export function writeCluster(folder: string, { concurrency = 100, sleepers = false, orders = false }): string {
  const orchestration = (name: string, host: string) => ({ name, module: FIXTURE, host });
  const cluster = {
    name: 'Benchmark',
    computers: ['A', 'B'],
    hosts: [
      { name: 'ProcessingHost', instances: ['A', 'B'], concurrency },
      ...(sleepers ? [{ name: 'SleepingHost', instances: ['A'], concurrency: 1000, dehydration: { behavior: 'always' } }] : []),
      ...(orders ? [{ name: 'ReceivingHost', instances: ['A'] }] : []),
    ],
    messageTypes: {
      BenchOrder: { format: 'json', members: ['id', 'kind'], promoted: { OrderId: { path: '/id' }, Kind: { path: '/kind' } } },
    },
    orchestrations: [
      orchestration('BenchOrder', 'ProcessingHost'),
      orchestration('BenchAnsweredOrder', 'ProcessingHost'),
      ...(sleepers ? [orchestration('BenchSleeper', 'SleepingHost')] : []),
    ],
    receiveLocations: orders
      ? [{ name: 'Orders', host: 'ReceivingHost', transport: { adapter: 'FILE', folder: 'in', mask: '*.json', pollingMs: 100 } }]
      : [],
  };
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'cluster.json');
  writeFileSync(file, JSON.stringify(cluster, null, 2));
  return file;
}

export class BenchGroup {
  readonly dataFolder: string;
  readonly logs: string[] = [];
  readonly #options: BenchGroupOptions;
  readonly #supervisor: ChildProcess;
  readonly #probes: string;
  #control: ControlClient | undefined;

  private constructor(options: BenchGroupOptions) {
    this.#options = options;
    this.dataFolder = join(options.folder, 'data');
    this.#probes = join(options.folder, 'bundles');
    const cluster = writeCluster(options.folder, options);
    this.#writeBundles();
    const child = spawn(process.execPath, [join(this.#probes, 'supervisor.mjs'), '--data', this.dataFolder, '--cluster-file', cluster], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#supervisor = child;
    process.once('exit', () => child.kill('SIGTERM'));
    createInterface({ input: child.stderr }).on('line', (line) => this.logs.push(line));
  }

  /** Resolves when every host instance is connected. */
  static async start(options: BenchGroupOptions): Promise<BenchGroup> {
    rmSync(options.folder, { recursive: true, force: true });
    const group = new BenchGroup(options);
    await group.#until(async () => (await readDiscovery(group.dataFolder)) !== undefined, 'the group runs');
    group.#control = await ControlClient.connect(group.dataFolder, nodeClock);
    await group.until(({ hostInstances }) => hostInstances.every(({ state }) => state === 'running'), 'all host instances run');
    await group.until(({ services }) => services.length > 0 && services.every(({ enlisted }) => enlisted), 'all services are enlisted');
    return group;
  }

  get control(): ControlClient {
    if (!this.#control) throw new Error('the group is not connected');
    return this.#control;
  }

  get journalFolder(): string {
    return join(this.dataFolder, 'messagebox');
  }

  status(): Promise<GroupStatus> {
    return this.control.call('status', {});
  }

  /** Waits for a status. */
  async until(condition: (status: GroupStatus) => boolean, what: string, deadlineMs = DEADLINE_MS): Promise<GroupStatus> {
    let status = await this.status();
    await this.#until(async () => condition((status = await this.status())), what, deadlineMs);
    return status;
  }

  /** Waits until so many instances of an orchestration are completed. */
  async untilCompleted(orchestration: string, count: number): Promise<void> {
    await this.until((status) => completed(status, orchestration) >= count, `${String(count)} of ${orchestration} are completed`);
  }

  async connect(options: Pick<RawClientOptions, 'answered'> = {}): Promise<RawClient> {
    const discovery = await readDiscovery(this.dataFolder);
    if (!discovery) throw new Error('the group does not run');
    return RawClient.connect({ ...options, port: Number(readFileSync(join(this.#probes, 'port'), 'utf8')), token: discovery.token });
  }

  /** CPU time of every process of the group so far, in ms. */
  async cpu(): Promise<{ readonly all: number; readonly messageBox: number; readonly hostInstances: number; readonly supervisor: number }> {
    const status = await this.status();
    const messageBox = cpuMs(status.messageBox.pid ?? 0);
    const hostInstances = status.hostInstances.reduce((sum, { pid }) => sum + (pid === null ? 0 : cpuMs(pid)), 0);
    const supervisor = cpuMs(status.supervisorPid);
    return { all: messageBox + hostInstances + supervisor, messageBox, hostInstances, supervisor };
  }

  /** Begins or ends the CPU profiles of all processes but the supervisor. */
  async profile(): Promise<void> {
    if (this.#options.profile !== true) return;
    const status = await this.status();
    for (const pid of [status.messageBox.pid, ...status.hostInstances.map((instance) => instance.pid)])
      if (pid !== null) process.kill(pid, 'SIGUSR1');
    await pause(1000);
  }

  /** How late the MessageBox's event loop was since the last call: time (UTC ms) and lateness (ms) for each ms it was free. */
  async lateness(): Promise<[at: number, lateMs: number][]> {
    const file = join(this.#probes, 'lateness.json');
    rmSync(file, { force: true });
    process.kill((await this.status()).messageBox.pid ?? 0, 'SIGUSR2');
    await this.#until(() => existsSync(file), 'the lateness is written');
    return JSON.parse(readFileSync(file, 'utf8')) as [number, number][];
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.#supervisor.once('exit', done));
    await this.#control?.close();
    if (this.#supervisor.exitCode === null) {
      this.#supervisor.kill('SIGTERM');
      await ended;
    }
  }

  /** The supervisor takes its children's bundles from its own folder: there stand the probes, which load the real ones. */
  #writeBundles(): void {
    mkdirSync(this.#probes, { recursive: true });
    for (const own of ['supervisor.mjs', 'stripAhead.mjs']) copyFileSync(join(this.#options.dist, own), join(this.#probes, own));
    cpSync(join(this.#options.dist, 'webview'), join(this.#probes, 'webview'), { recursive: true });
    for (const name of ['messageBox', 'hostInstance']) {
      const { profile = false, lateness = false } = this.#options;
      const options = { folder: this.#probes, name, profile, lateness: lateness && name === 'messageBox' };
      const bundle = pathToFileURL(resolve(this.#options.dist, `${name}.mjs`)).href;
      const text = `import { probe } from '${PROBE}';\nawait probe(${JSON.stringify(options)});\nawait import('${bundle}');\n`;
      writeFileSync(join(this.#probes, `${name}.mjs`), text);
    }
  }

  async #until(condition: () => boolean | Promise<boolean>, what: string, deadlineMs = DEADLINE_MS): Promise<void> {
    const began = performance.now();
    while (!(await condition())) {
      const ended = this.#supervisor.exitCode !== null;
      if (ended || performance.now() - began > deadlineMs)
        throw new Error(`waited in vain until ${what}\n${this.logs.slice(-20).join('\n')}`);
      await pause(20);
    }
  }
}

export function completed(status: GroupStatus, orchestration: string): number {
  return status.services.find(({ name }) => name === orchestration)?.counts.Completed ?? 0;
}
