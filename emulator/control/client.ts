import { WebSocket, type RawData } from 'ws';
import { type Clock, pause } from '../clock.ts';
import { fromWire, isCode, messageOf, SohError } from '../errors.ts';
import {
  CONTROL_VERSION,
  type CommandName,
  type CommandRequest,
  type Commands,
  type Delta,
  type FeedFrame,
  type Hello,
} from './commands.ts';
import { parseIncoming, parseSnapshot } from './frames.ts';
import { findRunning, readDiscovery, type Discovery } from './discovery.ts';

const CONNECT_TIMEOUT_MS = 5000;
const LOOK_EVERY_MS = 50;
/** Longest a command takes: `stop` drains the host instances for 30 s. */
const CALL_TIMEOUT_MS = 90_000;
/** Close code of the WebSocket protocol for "not with you": wrong token or version. */
const POLICY_VIOLATION = 1008;
/** A snapshot of 200 instances is far below it; `show` carries the variables of an instance. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A connection of a user interface to the control socket of a group. It ends with the first sign of trouble; who wants to go on
 * connects again.
 */
export class ControlClient {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #closing = false;
  /** The call whose answer is the next snapshot. */
  #snapshotId: number | undefined;
  #follower: ((frame: FeedFrame) => void) | undefined;
  /** Number of the last frame handed out; `undefined` while a snapshot is on its way: deltas before it are of no use. */
  #frame: number | undefined;
  /** Why the connection ended. */
  #ended: SohError | undefined;
  /** Fulfilled when the connection is over: with the reason, or with `undefined` after `close()`. */
  readonly closed: Promise<SohError | undefined>;

