/**
 * A group that only pretends: the seed topology, orders that walk through their states by a seeded plan, host instances that die and are
 * taken over when a test says so. Its time moves only with `advance`.
 */
import assert from 'node:assert/strict';
import type { Commands, Delta, Snapshot } from '../../emulator/control/commands.ts';
import type { GroupEvent } from '../../emulator/control/events.ts';
import type { InstanceFilter, InstancePage, InstanceSummary, OperationResult } from '../../emulator/control/instances.ts';
import type { GroupStatus, HostInstanceStatus, ServiceInstanceState } from '../../emulator/control/status.ts';
import type { PageGroup } from '../../emulator/control/pageBridge.ts';
import type { PageCommand } from '../../emulator/control/pageProtocol.ts';
import type { RunSource } from '../../emulator/replay/runSource.ts';
import { SohError, toWire } from '../../emulator/errors.ts';
import { eventually } from '../integration/eventually.ts';
import { matcher, summaryFacts } from '../../emulator/control/instanceFilter.ts';
import { instanceActions } from '../../webview/model/operations.ts';
import { SERVICE_INSTANCE_STATES } from '../../emulator/control/commandArguments.ts';
import { endedParts, history, outline, parts } from './fakeDetail.ts';
import { FakeJournal } from './fakeJournal.ts';

const START = Date.UTC(2026, 8, 14, 9, 30, 0);
const LEASE = 1500;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type FrameListener = (frame: Snapshot | Delta) => void;

