/** A control socket that answers what a test tells it to, with the discovery file that makes it findable. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { toWire, type WireError } from '../../../emulator/errors.ts';
import {
  CONTROL_VERSION,
  type CommandName,
  type CommandRequest,
  type Commands,
  type Delta,
  type Hello,
  type Snapshot,
} from '../../../emulator/control/commands.ts';
import type { InstanceDetail } from '../../../emulator/control/instances.ts';
import type { GroupStatus, ServiceInstanceState } from '../../../emulator/control/status.ts';
import { writeDiscovery, type Discovery } from '../../../emulator/control/discovery.ts';
import { processIdentity } from '../../../emulator/wire/processIdentity.ts';

type Answers = { [C in CommandName]?: (args: Commands[C]['arguments']) => Commands[C]['result'] | Promise<Commands[C]['result']> };

const TOKEN = 'token-of-the-fake-group';

/** The fake group. */
export class FakeGroup {
  readonly folder: string;
  readonly discovery: Discovery;
  /** Commands as they came. */
  readonly requests: CommandRequest[] = [];
  answers: Answers = {};
  /** Versions that clients said hello in. */
  readonly hellos: number[] = [];
  readonly #server: WebSocketServer;
  readonly #sockets = new Set<WebSocket>();

  private constructor(folder: string, server: WebSocketServer) {
    this.folder = folder;
    this.#server = server;
    const startTime = processIdentity(process.pid)?.startTime ?? '';
    const { port } = server.address() as AddressInfo;
    this.discovery = {
      version: 2,
      control: CONTROL_VERSION,
      pid: process.pid,
      startTime,
      port,
      token: TOKEN,
      clusterFile: null,
      started: '2026-01-01T00:00:00.000Z',
    };
    server.on('connection', (socket, request) => {
      if (request.headers.authorization !== `Bearer ${TOKEN}`) {
        socket.close(1008, 'wrong token');
        return;
      }
      this.#sockets.add(socket);
      socket.on('message', (data: Buffer) => void this.#receive(socket, JSON.parse(data.toString('utf8')) as CommandRequest | Hello));
    });
  }

  static async start(answers: Answers = {}): Promise<FakeGroup> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const group = new FakeGroup(await mkdtemp(join(tmpdir(), 'soh-group-')), server);
    group.answers = answers;
    await writeDiscovery(group.folder, group.discovery);
    return group;
  }

  /** Sends something to all clients, in one turn. */
  send(...messages: readonly (Delta | string)[]): void {
    for (const socket of this.#sockets)
      for (const message of messages) socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Cuts all connections as a killed supervisor would. */
  cut(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** The process is there, its control socket is not. */
  async stopListening(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopListening();
    await rm(this.folder, { recursive: true });
  }

  async #receive(socket: WebSocket, message: CommandRequest | Hello): Promise<void> {
    if ('kind' in message) {
      this.hellos.push(message.version);
      return;
    }
    this.requests.push(message);
    try {
      const answer = this.answers[message.command] as ((args: unknown) => unknown) | undefined;
      if (answer === undefined) return;
      const result = await answer(message.arguments);
      socket.send(JSON.stringify({ id: message.id, result }));
    } catch (error) {
      socket.send(JSON.stringify({ id: message.id, error: toWire(error) satisfies WireError }));
    }
  }
}

const counts: Readonly<Record<ServiceInstanceState, number>> = {
  'Ready to run': 1,
  Active: 2,
  Dehydrated: 3,
  Scheduled: 0,
  'Waits for version': 0,
  'Suspended (resumable)': 1,
  'Suspended (not resumable)': 0,
  Completed: 1234,
  Terminated: 0,
};

/** A group as `status` shows it. */
export const status: GroupStatus = {
  name: 'Orders',
  state: 'running',
  profile: 'default',
  dataFolder: '/data',
  clusterFile: null,
  supervisorPid: 10,
  computers: [
    { name: 'A', state: 'running' },
    { name: 'B', state: 'failed' },
  ],
  hostInstances: [
    {
      name: 'Processing@A',
      host: 'Processing',
      computer: 'A',
      pid: 11,
      state: 'running',
      active: 2,
      credit: 98,
      committed: 5000,
      delivered: 4000,
      published: 3000,
      leaseAgeMs: 120,
      leaseMs: 5000,
      rssMb: 61.4,
      restarts: 0,
      addresses: {},
    },
    {
      name: 'Processing@B',
      host: 'Processing',
      computer: 'B',
      pid: null,
      state: 'lost',
      active: 0,
      credit: 0,
      committed: 7,
      delivered: 6,
      published: 5,
      leaseAgeMs: null,
      leaseMs: 5000,
      rssMb: null,
      restarts: 1,
      addresses: {},
    },
  ],
  messageBox: {
    pid: 12,
    state: 'running',
    generation: 3,
    sequence: 99,
    journalBytes: 2_500_000,
    messages: 4,
    subscriptions: 5,
    counts,
    queueDepth: { Processing: 1 },
  },
  services: [{ name: 'Order', kind: 'orchestration', host: 'Processing', enlisted: true, counts }],
  receiveLocations: [{ name: 'OrderFiles', host: 'Processing', adapter: 'FILE', address: '/data/in' }],
};

const at = '2026-01-01T10:00:00.000Z';

/** An instance that was taken over. */
export const detail: InstanceDetail = {
  id: 'i1',
  orchestration: 'Order',
  kind: 'orchestration',
  state: 'Completed',
  pendingOperation: null,
  owner: 'Processing@B',
  commits: 2,
  takeovers: 1,
  created: at,
  changed: at,
  error: null,
  position: { saved: [], atRisk: [] },
  messages: [],
  subscriptions: [],
  queue: [],
  timers: [],
  retries: [],
  outline: [],
  variables: { total: 7 },
  history: [
    { sequence: 1, at, kind: 'activated', message: 'm1', messageType: 'urn:o#Order' },
    { sequence: 2, at, kind: 'granted', hostInstance: 'Processing@A', version: 0, credit: 1, takeover: false },
    {
      sequence: 3,
      at,
      kind: 'committed',
      hostInstance: 'Processing@A',
      version: 1,
      points: ['send'],
      shapes: [{ shape: 0, name: 'Receive order', atMs: 0, again: false }],
      consumed: ['m1'],
      published: [{ message: 'i1/1/0', messageType: '', shape: 'Send bill', to: ['Bills'] }],
      outcome: 'running',
    },
    {
      sequence: 4,
      at,
      kind: 'ownerLost',
      hostInstance: 'Processing@A',
      reason: 'killed',
      version: 1,
      attempt: 1,
      atRisk: ['Book stock'],
      atRiskShapes: [1],
    },
    { sequence: 5, at, kind: 'granted', hostInstance: 'Processing@B', version: 1, credit: 1, takeover: true },
    {
      sequence: 6,
      at,
      kind: 'committed',
      hostInstance: 'Processing@B',
      version: 2,
      points: ['end'],
      shapes: [{ shape: 1, name: 'Book stock', atMs: 0, again: true }],
      consumed: [],
      published: [],
      outcome: 'completed',
    },
  ],
};

/** A snapshot with that number. */
export function snapshot(frame: number): Snapshot {
  return { kind: 'snapshot', frame, status, instances: [detail], events: [] };
}
