import { open } from 'node:fs/promises';

/**
 * Makes renames in a folder durable. Calls that come while one fsync runs share the next one, so many messages cost few fsyncs.
 * Windows cannot fsync a folder (docs/failure-model.md, P11); there a rename is as durable as the system makes it.
 */
export class DirectorySync {
  readonly #folder: string;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Resolves when every rename made before the call is durable. */
  sync(): Promise<void> {
    if (process.platform === 'win32') return Promise.resolve();
    if (!this.#running) return this.#start();
    // The one that runs may have begun before the caller's rename.
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    this.#running = fsyncFolder(this.#folder).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}

async function fsyncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
