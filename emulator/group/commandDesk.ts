/** What each command of the control socket does; the list is `Commands` in control.ts. */
import { type Clock, pause } from '../clock.ts';
import { SohError, type WireError } from '../errors.ts';
import { noCounts } from '../messagebox/core/instanceState.ts';
import { PAGE_LIMIT, type SupervisorReply } from '../messagebox/protocol/supervisorFrames.ts';
import { FinishedInstances } from '../tracking/finishedInstances.ts';
import { instanceDetail } from '../tracking/instanceDetail.ts';
import { JournalWatch } from '../tracking/journalWatch.ts';
import type { ClusterFile } from '../cluster/clusterFile.ts';
import { SERVICE_INSTANCE_STATES } from '../control/commandArguments.ts';
import type { Computers } from './computers.ts';
import type { CommandName, Commands } from '../control/commands.ts';
import type { FaultKind, Observation } from '../control/events.ts';
import type { InstanceFilter, InstancePage, InstanceSummary, OperationResult, Resumed } from '../control/instances.ts';
import type { GroupStatus, HostInstanceStatus, ServiceInstanceState } from '../control/status.ts';
import { endedCounts } from './endedCounts.ts';
import type { HostInstanceProcess } from './hostInstanceProcess.ts';
import type { MessageBoxProcess } from './messageBoxProcess.ts';
import { submitToLocation } from './submit.ts';

export interface DeskOptions {
  readonly cluster: ClusterFile;
  readonly baseFolder: string;
  readonly dataFolder: string;
  readonly token: string;
  readonly computers: Computers;
  readonly messageBox: MessageBoxProcess;
  readonly clock: Clock;
  status(): GroupStatus;
  readonly observed: (what: Observation) => void;
  /** Fulfilled when all host instances have stopped, with what is to be said of those that did not drain; the socket is still there. */
  stop(): Promise<readonly WireError[]>;
}

type Handlers = { [C in CommandName]: (parameters: Commands[C]['arguments']) => Promise<Commands[C]['result']> | Commands[C]['result'] };

const DEFAULT_LIMIT = 200;
/** Instances of which is said who took them, and how long that is waited for, ms. */
const RESUMED_SHOWN = 100;
const TAKEN_WITHIN_MS = 1500;
const LOOK_EVERY_MS = 50;
/** States of instances that have left the MessageBox. */
const ENDED: ReadonlySet<ServiceInstanceState> = new Set(['Completed', 'Terminated']);

