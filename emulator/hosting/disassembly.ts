/**
 * Received bytes made messages. A large message would keep the thread of the host instance from saying that it lives, so it is read, hashed
 * and promoted in a thread of its own; what comes back never was a text here.
 */
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Cancel, Clock } from '../clock.ts';
import type { InstanceError } from '../engine/door.ts';
import { hasCode, messageOf, SohError } from '../errors.ts';
import type { Incoming } from './bodies.ts';
import type { BodyLimits } from './pipelines/bodyLimits.ts';
import { ENCODING } from './pipelines/decode.ts';
import type { BodyHint, DeclaredMessageType, MessageTypes } from './pipelines/messageTypes.ts';

/** Bytes from which on a message is read in the other thread: below, the way there costs more than the reading. */
const LARGE_BYTES = 256 * 1024;
/** The other thread ends when it has had nothing to do for so long: what it read last would stay in memory, ms. */
const IDLE_MS = 10_000;

/** A received body made a message, with the hash of the bytes it came as (sha256, hex). */
export interface Received {
  readonly message: Incoming;
  readonly malformed?: InstanceError;
  readonly contentHash: string;
}

/** To the other thread: `workerData` and then questions, of which it answers one after the other. */
export interface DisassemblyData {
  readonly types: readonly (readonly [string, DeclaredMessageType])[];
  readonly limits: BodyLimits;
}
export interface DisassemblyQuestion {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly hint: BodyHint;
}

interface Waiting {
  readonly question: DisassemblyQuestion;
  readonly resolve: (received: Received) => void;
  readonly reject: (error: Error) => void;
}

export class Disassembly {
  #types: MessageTypes;
  #data: DisassemblyData;
  /** The other thread knows other types than these. */
  #outdated = false;
  readonly #thread: URL;
  readonly #queue: Waiting[] = [];
  #worker: Worker | undefined;
  #current: Waiting | undefined;
  readonly #clock: Pick<Clock, 'after'>;
  #stayIdle: Cancel = () => undefined;

  /** @param thread the bundle of `disassemblyThread.ts` */
  constructor(types: MessageTypes, thread: URL, clock: Pick<Clock, 'after'>) {
    this.#types = types;
    this.#clock = clock;
    this.#data = dataOf(types);
    this.#thread = thread;
  }

  /** From now on messages are what these types say. */
  use(types: MessageTypes): void {
    const data = dataOf(types);
    this.#types = types;
    if (JSON.stringify(data) === JSON.stringify(this.#data)) return;
    this.#data = data;
    this.#outdated = true;
    if (!this.#current) this.#renew();
  }

  /** The bytes are given away. Never rejects for what they contain. */
  async read(bytes: Buffer, hint: BodyHint): Promise<Received> {
    if (bytes.length < LARGE_BYTES) return received(this.#types, bytes, hint);
    return new Promise((resolve, reject) => {
      this.#queue.push({ question: { bytes: ownMemory(bytes), hint }, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    this.#stayIdle();
    if (this.#current) return;
    this.#current = this.#queue.shift();
    if (!this.#current) {
      // Nothing waits for it when the process is about to end.
      this.#worker?.unref();
      this.#stayIdle = this.#clock.after(IDLE_MS, () => {
        void this.#worker?.terminate();
        this.#worker = undefined;
      });
      return;
    }
    this.#worker ??= this.#start();
    this.#worker.ref();
    const { question } = this.#current;
    this.#worker.postMessage(question, [question.bytes.buffer]);
  }

  /** A thread that has nothing to do makes room for one that knows the types of now. */
  #renew(): void {
    if (!this.#outdated) return;
    this.#outdated = false;
    void this.#worker?.terminate();
    this.#worker = undefined;
  }

  #start(): Worker {
    const worker = new Worker(this.#thread, { workerData: this.#data });
    worker.on('message', (answer: Received) => {
      this.#answered(({ resolve }) => {
        resolve(answer);
      });
    });
    worker.on('error', (error: Error) => {
      // It would need as much memory again with the same message, which is not tried again therefore.
      const large = hasCode(error, 'ERR_WORKER_OUT_OF_MEMORY');
      this.#lost(worker, large ? new SohError('message.unreadable', { reason: error.message }, error) : error);
    });
    worker.on('exit', () => {
      this.#lost(worker, new Error('the thread that reads large messages has ended'));
    });
    return worker;
  }

  #lost(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#answered(({ reject }) => {
      reject(error);
    });
  }

  #answered(answer: (waiting: Waiting) => void): void {
    const waiting = this.#current;
    this.#current = undefined;
    this.#renew();
    if (waiting) answer(waiting);
    this.#next();
  }
}

/** A module may have put more into its types than what they are: only data goes to the other thread. */
function dataOf(types: MessageTypes): DisassemblyData {
  return JSON.parse(JSON.stringify({ types: [...types.entries()], limits: types.limits })) as DisassemblyData;
}

/** The same in the thread that calls it. */
export function received(
  types: MessageTypes,
  bytes: Uint8Array,
  hint: BodyHint,
): Received & { readonly message: { readonly body: string } } {
  const contentHash = createHash('sha256').update(bytes).digest('hex');
  try {
    return { ...types.disassemble(bytes, hint), contentHash };
  } catch (error) {
    // Nobody thought of such a message: it is kept as it came, and the reason shows.
    const message = { type: '', body: Buffer.from(bytes).toString('base64'), properties: { ...hint.properties, [ENCODING]: 'base64' } };
    const { code, message: reason } = new SohError('message.unreadable', { reason: messageOf(error) }, error);
    return { message, malformed: { code, message: reason }, contentHash };
  }
}

/** What shares its memory with other things cannot be given to another thread. */
function ownMemory(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  const own = buffer instanceof ArrayBuffer && buffer.byteLength - length <= 1;
  return own ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes);
}
