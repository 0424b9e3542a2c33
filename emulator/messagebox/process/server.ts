/** The MessageBox on a loopback socket: opens connections at the gate, checks frames, feeds the core, lets its frames out when durable. */
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { isCode, messageOf, SohError } from '../../errors.ts';
import { nodeHttp, refusalOf } from '../../wire/loopback.ts';
import type { BodyTransfer } from './bodyTransfer.ts';
import { CONNECTIONS_CHECK_MS, HANDSHAKE_TIMEOUT_MS, MAX_CONNECTIONS, SOCKET_LIMITS, Unpacker } from '../../wire/framing.ts';
import { parseHostFrame, parseSupervisorFrame } from '../protocol/frameSchemas.ts';
import type { GatedOutput, Socket } from './gatedOutput.ts';
import type { MessageBox } from '../core/messageBox.ts';
import type { Session } from '../core/sessions.ts';
import type { SupervisorDesk } from './supervisorDesk.ts';

export interface ServerOptions {
  readonly messageBox: MessageBox;
  readonly output: GatedOutput;
  readonly bodies: BodyTransfer;
  readonly supervisor: SupervisorDesk;
  readonly token: string;
  readonly log: (line: string) => void;
}

/** What a connection turned out to be with its first frame. */
type Peer = { readonly kind: 'host'; readonly session: Session } | { readonly kind: 'supervisor' };

export class MessageBoxServer {
  readonly #options: ServerOptions;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  #settling = false;
  /** Nothing is heard any more: the journal is about to be closed. */
  #closed = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({ noServer: true, ...SOCKET_LIMITS });
    this.#http = nodeHttp().createServer({ connectionsCheckingInterval: CONNECTIONS_CHECK_MS }, (_request, response) => {
      response.writeHead(404).end();
    });
    this.#http.headersTimeout = HANDSHAKE_TIMEOUT_MS;
    this.#http.maxConnections = MAX_CONNECTIONS;
    this.#http.on('upgrade', (request, socket, head) => {
      const refusal = refusalOf(request, options.token, this.port);
      if (refusal) {
        options.log(`refused a connection: ${refusal}`);
        socket.end(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        this.#connected(ws, request);
      });
    });
  }

  get port(): number {
    return (this.#http.address() as AddressInfo | null)?.port ?? 0;
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(0, '127.0.0.1', resolve);
    });
    return this.port;
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  /** Called after anything that may have changed the core: once a turn of the event loop, so frames of many connections share a sync. */
  settleSoon(): void {
    if (this.#settling) return;
    this.#settling = true;
    setImmediate(() => {
      this.#settling = false;
      if (this.#closed) return;
      this.#options.messageBox.settle();
      this.#options.output.endTurn();
    });
  }

  #connected(ws: WebSocket, request: IncomingMessage): void {
    const { output, messageBox, supervisor, log } = this.#options;
    request.socket.setNoDelay(true);
    const socket: Socket = {
      send: (text) => {
        ws.send(text);
      },
      close: (code, reason) => {
        ws.close(code, reason);
      },
    };
    const unpacker = new Unpacker();
    let peer: Peer | undefined;
    ws.on('message', (data: Buffer, isBinary) => {
      if (this.#closed) return;
      try {
        if (isBinary) throw new SohError('messageBox.protocol', { reason: 'binary message' });
        for (const frame of unpacker.push(data.toString('utf8')) ?? []) peer = this.#frame(socket, peer, frame);
      } catch (error) {
        log(`closed a connection: ${messageOf(error)}`);
        ws.close(isCode(error, 'messageBox.protocol') ? 1008 : 1011, messageOf(error).slice(0, 100));
      }
      this.settleSoon();
    });
    ws.on('error', (error) => {
      log(`connection error: ${error.message}`);
    });
    ws.on('close', () => {
      if (this.#closed) return;
      if (peer?.kind === 'host') messageBox.closed(peer.session);
      else if (peer) supervisor.detached(socket);
      output.close(socket, 'closed');
      this.settleSoon();
    });
  }

  #frame(socket: Socket, peer: Peer | undefined, raw: { readonly kind: string }): Peer | undefined {
    const { messageBox, output, bodies, supervisor } = this.#options;
    if (peer?.kind === 'supervisor' || (!peer && raw.kind === 'supervise')) {
      supervisor.frame(socket, parseSupervisorFrame(raw));
      return peer ?? { kind: 'supervisor' };
    }
    const frame = parseHostFrame(raw);
    if (!peer) {
      if (frame.kind !== 'hello') throw new SohError('messageBox.protocol', { reason: 'the first frame must be hello' });
      const connection = {
        send: (said: object) => {
          output.say(socket, said);
        },
        close: (reason: string) => {
          output.close(socket, reason);
        },
      };
      const session = messageBox.hello(connection, frame);
      return session ? { kind: 'host', session } : undefined;
    }
    if (frame.kind === 'putBody' || frame.kind === 'getBody') bodies.frame(socket, frame);
    // A commit of a fenced session still gets its answer: the stored acknowledgement if it already counted, `fenced` otherwise.
    else if (frame.kind === 'commit' || messageBox.sessions.live.has(peer.session.id)) messageBox.frame(peer.session, frame);
    return peer;
  }
}
