/** The benchmark's own connection to the MessageBox: a host instance of another host that submits orders and takes answers. */
import { nodeClock } from '../../emulator/clock.ts';
import { commitFrame } from '../../emulator/hosting/commitSlot.ts';
import { MessageBoxClient } from '../../emulator/messagebox/protocol/client.ts';
import type { GrantedInstance, MessageBoxFrame, Service } from '../../emulator/messagebox/protocol/frames.ts';
import { webSocketConnect } from '../../emulator/messagebox/protocol/webSocketLink.ts';
import { BTS } from '../../emulator/orchestration/message.ts';

export type OrderKind = 'plain' | 'answered' | 'sleeper';

export interface RawClientOptions {
  readonly port: number;
  readonly token: string;
  /** Takes the answers of answered orders: name of the order. */
  answered?(order: string): void;
}

/** Submissions without an answer at a time. */
const IN_FLIGHT = 2000;
/** Makes the saved state of a benchmark order about 200 bytes. */
const NOTE = 'note';

const ANSWERS: Service = {
  id: 'BenchAnswers',
  name: 'BenchAnswers',
  kind: 'sendPort',
  host: 'BenchHost',
  activations: [{ id: '0', filter: [[{ property: BTS.messageType, operator: '==', value: 'BenchAnswer' }]], follows: [] }],
  outline: [],
};

export class RawClient {
  readonly #options: RawClientOptions;
  readonly #client: MessageBoxClient;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #waiting = new Map<number, () => void>();
  #room: { readonly count: number; resolve(): void } | undefined;
  #closing = false;
  #requests = 0;
  #orders = 0;
  #welcome: () => void = () => undefined;

  private constructor(options: RawClientOptions) {
    this.#options = options;
    this.#client = new MessageBoxClient({
      connect: webSocketConnect({ token: options.token, port: () => options.port, clock: nodeClock }),
      clock: nodeClock,
      random: () => Math.random(),
      hostInstance: 'BenchHost@bench',
      host: 'BenchHost',
      computer: 'bench',
      services: options.answered ? [ANSWERS] : [],
      held: () => [],
      frame: (frame) => {
        this.#frame(frame);
      },
      lost: () => {
        if (!this.#closing) throw new Error('the connection to the MessageBox was lost');
      },
      turn: () => undefined,
      log: (line) => {
        console.error(line);
      },
    });
    this.#heartbeat = setInterval(() => {
      this.#client.send({ kind: 'heartbeat', loopLagMs: 0, active: 0, rssMb: 0 });
    }, 500);
  }

  static async connect(options: RawClientOptions): Promise<RawClient> {
    const client = new RawClient(options);
    await new Promise<void>((resolve) => {
      client.#welcome = resolve;
      client.#client.start();
    });
    return client;
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#closing = true;
    this.#client.send({ kind: 'bye' });
    await this.#client.stop();
  }

  /** Submits orders in a pipeline; resolves when all are acknowledged. */
  async submit(kind: OrderKind, count: number, rounds = 4): Promise<void> {
    for (let sent = 0; sent < count; sent++) {
      void this.#submit(kind, rounds);
      if (this.#waiting.size >= IN_FLIGHT) await this.#below(IN_FLIGHT / 2);
    }
    await this.#below(1);
  }

  /** Submits one order. */
  submitOne(kind: OrderKind, rounds = 4): { readonly order: string; readonly acknowledged: Promise<void> } {
    return this.#submit(kind, rounds);
  }

  #submit(kind: OrderKind, rounds: number): { readonly order: string; readonly acknowledged: Promise<void> } {
    const order = `${String(process.pid)}-${String(++this.#orders)}`;
    const request = ++this.#requests;
    const body = JSON.stringify({ id: order, kind, rounds, note: NOTE });
    const properties = { OrderId: order, Kind: kind, [BTS.messageType]: 'BenchOrder' };
    this.#client.send({ kind: 'submit', request, location: 'Bench', receiveId: order, message: { type: 'BenchOrder', properties, body } });
    const acknowledged = new Promise<void>((resolve) => {
      this.#waiting.set(request, resolve);
    });
    return { order, acknowledged };
  }

  /** Resolves when fewer submissions than that have no answer. */
  async #below(count: number): Promise<void> {
    if (this.#waiting.size < count) return;
    await new Promise<void>((resolve) => {
      this.#room = { count, resolve };
    });
  }

  #frame(frame: MessageBoxFrame): void {
    if (frame.kind === 'welcome') {
      if (this.#options.answered) this.#client.send({ kind: 'pull', credit: 1000 });
      this.#welcome();
    } else if (frame.kind === 'submitted') {
      if (frame.suspended) throw new Error(`an order was suspended: ${frame.suspended.message}`);
      this.#waiting.get(frame.request)?.();
      this.#waiting.delete(frame.request);
      if (this.#room && this.#waiting.size < this.#room.count) this.#room.resolve();
    } else if (frame.kind === 'grant') for (const grant of frame.instances) this.#answer(grant);
    else if (frame.kind === 'rejected' || frame.kind === 'refused' || frame.kind === 'fenced') throw new Error(JSON.stringify(frame));
  }

  #answer(granted: GrantedInstance): void {
    for (const { message } of granted.queue) this.#options.answered?.(String(message?.properties['OrderId']));
    const consumed = granted.queue.map((entry) => entry.id);
    this.#client.send(commitFrame(granted, { consumed, points: ['end'], outcome: 'completed' }));
    this.#client.send({ kind: 'pull', credit: 1 });
  }
}
