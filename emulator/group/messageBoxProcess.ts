/** The MessageBox process and the supervisor's connection to it: restarted when it dies, replaced when it freezes (docs/failure-model.md, 4.7, P4). */
import { WebSocket } from 'ws';
import type { Cancel, Clock } from '../clock.ts';
import { fromWire, SohError, toWire, type WireError } from '../errors.ts';
import { HANDSHAKE_TIMEOUT_MS, pack, SOCKET_LIMITS, Unpacker } from '../wire/framing.ts';
import { PROTOCOL_VERSION } from '../messagebox/protocol/frames.ts';
import type { MessageBoxNotice, MessageBoxSettings } from '../messagebox/protocol/settings.ts';
import type { NamedService, SupervisorFrame, SupervisorReply } from '../messagebox/protocol/supervisorFrames.ts';
import type { ChildProcesses } from './childProcess.ts';
import { type Ended, ManagedProcess } from './managedProcess.ts';
import type { LineSink } from './processOutput.ts';
import type { MessageBoxStatus } from '../control/status.ts';

export interface MessageBoxProcessOptions {
  readonly settings: MessageBoxSettings;
  readonly processes: ChildProcesses;
  readonly clock: Clock;
  /** What it prints. */
  readonly output: LineSink;
  /** All of the group file. */
  readonly services: readonly NamedService[];
  /** Hosts with an instance that runs or is about to. */
  hosts(): readonly string[];
  /** Host instances whose processes live now. */
  alive(): readonly string[];
  /** It listens, for the first time or again. */
  listening(port: number): void;
  changes(changes: Extract<SupervisorReply, { kind: 'changes' }>): void;
  changed(state: MessageBoxStatus['state'], detail?: string): void;
}

type Query = Extract<SupervisorFrame, { readonly request: number }>;
type QueryBody<Q> = Q extends Query ? Omit<Q, 'request'> : never;
type Answer = Extract<SupervisorReply, { readonly request: number }>;

const PING_MS = 1000;
/** Without an answer for so long it is frozen and is replaced. */
const SILENCE_MS = 15_000;
/** While it reads its folder it says each second that it goes on; a single file may take long. */
const OPENING_SILENCE_MS = 60_000;
const RESTART_MS = 100;
/** When it ended because there is no room on the disk. */
const RETRY_FULL_MS = 1000;
/** A stop may take so long (ms); then it ends like a kill. */
const STOP_MS = 10_000;
/** So often in a row it may say that it could not start now; then it is not started again, although another start could have helped. */
const MAX_FAILURES = 3;
/** So often in a row it may end before it listens without saying why. */
const MAX_ENDS = 5;
/** Notices that are kept. */
const MOST_NOTICES = 10;
const CAN_START_AGAIN = 74;

export class MessageBoxProcess {
  state: MessageBoxStatus['state'] = 'stopped';
  port = 0;
  error: WireError | undefined;
  /** What its starts found in the data folder. */
  notices: readonly WireError[] = [];
  readonly #options: MessageBoxProcessOptions;
  readonly #process: ManagedProcess<MessageBoxSettings, MessageBoxNotice>;
  #socket: WebSocket | undefined;
  #stopping = false;
  #failures = 0;
  /** Ends in a row before it listened. */
  #ends = 0;
  /** It was ended because nothing was heard of it. */
  #silent = false;
  #requests = 0;
  readonly #waiting = new Map<number, { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }>();
  #lastHeard = 0;
  #cancelPings: Cancel | undefined;
  #first: { resolve(): void; readonly reject: (error: Error) => void } | undefined;

