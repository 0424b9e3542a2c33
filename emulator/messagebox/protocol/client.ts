/**
 * A host instance's connection to the MessageBox. What is said in one turn of the event loop leaves as one message. After a lost
 * connection it reconnects, says what it still holds (RESUME) and repeats the commits that were not answered: a repeated commit gets the
 * stored acknowledgement.
 */
import type { Cancel, Clock } from '../../clock.ts';
import { faultPoint } from '../../faults/faultPoint.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../../wire/framing.ts';
import { type HostFrame, type MessageBoxFrame, PROTOCOL_VERSION, type Service } from './frames.ts';
import type { Connect, Link } from './link.ts';

export interface ClientOptions {
  readonly connect: Connect;
  readonly clock: Clock;
  /** 0 <= value < 1; keeps the host instances of a group from doing everything at the same moment. */
  random(): number;
  readonly hostInstance: string;
  readonly host: string;
  readonly computer: string;
  readonly services: readonly Service[];
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
const RETRY_MS = { least: 20, most: 100 };

export class MessageBoxClient {
  readonly #options: ClientOptions;
  #link: Link<HostFrame> | undefined;
  #welcomed = false;
  /** This process was welcomed at least once. */
  #known = false;
  #queue: HostFrame[] = [];
  /** Who waits until the queue has left this process. */
  #leaving: (() => void)[] = [];
  #flushing = false;
  #complained = false;
  /** What happened while it was frozen. */
  #frozen: (() => void)[] | undefined;
  #stopping: Promise<void> | undefined;
  #ended: () => void = () => undefined;
  #silence: Cancel = () => undefined;
  #retry: Cancel = () => undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#welcomed;
  }

  /** Connects, and keeps on connecting until `stop`. */
  start(): void {
    this.#unlessFrozen(() => {
      if (!this.#stopping) this.#connect();
    });
  }

  #connect(): void {
    const link = this.#options.connect({
      heard: (frames) => {
        this.#unlessFrozen(() => {
          this.#heard(frames);
        });
      },
      lost: (reason) => {
        this.#unlessFrozen(() => {
          this.#lost(reason);
        });
      },
    });
    this.#link = link;
    this.#silence = this.#options.clock.after(WELCOME_TIMEOUT_MS + HANDSHAKE_TIMEOUT_MS, () => {
      link.close();
    });
    link.send([this.#hello()]);
  }

  /**
   * Takes a frame along with this turn. Without a connection it is dropped: RESUME and repeated commits say again what matters.
   *
   * @param left called when it is out of this process; never when the connection is lost before
   */
  send(frame: HostFrame, left?: () => void): void {
    if (!this.#welcomed) return;
    this.#queue.push(frame);
    if (left) this.#leaving.push(left);
    if (this.#flushing) return;
    this.#flushing = true;
    this.#options.clock.soon(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  /** Cooperative freeze where processes cannot be stopped (Windows): hears and says nothing, and does not connect, until it is thawed. */
  freeze(on: boolean): void {
    if (on) {
      this.#frozen ??= [];
      // The greeting that is on its way would make a session of a host instance that is frozen.
      if (!this.#welcomed) this.#link?.close();
      return;
    }
    const happened = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const one of happened) one();
    this.#flush();
  }

  /** Says the last frames and closes. */
  stop(): Promise<void> {
    this.#stopping ??= new Promise((resolve) => {
      this.#ended = resolve;
      this.#retry();
      this.#flush();
      if (this.#link) this.#link.close();
      else resolve();
    });
    return this.#stopping;
  }

  #unlessFrozen(happens: () => void): void {
    if (this.#frozen) this.#frozen.push(happens);
    else happens();
  }

  #heard(frames: readonly MessageBoxFrame[]): void {
    faultPoint('hostInstance.beforeReceive');
    for (const frame of frames) {
      if (frame.kind === 'welcome') {
        this.#silence();
        this.#welcomed = true;
        this.#known = true;
        this.#complained = false;
      }
      this.#options.frame(frame);
    }
    this.#options.turn();
    faultPoint('hostInstance.afterReceive');
  }

  #lost(reason: string | undefined): void {
    this.#silence();
    // Once an outage: it tries again many times a second.
    if (reason !== undefined && !this.#complained) this.#options.log(`connection to the MessageBox: ${reason}`);
    if (reason !== undefined) this.#complained = true;
    this.#link = undefined;
    this.#queue = [];
    this.#leaving = [];
    const wasWelcomed = this.#welcomed;
    this.#welcomed = false;
    if (wasWelcomed) this.#options.lost();
    if (this.#stopping) this.#ended();
    else this.#retryLater();
  }

  #flush(): void {
    if (this.#frozen || !this.#link || this.#queue.length === 0) return;
    const frames = this.#queue;
    const leaving = this.#leaving;
    this.#queue = [];
    if (leaving.length > 0) this.#leaving = [];
    faultPoint('hostInstance.beforeSend');
    if (leaving.length === 0) this.#link.send(frames);
    else
      this.#link.send(frames, () => {
        for (const left of leaving) left();
      });
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
      ...(this.#known ? { again: true } : {}),
      resume: this.#options.held(),
    };
  }

  /** Jitter keeps the host instances of a group from storming a MessageBox that just came back (docs/failure-model.md, P7). */
  #retryLater(): void {
    const { least, most } = RETRY_MS;
    this.#retry = this.#options.clock.after(least + this.#options.random() * (most - least), () => {
      this.start();
    });
  }
}
