/** The group of the soak: a supervisor that is a process of its own and may die, a folder in, HTTP in, a folder out, an HTTP server out. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeClock } from '../../emulator/clock.ts';
import { ControlClient } from '../../emulator/control/client.ts';
import { readDiscovery } from '../../emulator/control/discovery.ts';
import type { GroupStatus } from '../../emulator/control/status.ts';
import type { SeededRandom } from '../../emulator/faults/seededRandom.ts';
import { BUNDLES, until } from '../faults/group.ts';

const MODULE = fileURLToPath(new URL('../fixtures/soak/soak.ts', import.meta.url));
/** Of the calls that come in, this share is answered with an error, and this share with nothing at all. */
const [FAILED, CUT] = [0.05, 0.03];

/** One message that was given to the group and acknowledged: a file that was dropped, a call that was answered with 2xx. */
export interface Input {
  readonly id: string;
  readonly steps: number;
  readonly pad: string;
  readonly by: 'file' | 'call';
}

/** One call of the group's HTTP send port that this process has read to its end. */
export interface Call {
  readonly key: string;
  /** The input it is for. */
  readonly id: string;
  /** sha256 of the body: twenty minutes of them would not fit into memory. */
  readonly hash: string;
}

export function hashOf(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

export class SoakGroup {
  readonly folder: string;
  readonly inputs: Input[] = [];
  readonly calls: Call[] = [];
  /** In the environment of every process of this group and of no other. */
  readonly marker: string;
  readonly #random: SeededRandom;
  #http: Server | undefined;
  #supervisor: ChildProcess | undefined;
  #client: ControlClient | undefined;
  #wanted = true;

  private constructor(folder: string, random: SeededRandom) {
    this.folder = folder;
    this.marker = `SOAK_MARKER=${folder}`;
    this.#random = random;
  }

  static async start(random: SeededRandom): Promise<SoakGroup> {
    const group = new SoakGroup(await mkdtemp(join(tmpdir(), 'soh-soak-')), random);
    const port = await group.#serve();
    await mkdir(join(group.folder, 'in'));
    await writeFile(join(group.folder, 'cluster.json'), JSON.stringify(clusterFile(port), null, 2));
    group.#spawn();
    try {
      await group.status();
    } catch (error) {
      group.abandon();
      throw error;
    }
    return group;
  }

  get dataFolder(): string {
    return join(this.folder, 'data');
  }

  get supervisorPid(): number | undefined {
    return this.#supervisor?.pid;
  }

  /** As soon as a supervisor answers. */
  async status(): Promise<GroupStatus> {
    return until(() => this.tryStatus(), 'the supervisor answers', 60_000);
  }

  /** `undefined` while there is no supervisor that answers. */
  async tryStatus(): Promise<GroupStatus | undefined> {
    return this.command((client) => client.call('status', {}));
  }

  /** `undefined` when it could not be done now: the group is being broken all the time. */
  async command<T>(run: (client: ControlClient) => Promise<T>): Promise<T | undefined> {
    try {
      this.#client ??= await ControlClient.connect(this.dataFolder, nodeClock);
      return await run(this.#client);
    } catch {
      // The connection may be the one to a supervisor that is gone.
      await this.#client?.close();
      this.#client = undefined;
      return undefined;
    }
  }

  /** A file that is there in one step. */
  async drop(input: Omit<Input, 'by'>, waitMs: number): Promise<void> {
    const temporary = join(this.folder, 'in', `.${input.id}`);
    await writeFile(temporary, contentOf(input, waitMs));
    await rename(temporary, join(this.folder, 'in', `${input.id}.json`));
    this.inputs.push({ ...input, by: 'file' });
  }

  /** A call, again and again with the same key until it is taken. */
  async call(input: Omit<Input, 'by'>, waitMs: number, giveUp: () => boolean): Promise<void> {
    while (!giveUp()) {
      if (await this.#post(input.id, contentOf(input, waitMs))) {
        this.inputs.push({ ...input, by: 'call' });
        return;
      }
      await pause(50);
    }
  }

  /** A life in which nothing happens, after `stop`: it takes away what the one before released. */
  async liveAgain(): Promise<void> {
    this.#spawn();
    await until(async () => (await this.tryStatus())?.hostInstances.every(({ state }) => state === 'running'), 'it runs again', 60_000);
    await this.stop();
  }

  /** Ends the whole group in order. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const supervisor = this.#supervisor;
    const ended = supervisor && new Promise<void>((resolve) => supervisor.once('exit', () => resolve()));
    await this.command((client) => client.call('stop', {}));
    await ended;
    await this.#client?.close();
    this.#http?.closeAllConnections();
    this.#http?.close();
  }

  /** For the end of a failed run. */
  abandon(): void {
    this.#wanted = false;
    this.#supervisor?.kill('SIGKILL');
    this.#http?.closeAllConnections();
    this.#http?.close();
  }

  async #post(key: string, body: string): Promise<boolean> {
    try {
      const discovery = await readDiscovery(this.dataFolder);
      const address = (await this.tryStatus())?.hostInstances.map(({ addresses }) => addresses['Web']).find((url) => url !== undefined);
      if (discovery === undefined || address === undefined) return false;
      const response = await fetch(address, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${discovery.token}`, 'idempotency-key': key, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(10_000),
      });
      await response.text();
      return response.ok;
    } catch {
      // Its host instance is gone, or was never there: whoever calls repeats it, as the documentation says.
      return false;
    }
  }

  #spawn(): void {
    const env: NodeJS.ProcessEnv = { ...process.env, SOAK_MARKER: this.folder };
    delete env['NODE_TEST_CONTEXT'];
    const args = [join(BUNDLES, 'supervisor.mjs'), '--data', this.dataFolder, '--cluster-file', join(this.folder, 'cluster.json')];
    const child = spawn(process.execPath, args, { stdio: 'ignore', env });
    this.#supervisor = child;
    child.once('exit', () => {
      if (this.#wanted && this.#supervisor === child) setTimeout(() => this.#wanted && this.#spawn(), 200);
    });
  }

  /** The neighbour: it takes calls, fails some, and cuts some off after it has read them. */
  async #serve(): Promise<number> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const dice = this.#random.next();
        if (dice < FAILED) {
          response.writeHead(500).end('not now');
          return;
        }
        const body = Buffer.concat(chunks);
        const { soak: id = '' } = JSON.parse(body.toString('utf8')) as { soak?: string };
        this.calls.push({ key: String(request.headers['idempotency-key']), id, hash: hashOf(body) });
        if (dice < FAILED + CUT) request.socket.destroy();
        else response.writeHead(200).end();
      });
      request.on('error', () => undefined);
    });
    this.#http = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }
}

function contentOf({ id, steps, pad }: Omit<Input, 'by'>, waitMs: number): string {
  return JSON.stringify({ soak: id, steps, pause: waitMs, pad });
}

function clusterFile(port: number): object {
  const orders = { receivePort: 'Orders', host: 'ReceivingHost' };
  return {
    name: 'Soak',
    profile: 'demo',
    // The checker reads all of it.
    storage: { historyMb: 1_000_000 },
    computers: ['A', 'B', 'C'],
    hosts: [
      { name: 'ReceivingHost', instances: ['A', 'B'] },
      { name: 'WebHost', instances: ['A'] },
      { name: 'ProcessingHost', instances: ['A', 'B', 'C'] },
      { name: 'SendingHost', instances: ['A', 'B'] },
    ],
    messageTypes: {
      SoakOrder: { format: 'json', promoted: { SoakId: { path: '/soak' } }, members: ['soak', 'steps', 'pad'] },
    },
    orchestrations: [
      {
        name: 'Soak',
        module: MODULE,
        host: 'ProcessingHost',
        bindings: { Orders: { receivePort: 'Orders' }, Files: { sendPort: 'Files' }, Calls: { sendPort: 'Calls' } },
      },
    ],
    receiveLocations: [
      { name: 'Folder', ...orders, transport: { adapter: 'FILE', folder: 'in', mask: '*.json', pollingMs: 100 } },
      { name: 'Web', ...orders, host: 'WebHost', transport: { adapter: 'HTTP', port: 0, path: '/orders' } },
    ],
    sendPorts: [
      {
        name: 'Files',
        host: 'SendingHost',
        transport: { adapter: 'FILE', folder: 'out', fileName: '%MessageID%.json', retryCount: 20, retryIntervalMs: 200 },
      },
      {
        name: 'Calls',
        host: 'SendingHost',
        transport: { adapter: 'HTTP', url: `http://127.0.0.1:${String(port)}/receipts`, retryCount: 50, retryIntervalMs: 200 },
      },
    ],
  };
}
