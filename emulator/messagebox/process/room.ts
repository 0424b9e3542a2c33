/**
 * Room on the disk of the data folder (docs/failure-model.md, P13). When a write finds none, the ballast gives way and the MessageBox is full:
 * nothing new begins, what was decided is written, sessions and leases go on. When the ballast is in place again, work goes on by itself.
 */
import type { Cancel, Clock } from '../../clock.ts';
import { SohError } from '../../errors.ts';
import type { Ballast } from '../storage/ballast.ts';

/** How often it is looked whether there is room again, in ms. */
const LOOK_MS = 1000;
/** A record that found no room although the ballast gave way is tried again so often, in ms. */
const RETRY_MS = 250;
/** Pause between two pieces of the ballast, in ms: the syncs of commits go in between. */
const PIECE_MS = 20;

export interface RoomListener {
  /** It became full, or has room again. */
  changed(full: boolean): void;
  /** The disk fails in another way. */
  failed(error: unknown): void;
}

export class Room {
  readonly #ballast: Ballast;
  readonly #clock: Clock;
  readonly #folder: string;
  #listener: RoomListener | undefined;
  #full = false;
  #ended = false;
  #taking = false;
  /** Of a record that waits. */
  #giveUp: ((error: Error) => void) | undefined;
  readonly #waiting: (() => void)[] = [];

  /** @param folder the data folder, for people */
  constructor(ballast: Ballast, clock: Clock, folder: string) {
    this.#ballast = ballast;
    this.#clock = clock;
    this.#folder = folder;
  }

  /** Nothing new begins: there is room for what was decided at best. */
  get full(): boolean {
    return this.#full;
  }

  /** Not even what was decided can be written: what is in memory is ahead of the disk until it can. */
  get blocked(): boolean {
    return this.#giveUp !== undefined;
  }

  /** What people are told while it is full. */
  get error(): SohError {
    return new SohError('messageBox.storageFull', { folder: this.#folder });
  }

  /** Work may begin: from now on it waits for room instead of giving up, and the ballast is put in place. */
  open(listener: RoomListener): Cancel {
    this.#listener = listener;
    if (this.#full) listener.changed(true);
    void this.#take();
    return this.#clock.every(LOOK_MS, () => {
      if (this.#full && !this.blocked) void this.#take();
    });
  }

  /** Nothing waits any more: the process ends. */
  end(): void {
    this.#ended = true;
    this.#giveUp?.(this.error);
  }

  /**
   * For a record that found no room: resolves when another try is worth it. While the MessageBox opens nobody can be told of a wait, so
   * that it ends there. @throws SohError 'messageBox.storageFull'
   */
  readonly forRecord = async (): Promise<void> => {
    this.#becomes(true);
    if (this.#ballast.give()) return;
    if (!this.#listener || this.#ended) throw this.error;
    await new Promise<void>((resolve, reject) => {
      this.#giveUp = reject;
      this.#clock.after(RETRY_MS, resolve);
    }).finally(() => (this.#giveUp = undefined));
  };

  /** For a large body that found no room: it waits until everything has room again, and never gets the ballast's. */
  readonly forBody = async (): Promise<void> => {
    this.#becomes(true);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  };

  async #take(): Promise<void> {
    if (this.#taking || this.#ended) return;
    this.#taking = true;
    try {
      const taken = await this.#ballast.take(() => new Promise((resolve) => this.#clock.after(PIECE_MS, resolve)));
      this.#becomes(!taken);
    } catch (error) {
      this.#listener?.failed(error);
    } finally {
      this.#taking = false;
    }
  }

  #becomes(full: boolean): void {
    if (this.#full === full) return;
    this.#full = full;
    this.#listener?.changed(full);
    if (!full) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
