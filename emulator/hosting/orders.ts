/** The orders of the parent, which come when they come: while modules are loaded, twice, during a stop. None of them is lost. */
import type { HostInstanceOrder, HostInstanceSettings } from './settings.ts';

/** What takes orders once everything is loaded. */
export interface Running {
  /** Begins to work. */
  start(): void;
  freeze(on: boolean): void;
  /** Controlled stop: resolves when everything is persisted and released. */
  stop(): Promise<void>;
}

export interface OrdersOptions {
  /** Loads everything. @param port where the MessageBox listens now */
  load(settings: HostInstanceSettings, port: () => number): Promise<Running>;
  /** Everything is released: the process ends. */
  stopped(): void;
  /** It cannot start: the process ends. */
  failed(error: unknown): void;
}

export class Orders {
  readonly #options: OrdersOptions;
  #port = 0;
  #loading = false;
  #running: Running | undefined;
  #frozen = false;
  #stopping = false;

  constructor(options: OrdersOptions) {
    this.#options = options;
  }

  take(order: HostInstanceOrder): void {
    switch (order.kind) {
      case 'settings':
        void this.#load(order);
        return;
      case 'messageBox':
        this.#port = order.port;
        return;
      case 'freeze':
        this.#frozen = order.on;
        this.#running?.freeze(order.on);
        return;
      case 'stop':
        void this.stop();
    }
  }

  /** What is not loaded yet holds nothing: it ends at once. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.#running?.stop();
    this.#options.stopped();
  }

  async #load(settings: HostInstanceSettings): Promise<void> {
    if (this.#loading || this.#stopping) return;
    this.#loading = true;
    this.#port = settings.messageBoxPort;
    try {
      const running = await this.#options.load(settings, () => this.#port);
      if (this.#isStopping) return;
      this.#running = running;
      if (this.#frozen) running.freeze(true);
      running.start();
    } catch (error) {
      if (!this.#isStopping) this.#options.failed(error);
    }
  }

  /** An order may have come while it was loading. */
  get #isStopping(): boolean {
    return this.#stopping;
  }
}