  constructor(options: MessageBoxProcessOptions) {
    this.#options = options;
    const { processes, clock, output } = options;
    this.#process = new ManagedProcess({
      bundle: 'messageBox.mjs',
      processes,
      clock,
      output,
      notice: (notice) => {
        this.#lastHeard = clock.monotonic();
        if (notice.kind === 'opening') return;
        if (notice.kind === 'listening') {
          this.notices = [...this.notices, ...notice.recovered.notices].slice(-MOST_NOTICES);
          this.#connect(notice.port);
        } else this.error = notice.error;
      },
      ended: (end) => {
        this.#ended(end);
      },
    });
  }

  get pid(): number | null {
    return this.#process.pid;
  }

  /** Resolves when it listens and answers. @throws the reason why it refused to start */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#first = { resolve, reject };
      this.#spawn();
    });
  }

  kill(): number {
    const { pid } = this;
    if (pid === null) throw new SohError('group.wrongState', { name: 'MessageBox', state: this.state, operation: 'killed' });
    this.#process.signal('SIGKILL');
    return pid;
  }

  /** It is not to write anything any more. */
  end(): void {
    this.#stopping = true;
    this.#cancelPings?.();
    this.#process.signal('SIGKILL');
    if (!this.#process.lives) this.#stopped();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelPings?.();
    this.send({ kind: 'shutdown' });
    if (!this.#socket) this.#process.signal('SIGTERM');
    await this.#process.goneWithin(STOP_MS, () => {
      this.#process.signal('SIGKILL');
    });
    this.#stopped();
  }

  send(frame: SupervisorFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) for (const text of pack([frame])) this.#socket.send(text);
  }

  /** @throws SohError 'group.messageBoxAway' */
  ask(query: QueryBody<Query>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) {
        reject(new SohError('group.messageBoxAway'));
        return;
      }
      const request = ++this.#requests;
      this.#waiting.set(request, { resolve, reject });
      this.send({ ...query, request });
    });
  }

  #spawn(): void {
    this.#become(this.port === 0 ? 'starting' : 'restarting');
    this.#silent = false;
    this.#process.start(this.#options.settings);
    this.#watchSilence();
  }

  #connect(port: number): void {
    this.port = port;
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/`, {
      ...SOCKET_LIMITS,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      headers: { authorization: `Bearer ${this.#options.settings.token}` },
    });
    const unpacker = new Unpacker();
    this.#socket = socket;
    socket.on('open', () => {
      const { settings, services } = this.#options;
      const now = { hosts: this.#options.hosts(), alive: this.#options.alive() };
      this.send({ kind: 'supervise', protocol: PROTOCOL_VERSION, profile: settings.profile, services, ...now });
      this.send({ kind: 'watch', on: true });
      this.#options.listening(port);
      this.#failures = 0;
      this.#ends = 0;
      this.error = undefined;
      this.#become('running');
      this.#lastHeard = this.#options.clock.monotonic();
      this.#first?.resolve();
      this.#first = undefined;
    });
    socket.on('message', (data: Buffer) => {
      this.#lastHeard = this.#options.clock.monotonic();
      for (const reply of (unpacker.push(data.toString('utf8')) ?? []) as unknown as SupervisorReply[]) this.#reply(reply);
    });
    // The process's end, or its silence, tells what to do.
    socket.on('error', () => undefined);
  }

  #reply(reply: SupervisorReply): void {
    if (reply.kind === 'changes') this.#options.changes(reply);
    if (!('request' in reply)) return;
    const asked = this.#waiting.get(reply.request);
    if (reply.kind === 'refused') asked?.reject(fromWire(reply.error));
    else asked?.resolve(reply);
    this.#waiting.delete(reply.request);
  }

  #watchSilence(): void {
    this.#cancelPings?.();
    const { clock } = this.#options;
    this.#lastHeard = clock.monotonic();
    let lastPing = this.#lastHeard;
    this.#cancelPings = clock.every(PING_MS, () => {
      const now = clock.monotonic();
      // This process slept itself: what it did not hear meanwhile proves nothing.
      if (now - lastPing > 3 * PING_MS) this.#lastHeard = now;
      lastPing = now;
      const limit = this.state === 'running' ? SILENCE_MS : OPENING_SILENCE_MS;
      if (now - this.#lastHeard > limit && this.pid !== null) {
        this.#silent = true;
        this.kill();
      } else this.send({ kind: 'ping', request: 0 });
    });
  }

  #ended({ exitCode, signal, lastWords }: Ended): void {
    const opened = this.state === 'running';
    this.#socket?.terminate();
    this.#socket = undefined;
    this.#cancelPings?.();
    for (const { reject } of this.#waiting.values()) reject(new SohError('group.messageBoxAway'));
    this.#waiting.clear();
    if (this.#stopping) {
      this.#stopped();
      return;
    }
    // Of a group that ran, it is tried again until there is room on the disk; one that never ran says why it does not start.
    const full = this.error?.code === 'messageBox.storageFull';
    const waits = full && this.#first === undefined;
    const refused = this.error !== undefined && (!this.error.retry || full);
    const tired = exitCode === CAN_START_AGAIN ? ++this.#failures >= MAX_FAILURES : !opened && ++this.#ends >= MAX_ENDS;
    if (!waits && (refused || tired)) {
      const how = signal ?? `exit code ${String(exitCode)}`;
      const seconds = OPENING_SILENCE_MS / 1000;
      const reason = this.#silent
        ? new SohError('messageBox.startHung', { folder: this.#options.settings.folder, seconds })
        : new SohError('messageBox.ended', { folder: this.#options.settings.folder, how, text: lastWords.trim() });
      this.error ??= toWire(reason);
      this.#become('failed', this.error.message);
      this.#first?.reject(fromWire(this.error));
      this.#first = undefined;
      return;
    }
    this.#become('restarting', waits ? this.error?.message : undefined);
    this.#options.clock.after(waits ? RETRY_FULL_MS : RESTART_MS, () => {
      if (!this.#stopping) this.#spawn();
    });
  }

  /** It is gone, or was to be started again, which does not happen. */
  #stopped(): void {
    if (this.state !== 'failed') this.#become('stopped');
    this.#first?.reject(new SohError('group.messageBoxAway'));
    this.#first = undefined;
  }

  #become(state: MessageBoxStatus['state'], detail?: string): void {
    if (this.state === state) return;
    this.state = state;
    this.#options.changed(state, detail);
  }
}
