/**
 * The processes of a group. Each is a child with an IPC channel and ends itself when the channel closes; the identities are also written
 * down, so that what a killed supervisor left behind frozen is ended by the next one.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlive, type ProcessIdentity, processIdentity } from '../wire/processIdentity.ts';
import { processesText, readProcesses } from './processesFile.ts';

/** Folder of the bundles: this file is one of them when it is bundled itself. */
export const BUNDLES = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : './', import.meta.url));

/** Name of the file in the data folder. */
export const PROCESSES_FILE = 'processes.json';

/** What children may see of the environment: nothing of the editor, of debuggers or of package managers. */
function childEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_OPTIONS|VSCODE_.*|ELECTRON_.*|npm_.*|NODE_TEST_CONTEXT|NODE_CHANNEL_FD)$/.test(name),
  );
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: '1' };
}

export class ChildProcesses {
  readonly #folder: string;
  readonly #bundles: string;
  readonly #live = new Map<number, ProcessIdentity>();

  constructor(folder: string, bundles: string) {
    this.#folder = folder;
    this.#bundles = bundles;
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
      this.#live.set(pid, processIdentity(pid) ?? { pid, startTime: '' });
      this.#write();
      child.once('exit', () => {
        this.#live.delete(pid);
        this.#write();
      });
    }
    return child;
  }

  /** Ends what a supervisor that was killed left behind. Frozen processes cannot notice that their parent is gone. */
  endLeftovers(): number {
    let ended = 0;
    for (const identity of this.#read()) {
      if (!isAlive(identity)) continue;
      process.kill(identity.pid, 'SIGKILL');
      ended++;
    }
    return ended;
  }

  /** Ends all children at once. */
  killAll(): void {
    for (const { pid } of this.#live.values()) signal(pid, 'SIGKILL');
  }

  #read(): readonly ProcessIdentity[] {
    return readProcesses(join(this.#folder, PROCESSES_FILE));
  }

  /** On the device before it has its name: a power loss leaves no half of it, so half a file is damage and is told. */
  #write(): void {
    const file = join(this.#folder, PROCESSES_FILE);
    writeFileSync(`${file}.new`, processesText([...this.#live.values()]), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
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
