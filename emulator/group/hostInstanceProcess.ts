/** One host instance as the supervisor sees it: a process with a state (docs/behaviour.md, section 2.2), restarted when it dies or hangs. */
import type { Cancel, Clock } from '../clock.ts';
import { SohError, toWire, type WireError } from '../errors.ts';
import {
  type CrashNotice,
  DRAIN_MS,
  type HostInstanceNotice,
  type HostInstanceOrder,
  type HostInstanceSettings,
  type LocationNotices,
} from '../hosting/settings.ts';
import { toldState } from '../control/liveness.ts';
import type { HostInstanceState } from '../control/status.ts';
import type { ProfileTimes } from '../cluster/profiles.ts';
import type { ProcessEnd, SessionReport } from '../messagebox/protocol/supervisorFrames.ts';
import type { ChildProcesses } from './childProcess.ts';
import { LeaseWatch } from './leaseWatch.ts';
import { type Ended, ManagedProcess } from './managedProcess.ts';
import type { LineSink } from './processOutput.ts';

export interface HostInstanceProcessOptions {
  readonly settings: Omit<HostInstanceSettings, 'kind' | 'messageBoxPort'>;
  readonly processes: ChildProcesses;
  readonly clock: Clock;
  readonly times: ProfileTimes;
  /** What it prints. */
  readonly output: LineSink;
  messageBoxPort(): number;
  /** The state changed. */
  changed(process: HostInstanceProcess, state: HostInstanceState, detail?: string): void;
  /** A receive location has something new to say. */
  noticed(process: HostInstanceProcess, location: string, news: readonly WireError[]): void;
  /** We end or freeze this process, or let it go on: what its session has done is nobody's fault, or is somebody's again. */
  excuse(name: string, pid: number, on: boolean): void;
  /** Its process is gone. */
  gone(end: Omit<ProcessEnd, 'kind'>): void;
}

/** The operating system has no SIGSTOP: the freeze is cooperative there, and labelled so. */
const CAN_STOP = process.platform !== 'win32';
/** Starts in a row that did not get as far as a session, after which it stays away (docs/behaviour.md, section 2.3). */
const MOST_FAILED_STARTS = 3;

export class HostInstanceProcess {
  readonly name: string;
  readonly host: string;
  readonly computer: string;
  /** Of the process; what is told of it is `told`. */
  state: HostInstanceState = 'stopped';
  restarts = 0;
  addresses: Readonly<Record<string, string>> = {};
  /** What its receive locations do not take. */
  readonly notices = new Map<string, LocationNotices>();
  error: WireError | undefined;
  readonly lease: LeaseWatch;
  readonly #options: HostInstanceProcessOptions;
  readonly #process: ManagedProcess<HostInstanceOrder, HostInstanceNotice>;
  #cancelRestart: Cancel | undefined;
  #afterExit: 'restart' | 'stay' = 'restart';
  #failedStarts = 0;
  /** Instances it holds, as last reported. */
  #held = 0;
  /** We ended it. */
  #excused = false;
  #hung = false;
  /** The module it loads, as it told. */
  #loading: string | null = null;
  /** What it told of the error that ends it. */
  #crash: CrashNotice | undefined;
  #lastTold: HostInstanceState = 'stopped';

