/** One host instance as the supervisor sees it: a process with a state (docs/behaviour.md, section 2.2), restarted when it dies. */
import type { ChildProcess } from 'node:child_process';
import { SohError, type WireError } from '../errors.ts';
import {
  DRAIN_MS,
  type HostInstanceNotice,
  type HostInstanceOrder,
  type HostInstanceSettings,
  type LocationNotices,
} from '../hosting/settings.ts';
import { type ChildProcesses, signal } from './childProcess.ts';
import type { HostInstanceState } from '../control/status.ts';

export interface HostInstanceProcessOptions {
  readonly settings: Omit<HostInstanceSettings, 'kind' | 'messageBoxPort'>;
  readonly processes: ChildProcesses;
  /** Delay before it is started again after it died, in ms. */
  readonly restartMs: number;
  messageBoxPort(): number;
  /** The state changed. */
  changed(process: HostInstanceProcess, detail?: string): void;
  /** A receive location has something new to say. */
  noticed(process: HostInstanceProcess, location: string, news: readonly WireError[]): void;
  /** It is about to be ended by us: nobody's fault. */
  excuse(name: string): void;
  /** Its process is gone. */
  gone(name: string): void;
}

/** The operating system has no SIGSTOP: the freeze is cooperative there, and labelled so. */
const CAN_STOP = process.platform !== 'win32';

export class HostInstanceProcess {
  readonly name: string;
  readonly host: string;
  readonly computer: string;
  state: HostInstanceState = 'stopped';
  restarts = 0;
  addresses: Readonly<Record<string, string>> = {};
  /** What its receive locations do not take. */
  readonly notices = new Map<string, LocationNotices>();
  error: WireError | undefined;
  /** Monotonic ms since when its process has had no connection to the MessageBox. */
  disconnectedSince: number | undefined;
  readonly #options: HostInstanceProcessOptions;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #afterExit: 'restart' | 'stay' = 'restart';

  constructor(options: HostInstanceProcessOptions) {
    this.#options = options;
    const { name, host, computer } = options.settings;
    this.name = name;
    this.host = host;
    this.computer = computer;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    clearTimeout(this.#restart);
    if (this.#child) throw this.#wrongState('started');
    this.#afterExit = 'restart';
    this.error = undefined;
    const child = this.#options.processes.start('hostInstance.mjs');
    this.#child = child;
    this.disconnectedSince = performance.now();
    this.#become('start pending');
    child.send({ kind: 'settings', ...this.#options.settings, messageBoxPort: this.#options.messageBoxPort() } satisfies HostInstanceOrder);
    child.on('message', (notice: HostInstanceNotice) => {
      this.#notice(notice);
    });
    child.once('exit', (code, signalName) => {
      this.#exited(code, signalName);
    });
    child.on('error', (error) => {
      this.#become('failed', error.message);
    });
  }

  /** Controlled stop; after 30 s it ends like a kill. Resolves when the process is gone. */
  async stop(): Promise<void> {
    clearTimeout(this.#restart);
    const child = this.#child;
    this.#afterExit = 'stay';
    if (!child) {
      this.#become('stopped');
      return;
    }
    if (this.state === 'frozen') {
      this.#end();
      await gone(child);
      return;
    }
    this.#become('stop pending');
    this.#send({ kind: 'stop' });
    const deadline = setTimeout(() => {
      this.#end();
    }, DRAIN_MS);
    await gone(child);
    clearTimeout(deadline);
  }

  /** SIGKILL: no shutdown hook runs. It is started again by the restart policy unless `stay`. */
  kill(stay = false): void {
    if (!this.#child) throw this.#wrongState('killed');
    if (stay) this.#afterExit = 'stay';
    this.#end();
  }

  freeze(): void {
    if (this.state !== 'running' || this.pid === null) throw this.#wrongState('frozen');
    if (CAN_STOP) signal(this.pid, 'SIGSTOP');
    else this.#send({ kind: 'freeze', on: true });
    this.#become('frozen', CAN_STOP ? undefined : 'cooperative');
  }

  thaw(): void {
    if (this.state !== 'frozen' || this.pid === null) throw this.#wrongState('thawed');
    if (CAN_STOP) signal(this.pid, 'SIGCONT');
    else this.#send({ kind: 'freeze', on: false });
    this.disconnectedSince = undefined;
    this.#become('running');
  }

  /** The MessageBox listens somewhere else now. */
  messageBoxAt(port: number): void {
    if (this.#child) this.#send({ kind: 'messageBox', port });
  }

  #send(order: HostInstanceOrder): void {
    const child = this.#child;
    if (child?.connected) child.send(order);
  }

  #end(): void {
    const { pid } = this;
    if (pid === null) return;
    this.#options.excuse(this.name);
    signal(pid, 'SIGKILL');
  }

  #notice(notice: HostInstanceNotice): void {
    switch (notice.kind) {
      case 'connected':
        this.disconnectedSince = undefined;
        if (this.state !== 'stop pending' && this.state !== 'frozen') this.#become('running');
        return;
      case 'disconnected':
        this.disconnectedSince ??= performance.now();
        return;
      case 'receiving':
        this.addresses = notice.addresses;
        return;
      case 'notices': {
        const { location, news, notices, more } = notice;
        this.notices.set(location, { notices, more });
        if (news.length > 0) this.#options.noticed(this, location, news);
        return;
      }
      case 'problem':
        this.error = notice.error;
        this.#options.changed(this, notice.error.message);
        return;
      case 'failed':
        // A restart that fails to start ends all attempts (docs/behaviour.md, section 2.3).
        this.error = notice.error;
        this.#afterExit = 'stay';
        this.#become('failed', notice.error.message);
        return;
      case 'crashed':
        // Its exit follows and is what counts.
        return;
    }
  }

  #exited(code: number | null, signalName: NodeJS.Signals | null): void {
    this.#child = undefined;
    this.notices.clear();
    this.addresses = {};
    this.disconnectedSince = undefined;
    this.#options.gone(this.name);
    const how = signalName ?? `exit code ${String(code)}`;
    if (this.#afterExit === 'stay') {
      if (this.state !== 'failed') this.#become('stopped', this.state === 'stop pending' ? undefined : how);
      return;
    }
    this.#become('restarting', how);
    this.#restart = setTimeout(() => {
      this.restarts++;
      this.start();
    }, this.#options.restartMs);
  }

  #become(state: HostInstanceState, detail?: string): void {
    if (this.state === state) return;
    this.state = state;
    this.#options.changed(this, detail);
  }

  #wrongState(operation: string): SohError {
    return new SohError('group.wrongState', { name: this.name, state: this.state, operation });
  }
}

function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
}