  private constructor(socket: WebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        const asked = this.#ended === undefined && this.#closing;
        const refused = code === POLICY_VIOLATION;
        this.#end(refused ? new SohError('group.refused', { reason: reason.toString('utf8') }) : new SohError('group.connectionLost'));
        resolve(asked ? undefined : this.#ended);
      });
    });
    socket.on('message', (data) => this.#receive(data));
    socket.on('error', (error) => this.#end(new SohError('group.connectionLost', {}, error)));
  }

  /**
   * Connects to the group that runs on a data folder, or to the one described. Throws `group.notRunning` when no process of it is alive,
   * `group.elsewhere` when it cannot be reached from here, `group.olderVersion` or `group.newerVersion` when it was started by one,
   * `group.refused` when it does not accept us, `group.connectionLost` when it does not listen.
   */
  static async connect(target: string | Discovery, clock: Clock): Promise<ControlClient> {
    const discovery = typeof target === 'string' ? await discoveryIn(target) : target;
    if (discovery.control !== CONTROL_VERSION) throw otherVersion(discovery);
    return ControlClient.#open(discovery, clock);
  }

  /** Asks the group to stop, in the version it speaks: `stop` is the one command that is the same in all. Throws as `connect` does. */
  static async connectToStop(discovery: Discovery, clock: Clock): Promise<ControlClient> {
    return ControlClient.#open(discovery, clock);
  }

  /** Stops the group of a folder, whatever its version, and waits until its process has ended. Nothing to do when none runs. */
  static async stopAny(folder: string, clock: Clock): Promise<void> {
    const discovery = await readDiscovery(folder);
    if (discovery === undefined) return;
    const client = await ControlClient.connectToStop(discovery, clock);
    await client.call('stop', {}).catch((error: unknown) => {
      // The supervisor may be gone before its answer is.
      if (!isCode(error, 'group.connectionLost')) throw error;
    });
    await client.close();
    for (let waited = 0; (await readDiscovery(folder))?.pid === discovery.pid; waited += LOOK_EVERY_MS) {
      if (waited > CALL_TIMEOUT_MS) throw new SohError('group.noAnswer', { command: 'stop', seconds: CALL_TIMEOUT_MS / 1000 });
      await pause(clock, LOOK_EVERY_MS);
    }
  }

  static async #open(discovery: Discovery, clock: Clock): Promise<ControlClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${discovery.port}/`, {
      headers: { authorization: `Bearer ${discovery.token}` },
      handshakeTimeout: CONNECT_TIMEOUT_MS,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
    });
    // Before the handshake is over, so that nothing the supervisor says right after it is missed.
    const client = new ControlClient(socket, clock);
    await opened(socket);
    socket.send(JSON.stringify({ kind: 'hello', version: discovery.control } satisfies Hello));
    return client;
  }

  /** Runs one command. Throws what the supervisor answers, `group.connectionLost`, `group.noAnswer`, or the reason of `signal`. */
  async call<C extends CommandName>(command: C, args: Commands[C]['arguments'], signal?: AbortSignal): Promise<Commands[C]['result']> {
    return this.#send(++this.#lastId, command, args, signal) as Promise<Commands[C]['result']>;
  }

  async #send<C extends CommandName>(id: number, command: C, args: Commands[C]['arguments'], signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#ended !== undefined) throw this.#ended;
    const giveUp = (reason: unknown): void => {
      this.#waiting.get(id)?.reject(reason);
      this.#waiting.delete(id);
    };
    const aborted = (): void => giveUp(signal?.reason);
    signal?.addEventListener('abort', aborted, { once: true });
    const cancel = this.#clock.after(CALL_TIMEOUT_MS, () =>
      giveUp(new SohError('group.noAnswer', { command, seconds: CALL_TIMEOUT_MS / 1000 })),
    );
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        this.#socket.send(JSON.stringify({ id, command, arguments: args } satisfies CommandRequest<C>));
      });
    } finally {
      cancel();
      signal?.removeEventListener('abort', aborted);
    }
  }

  /**
   * Follows the feed: first a snapshot, then what changes. After a gap in the numbers the next frame is a snapshot again, so a follower
   * that replaces everything on a snapshot is always right. One follower a connection; it ends with the connection (`closed`).
   */
  async follow(onFrame: (frame: FeedFrame) => void): Promise<void> {
    this.#follower = onFrame;
    await this.#askForSnapshot();
  }

  /** Ends the connection. Calls that wait are rejected with `group.connectionLost`. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#socket.close();
    await this.closed;
  }

  async #askForSnapshot(): Promise<void> {
    this.#frame = undefined;
    this.#snapshotId = ++this.#lastId;
    await this.#send(this.#snapshotId, 'follow', {});
  }

  #receive(data: RawData): void {
    try {
      const message = parseIncoming(textOf(data));
      if ('kind' in message) this.#delta(message);
      else this.#answer(message);
    } catch (error) {
      this.#break(error);
    }
  }

  #answer(response: Exclude<ReturnType<typeof parseIncoming>, Delta>): void {
    const waiting = this.#waiting.get(response.id);
    // In the same turn as it came: the delta behind it may already be in the buffer, and it has to find the number.
    if (response.id === this.#snapshotId && 'result' in response) this.#snapshot(response.result);
    // An answer nobody waits for belongs to a call that was aborted.
    if (waiting === undefined) return;
    this.#waiting.delete(response.id);
    if ('error' in response) waiting.reject(fromWire(response.error));
    else waiting.resolve(response.result);
  }

  #snapshot(result: unknown): void {
    const snapshot = parseSnapshot(result);
    this.#snapshotId = undefined;
    this.#frame = snapshot.frame;
    this.#follower?.(snapshot);
  }

  #delta(delta: Delta): void {
    if (this.#frame === undefined) return;
    if (delta.frame === this.#frame + 1) {
      this.#frame = delta.frame;
      this.#follower?.(delta);
      return;
    }
    this.#askForSnapshot().catch((error: unknown) => this.#break(error));
  }

  #break(error: unknown): void {
    this.#end(error instanceof SohError ? error : new SohError('unexpected', { message: messageOf(error) }, error));
    this.#socket.terminate();
  }

  /** The first reason wins; every call that waits gets it. */
  #end(error: SohError): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
  }
}

/** `clusterFile` is there unless it is the sample group: who restarts it needs it. */
function otherVersion({ control, pid, clusterFile }: Discovery): SohError {
  const code = control < CONTROL_VERSION ? 'group.olderVersion' : 'group.newerVersion';
  return new SohError(code, { pid, found: control, known: CONTROL_VERSION, ...(clusterFile === null ? {} : { clusterFile }) });
}

async function discoveryIn(folder: string): Promise<Discovery> {
  const discovery = await findRunning(folder);
  if (discovery === undefined) throw new SohError('group.notRunning', { folder });
  return discovery;
}

/** Waits for the handshake. */
async function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      reject(new SohError('group.refused', { reason: `HTTP ${response.statusCode ?? 0}` }));
    });
    socket.once('error', (error) => reject(new SohError('group.connectionLost', {}, error)));
  });
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return data instanceof ArrayBuffer ? Buffer.from(data).toString('utf8') : data.toString('utf8');
}
