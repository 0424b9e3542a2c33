/**
 * The HTTP server below every socket of the product: on loopback only, and not to be filled by those who have no secret
 * (docs/failure-model.md, P22). A connection is a stranger until what it asked for has passed the gate. Strangers may take only so many
 * places, and when these are taken the one that came first goes: so whoever has the token gets in, however many others hold the door.
 */
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HANDSHAKE_TIMEOUT_MS } from './framing.ts';
import { nodeHttp } from './loopback.ts';

/** More than the system hands over at once (its backlog of 511), so that one that asks at once is heard before it would have to go. */
const STRANGERS = 1024;
/** Connections that have passed the gate. */
const ADMITTED = 64;
/** How often connections are looked at whose request does not come to its end. */
const CONNECTIONS_CHECK_MS = 500;

export class LoopbackServer {
  readonly #http: Server;
  /** In order of their coming. */
  readonly #strangers = new Set<Socket>();
  #admitted = 0;

  constructor(answer: RequestListener) {
    this.#http = nodeHttp().createServer({ connectionsCheckingInterval: CONNECTIONS_CHECK_MS }, answer);
    this.#http.headersTimeout = HANDSHAKE_TIMEOUT_MS;
    this.#http.on('connection', (socket) => {
      this.#arrived(socket);
    });
  }

  /** 0 before it listens. */
  get port(): number {
    return (this.#http.address() as AddressInfo | null)?.port ?? 0;
  }

  /** @param take the request for an upgrade; it must end or admit the socket */
  onUpgrade(take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void {
    this.#http.on('upgrade', take);
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(0, '127.0.0.1', resolve);
    });
    return this.port;
  }

  /** The connection has shown its secret. False: as many as may be are there already. */
  admit({ socket }: IncomingMessage): boolean {
    if (!this.#strangers.delete(socket)) return true;
    if (this.#admitted >= ADMITTED) return false;
    this.#admitted++;
    socket.once('close', () => this.#admitted--);
    return true;
  }

  /** Fulfilled when the last connection is closed; `closeNow` closes them. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#http.close(() => {
        resolve();
      });
    });
  }

  closeNow(): void {
    this.#http.close();
    this.#http.closeAllConnections();
    for (const socket of this.#strangers) socket.destroy();
  }

  #arrived(socket: Socket): void {
    this.#strangers.add(socket);
    socket.once('close', () => this.#strangers.delete(socket));
    if (this.#strangers.size <= STRANGERS) return;
    const [first] = this.#strangers;
    first?.destroy();
  }
}

/** The answer to an upgrade that is not taken. */
export function refuseUpgrade(socket: Duplex, status: 401 | 403 | 503): void {
  socket.end(`HTTP/1.1 ${String(status)} Refused\r\nConnection: close\r\n\r\n`);
}
