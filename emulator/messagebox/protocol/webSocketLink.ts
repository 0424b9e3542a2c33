/** Links over a WebSocket on loopback (docs/failure-model.md, P22-P26). */
import { WebSocket } from 'ws';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import { HANDSHAKE_TIMEOUT_MS, noMask, pack, SOCKET_LIMITS, Unpacker } from '../../wire/framing.ts';
import type { HostFrame, MessageBoxFrame } from './frames.ts';
import type { Connect, Link, LinkEnd } from './link.ts';

export interface WebSocketOptions {
  readonly token: string;
  readonly clock: Clock;
  /** Port of the MessageBox now; it changes when the MessageBox is restarted. `undefined`: it does not run. */
  port(): number | undefined;
}

/** How long the other side may take to say goodbye, ms. */
const CLOSE_MS = 1000;

export function webSocketConnect(options: WebSocketOptions): Connect {
  return (end) => {
    const port = options.port();
    if (port !== undefined) return new WebSocketLink(options, port, end);
    options.clock.soon(() => {
      end.lost();
    });
    return { send: () => undefined, close: () => undefined };
  };
}

class WebSocketLink implements Link<HostFrame> {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #unpacker = new Unpacker();
  /** Said before the connection stood. */
  #early: { readonly frames: readonly HostFrame[]; readonly left: (() => void) | undefined }[] | undefined = [];
  #answered = false;
  /** Something was not understood: what comes after it has no meaning. */
  #broken = false;
  #reason: string | undefined;
  #giveUp = (): void => undefined;

  constructor({ clock, token }: WebSocketOptions, port: number, end: LinkEnd<MessageBoxFrame>) {
    this.#clock = clock;
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/`, {
      ...SOCKET_LIMITS,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      generateMask: noMask,
      headers: { authorization: `Bearer ${token}` },
    });
    this.#socket = socket;
    socket.on('open', () => {
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const { frames, left } of early) this.send(frames, left);
    });
    socket.on('message', (data: Buffer) => {
      if (this.#broken) return;
      this.#answered = true;
      const frames = this.#unpack(data);
      if (frames) end.heard(frames);
    });
    socket.on('error', (error) => {
      this.#reason ??= messageOf(error);
    });
    socket.on('close', () => {
      this.#giveUp();
      end.lost(this.#reason);
    });
  }

  send(frames: readonly HostFrame[], left?: () => void): void {
    if (this.#early) {
      this.#early.push({ frames, left });
      return;
    }
    const texts = pack(frames);
    const last = texts.length - 1;
    texts.forEach((text, index) => {
      if (index < last || !left) this.#socket.send(text);
      else
        this.#socket.send(text, (error) => {
          if (!error) left();
        });
    });
  }

  close(): void {
    // Who never said anything is frozen, or not there: nobody to say goodbye to.
    if (!this.#answered) {
      this.#socket.terminate();
      return;
    }
    this.#socket.close();
    this.#giveUp = this.#clock.after(CLOSE_MS, () => {
      this.#socket.terminate();
    });
  }

  /** What is not understood ends this link; the next one begins afresh. */
  #unpack(data: Buffer): MessageBoxFrame[] | undefined {
    try {
      return this.#unpacker.push(data.toString('utf8')) as MessageBoxFrame[] | undefined;
    } catch (error) {
      this.#broken = true;
      this.#reason = messageOf(error);
      this.#socket.terminate();
      return undefined;
    }
  }
}
