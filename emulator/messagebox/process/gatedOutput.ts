/**
 * Apply is immediate, speech is gated: a frame leaves only when the record it was decided from is on disk. Frames that depend on nothing
 * new leave at once, so an idle MessageBox adds no wait; under load one sync carries many (group commit).
 */
import type { Cancel, Clock } from '../../clock.ts';
import { pack } from '../../wire/framing.ts';

/** What a connection can do; `ws` in production. */
export interface Socket {
  send(text: string): void;
  close(code: number, reason: string): void;
}

export interface FlushableJournal {
  readonly sequence: number;
  readonly durable: number;
  flush(): Promise<void>;
}

interface Waiting {
  readonly gate: number;
  readonly socket: Socket;
  readonly frames: object[];
  readonly closeReason?: string;
}

/** Grant notes are not waited for, but do not stay in memory for long either. */
const NOTE_FLUSH_MS = 50;

export class GatedOutput {
  readonly #journal: FlushableJournal;
  readonly #clock: Clock;
  readonly #gate: () => number;
  readonly #failed: (error: unknown) => void;
  readonly #flushed: () => void;
  #waiting: Waiting[] = [];
  #turn = new Map<Socket, object[]>();
  #closing = new Map<Socket, string>();
  #pumping = false;
  #ended = false;
  #noteTimer: Cancel | undefined;

  /**
   * @param gate sequence that frames said now depend on
   * @param failed called once when the disk fails: nothing is said any more
   */
  constructor(journal: FlushableJournal, clock: Clock, gate: () => number, failed: (error: unknown) => void, flushed: () => void) {
    this.#journal = journal;
    this.#clock = clock;
    this.#gate = gate;
    this.#failed = failed;
    this.#flushed = flushed;
  }

  say(socket: Socket, frame: object): void {
    const frames = this.#turn.get(socket);
    if (frames) frames.push(frame);
    else this.#turn.set(socket, [frame]);
  }

  /** At once, before everything that waits: for what depends on no record. */
  sayNow(socket: Socket, frame: object): void {
    for (const text of pack([frame])) socket.send(text);
  }

  /** Closes after everything said before. */
  close(socket: Socket, reason: string): void {
    this.#closing.set(socket, reason);
    if (!this.#turn.has(socket)) this.#turn.set(socket, []);
  }

  /** Ends a turn of the event loop: what was said in it depends on everything recorded up to now. */
  endTurn(): void {
    const gate = this.#gate();
    for (const [socket, frames] of this.#turn) {
      const closeReason = this.#closing.get(socket);
      this.#waiting.push({ gate, socket, frames, ...(closeReason === undefined ? {} : { closeReason }) });
    }
    this.#turn.clear();
    this.#closing.clear();
    if (!this.#pumping) void this.#pump();
  }

  /** Leaves what is not flushed yet to whoever closes the journal. */
  end(): void {
    this.#ended = true;
    this.#noteTimer?.();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      for (;;) {
        this.#sendDurable();
        if (this.#waiting.length === 0 && this.#gate() <= this.#journal.durable) break;
        await this.#journal.flush();
        this.#flushed();
      }
      this.#flushNotesLater();
      this.#pumping = false;
    } catch (error) {
      this.#failed(error);
    }
  }

  #sendDurable(): void {
    const durable = this.#journal.durable;
    let count = 0;
    const bySocket = new Map<Socket, { frames: object[]; closeReason?: string }>();
    for (const { gate, socket, frames, closeReason } of this.#waiting) {
      if (gate > durable) break;
      count++;
      const ready = bySocket.get(socket);
      if (ready) ready.frames.push(...frames);
      else bySocket.set(socket, { frames });
      if (closeReason !== undefined) bySocket.set(socket, { frames: ready ? ready.frames : frames, closeReason });
    }
    if (count === 0) return;
    this.#waiting = this.#waiting.slice(count);
    for (const [socket, { frames, closeReason }] of bySocket) {
      for (const text of pack(frames)) socket.send(text);
      if (closeReason !== undefined) socket.close(4000, closeReason);
    }
  }

  #flushNotesLater(): void {
    if (this.#ended || this.#noteTimer || this.#journal.sequence === this.#journal.durable) return;
    this.#noteTimer = this.#clock.after(NOTE_FLUSH_MS, () => {
      this.#noteTimer = undefined;
      if (!this.#pumping) this.#journal.flush().then(this.#flushed, this.#failed);
    });
  }
}
