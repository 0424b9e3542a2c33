/**
 * The supervisor: starts the MessageBox and the host instances of a group, watches them, and answers the control socket. It keeps nothing
 * that matters: everything durable is the MessageBox's.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { ModuleCache } from '../authoring/strippedModules.ts';
import type { Cancel, Clock } from '../clock.ts';
import type { HostInstanceSettings } from '../hosting/settings.ts';
import { Leases } from './leases.ts';
import { ProcessLogs } from './processLogs.ts';
import { fromWire, messageOf, SohError, toWire, type WireError } from '../errors.ts';
import { exportRunOf, openRunOf } from '../replay/runs.ts';
import type { Claim } from '../wire/folderClaim.ts';
import { ownIdentity } from '../wire/processIdentity.ts';
import type { MessageBoxReport } from '../messagebox/protocol/supervisorFrames.ts';
import { BUNDLES, ChildProcesses } from './childProcess.ts';
import type { ClusterFile } from '../cluster/clusterFile.ts';
import { CommandDesk } from './commandDesk.ts';
import { Computers } from './computers.ts';
import { claimDataFolder, MODULES_FOLDER } from './dataFolder.ts';
import type { GroupEvent, Observation } from '../control/events.ts';
import type { GroupStatus } from '../control/status.ts';
import { ControlServer } from './controlServer.ts';
import { readDiscovery, removeDiscovery, writeDiscovery } from '../control/discovery.ts';
import { Feed } from './feed.ts';
import { refuseNewerFolder } from './folderFormats.ts';
import { groupStarted, groupStatus, servicesOf } from './groupStatus.ts';
import { HeldFolder } from './heldFolder.ts';
import { HostInstanceProcess } from './hostInstanceProcess.ts';
import { loadClusterFile } from '../cluster/loadClusterFile.ts';
import { MessageBoxProcess } from './messageBoxProcess.ts';
import { profiles } from '../cluster/profiles.ts';
import { newsOf } from './receiveNotices.ts';
import { sampleClusterFile } from '../cluster/sample.ts';
import { offerEditorTypes, type Stripping, stripModules } from './userModules.ts';

export interface SupervisorOptions {
  /** Absolute path; `null` = the sample group. */
  readonly clusterFile: string | null;
  readonly dataFolder: string;
  readonly log: (line: string) => void;
  readonly clock: Clock;
  /** End when no client has been connected for so long (ms); `undefined` = never. */
  readonly stopWhenUnwatchedMs?: number;
  /** Folder of the bundles; tests give the one with fault points. */
  readonly bundles?: string;
}

export interface Supervisor {
  status(): GroupStatus;
  stop(): Promise<void>;
  /** Fulfilled when the group has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

const WATCH_MS = 1000;
const MEGABYTE = 1024 * 1024;

/**
 * Starts a group. A group that lives on the same data folder is never doubled, wherever it runs.
 * @throws SohError 'group.alreadyRunning', 'group.elsewhere', 'clusterFile.*', 'messageBox.*', 'format.newer'
 */
export async function startSupervisor(given: SupervisorOptions): Promise<Supervisor> {
  const options = { bundles: BUNDLES, ...given };
  const running = await readDiscovery(options.dataFolder);
  if (running) throw new SohError('group.alreadyRunning', { folder: options.dataFolder, pid: running.pid });
  refuseNewerFolder(options.dataFolder);
  const claim = await claimDataFolder(options.dataFolder, options.clock);
  let group: Group;
  try {
    const clusterPath = options.clusterFile ?? sampleClusterFile(options.dataFolder);
    const cluster = await loadClusterFile(clusterPath);
    await offerEditorTypes(dirname(clusterPath), options);
    group = new Group(options, claim, cluster, dirname(clusterPath));
  } catch (error) {
    claim.release();
    throw error;
  }
  await group.start();
  return group;
}

/** With everything a group needs. */
type Options = SupervisorOptions & { readonly bundles: string };

class Group implements Supervisor {
  readonly ended: Promise<void>;
  readonly #options: Options;
  readonly #held: HeldFolder;
  readonly #cluster: ClusterFile;
  readonly #baseFolder: string;
  readonly #token = randomBytes(32).toString('base64url');
  readonly #moduleCache: ModuleCache;
  readonly #processes: ChildProcesses;
  readonly #messageBox: MessageBoxProcess;
  readonly #computers: Computers;
  readonly #feed: Feed;
  readonly #server: ControlServer;
  #state: GroupStatus['state'] = 'starting';
  #error: WireError | undefined;
  #report: MessageBoxReport | undefined;
  readonly #leases: Leases;
  readonly #logs: ProcessLogs;
  #cancelWatch: Cancel | undefined;
  #stopping: Promise<void> | undefined;
  #drained: Promise<readonly WireError[]> | undefined;
  #resolveEnded: () => void = () => undefined;

