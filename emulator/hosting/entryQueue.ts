/**
 * What was handed over for one instance and waits for its turn: first the messages its saved state refers to, then messages and fired
 * timers in the order in which they came. Bodies out of line are fetched one at a time, and nothing overtakes what is being fetched.
 */
import type { QueueEntry } from '../engine/door.ts';
import { isCode, messageOf, SohError } from '../errors.ts';
import type { DeliveredEntry, StoredMessage } from '../messagebox/protocol/frames.ts';
import type { Message } from '../orchestration/message.ts';
import type { BodyClient, ReadLarge } from './bodies.ts';

/** What comes next; messages as the engine takes them. */
export type Input =
  | { readonly kind: 'deliver'; readonly entries: readonly QueueEntry[] }
  /** `entry`: its place in the queue of the MessageBox; absent when the timer ran in this memory. `due`: UTC ms, of such a one. */
  | { readonly kind: 'timer'; readonly timer: string; readonly entry?: string; readonly due?: number };

type Item = DeliveredEntry | { readonly timer: string; readonly due: number };

export class EntryQueue {
  readonly #instance: string;
  readonly #bodies: BodyClient;
  readonly #arrived: () => void;
  readonly #read: ReadLarge | undefined;
  /** Handed over and not consumed by an acknowledged commit: after a reconnection they come again. */
  readonly #known = new Set<string>();
  readonly #held: StoredMessage[];
  /** So many of the held messages are whole. */
  #whole = 0;
  #items: Item[] = [];
  /** The fetch under way; an older one has nothing to say. */
  #fetch: object | undefined;
  #fault: SohError | undefined;

  /**
   * @param arrived called when there is something new to look at, never inside a call
   * @param read for whoever wants more of a large body than its text
   */
  constructor(instance: string, held: readonly StoredMessage[], bodies: BodyClient, arrived: () => void, read?: ReadLarge) {
    this.#instance = instance;
    this.#held = [...held];
    this.#bodies = bodies;
    this.#arrived = arrived;
    this.#read = read;
  }

  /** Why the instance cannot go on: what comes next is not there. */
  get fault(): SohError | undefined {
    return this.#fault;
  }

  /** Something comes next, but it is not whole yet. */
  get waiting(): boolean {
    const [next] = this.#items;
    return this.#whole < this.#held.length || (next !== undefined && !isWhole(next));
  }

  /** The messages the saved state refers to, when all of them are whole. */
  get held(): readonly Message[] | undefined {
    this.#look();
    return this.#whole < this.#held.length ? undefined : (this.#held as readonly Message[]);
  }

  add(entries: readonly DeliveredEntry[]): void {
    for (const entry of entries) {
      if (this.#known.has(entry.id)) continue;
      this.#known.add(entry.id);
      this.#items.push(entry);
    }
    this.#look();
  }

  /** A timer that ran in this memory is due. */
  addTimer(timer: string, due: number): void {
    this.#items.push({ timer, due });
  }

  /** What comes next, if it is whole: a timer, or messages up to the next timer or the next one that is not whole. */
  next(): Input | undefined {
    const [first] = this.#items;
    if (first === undefined || this.#whole < this.#held.length || !isWhole(first)) return undefined;
    if (first.timer !== undefined) {
      this.#items.shift();
      this.#look();
      return 'id' in first ? { kind: 'timer', timer: first.timer, entry: first.id } : { kind: 'timer', timer: first.timer, due: first.due };
    }
    const entries = this.#takeWhole() as readonly QueueEntry[];
    this.#look();
    return { kind: 'deliver', entries };
  }

  #takeWhole(): readonly Item[] {
    const items = this.#items;
    let end = 1;
    for (let item = items[end]; item !== undefined && item.timer === undefined && isWhole(item);) item = items[++end];
    if (end < items.length) return items.splice(0, end);
    this.#items = [];
    return items;
  }

  /** Their consumption is acknowledged: they do not come again. */
  forget(entries: readonly string[]): void {
    for (const entry of entries) this.#known.delete(entry);
  }

  /** What was asked for over the lost connection is asked for again. */
  reconnected(): void {
    this.#fetch = undefined;
    this.#look();
  }

  close(): void {
    this.#items = [];
    this.#held.length = 0;
    this.#fetch = undefined;
  }

  /** Sees to it that what comes next becomes whole. */
  #look(): void {
    while (this.#whole < this.#held.length) {
      const message = this.#held[this.#whole];
      if (message?.body === undefined) {
        if (message) this.#complete(message, (whole) => (this.#held[this.#whole++] = whole));
        return;
      }
      this.#whole++;
    }
    const [next] = this.#items;
    if (next === undefined || isWhole(next) || !('id' in next)) return;
    const { message } = next;
    if (message) this.#complete(message, (whole) => (this.#items[0] = { ...next, message: whole }));
    else this.#unreadable(`entry ${next.id} has no message`);
  }

  #complete(message: StoredMessage, done: (whole: Message) => void): void {
    if (this.#fetch || this.#fault) return;
    const fetch = {};
    this.#fetch = fetch;
    this.#bodies.complete(message, this.#read).then(
      (whole) => {
        if (this.#fetch !== fetch) return;
        this.#fetch = undefined;
        done(whole);
        this.#look();
        this.#arrived();
      },
      (error: unknown) => {
        // Without a connection it waits until there is one again: `reconnected`.
        if (this.#fetch !== fetch || isCode(error, 'group.connectionLost')) return;
        this.#fetch = undefined;
        this.#unreadable(`message ${message.id}: ${messageOf(error)}`, error);
        this.#arrived();
      },
    );
  }

  #unreadable(reason: string, cause?: unknown): void {
    this.#fault ??= new SohError('messageBox.messageUnreadable', { id: this.#instance, reason }, cause);
  }
}

function isWhole(item: Item): boolean {
  return item.timer !== undefined || ('message' in item && item.message?.body !== undefined);
}