export class FakeGroup {
  /** What the page asked for, in order. */
  readonly commands: { command: PageCommand; parameters: unknown }[] = [];
  /** What `show` says otherwise of every instance. */
  shown: Partial<Commands['show']['result']> = {};
  /** How often the page asked by itself. */
  readonly asked = { lanes: 0, failovers: 0, instances: 0 };
  /** Arguments of the last question for instances. */
  lastQuestion: Commands['instances']['arguments'] = {};
  #time = 0;
  #frame = 0;
  #sequence = 1000;
  readonly #random: () => number;
  readonly #journal = new FakeJournal();
  readonly #hosts: Mutable<HostInstanceStatus>[];
  readonly #computers = [
    { name: 'A', state: 'running' as 'running' | 'failed' },
    { name: 'B', state: 'running' as 'running' | 'failed' },
  ];
  #instances: Mutable<InstanceSummary>[] = [];
  readonly #events: GroupEvent[] = [];
  #newEvents: GroupEvent[] = [];
  readonly #listeners = new Set<FrameListener>();
  #generation = 1;
  #refuse = false;
  /** What the last frame with each instance said of it. */
  readonly #sent = new Map<string, string>();
  #messageBox: 'running' | 'restarting' = 'running';
  /** Send ports' messages that were on their way out when SendingHost was lost. */
  #transmitting: string[] = [];

  constructor(seed = 7) {
    this.#random = seeded(seed);
    this.#hosts = [
      this.#host('ReceivingHost', 'A', { receiveOrders: 'file' }),
      this.#host('ProcessingHost', 'A'),
      this.#host('ProcessingHost', 'B'),
      this.#host('SendingHost', 'A'),
    ];
    this.#journal.started(this.#hosts, this.#at);
    for (const host of this.#hosts) this.#journal.session(host, this.#at);
  }

  /** UTC ms */
  get #at(): number {
    return START + this.#time;
  }

  #host(host: string, computer: string, addresses: Record<string, string> = {}): Mutable<HostInstanceStatus> {
    const pid = 4000 + Math.floor(this.#random() * 900);
    return {
      name: `${host}@${computer}`,
      host,
      computer,
      pid,
      state: 'running',
      active: 0,
      credit: 100,
      committed: 0,
      delivered: 0,
      published: 0,
      leaseAgeMs: 60,
      leaseMs: LEASE,
      rssMb: 58,
      restarts: 0,
      addresses,
    };
  }

  #named(name: string): Mutable<HostInstanceStatus> {
    const host = this.#hosts.find((one) => one.name === name);
    if (host === undefined) throw new Error(`no host instance ${name}`);
    return host;
  }

  /** Submits orders; they become ready to run. */
  submit(count: number): void {
    for (let n = 0; n < count; n += 1) {
      const id = `${Math.floor(this.#random() * 0xffffffff)
        .toString(16)
        .padStart(8, '0')}-order-${this.#instances.length}`;
      const created = this.#now(this.#instances.length);
      this.#instances.push({
        id,
        orchestration: 'ProcessOrder',
        kind: 'orchestration',
        state: 'Ready to run',
        pendingOperation: null,
        owner: null,
        commits: 0,
        takeovers: 0,
        created,
        changed: created,
        error: null,
      });
      this.#journal.submitted(id, this.#at);
      this.#sequence += 1;
    }
    this.#named('ReceivingHost@A').published += count;
  }

  /** Lets time pass in steps of 100 ms; each step is one frame. */
  advance(ms: number): void {
    for (let left = ms; left > 0; left -= 100) {
      this.#time += 100;
      for (const host of this.#hosts) this.#live(host);
      this.#work();
      this.publish();
    }
  }

  #live(host: Mutable<HostInstanceStatus>): void {
    if (host.state === 'running') host.leaseAgeMs = 40 + Math.floor(this.#random() * 160);
    if (host.state !== 'frozen') return;
    host.leaseAgeMs = (host.leaseAgeMs ?? 0) + 100;
    if (host.leaseAgeMs >= LEASE && host.active > 0) this.#lose(host, 'lease ended');
  }

  #work(): void {
    for (const instance of this.#instances.filter(({ state }) => state === 'Ready to run').slice(0, 12)) this.#grant(instance);
    for (const instance of this.#instances) {
      const owner = this.#hosts.find(({ name }) => name === instance.owner);
      if (instance.state !== 'Active' || owner?.state !== 'running' || this.#random() > 0.2) continue;
      this.#commit(instance, owner);
    }
    for (const name of ['ReceivingHost@A', 'SendingHost@A']) {
      const host = this.#named(name);
      if (host.state === 'running') {
        host.committed += 3 + Math.floor(this.#random() * 3);
        host.active = 1 + Math.floor(this.#random() * 4);
        host.credit = 100 - host.active;
      }
    }
  }

  #grant(instance: Mutable<InstanceSummary>): void {
    const free = this.#hosts.filter(({ host, state, credit }) => host === 'ProcessingHost' && state === 'running' && credit > 0);
    const host = free.sort((a, b) => b.credit - a.credit)[0];
    if (host === undefined || this.#messageBox !== 'running') return;
    this.#journal.granted(instance.id, host, this.#at);
    host.delivered += 1;
    instance.owner = host.name;
    instance.state = 'Active';
    instance.changed = this.#now();
    host.active += 1;
    host.credit -= 1;
  }

  #commit(instance: Mutable<InstanceSummary>, owner: Mutable<HostInstanceStatus>): void {
    instance.commits += 1;
    instance.changed = this.#now();
    owner.committed += 1;
    owner.published += 1;
    this.#named('SendingHost@A').delivered += 1;
    this.#sequence += 1;
    const fails = instance.commits >= 5 && this.#random() < 0.04;
    this.#journal.committed(
      instance.id,
      owner.name,
      instance.commits,
      fails ? 'suspended' : instance.commits < 5 ? 'running' : 'completed',
      this.#at,
    );
    if (instance.commits < 5) return;
    instance.state = fails ? 'Suspended (resumable)' : 'Completed';
    if (fails) {
      const error = {
        code: 'orchestration.uncaught',
        message: 'Uncaught exception RangeError in shape "PriceOrder": quantity is negative',
        shape: 'PriceOrder',
      };
      instance.error = error;
      this.#happened({ kind: 'instanceSuspended', instance: instance.id, orchestration: instance.orchestration, error });
    }
    owner.active -= 1;
    owner.credit = Math.max(0, 100 - owner.active);
  }

  #lose(host: Mutable<HostInstanceStatus>, reason: string): void {
    const held = this.#instances.filter(({ owner, state }) => owner === host.name && state === 'Active');
    this.#happened({ kind: 'ownerLost', hostInstance: host.name, reason, instances: held.map(({ id }) => id) });
    this.#transmitting =
      host.host === 'SendingHost' ? Array.from({ length: host.active }, (_, index) => `out-${this.#sequence}-${index}`) : [];
    this.#journal.lost(host.name, reason === 'lease ended' ? 'lease expired' : 'socket closed', held, this.#transmitting, this.#at);
    Object.assign(host, { active: 0, credit: 0 });
    const survivor = this.#hosts.find((one) => one.host === host.host && one.state === 'running');
    for (const [index, instance] of held.entries()) {
      if (survivor === undefined) {
        Object.assign(instance, { state: 'Ready to run', owner: null });
        continue;
      }
      Object.assign(instance, { owner: survivor.name, takeovers: instance.takeovers + 1, changed: this.#now() });
      survivor.active += 1;
      survivor.credit = Math.max(0, 100 - survivor.active);
      const { id, orchestration, commits } = instance;
      this.#journal.granted(id, survivor, this.#at + 8);
      this.#happened({
        kind: 'takenOver',
        instance: id,
        orchestration,
        from: host.name,
        to: survivor.name,
        version: commits,
        resumedAfterMs: 12 + index,
      });
    }
  }

  #happened(event: DistributiveOmit<GroupEvent, 'at' | 'sequence'>): void {
    this.#sequence += 1;
    this.#newEvents.push({ ...event, at: this.#now(), sequence: this.#sequence });
  }

  #now(plus = 0): string {
    return new Date(START + this.#time + plus).toISOString();
  }

  status(): GroupStatus {
    const counts = Object.fromEntries(
      SERVICE_INSTANCE_STATES.map((state) => [state, this.#instances.filter((one) => one.state === state).length]),
    ) as Record<ServiceInstanceState, number>;
    const service = { enlisted: true, counts };
    return {
      name: 'Orders',
      state: 'running',
      profile: 'demo',
      dataFolder: '/data/orders',
      clusterFile: null,
      supervisorPid: 3999,
      computers: this.#computers.map((computer) => ({ ...computer })),
      hostInstances: this.#hosts.map((host) => ({ ...host })),
      messageBox: {
        pid: this.#messageBox === 'running' ? 4001 : null,
        state: this.#messageBox,
        generation: this.#generation,
        sequence: this.#sequence,
        journalBytes: this.#sequence * 612,
        messages: counts.Active + counts['Ready to run'],
        subscriptions: 9,
        counts,
        queueDepth: { ReceivingHost: 0, ProcessingHost: counts['Ready to run'], SendingHost: 0 },
      },
      services: [
        { ...service, name: 'ReceiveOrders', kind: 'receiveLocation', host: 'ReceivingHost' },
        { ...service, name: 'ProcessOrder', kind: 'orchestration', host: 'ProcessingHost' },
        { ...service, name: 'SendInvoices', kind: 'sendPort', host: 'SendingHost' },
      ],
      receiveLocations: [{ name: 'ReceiveOrders', host: 'ReceivingHost', adapter: 'FILE', address: '/data/orders/in' }],
    };
  }

  /** A frame with everything that may have changed; the listeners get it. */
  publish(): void {
    this.#frame += 1;
    const frame: Delta = { kind: 'delta', frame: this.#frame, status: this.status(), instances: this.#changed(), events: this.#newEvents };
    this.#events.push(...this.#newEvents);
    this.#newEvents = [];
    for (const listener of this.#listeners) listener(frame);
  }

  #changed(): readonly InstanceSummary[] {
    const changed = this.#newest().filter((instance) => this.#sent.get(instance.id) !== JSON.stringify(instance));
    for (const instance of changed) this.#sent.set(instance.id, JSON.stringify(instance));
    return changed;
  }

  /** Loses the next frame on its way, as a busy transport may. */
  dropFrame(): void {
    this.#frame += 1;
  }

  snapshot(): Snapshot {
    return { kind: 'snapshot', frame: this.#frame, status: this.status(), instances: this.#newest(), events: this.#events.slice(-200) };
  }

  #newest(): readonly InstanceSummary[] {
    return this.#instances.slice(-200).map((instance) => ({ ...instance }));
  }

  /** What a page bridge needs; frames go to `listener` until `stop`. */
  follow(listener: FrameListener): { group: PageGroup; stop: () => void } {
    const group: PageGroup = {
      call: async (command, parameters) => this.#run(command, parameters) as never,
      startFeed: async () => {
        listener(this.snapshot());
        this.#listeners.add(listener);
      },
    };
    return { group, stop: () => this.#listeners.delete(listener) };
  }

  /** What happened so far. */
  run(): RunSource {
    return this.#journal.source();
  }

  /** What a person does to a host instance, without a page. */
  press(command: 'killHostInstance' | 'startHostInstance', name: string): void {
    this.#operateHost(command, this.#named(name));
  }

  /** Waits until the last thing that a person asked for has come: whoever clicks is not told, and what comes next may need it. */
  async heard(command: PageCommand): Promise<void> {
    await eventually(() => assert.equal(this.commands.at(-1)?.command, command));
  }

  /** The next command on a host instance will not find it. */
  refuseNext(): void {
    this.#refuse = true;
  }

  #run(command: PageCommand, parameters: unknown): unknown {
    // What the page asks for by itself is not what a person asked for.
    if (command === 'lanes' || command === 'failovers' || command === 'instances') this.asked[command] += 1;
    else this.commands.push({ command, parameters });
    const { name = '', instance = '', filter = {} } = parameters as { name?: string; instance?: string; filter?: InstanceFilter };
    if (command === 'instances') return this.#query(parameters as Commands['instances']['arguments']);
    if (command === 'lanes') return this.#journal.lanes((parameters as { since?: number }).since, this.#at);
    if (command === 'failovers') return this.#journal.failovers();
    if (command === 'show') return this.#show(instance);
    if (command === 'terminate' || command === 'suspend' || command === 'resume') return this.#operate(command, filter);
    if (command === 'failComputer' || command === 'repairComputer') return this.#computer(command, name);
    if (command === 'killMessageBox') return this.#killMessageBox();
    const host = this.#refuse ? undefined : this.#hosts.find((one) => one.name === name);
    this.#refuse = false;
    if (host === undefined) throw new SohError('group.unknownHostInstance', { name, known: this.#hosts.map((one) => one.name).join(', ') });
    this.#operateHost(command, host);
    this.publish();
    return { ...host };
  }

  #operateHost(command: PageCommand, host: Mutable<HostInstanceStatus>): void {
    if (command === 'killHostInstance') this.#kill(host);
    else if (command === 'freezeHostInstance') host.state = 'frozen';
    else if (command === 'stopHostInstance') Object.assign(host, { state: 'stopped', pid: null, leaseAgeMs: null });
    else {
      if (host.pid === null) this.#journal.session(host, this.#at);
      if (host.host === 'SendingHost') for (const id of this.#transmitting.splice(0)) this.#journal.granted(id, host, this.#at);
      Object.assign(host, { state: 'running', pid: host.pid ?? 4999, leaseAgeMs: 40, credit: 100 - host.active });
    }
    this.#happened({ kind: 'hostInstanceState', hostInstance: host.name, state: host.state });
  }

  #kill(host: Mutable<HostInstanceStatus>): void {
    Object.assign(host, { state: 'lost', pid: null, leaseAgeMs: null, rssMb: null });
    this.#lose(host, 'process ended by SIGKILL');
  }

  #computer(command: 'failComputer' | 'repairComputer', name: string): unknown {
    const computer = this.#computers.find((one) => one.name === name);
    if (computer === undefined) throw new SohError('group.unknownComputer', { name, known: 'A, B' });
    const members = this.#hosts.filter((one) => one.computer === name);
    const failing = command === 'failComputer';
    computer.state = failing ? 'failed' : 'running';
    for (const host of members) this.#operateHost(failing ? 'killHostInstance' : 'startHostInstance', host);
    this.#happened({ kind: 'computerState', computer: name, state: computer.state });
    this.publish();
    const names = members.map((one) => one.name);
    return failing ? { killed: names } : { started: names };
  }

  #killMessageBox(): unknown {
    this.#generation += 1;
    for (const host of this.#hosts) Object.assign(host, { delivered: 0, published: 0 });
    this.#happened({ kind: 'messageBoxState', state: 'restarting', detail: 'process ended by SIGKILL' });
    this.publish();
    return { pid: 4001 };
  }

  #query({ filter = {}, offset = 0, limit = 200 }: Commands['instances']['arguments']): InstancePage {
    this.lastQuestion = { filter, offset, limit };
    const fitting = this.#instances.filter(matcher(filter, this.#at, summaryFacts)).reverse();
    const waits = ({ state }: InstanceSummary): boolean => state.startsWith('Suspended');
    const sorted = [...fitting.filter(waits), ...fitting.filter((one) => !waits(one))];
    const counts = Object.fromEntries(SERVICE_INSTANCE_STATES.map((state) => [state, 0])) as Record<ServiceInstanceState, number>;
    for (const { state } of fitting) counts[state] += 1;
    const instances = sorted.slice(offset, offset + limit).map((one) => ({ ...one }));
    return { at: this.#now(), total: sorted.length, counts, instances };
  }

  /** Every hundredth instance that fits is refused when there are many. */
  #operate(command: 'suspend' | 'resume' | 'terminate', filter: InstanceFilter): OperationResult {
    const state = { suspend: 'Suspended (resumable)', resume: 'Active', terminate: 'Terminated' } as const;
    const fitting = this.#instances.filter(matcher(filter, this.#at, summaryFacts)).filter((one) => instanceActions(one)[command]);
    const refused = filter.ids ? [] : fitting.filter((_, index) => index % 100 === 99);
    const kept = new Set(refused);
    const done = fitting.filter((one) => !kept.has(one));
    for (const instance of done) Object.assign(instance, { state: state[command], changed: this.#now() });
    this.#sequence += done.length;
    this.publish();
    return {
      done: done.map(({ id }) => id).slice(0, 1000),
      pending: [],
      refused: refused.slice(0, 100).map(({ id }) => ({
        id,
        error: toWire(
          new SohError('group.operationNotAllowed', {
            id,
            state: 'Active, terminate pending',
            operation: `${command}${command === 'suspend' ? 'ed' : 'd'}`,
          }),
        ),
      })),
      counts: { done: done.length, pending: 0, refused: refused.length },
    };
  }

  /** Instances that wait, as if they had been begun long ago, one each second; every hundredth is suspended, every tenth was taken over. */
  pretend(count: number): void {
    const old = Array.from({ length: count }, (_, index): Mutable<InstanceSummary> => {
      const created = new Date(START - (count - index) * 1000).toISOString();
      const stuck = index % 100 === 0;
      return {
        id: `${index.toString(16).padStart(8, '0')}-waits-${index}`,
        orchestration: 'ProcessOrder',
        kind: 'orchestration',
        state: stuck ? 'Suspended (resumable)' : 'Dehydrated',
        pendingOperation: null,
        owner: index % 3 === 0 ? 'ProcessingHost@B' : 'ProcessingHost@A',
        commits: 1 + (index % 4),
        takeovers: index % 10 === 0 ? 1 : 0,
        created,
        changed: created,
        error: stuck ? { code: 'orchestration.uncaught', message: 'Uncaught exception RangeError in shape "PriceOrder"' } : null,
      };
    });
    this.#instances = [...old, ...this.#instances];
  }

  #show(id: string): Commands['show']['result'] {
    const summary = this.#instances.find((one) => one.id === id);
    if (summary === undefined) throw new SohError('group.unknownInstance', { id });
    const ended = summary.state === 'Completed' || summary.state === 'Terminated';
    const variables = { order: { number: 4711, total: 128.5 }, approved: true };
    return { ...summary, ...(ended ? endedParts : parts), outline, variables, history: history(START, ended), ...this.shown };
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A small repeatable generator of numbers from 0 to 1. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}
