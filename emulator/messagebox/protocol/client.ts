/**
 * A host instance's connection to the MessageBox. What is said in one turn of the event loop leaves as one message. After a lost
 * connection it reconnects, says what it still holds (RESUME) and repeats the commits that were not answered: a repeated commit gets the
 * stored acknowledgement.
 */
import { randomInt } from 'node:crypto';
import { WebSocket } from 'ws';
import { messageOf } from '../../errors.ts';
import { faultPoint } from '../../faults/faultPoint.ts';
import { HANDSHAKE_TIMEOUT_MS, noMask, pack, SOCKET_LIMITS, Unpacker } from '../../wire/framing.ts';
import { type HostFrame, type MessageBoxFrame, PROTOCOL_VERSION, type Service } from './frames.ts';

export interface ClientOptions {
  readonly token: string;
  readonly hostInstance: string;
  readonly host: string;
  readonly computer: string;
  readonly services: readonly Service[];
  /** Port of the MessageBox now; it changes when the MessageBox is restarted. `undefined`: it does not run. */
  port(): number | undefined;
  /** Work held in memory, for RESUME. */
  held(): { readonly instance: string; readonly version: number; readonly pending?: string }[];
  frame(frame: MessageBoxFrame): void;
  /** The connection is gone; it is being made again. */
  lost(): void;
  /** After the frames of one message. */
  turn(): void;
  log(line: string): void;
}

/** A MessageBox that does not answer the first frame in this time is frozen, however well the connection was accepted (docs/failure-model.md, P2). */
const WELCOME_TIMEOUT_MS = 2000;

export class MessageBoxClient {
  readonly #options: ClientOptions;
  #socket: WebSocket | undefined;
  #welcomed = false;
  #queue: HostFrame[] = [];
  #flushing = false;
  #stopped = false;
  #complained = false;
  #frozen = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#welcomed;
  }

  /** Connects, and keeps on connecting until `stop`. */
  start(): void {
    const port = this.#options.port();
    if (this.#stopped) return;
    if (port === undefined || this.#frozen) {
      this.#retryLater();
      return;
    }
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/`, {
      ...SOCKET_LIMITS,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      generateMask: noMask,
      headers: { authorization: `Bearer ${this.#options.token}` },
    });
    this.#socket = socket;
    const unpacker = new Unpacker();
    const silence = setTimeout(() => {
      socket.terminate();
    }, WELCOME_TIMEOUT_MS + HANDSHAKE_TIMEOUT_MS);
    socket.on('open', () => {
      if (this.#frozen) return socket.terminate();
      for (const text of pack([this.#hello()])) socket.send(text);
    });
    socket.on('message', (data: Buffer) => {
      faultPoint('hostInstance.beforeReceive');
      for (const frame of unpacker.push(data.toString('utf8')) ?? []) {
        if (frame.kind === 'welcome') {
          clearTimeout(silence);
          this.#welcomed = true;
          this.#complained = false;
        }
        this.#options.frame(frame as MessageBoxFrame);
      }
      this.#options.turn();
      faultPoint('hostInstance.afterReceive');
    });
    socket.on('error', (error) => {
      // Once an outage: it tries again many times a second.
      if (!this.#complained) this.#options.log(`connection to the MessageBox: ${messageOf(error)}`);
      this.#complained = true;
    });
    socket.on('close', () => {
      clearTimeout(silence);
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      const wasWelcomed = this.#welcomed;
      this.#welcomed = false;
      this.#queue = [];
      if (wasWelcomed) this.#options.lost();
      this.#retryLater();
    });
  }

  /** Takes a frame along with this turn. Without a connection it is dropped: RESUME and repeated commits say again what matters. */
  send(frame: HostFrame): void {
    if (!this.#welcomed) return;
    this.#queue.push(frame);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  /** Cooperative freeze where processes cannot be stopped (Windows): hears and says nothing, and does not connect, until it is thawed. */
  freeze(on: boolean): void {
    this.#frozen = on;
    if (on) this.#socket?.pause();
    else this.#socket?.resume();
    if (!on) this.#flush();
  }

  /** Says the last frames and closes. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#flush();
    const socket = this.#socket;
    if (!socket) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => {
        resolve();
      });
      socket.close();
    });
  }

  #flush(): void {
    if (this.#frozen || !this.#socket || this.#queue.length === 0) return;
    const frames = this.#queue;
    this.#queue = [];
    faultPoint('hostInstance.beforeSend');
    for (const text of pack(frames)) this.#socket.send(text);
    faultPoint('hostInstance.afterSend');
  }

  #hello(): HostFrame {
    const { hostInstance, host, computer, services } = this.#options;
    return {
      kind: 'hello',
      protocol: PROTOCOL_VERSION,
      hostInstance,
      host,
      computer,
      pid: process.pid,
      services,
      resume: this.#options.held(),
    };
  }

  /** Jitter keeps the host instances of a group from storming a MessageBox that just came back (docs/failure-model.md, P7). */
  #retryLater(): void {
    if (this.#stopped) return;
    this.#retry = setTimeout(
      () => {
        this.start();
      },
      randomInt(20, 100),
    );
  }
}
