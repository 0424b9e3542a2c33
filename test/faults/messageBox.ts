/**
 * A MessageBox process without a group, and a host instance in this process that works on it: the product's own client, with work whose
 * every acknowledgement the test sees.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { nodeClock } from '../../emulator/clock.ts';
import { CommitSlot, type SlotOwner } from '../../emulator/hosting/commitSlot.ts';
import { HostInstance } from '../../emulator/hosting/hostInstance.ts';
import type { Work, Workplace } from '../../emulator/hosting/work.ts';
import type { DeliveredEntry, GrantedInstance, MessageBoxFrame, Service } from '../../emulator/messagebox/protocol/frames.ts';
import { webSocketConnect } from '../../emulator/messagebox/protocol/webSocketLink.ts';
import type { MessageBoxNotice, MessageBoxSettings } from '../../emulator/messagebox/protocol/settings.ts';
import { BUNDLES, until } from './group.ts';

export const TOKEN = 'token-of-a-fault-test';

export class MessageBoxUnderTest {
  readonly folder: string;
  readonly log: string[] = [];
  port: number | undefined;
  child: ChildProcess | undefined;
  notice: MessageBoxNotice | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Starts it and waits until it listens, refuses, or dies by its fault. */
  async start(faults?: string, more: Partial<MessageBoxSettings> = {}): Promise<MessageBoxNotice | undefined> {
    await this.kill();
    const env = { ...process.env };
    delete env['SOH_FAULT'];
    delete env['NODE_TEST_CONTEXT'];
    if (faults !== undefined) env['SOH_FAULT'] = faults;
    const child = fork(join(BUNDLES, 'messageBox.mjs'), [], { env, execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.child = child;
    this.notice = undefined;
    child.stderr?.on('data', (data: Buffer) => this.log.push(data.toString()));
    child.on('message', (notice: MessageBoxNotice) => {
      // That it goes on reading its folder is not yet what came of it.
      if (notice.kind !== 'opening') this.notice = notice;
    });
    child.send({ folder: this.folder, profile: 'demo', token: TOKEN, ballastBytes: 64 * 1024, ...more });
    await until(() => this.notice !== undefined || this.ended, 'the MessageBox listens or ends');
    const notice = this.notice as MessageBoxNotice | undefined;
    this.port = notice?.kind === 'listening' ? notice.port : undefined;
    return notice;
  }

  get ended(): boolean {
    return this.child === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async kill(name: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.ended) return;
    this.child?.kill(name);
    await until(() => this.ended, 'the MessageBox ends');
    this.port = undefined;
  }
}

const host = { name: 'H', concurrency: 20 };

function service(name: string, property: string): Service {
  const filter = [[{ property, operator: 'exists' } as const]];
  return { id: `${name}@1`, name, kind: 'orchestration', host: 'H', activations: [{ id: '0', filter, follows: [] }], outline: [] };
}

/** Job: `steps` commits, each publishing a message that activates a Sink. Sink: one commit. */
const SERVICES = [service('Job', 'Job'), service('Sink', 'Sink')];

/** Acknowledged version of each instance, as this host instance was told. */
export type Acknowledged = Map<string, number>;

export class CountingHost {
  readonly acknowledged: Acknowledged = new Map();
  readonly submitted = new Set<string>();
  readonly hostInstance: HostInstance;
  readonly #pending = new Map<number, string>();
  #request = 0;
  #stopped = false;

  constructor(name: string, port: () => number | undefined, steps: number) {
    this.hostInstance = new HostInstance({
      name,
      host,
      computer: 'A',
      services: SERVICES,
      connect: webSocketConnect({ token: TOKEN, port, clock: nodeClock }),
      clock: nodeClock,
      random: () => Math.random(),
      begin: (grant, workplace) => new CountingWork(grant, workplace, grant.service === 'Job@1' ? steps : 1, this.acknowledged),
      other: (frame) => {
        this.#other(frame);
      },
      connected: () => undefined,
      log: (line) => void (process.env['DEBUG_FAULTS'] && console.log(line)),
    });
    this.hostInstance.client.start();
  }

  /** Hands in jobs until each is acknowledged; the same receive id is the same job. */
  async submit(ids: readonly string[]): Promise<void> {
    for (const wanted of ids) {
      while (!this.submitted.has(wanted) && !this.#stopped) {
        const request = ++this.#request;
        this.#pending.set(request, wanted);
        const message = { type: 'Job', properties: { Job: wanted }, body: wanted };
        if (this.hostInstance.client.connected)
          this.hostInstance.send({ kind: 'submit', request, location: 'L', receiveId: wanted, message });
        const end = performance.now() + 300;
        while (!this.submitted.has(wanted) && performance.now() < end && this.hostInstance.client.connected) await pause(2);
        if (!this.submitted.has(wanted)) await pause(10);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.hostInstance.client.stop();
  }

  #other(frame: MessageBoxFrame): void {
    if (frame.kind !== 'submitted') return;
    const id = this.#pending.get(frame.request);
    if (id !== undefined) this.submitted.add(id);
  }
}

class CountingWork implements Work, SlotOwner {
  readonly slot: CommitSlot;
  readonly #steps: number;
  readonly #acknowledged: Acknowledged;
  readonly #queue: readonly DeliveredEntry[];
  #version: number;

  constructor(grant: GrantedInstance, workplace: Workplace, steps: number, acknowledged: Acknowledged) {
    this.slot = new CommitSlot(grant, workplace, this);
    this.#version = grant.version;
    this.#steps = steps;
    this.#acknowledged = acknowledged;
    this.#queue = grant.queue;
  }

  start(): void {
    const step = this.#version + 1;
    const last = step >= this.#steps;
    const sink = { type: 'Sink', properties: { Sink: `${this.slot.instance}/${step}` }, body: '{}', shape: 0 };
    this.slot.commit({
      state: JSON.stringify({ step }),
      consumed: this.#version === 0 ? this.#queue.map(({ id }) => id) : [],
      published: this.#steps > 1 ? [sink] : [],
      points: [last ? 'end' : 'send'],
      outcome: last ? 'completed' : 'running',
    });
  }

  committed(): void {
    this.#version++;
    this.#acknowledged.set(this.slot.instance, Math.max(this.#version, this.#acknowledged.get(this.slot.instance) ?? 0));
    this.start();
  }

  /** A commit that ended the instance was acknowledged with its release. */
  dropped(): void {
    return undefined;
  }

  reconnected(): void {
    return undefined;
  }

  deliver(): void {
    return undefined;
  }

  operate(): void {
    return undefined;
  }

  drain(): void {
    return undefined;
  }
}
