/**
 * A two-way receive location waits for the response to one request. The caller's connection lives in this process only, so this work
 * cannot be taken over: when the process dies the MessageBox suspends it.
 */
import { isCode, messageOf } from '../errors.ts';
import type { CommitFrame, DeliveredEntry } from '../messagebox/protocol/frames.ts';
import type { ReceiveAdapter } from './adapters/door.ts';
import type { BodyClient } from './bodies.ts';
import { commitId, EMPTY_COMMIT, type Work, type Workplace } from './work.ts';

export class ResponseWork implements Work {
  readonly instance: string;
  version = 0;
  lock: string;
  pending: CommitFrame | undefined;
  readonly #adapter: ReceiveAdapter;
  readonly #workplace: Workplace;
  readonly #bodies: BodyClient;
  /** Delivered, and its body could not be fetched, because the connection was lost. */
  #waiting: readonly DeliveredEntry[] = [];

  constructor(instance: string, lock: string, adapter: ReceiveAdapter, workplace: Workplace, bodies: BodyClient) {
    this.instance = instance;
    this.lock = lock;
    this.#adapter = adapter;
    this.#workplace = workplace;
    this.#bodies = bodies;
  }

  start(): void {
    return undefined;
  }

  deliver(entries: readonly DeliveredEntry[]): void {
    if (!this.pending) void this.#respond(entries);
  }

  acknowledged(): void {
    this.pending = undefined;
  }

  reconnected(): void {
    if (this.pending) this.#workplace.send(this.pending);
    else if (this.#waiting.length > 0) void this.#respond(this.#waiting);
  }

  dropped(): void {
    return undefined;
  }

  rejected(code: string, reason: string): void {
    this.#workplace.log(`response ${this.instance}: ${code}: ${reason}`);
  }

  operate(): void {
    this.#commit([]);
  }

  drain(): void {
    return undefined;
  }

  /** Response or time-out, whichever is first; the adapter has answered a caller whose time was over. */
  async #respond(entries: readonly DeliveredEntry[]): Promise<void> {
    const response = entries.find(({ message }) => message !== undefined)?.message;
    this.#waiting = [];
    try {
      if (response) await this.#adapter.respond?.(this.instance, await this.#bodies.complete(response));
    } catch (error) {
      this.#workplace.log(`response ${this.instance}: ${messageOf(error)}`);
      if (isCode(error, 'group.connectionLost')) {
        this.#waiting = entries;
        return;
      }
    }
    if (!this.pending) this.#commit(entries.map(({ id }) => id));
  }

  #commit(consumed: readonly string[]): void {
    this.pending = {
      ...EMPTY_COMMIT,
      kind: 'commit',
      id: commitId(this),
      instance: this.instance,
      lock: this.lock,
      base: this.version,
      consumed,
      points: ['end'],
      outcome: 'completed',
    };
    this.#workplace.send(this.pending);
  }
}