  constructor(options: HostInstanceProcessOptions) {
    this.#options = options;
    const { name, host, computer } = options.settings;
    this.name = name;
    this.host = host;
    this.computer = computer;
    this.lease = new LeaseWatch(options.times);
    const { processes, clock, output } = options;
    this.#process = new ManagedProcess({
      bundle: 'hostInstance.mjs',
      processes,
      clock,
      output,
      notice: (notice) => {
        this.#notice(notice);
      },
      ended: (end) => {
        this.#ended(end);
      },
    });
  }

  get pid(): number | null {
    return this.#process.pid;
  }

  /** What everybody is told: the state of the process as far as its lease bears it out. */
  get told(): HostInstanceState {
    const { hasLease, onHold, silentMs } = this.lease;
    return toldState({ state: this.state, hasLease, onHold, silentMs, leaseMs: this.#options.times.leaseMs });
  }

  start(): void {
    this.#cancelRestart?.();
    if (this.#process.lives) throw this.#wrongState('started');
    this.#afterExit = 'restart';
    this.error = undefined;
    this.#excused = false;
    this.#hung = false;
    this.#crash = undefined;
    this.#loading = null;
    this.lease.begin();
    this.#become('start pending');
    this.#process.start({ kind: 'settings', ...this.#options.settings, messageBoxPort: this.#options.messageBoxPort() });
  }

  /** Controlled stop; after 30 s it ends like a kill. Resolves when the process is gone, with what is to be said when it did not drain. */
  async stop(): Promise<WireError | undefined> {
    this.#cancelRestart?.();
    this.#afterExit = 'stay';
    this.#failedStarts = 0;
    if (!this.#process.lives) {
      this.#become('stopped');
      return undefined;
    }
    if (this.state === 'frozen') {
      const told = this.#endUndrained('hostInstance.endedFrozen');
      await this.#process.gone();
      return told;
    }
    this.#become('stop pending');
    this.#process.send({ kind: 'stop' });
    let told: WireError | undefined;
    await this.#process.goneWithin(DRAIN_MS, () => {
      told = this.#endUndrained('hostInstance.notDrained');
    });
    return told;
  }

  /** SIGKILL: no shutdown hook runs. It is started again by the restart policy unless `stay`. */
  kill(stay = false): void {
    if (this.pid === null) throw this.#wrongState('killed');
    if (stay) this.#afterExit = 'stay';
    this.#end();
  }

  freeze(): void {
    if (this.state !== 'running' || this.pid === null) throw this.#wrongState('frozen');
    this.#options.excuse(this.name, this.pid, true);
    if (CAN_STOP) this.#process.signal('SIGSTOP');
    else this.#process.send({ kind: 'freeze', on: true });
    this.#become('frozen', CAN_STOP ? undefined : 'cooperative');
  }

  thaw(): void {
    if (this.state !== 'frozen' || this.pid === null) throw this.#wrongState('thawed');
    this.#options.excuse(this.name, this.pid, false);
    if (CAN_STOP) this.#process.signal('SIGCONT');
    else this.#process.send({ kind: 'freeze', on: false });
    this.lease.resume();
    this.#become('running');
  }

  /** The MessageBox listens somewhere else now. */
  messageBoxAt(port: number): void {
    this.#process.send({ kind: 'messageBox', port });
  }

  /**
   * What the MessageBox says of its session, if it has one, and how long ago it had said so before. A process that lives and has no lease for
   * too long hangs; it cannot say so itself, and a stopped one could not either.
   */
  reported(session: SessionReport | undefined, sinceMs: number): void {
    const { pid } = this;
    if (pid === null) return;
    const own = session?.pid === pid ? session : undefined;
    this.lease.reported(own, sinceMs);
    this.#held = own?.active ?? 0;
    if (this.lease.hasLease) {
      this.#failedStarts = 0;
      if (this.state === 'start pending') this.#become('running');
    } else if (this.state === 'frozen') this.lease.resume();
    else if (this.lease.over && !this.#hung) {
      this.#hung = true;
      this.#process.signal('SIGKILL');
    }
    this.#tell();
  }

  #end(): void {
    const { pid } = this;
    if (pid === null) return;
    this.#excused = true;
    this.#options.excuse(this.name, pid, true);
    this.#process.signal('SIGKILL');
  }

  #endUndrained(code: 'hostInstance.notDrained' | 'hostInstance.endedFrozen'): WireError | undefined {
    const error = toWire(new SohError(code, { name: this.name, seconds: DRAIN_MS / 1000, held: this.#held }));
    this.#end();
    // Frozen without work it leaves nothing behind.
    if (code === 'hostInstance.endedFrozen' && this.#held === 0) return undefined;
    this.error = error;
    return error;
  }

  #notice(notice: HostInstanceNotice): void {
    switch (notice.kind) {
      case 'loading':
        this.#loading = notice.module;
        return;
      case 'welcomed':
        this.lease.had = true;
        this.#failedStarts = 0;
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
        this.#options.changed(this, this.told, notice.error.message);
        return;
      case 'failed':
        // A restart that fails to start ends all attempts (docs/behaviour.md, section 2.3).
        this.error = notice.error;
        this.#afterExit = 'stay';
        this.#become('failed', notice.error.message);
        return;
      case 'crashed':
        this.#crash = notice;
    }
  }

  #ended({ pid, exitCode, signal, lastWords }: Ended): void {
    // Who ends the process itself says why before; an error has its own words.
    const text = this.#crash === undefined || this.#crash.cause === 'exit' ? lastWords.trim() : this.#crash.text;
    const how = signal ?? (exitCode === null ? text : `exit code ${String(exitCode)}`);
    this.notices.clear();
    this.addresses = {};
    const started = this.lease.had;
    this.lease.begin();
    this.#options.gone({ hostInstance: this.name, pid, exitCode, signal, hung: this.#hung, text });
    if (this.#afterExit === 'stay') {
      if (this.state !== 'failed') this.#become('stopped', this.error?.message ?? (this.state === 'stop pending' ? undefined : how));
      return;
    }
    this.error = this.#reason(how, text, started);
    if (!started && !this.#excused && ++this.#failedStarts >= MOST_FAILED_STARTS) {
      this.#failedStarts = 0;
      this.#become('failed', how);
      return;
    }
    this.#become('restarting', how);
    this.#cancelRestart = this.#options.clock.after(this.#options.times.restartMs, () => {
      this.restarts++;
      this.start();
    });
  }

  /** Why it is restarting, or failed; what we did ourselves needs no reason. */
  #reason(how: string, text: string, started: boolean): WireError | undefined {
    if (this.#excused) return undefined;
    const { hungMs, startMs } = this.#options.times;
    const { name } = this;
    const module = this.#loading;
    if (module !== null && this.#hung) return toWire(new SohError('definition.moduleHangs', { module, seconds: startMs / 1000 }));
    // Who is killed from outside while it loads was not ended by what it loads.
    if (module !== null && how !== 'SIGKILL')
      return toWire(new SohError('definition.moduleEnds', { module, how: text === '' ? how : `${how}: ${text}` }));
    if (this.#hung && started) return toWire(new SohError('hostInstance.hung', { name, seconds: hungMs / 1000 }));
    if (this.#hung) return toWire(new SohError('hostInstance.startHung', { name, seconds: startMs / 1000 }));
    return toWire(new SohError('hostInstance.ended', { name, how, text }));
  }

  #become(state: HostInstanceState, detail?: string): void {
    if (this.state === state) return;
    this.state = state;
    this.#tell(detail);
  }

  /** Everybody hears of a change once; that a lease runs low is seen, not told: it may be over in a moment. */
  #tell(detail?: string): void {
    const { told } = this;
    if (told === this.#lastTold || told === 'suspect') return;
    this.#lastTold = told;
    this.#options.changed(this, told, detail);
  }

  #wrongState(operation: string): SohError {
    return new SohError('group.wrongState', { name: this.name, state: this.told, operation });
  }
}