export class CommandDesk {
  readonly #options: DeskOptions;
  readonly #handlers: Omit<Handlers, 'follow'>;
  readonly #watch: JournalWatch;
  readonly #finished: FinishedInstances;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#finished = new FinishedInstances(options.dataFolder);
    const { computers, messageBox, dataFolder, clock } = options;
    const durable = (): number => options.status().messageBox.sequence;
    this.#watch = new JournalWatch({ dataFolder, durable, now: () => clock.wall() });
    this.#handlers = {
      status: () => options.status(),
      instances: (parameters) => this.#instances(parameters),
      show: ({ instance }) => this.#show(instance),
      lanes: ({ since }) => this.#watch.lanes(since),
      failovers: () => this.#watch.failovers(),
      submit: (parameters) => submitToLocation({ ...options, durable, receivers: () => computers.hostInstances }, parameters),
      killHostInstance: ({ name }) =>
        this.#onInstance(name, (instance) => {
          instance.kill();
          this.#fault('kill', name);
        }),
      freezeHostInstance: ({ name }) =>
        this.#onInstance(name, (instance) => {
          instance.freeze();
          this.#fault('freeze', name);
        }),
      thawHostInstance: ({ name }) =>
        this.#onInstance(name, (instance) => {
          instance.thaw();
        }),
      stopHostInstance: ({ name }) =>
        this.#onInstance(name, async (instance) => {
          await instance.stop();
        }),
      startHostInstance: ({ name }) =>
        this.#onInstance(name, (instance) => {
          computers.checkRunning(instance.computer);
          instance.start();
        }),
      ...this.#computerCommands(),
      killMessageBox: () => ({ pid: messageBox.kill() }),
      suspend: ({ filter }) => this.#operate('suspend', filter),
      resume: ({ filter }) => this.#operate('resume', filter),
      terminate: ({ filter }) => this.#operate('terminate', filter),
      stop: async () => ({ stopped: true, undrained: await options.stop() }),
    };
  }

  #computerCommands(): Pick<Handlers, 'failComputer' | 'repairComputer' | 'addComputer' | 'addHostInstance'> {
    const { computers, observed } = this.#options;
    return {
      failComputer: ({ name }) => {
        const killed = computers.fail(name).map((instance) => instance.name);
        for (const hostInstance of killed) this.#fault('computer', hostInstance);
        observed({ kind: 'computerState', computer: name, state: 'failed' });
        return { killed };
      },
      repairComputer: ({ name }) => {
        const started = computers.repair(name).map((instance) => instance.name);
        observed({ kind: 'computerState', computer: name, state: 'running' });
        return { started };
      },
      addComputer: ({ name }) => {
        computers.addComputer(name);
        observed({ kind: 'computerState', computer: name, state: 'running' });
        return { name };
      },
      addHostInstance: ({ host, computer }) => {
        computers.checkRunning(computer);
        const instance = computers.add(host, computer);
        instance.start();
        return this.#statusOf(instance.name);
      },
    };
  }

  /** @throws SohError */
  async call(command: Exclude<CommandName, 'follow'>, parameters: unknown): Promise<unknown> {
    const handler = this.#handlers[command] as (parameters: unknown) => unknown;
    return handler(parameters);
  }

  /** Live ones first, then those that ended, newest first. */
  async #instances({ filter = {}, limit = DEFAULT_LIMIT, offset = 0 }: Commands['instances']['arguments']): Promise<InstancePage> {
    const wants = (ended: boolean): boolean => filter.states?.some((state) => ENDED.has(state) === ended) ?? true;
    const now = this.#options.clock.wall();
    const none = { at: new Date(now).toISOString(), total: 0, counts: noCounts(), instances: [] };
    const live = wants(false) ? await this.#liveInstances(filter, limit, offset) : none;
    if (!wants(true)) return live;
    const ended = await this.#ended(
      filter,
      now,
      Math.max(0, offset - live.total),
      Math.max(0, Math.min(limit, offset + limit - live.total)),
    );
    const counts = { ...live.counts };
    for (const state of SERVICE_INSTANCE_STATES) counts[state] += ended.counts[state];
    return { at: live.at, total: live.total + ended.total, counts, instances: [...live.instances, ...ended.instances] };
  }

  /** To read the journal of a busy group costs as much as half of what the group does, so it is read only for who sees rows of it. */
  async #ended(filter: InstanceFilter, now: number, offset: number, limit: number): Promise<Omit<InstancePage, 'at'>> {
    const counted = limit === 0 ? endedCounts(this.#options.status().services, filter) : undefined;
    return counted === undefined ? this.#finished.query(filter, now, offset, limit) : { ...counted, instances: [] };
  }

  /** In parts the MessageBox can answer without keeping others waiting; what moved from one to the next is in only one of them. */
  async #liveInstances(filter: InstanceFilter, limit: number, offset: number): Promise<InstancePage> {
    const found = new Map<string, InstanceSummary>();
    for (let from = 0; ; from += PAGE_LIMIT) {
      const part = { filter, limit: Math.min(PAGE_LIMIT, limit - from), offset: offset + from };
      const answer = (await this.#options.messageBox.ask({ kind: 'instances', ...part })) as Extract<
        SupervisorReply,
        { kind: 'instances' }
      >;
      for (const instance of answer.instances) found.set(instance.id, instance);
      const { at, total, counts } = answer;
      if (from + PAGE_LIMIT >= limit || offset + from + PAGE_LIMIT >= total) return { at, total, counts, instances: [...found.values()] };
    }
  }

  async #show(instance: string): Promise<Commands['show']['result']> {
    const { live } = (await this.#options.messageBox.ask({ kind: 'instance', instance })) as Extract<SupervisorReply, { kind: 'instance' }>;
    const detail = await instanceDetail(this.#options.dataFolder, instance, live);
    if (!detail) throw new SohError('group.unknownInstance', { id: instance });
    return detail;
  }

  async #operate(operation: 'suspend' | 'resume' | 'terminate', filter: InstanceFilter): Promise<OperationResult> {
    const answer = (await this.#options.messageBox.ask({ kind: 'operate', operation, filter })) as Extract<
      SupervisorReply,
      { kind: 'operated' }
    >;
    const { result } = answer;
    if (operation !== 'resume' || filter.ids === undefined || result.done.length === 0) return result;
    return { ...result, resumed: await this.#taken(result.done.slice(0, RESUMED_SHOWN)) };
  }

  /** Whether somebody takes them shows within moments; who is busy elsewhere, or missing, shows by their waiting. */
  async #taken(ids: readonly string[]): Promise<readonly Resumed[]> {
    const { clock } = this.#options;
    const end = clock.monotonic() + TAKEN_WITHIN_MS;
    for (;;) {
      const { instances } = await this.#liveInstances({ ids }, ids.length, 0);
      const waiting = instances.some(({ state }) => state === 'Ready to run');
      if (!waiting || clock.monotonic() > end) return ids.map((id) => resumedOf(id, instances));
      await pause(clock, LOOK_EVERY_MS);
    }
  }

  #fault(fault: FaultKind, hostInstance: string): void {
    this.#options.observed({ kind: 'fault', fault, hostInstance });
  }

  async #onInstance(name: string, action: (instance: HostInstanceProcess) => void | Promise<void>): Promise<HostInstanceStatus> {
    await action(this.#options.computers.hostInstance(name));
    return this.#statusOf(name);
  }

  #statusOf(name: string): HostInstanceStatus {
    const found = this.#options.status().hostInstances.find((instance) => instance.name === name);
    if (!found) throw new SohError('group.unknownHostInstance', { name, known: '' });
    return found;
  }
}

function resumedOf(id: string, live: readonly InstanceSummary[]): Resumed {
  const found = live.find((instance) => instance.id === id);
  return { id, state: found?.state ?? null, owner: found?.owner ?? null };
}