  constructor(options: Options, claim: Claim, cluster: ClusterFile, baseFolder: string) {
    this.#options = options;
    const { clock, log } = options;
    this.#held = new HeldFolder({
      ...{ claim, clock, log },
      lost: (error) => {
        this.#lost(error);
      },
    });
    this.#cluster = cluster;
    this.#moduleCache = { folder: join(options.dataFolder, MODULES_FOLDER), secret: randomBytes(32).toString('base64url') };
    this.#baseFolder = baseFolder;
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    this.#processes = new ChildProcesses(options.dataFolder, options.bundles, log);
    this.#logs = new ProcessLogs(options.dataFolder, clock);
    this.#leases = new Leases(clock, () => this.#computers.hostInstances);
    this.#feed = new Feed(() => this.status(), clock);
    this.#messageBox = this.#makeMessageBox();
    this.#computers = new Computers(cluster, (host, computer) => this.#makeHostInstance(host, computer));
    const desk = new CommandDesk({
      cluster,
      baseFolder,
      dataFolder: options.dataFolder,
      token: this.#token,
      computers: this.#computers,
      messageBox: this.#messageBox,
      clock,
      status: () => this.status(),
      observed: (what) => {
        this.#observed(what);
      },
      stop: async () => {
        void this.stop();
        return this.#stopHostInstances();
      },
    });
    const last = (): number => this.status().messageBox.sequence;
    this.#server = new ControlServer({
      token: this.#token,
      desk,
      feed: this.#feed,
      clock,
      bundles: options.bundles,
      openRun: () => openRunOf(options.dataFolder, last(), clock.wall()),
      exportRun: () => exportRunOf(options.dataFolder, last(), cluster.name, clock.wall()),
      log,
    });
  }

  status(): GroupStatus {
    return groupStatus({
      cluster: this.#cluster,
      clusterFile: this.#options.clusterFile,
      dataFolder: this.#options.dataFolder,
      baseFolder: this.#baseFolder,
      state: this.#state,
      error: this.#error,
      computers: this.#computers,
      messageBox: this.#messageBox,
      report: this.#report,
    });
  }

  async start(): Promise<void> {
    const { dataFolder, log, clock } = this.#options;
    let stripping: Stripping | undefined;
    this.#held.begin();
    try {
      const ended = await this.#processes.endLeftovers();
      if (ended > 0) log(`ended ${String(ended)} processes that a supervisor before had left behind`);
      stripping = stripModules(this.#cluster, this.#baseFolder, this.#moduleCache, this.#options);
      await Promise.all([this.#messageBox.start(), stripping.ended]);
      this.#observed(groupStarted(this.#cluster, this.#computers));
      const port = await this.#server.listen();
      await writeDiscovery(dataFolder, {
        ...ownIdentity(),
        computer: hostname(),
        port,
        token: this.#token,
        clusterFile: this.#options.clusterFile,
        started: new Date(clock.wall()).toISOString(),
      });
      for (const instance of this.#computers.hostInstances) instance.start();
      this.#state = 'running';
      this.#cancelWatch = clock.every(WATCH_MS, () => {
        this.#watch();
      });
    } catch (error) {
      // What ended it while it started is the reason, not that the start failed then.
      const reason = this.#error ? fromWire(this.#error) : error;
      this.#state = 'failed';
      this.#error = toWire(reason);
      await stripping?.stop();
      await this.stop();
      throw reason;
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (this.#state === 'running') this.#state = 'stopping';
    this.#cancelWatch?.();
    await this.#stopHostInstances();
    await this.#messageBox.stop();
    await this.#end();
  }

  /** All are told at once, in the order of the group file, and drain side by side. Says which did not. */
  #stopHostInstances(): Promise<readonly WireError[]> {
    this.#drained ??= Promise.all(this.#computers.hostInstances.map((instance) => instance.stop())).then((told) =>
      told.filter((error) => error !== undefined),
    );
    return this.#drained;
  }

  async #end(): Promise<void> {
    this.#cancelWatch?.();
    await this.#processes.endAll(this.#options.clock);
    await removeDiscovery(this.#options.dataFolder, this.#token).catch((error: unknown) => {
      this.#options.log(messageOf(error));
    });
    this.#held.release();
    if (this.#state !== 'failed') this.#state = 'stopped';
    this.#feed.close();
    await this.#logs.close();
    await this.#server.close();
    this.#resolveEnded();
  }

  #settingsOf(host: string, computer: string): Omit<HostInstanceSettings, 'kind' | 'messageBoxPort'> {
    const name = `${host}@${computer}`;
    return {
      name,
      host,
      computer,
      token: this.#token,
      cluster: this.#cluster,
      baseFolder: this.#baseFolder,
      moduleCache: this.#moduleCache,
    };
  }

  #makeMessageBox(): MessageBoxProcess {
    const { profile, storage } = this.#cluster;
    const limits = { ballastBytes: storage.ballastMb * MEGABYTE, historyBytes: storage.historyMb * MEGABYTE };
    return new MessageBoxProcess({
      settings: { folder: this.#options.dataFolder, profile, token: this.#token, ...limits },
      processes: this.#processes,
      clock: this.#options.clock,
      output: { room: () => true, lines: (lines) => lines.forEach((line) => this.#options.log(line)), leftOut: () => undefined },
      services: servicesOf(this.#cluster),
      hosts: () => this.#hosts(),
      alive: () => this.#computers.hostInstances.filter(({ pid }) => pid !== null).map(({ name }) => name),
      listening: (port) => {
        this.#leases.begin();
        for (const instance of this.#computers.hostInstances) instance.messageBoxAt(port);
      },
      changes: ({ report, instances, events }) => {
        this.#report = report;
        this.#leases.reported(report.sessions, report.status.full === true);
        this.#feed.instances(instances);
        for (const event of events) this.#feed.event(event);
      },
      changed: (state, detail) => {
        this.#event({ kind: 'messageBoxState', state, ...(detail === undefined ? {} : { detail }) });
        if (state === 'failed') this.#failed();
      },
    });
  }

  #makeHostInstance(host: string, computer: string): HostInstanceProcess {
    return new HostInstanceProcess({
      settings: this.#settingsOf(host, computer),
      processes: this.#processes,
      clock: this.#options.clock,
      times: profiles[this.#cluster.profile],
      output: this.#logs.of(`${host}@${computer}`),
      messageBoxPort: () => this.#messageBox.port,
      changed: ({ name }, state, detail) => {
        if (this.#state === 'running') this.#messageBox.send({ kind: 'hosts', hosts: this.#hosts() });
        this.#observed({ kind: 'hostInstanceState', hostInstance: name, state, ...(detail === undefined ? {} : { detail }) });
      },
      noticed: (process, location, news) => {
        const others = this.#computers.hostInstances.filter((other) => other !== process);
        for (const error of newsOf(location, news, others)) this.#event({ kind: 'receiveNotice', location, error });
      },
      excuse: (hostInstance, pid, on) => {
        this.#messageBox.send({ kind: 'excuse', hostInstance, pid, on });
      },
      gone: (end) => {
        this.#messageBox.send({ kind: 'gone', ...end });
      },
    });
  }

  /** Those with an instance that runs or is about to: from the others nothing can be expected. */
  #hosts(): string[] {
    if (this.#state === 'starting') return this.#cluster.hosts.map(({ name }) => name);
    const up = this.#computers.hostInstances.filter(({ state }) => state !== 'failed' && state !== 'stopped');
    return [...new Set(up.map(({ host }) => host))];
  }

  /** Told to whoever follows, and kept in the journal for whoever looks back. */
  #observed(what: Observation): void {
    this.#messageBox.send({ kind: 'observed', at: this.#options.clock.wall(), what });
    if (what.kind !== 'fault' && what.kind !== 'groupStarted') this.#event(what);
  }

  #event(event: GroupEvent extends infer E ? (E extends GroupEvent ? Omit<E, 'at' | 'sequence'> : never) : never): void {
    this.#feed.event({ at: new Date(this.#options.clock.wall()).toISOString(), sequence: this.#report?.status.sequence ?? 0, ...event });
  }

  /** The MessageBox cannot go on, and without it nothing can: the group ends and says why. */
  #failed(): void {
    if (this.#state !== 'running') return;
    this.#state = 'failed';
    this.#error = this.#messageBox.error;
    this.#options.log(`the group ends: ${this.#error?.message ?? 'the MessageBox failed'}`);
    void this.stop();
  }

  /** The folder is another supervisor's: everything ends at once and nothing is written there any more; the other one finishes the work. */
  #lost(error: SohError): void {
    this.#state = 'failed';
    this.#error = toWire(error);
    this.#options.log(`the group ends: ${error.message}`);
    this.#processes.forsake();
    this.#logs.forsake();
    for (const instance of this.#computers.hostInstances) if (instance.pid !== null) instance.kill(true);
    this.#messageBox.end();
    this.#stopping ??= this.#end();
  }

  /** Sees that the MessageBox is silent, and ends the group when nobody watches it any more. */
  #watch(): void {
    this.#processes.retry();
    this.#leases.watch();
    const limit = this.#options.stopWhenUnwatchedMs;
    if (limit !== undefined && this.#server.unwatchedMs() > limit) void this.stop();
  }
}
