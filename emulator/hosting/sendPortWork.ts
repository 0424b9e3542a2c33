/**
 * One message on its way out through a send port. Retries are durable: a waiting retry is a timer in the MessageBox, so any instance of
 * the sending host performs it (docs/behaviour.md, section 14). At least once, with the message id as the stable key (docs/failure-model.md, 4.9).
 */
import { isAnswering } from '../cluster/addressCheck.ts';
import type { InstanceError, QueueEntry } from '../engine/door.ts';
import { canRetry, messageOf, SohError } from '../errors.ts';
import type { SendPortSettings } from '../cluster/clusterFile.ts';
import type { CommitFrame, DeliveredEntry, GrantedInstance } from '../messagebox/protocol/frames.ts';
import { BTS, type PropertyValue } from '../orchestration/message.ts';
import type { Answer, SendAdapter } from './adapters/door.ts';
import { type CommitParts, CommitSlot, type SlotOwner } from './commitSlot.ts';
import type { Disassembly } from './disassembly.ts';
import { EntryQueue } from './entryQueue.ts';
import type { Work, Workplace } from './work.ts';

export interface SendPortWorkOptions {
  readonly settings: SendPortSettings;
  readonly adapter: SendAdapter;
  readonly workplace: Workplace;
  /** Reads what comes back. */
  readonly disassembly: Pick<Disassembly, 'known' | 'knows' | 'read'>;
}

/** What came back cannot be read; sending again would not mend it. */
class Malformed extends Error {
  readonly error: InstanceError;

  constructor(error: InstanceError) {
    super(error.message);
    this.error = error;
  }
}

/** The timer that wakes a waiting retry. */
const RETRY = 'retry';

export class SendPortWork implements Work, SlotOwner {
  readonly slot: CommitSlot;
  /** A resumed instance has all its attempts again. */
  readonly suspendedState = stateOf(0);
  readonly #options: SendPortWorkOptions;
  readonly #queue: EntryQueue;
  readonly #attempts: number;
  /** A retry was waiting when the instance was resumed by hand; it is void. */
  readonly #retryRuns: boolean;
  readonly #stop = new AbortController();
  /** Timers that fired, to consume with the commit. */
  readonly #fired: string[] = [];
  #transmitting = false;

  constructor(options: SendPortWorkOptions, grant: GrantedInstance) {
    this.#options = options;
    this.slot = new CommitSlot(grant, options.workplace, this);
    this.#attempts = grant.state === null ? 0 : (JSON.parse(grant.state) as { attempts: number }).attempts;
    this.#retryRuns = grant.timers.some(({ id }) => id === RETRY);
    this.#queue = new EntryQueue(grant.instance, [], options.workplace.bodies, () => {
      this.#look();
    });
    this.#queue.add(grant.queue);
  }

  start(): void {
    this.#look();
  }

  deliver(entries: readonly DeliveredEntry[]): void {
    this.#queue.add(entries);
    this.#look();
  }

  /** Every commit of a send port's instance is one with which it leaves. */
  committed(): void {
    return undefined;
  }

  reconnected(): void {
    this.#queue.reconnected();
    this.#look();
  }

  dropped(): void {
    this.#stop.abort();
    this.#queue.close();
  }

  /** A transmission is short; its commit applies the operation. */
  operate(): void {
    return undefined;
  }

  drain(): void {
    return undefined;
  }

  #look(): void {
    for (let input = this.#queue.next(); input; input = this.#queue.next()) {
      if (input.kind === 'deliver') this.#begin(input.entries);
      else if (input.entry !== undefined) this.#fired.push(input.entry);
    }
    if (this.#transmitting || this.slot.busy) return;
    const { fault, waiting } = this.#queue;
    if (fault) this.#suspend(fault);
    else if (!waiting) this.#suspend(new SohError('messageBox.messageUnreadable', { id: this.slot.instance, reason: 'it has no message' }));
  }

  /** An instance has one message. */
  #begin([entry]: readonly QueueEntry[]): void {
    if (entry && !this.#transmitting) void this.#transmit(entry);
  }

  async #transmit({ id, message }: QueueEntry): Promise<void> {
    this.#transmitting = true;
    const { settings, adapter, disassembly } = this.#options;
    let published: CommitFrame['published'];
    try {
      // What comes back is asked for only when it can be read.
      if (isAnswering(settings)) await disassembly.known;
      const answer = await adapter.transmit(message, this.#stop.signal);
      published = answer ? [await this.#responseOf(answer, message.properties[BTS.correlationToken])] : [];
    } catch (error) {
      // What left meanwhile is no longer ours to judge.
      if (!this.slot.closed) this.#failed(error);
      return;
    }
    if (!this.slot.closed) this.#commit({ consumed: [id], published, points: ['end'], outcome: 'completed' });
  }

  /** What came back as a message for whoever sent the request. @throws SohError when it is no message */
  async #responseOf({ bytes, charset, fault }: Answer, token: PropertyValue | undefined): Promise<CommitFrame['published'][number]> {
    const { disassembly } = this.#options;
    const properties = { ...(token !== undefined && { [BTS.correlationToken]: token }), ...(fault && { [BTS.isFault]: true }) };
    const { message, malformed } = await disassembly.read(bytes, { properties, ...(charset === undefined ? {} : { charset }) });
    if (fault && (malformed || !disassembly.knows(message.type))) throw fault;
    if (malformed) throw new Malformed(malformed);
    const body = 'bytes' in message ? Buffer.from(message.bytes).toString('utf8') : (message.body ?? '');
    return { type: message.type, properties: message.properties, body, shape: 0 };
  }

  #failed(error: unknown): void {
    const { settings, workplace } = this.#options;
    const { retryCount, retryIntervalMs } = settings.transport;
    const reason = messageOf(error);
    if (error instanceof Malformed) {
      this.#suspend(error.error);
      return;
    }
    if (this.#attempts < retryCount && canRetry(error)) {
      workplace.log(
        `send port ${settings.name}: attempt ${String(this.#attempts + 1)} failed, next in ${String(retryIntervalMs)} ms: ${reason}`,
      );
      const due = workplace.now() + retryIntervalMs;
      const timers = [{ id: RETRY, due }];
      this.#commit({ state: stateOf(this.#attempts + 1), timers, waits: [RETRY], points: ['dehydration'], outcome: 'idle' });
      return;
    }
    this.#suspend(error instanceof SohError ? error : new SohError('send.failed', { port: settings.name, address: '', reason }, error));
  }

  #suspend({ code, message }: InstanceError): void {
    const error = { code, message };
    this.#commit({ state: this.suspendedState, points: ['suspension'], outcome: 'suspended', error });
  }

  #commit(parts: CommitParts): void {
    const cancelTimers = this.#retryRuns ? [RETRY] : [];
    this.slot.commit({ ...parts, consumed: [...(parts.consumed ?? []), ...this.#fired], cancelTimers });
  }
}

function stateOf(attempts: number): string {
  return JSON.stringify({ attempts });
}
