/**
 * One message on its way out through a send port. Retries are durable: a waiting retry is a timer in the MessageBox, so any instance of
 * the sending host performs it (docs/behaviour.md, section 14). At least once, with the message id as the stable key (docs/failure-model.md, 4.9).
 */
import { catalogue } from '../errorCatalogue.ts';
import { canRetry, fillIn, isCode, messageOf, SohError } from '../errors.ts';
import type { SendPortSettings } from '../cluster/clusterFile.ts';
import type { CommitFrame, DeliveredEntry, GrantedInstance } from '../messagebox/protocol/frames.ts';
import type { SendAdapter } from './adapters/door.ts';
import type { BodyClient } from './bodies.ts';
import { commitId, EMPTY_COMMIT, type Work, type Workplace } from './work.ts';

export interface SendPortWorkOptions {
  readonly settings: SendPortSettings;
  readonly adapter: SendAdapter;
  readonly workplace: Workplace;
  readonly bodies: BodyClient;
}

/** The timer that wakes a waiting retry. */
const RETRY = 'retry';

export class SendPortWork implements Work {
  readonly instance: string;
  version: number;
  lock: string;
  pending: CommitFrame | undefined;
  readonly #options: SendPortWorkOptions;
  readonly #queue: DeliveredEntry[];
  readonly #attempts: number;
  readonly #stop = new AbortController();
  /** The body could not be fetched, because the connection was lost. */
  #waiting = false;

  constructor(options: SendPortWorkOptions, grant: GrantedInstance) {
    this.#options = options;
    this.instance = grant.instance;
    this.version = grant.version;
    this.lock = grant.lock;
    this.#queue = [...grant.queue];
    this.#attempts = grant.state === null ? 0 : (JSON.parse(grant.state) as { attempts: number }).attempts;
  }

  start(): void {
    void this.#transmit();
  }

  /** A send port's instance has one message and its own timer; both were in the queue when it was granted. */
  deliver(): void {
    return undefined;
  }

  acknowledged(): void {
    this.pending = undefined;
  }

  reconnected(): void {
    if (this.pending) this.#options.workplace.send(this.pending);
    else if (this.#waiting) void this.#transmit();
  }

  dropped(): void {
    this.#stop.abort();
  }

  rejected(code: string, reason: string): void {
    this.#options.workplace.log(`send port instance ${this.instance}: ${code}: ${reason}`);
  }

  /** A transmission is short; its commit applies the operation. */
  operate(): void {
    return undefined;
  }

  drain(): void {
    return undefined;
  }

  async #transmit(): Promise<void> {
    const { adapter, bodies } = this.#options;
    const entry = this.#queue.find(({ message }) => message !== undefined);
    const timers = this.#queue.filter(({ timer }) => timer !== undefined).map(({ id }) => id);
    if (!entry?.message) return;
    this.#waiting = false;
    try {
      await adapter.transmit(await bodies.complete(entry.message), this.#stop.signal);
      this.#commit({ consumed: [entry.id, ...timers], points: ['end'], outcome: 'completed' });
    } catch (error) {
      if (isCode(error, 'group.connectionLost')) this.#waiting = true;
      else if (!this.#stop.signal.aborted) this.#failed(error, timers);
    }
  }

  #failed(error: unknown, timers: readonly string[]): void {
    const { settings, workplace } = this.#options;
    const { retryCount, retryIntervalMs } = settings.transport;
    const reason = messageOf(error);
    if (this.#attempts < retryCount && canRetry(error)) {
      workplace.log(
        `send port ${settings.name}: attempt ${String(this.#attempts + 1)} failed, next in ${String(retryIntervalMs)} ms: ${reason}`,
      );
      const due = workplace.now() + retryIntervalMs;
      const state = JSON.stringify({ attempts: this.#attempts + 1 });
      this.#commit({ consumed: timers, state, timers: [{ id: RETRY, due }], waits: [RETRY], points: ['dehydration'], outcome: 'idle' });
      return;
    }
    const message =
      error instanceof SohError ? reason : fillIn(catalogue['send.failed'].message, { port: settings.name, address: '', reason });
    // A resumed instance has all its attempts again.
    this.#commit({
      consumed: timers,
      state: JSON.stringify({ attempts: 0 }),
      points: ['suspension'],
      outcome: 'suspended',
      error: { code: 'send.failed', message },
    });
  }

  #commit(commit: Pick<CommitFrame, 'points' | 'outcome'> & Partial<CommitFrame>): void {
    this.pending = {
      ...EMPTY_COMMIT,
      ...commit,
      kind: 'commit',
      id: commitId(this),
      instance: this.instance,
      lock: this.lock,
      base: this.version,
    };
    this.#options.workplace.send(this.pending);
  }
}
