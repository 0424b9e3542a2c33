/**
 * The processes of a group. Each is a child with an IPC channel and ends itself when the channel closes; the identities are also written
 * down, so that what a killed supervisor left behind frozen is ended by the next one.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { isOfThisPlace, type ProcessIdentity, processIdentity, processPlace } from '../wire/processIdentity.ts';
import { PROCESSES_FILE, processesText, readProcesses } from './processesFile.ts';
import { type StartTimes, systemStartTimes } from './startTimes.ts';

/** Folder of the bundles: this file is one of them when it is bundled itself. */
export const BUNDLES = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : './', import.meta.url));

/** What children may see of the environment: nothing of the editor, of debuggers or of package managers. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_OPTIONS|VSCODE_.*|ELECTRON_.*|npm_.*|NODE_TEST_CONTEXT|NODE_CHANNEL_FD)$/.test(name),
  );
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: '1' };
}

/** A killed process is gone at once, unless its disk does not answer; then it is not waited for, ms. */
const GONE_MS = 5000;

export class ChildProcesses {
  readonly #folder: string;
  readonly #bundles: string;
  readonly #log: (line: string) => void;
  readonly #startTimes: StartTimes;
  readonly #live = new Map<number, ProcessIdentity>();
  readonly #ends = new Set<Promise<void>>();
  #unwritten: string | undefined;
  #asking = false;
  #forsaken = false;

  constructor(folder: string, bundles: string, log: (line: string) => void, startTimes = systemStartTimes()) {
    this.#folder = folder;
    this.#bundles = bundles;
    this.#log = log;
    this.#startTimes = startTimes;
  }

  /** Starts one of our bundles; what it prints waits to be read. */
  start(bundle: string): ChildProcess {
    const child = fork(join(this.#bundles, bundle), [], {
      env: childEnvironment(),
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      windowsHide: true,
    });
    const { pid } = child;
    if (pid !== undefined) {
      this.note(pid);
      const gone = new Promise<void>((resolve) => {
        child.once('exit', () => {
          this.#live.delete(pid);
          this.#ends.delete(gone);
          this.write();
          resolve();
        });
      });
      this.#ends.add(gone);
    }
    return child;
  }

  /** A process of ours that runs from now on. */
  note(pid: number): void {
    this.#live.set(pid, processIdentity(pid) ?? { pid, startTime: '', place: processPlace() });
    this.write();
    void this.#askStartTimes();
  }

  /**
   * Ends what a supervisor that was killed left behind: frozen processes cannot notice that their parent is gone. Only what is proven to
   * be ours is ended, by its start time; what may be somebody else's by now is left alone and told. Resolves with the number ended.
   */
  async endLeftovers(): Promise<number> {
    // A pid of another machine or container means nothing here.
    const found = this.#read().filter(isOfThisPlace);
    const current = await this.#startTimes(found.map(({ pid }) => pid));
    let ended = 0;
    for (const { pid, startTime } of found) {
      const now = current.get(pid);
      if (now !== undefined && now === startTime) ended += signal(pid, 'SIGKILL') ? 1 : 0;
      else if ((now === undefined || startTime === '') && processIdentity(pid) !== undefined)
        this.#log(`process ${String(pid)} may be left over from before; nothing proves it, so it is left alone`);
    }
    return ended;
  }

  /** Ends all children at once. Resolves when they are gone, so that nothing is written of them any more, or cannot be ended. */
  async endAll(clock: Pick<Clock, 'after'>): Promise<void> {
    for (const { pid } of this.#live.values()) signal(pid, 'SIGKILL');
    const gone = Promise.all(this.#ends);
    await new Promise<void>((resolve) => {
      const cancel = clock.after(GONE_MS, resolve);
      void gone.then(() => {
        cancel();
        resolve();
      });
    });
  }

  #read(): readonly ProcessIdentity[] {
    return readProcesses(join(this.#folder, PROCESSES_FILE));
  }

  /** The folder is another supervisor's now: nothing is written there any more. */
  forsake(): void {
    this.#forsaken = true;
  }

  /**
   * Writes the identities down. On the device before they have their name: a power loss leaves no half of it, so half a file is damage and is
   * told. Without room on the disk they are written later: nothing depends on it now.
   */
  write(): void {
    if (this.#forsaken) return;
    const file = join(this.#folder, PROCESSES_FILE);
    try {
      writeFileSync(`${file}.new`, processesText([...this.#live.values()]), { mode: 0o600, flush: true });
      renameSync(`${file}.new`, file);
      this.#unwritten = undefined;
    } catch (error) {
      if (this.#unwritten === undefined) this.#log(`${file} cannot be written and is tried again: ${messageOf(error)}`);
      this.#unwritten = messageOf(error);
    }
  }

  /** Called now and then. */
  retry(): void {
    if (this.#unwritten !== undefined) this.write();
  }

  /** Where the system does not tell start times at once, they are asked for, of all that started meanwhile together. */
  async #askStartTimes(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const without = (): number[] => [...this.#live.values()].filter(({ startTime }) => startTime === '').map(({ pid }) => pid);
    for (let pids = without(), known = 1; pids.length > 0 && known > 0; pids = without()) {
      const times = await this.#startTimes(pids);
      known = times.size;
      for (const [pid, startTime] of times) {
        const identity = this.#live.get(pid);
        if (identity !== undefined) this.#live.set(pid, { ...identity, startTime });
      }
      if (known > 0) this.write();
    }
    this.#asking = false;
  }
}

/** True when the process was there to be signalled. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
