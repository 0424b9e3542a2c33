/** One child of the supervisor: started with its first order, told more, ended, and how it ended. Its states and restarts are its owner's. */
import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../clock.ts';
import { type ChildProcesses, signal } from './childProcess.ts';
import { type LineSink, ProcessOutput } from './processOutput.ts';

export interface ManagedProcessOptions<Notice> {
  /** File name of its bundle. */
  readonly bundle: string;
  readonly processes: ChildProcesses;
  readonly clock: Clock;
  /** What it prints. */
  readonly output: LineSink;
  /** What it tells over the IPC channel. */
  notice(notice: Notice): void;
  /** It is gone: once for each start. */
  ended(end: Ended): void;
}

/** How a process ended. */
export interface Ended {
  /** 0: it could not be started. */
  readonly pid: number;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last it wrote to standard error, at most 4 KB; '' when it wrote nothing. */
  readonly lastWords: string;
}

/** Output that comes after the process has ended is waited for so long (ms): what user code started may keep the pipes open. */
const LAST_OUTPUT_MS = 500;

export class ManagedProcess<Order extends object, Notice> {
  readonly #options: ManagedProcessOptions<Notice>;
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();

  constructor(options: ManagedProcessOptions<Notice>) {
    this.#options = options;
  }

  /** True from its start until `ended` was called. */
  get lives(): boolean {
    return this.#child !== undefined;
  }

  get pid(): number | null {
    const child = this.#child;
    return child === undefined || hasExited(child) ? null : (child.pid ?? null);
  }

  start(first: Order): void {
    const options = this.#options;
    const child = options.processes.start(options.bundle);
    const output = new ProcessOutput(options.output);
    output.read(child.stdout, child.stderr);
    this.#child = child;
    this.send(first);
    child.on('message', (said: Notice) => {
      // What is still in the channel after the end is heard, too: it may be why.
      if (this.#child === child) options.notice(said);
    });
    this.#gone = new Promise((resolve) => {
      whenOver(child, options.clock, (problem) => {
        this.#child = undefined;
        const { pid = 0, exitCode, signalCode } = child;
        options.ended({ pid, exitCode, signal: signalCode, lastWords: problem ?? output.lastWords });
        resolve();
      });
    });
  }

  /** Nothing happens when it is gone. */
  send(order: Order): void {
    const child = this.#child;
    // That it cannot be told any more is seen by its end.
    if (child?.connected) child.send(order, () => undefined);
  }

  signal(name: NodeJS.Signals): void {
    const { pid } = this;
    if (pid !== null) signal(pid, name);
  }

  /** Fulfilled when it is gone; at once when there is none. */
  async gone(): Promise<void> {
    await this.#gone;
  }

  /** Ends it like a kill, unless it is gone by itself in this time. */
  async goneWithin(ms: number, end: () => void): Promise<void> {
    const cancel = this.#options.clock.after(ms, end);
    await this.#gone;
    cancel();
  }
}

/** Calls back once: when the process is gone and has been read, or could not be started (`problem`). */
function whenOver(child: ChildProcess, clock: Clock, over: (problem?: string) => void): void {
  let called = false;
  const once = (problem?: string): void => {
    if (called) return;
    called = true;
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    over(problem);
  };
  child.once('close', () => once());
  child.once('exit', () => clock.after(LAST_OUTPUT_MS, once));
  child.on('error', (error) => {
    // Without a process there is no end to wait for.
    if (child.pid === undefined) once(error.message);
  });
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
