/**
 * A two-way receive location waits for the response to one request. The caller's connection lives in this process only, so this work
 * cannot be taken over: when the process dies the MessageBox suspends it.
 */
import { messageOf, type SohError } from '../errors.ts';
import type { DeliveredEntry } from '../messagebox/protocol/frames.ts';
import type { Message } from '../orchestration/message.ts';
import type { ReceiveAdapter, Response } from './adapters/door.ts';
import { CommitSlot, type SlotOwner } from './commitSlot.ts';
import { EntryQueue } from './entryQueue.ts';
import type { Work, Workplace } from './work.ts';

export class ResponseWork implements Work, SlotOwner {
  readonly slot: CommitSlot;
  readonly #adapter: ReceiveAdapter;
  readonly #workplace: Workplace;
  readonly #queue: EntryQueue;
  /** Entries that were handed over, to consume with the commit. */
  readonly #taken: string[] = [];
  #response: Message | undefined;
  #responding = false;

  constructor(instance: string, lock: string, adapter: ReceiveAdapter, workplace: Workplace) {
    this.slot = new CommitSlot({ instance, version: 0, lock }, workplace, this);
    this.#adapter = adapter;
    this.#workplace = workplace;
    this.#queue = new EntryQueue(instance, [], workplace.bodies, () => {
      this.#look();
    });
  }

  start(): void {
    return undefined;
  }

  deliver(entries: readonly DeliveredEntry[]): void {
    this.#queue.add(entries);
    this.#look();
  }

  /** Its one commit is the one with which it leaves. */
  committed(): void {
    return undefined;
  }

  reconnected(): void {
    this.#queue.reconnected();
    this.#look();
  }

  dropped(): void {
    this.#queue.close();
  }

  operate(): void {
    if (!this.#responding && !this.slot.busy) this.#end();
  }

  /** The adapter has stopped, so nobody waits for the response any more; the MessageBox says so when this session ends. */
  drain(): void {
    if (!this.#responding && !this.slot.busy) this.#workplace.leaves(this);
  }

  /** Response or time-out, whichever is there; the adapter has answered a caller whose time was over. */
  #look(): void {
    for (let input = this.#queue.next(); input; input = this.#queue.next()) {
      if (input.kind === 'timer') this.#taken.push(...(input.entry === undefined ? [] : [input.entry]));
      else {
        this.#taken.push(...input.entries.map(({ id }) => id));
        this.#response ??= input.entries[0]?.message;
      }
    }
    if (this.#responding || this.slot.busy) return;
    const { fault, waiting } = this.#queue;
    if (this.#response) void this.#respond(this.#response);
    else if (fault) void this.#cannotRead(fault);
    else if (!waiting && this.#taken.length > 0) this.#end();
  }

  /** Its caller is told at once; waiting for the time-out would tell it less. */
  async #cannotRead({ code, message }: SohError): Promise<void> {
    this.#responding = true;
    await this.#give({ error: { code, message } });
    if (!this.slot.busy) this.slot.suspend({ code, message });
  }

  async #respond(response: Message): Promise<void> {
    this.#responding = true;
    await this.#give(response);
    if (!this.slot.busy) this.#end();
  }

  async #give(response: Response): Promise<void> {
    try {
      await this.#adapter.respond?.(this.slot.instance, response);
    } catch (error) {
      this.#workplace.log(`response ${this.slot.instance}: ${messageOf(error)}`);
    }
  }

  #end(): void {
    this.slot.commit({ consumed: [...this.#taken], points: ['end'], outcome: 'completed' });
  }
}
