/**
 * Received bytes made messages. A large message, and one whose paths cost much, is read, hashed and promoted in a thread of its own; what comes
 * back never was a text here.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { InstanceError } from '../engine/door.ts';
import { messageOf, SohError } from '../errors.ts';
import type { Incoming } from './bodies.ts';
import type { TypesData } from './largeQuestions.ts';
import { LARGE_BYTES } from './largeBody.ts';
import type { LargeThread } from './largeThread.ts';
import { ENCODING } from './pipelines/decode.ts';
import type { BodyHint, MessageTypes } from './pipelines/messageTypes.ts';
import { MESSAGE_STEPS, SHORT_STEPS } from './pipelines/pathSteps.ts';

/** A received body made a message, with the hash of the bytes it came as (sha256, hex). */
export interface Received {
  readonly message: Incoming;
  readonly malformed?: InstanceError;
  readonly contentHash: string;
}

/** So long (ms) messages are read in one turn of the event loop: behind a heap of them this host instance could not say that it lives. */
const TURN_MS = 20;

export class Disassembly {
  readonly #thread: LargeThread;
  readonly #clock: Pick<Clock, 'monotonic' | 'soon'>;
  #types: MessageTypes;
  #data: TypesData;
  /** Resolves when the MessageBox has said which types there are. */
  readonly known: Promise<void>;
  #tell: () => void = () => undefined;
  /** Until when messages are read in this turn; not set before the first. */
  #turnEnds: number | undefined;

  constructor(types: MessageTypes, thread: LargeThread, clock: Pick<Clock, 'monotonic' | 'soon'>) {
    this.#thread = thread;
    this.#clock = clock;
    this.#types = types;
    this.#data = dataOf(types);
    this.known = new Promise((resolve) => (this.#tell = resolve));
  }

  /** From now on messages are what these types say. */
  use(types: MessageTypes): void {
    this.#types = types;
    this.#data = dataOf(types);
    this.#tell();
  }

  /** True for a type that the group has. */
  knows(type: string): boolean {
    return this.#types.get(type) !== undefined;
  }

  /** The bytes are given away. Never rejects for what they contain. */
  async read(bytes: Buffer, hint: BodyHint): Promise<Received> {
    if (bytes.length < LARGE_BYTES) {
      // Nothing comes between the last look and the reading.
      while ((this.#turnEnds ??= this.#beginTurn()) < this.#clock.monotonic())
        await new Promise<void>((resolve) => this.#clock.soon(resolve));
      const read = received(this.#types, bytes, hint, SHORT_STEPS);
      if (read.malformed?.code !== 'message.pathTooCostly') return read;
    }
    return this.#thread.ask({ kind: 'disassemble', bytes: ownMemory(bytes), hint, data: this.#data });
  }

  #beginTurn(): number {
    this.#clock.soon(() => {
      this.#turnEnds = undefined;
    });
    return this.#clock.monotonic() + TURN_MS;
  }
}

/** A module may have put more into its types than what they are: only data goes to the other thread. */
export function dataOf(types: MessageTypes): TypesData {
  return JSON.parse(JSON.stringify({ types: [...types.entries()], limits: types.limits })) as TypesData;
}

/** The same in the thread that calls it. */
export function received(
  types: MessageTypes,
  bytes: Uint8Array,
  hint: BodyHint,
  limit = MESSAGE_STEPS,
): Received & { readonly message: { readonly body: string } } {
  const contentHash = createHash('sha256').update(bytes).digest('hex');
  try {
    return { ...types.disassemble(bytes, hint, limit), contentHash };
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
