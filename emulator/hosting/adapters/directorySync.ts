import type { Files } from '../../files/files.ts';

/**
 * Makes renames in a folder durable. Calls that come while one sync runs share the next one, so many messages cost few syncs.
 */
export class DirectorySync {
  readonly #files: Files;
  readonly #folder: string;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /** Resolves when every rename made before the call is durable. */
  sync(): Promise<void> {
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
    this.#running = this.#files.syncFolder(this.#folder).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
