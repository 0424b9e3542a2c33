/** The MessageBox on a loopback socket: opens connections at the gate, checks frames, feeds the core, lets its frames out when durable. */
import type { IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../clock.ts';
import { isCode, messageOf, SohError } from '../../errors.ts';
import { refusalOf } from '../../wire/loopback.ts';
import { LoopbackServer, refuseUpgrade } from '../../wire/loopbackServer.ts';
import type { BodyTransfer } from './bodyTransfer.ts';
import { SOCKET_LIMITS, Unpacker } from '../../wire/framing.ts';
import { type HostFrame, readHostFrame } from '../protocol/frames.ts';
import { readSupervisorFrame } from '../protocol/supervisorFrames.ts';
import type { GatedOutput, Socket } from './gatedOutput.ts';
import type { MessageBox } from '../core/messageBox.ts';
import type { Room } from './room.ts';
import type { Session } from '../core/sessions.ts';
import type { SupervisorDesk } from './supervisorDesk.ts';

export interface ServerOptions {
  readonly messageBox: MessageBox;
  readonly output: GatedOutput;
  readonly bodies: BodyTransfer;
  readonly room: Room;
  readonly supervisor: SupervisorDesk;
  readonly token: string;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

/** What a connection turned out to be with its first frame. */
type Peer = { readonly kind: 'host'; readonly session: Session } | { readonly kind: 'supervisor' };

export class MessageBoxServer {
  readonly #options: ServerOptions;
  readonly #http: LoopbackServer;
  readonly #sockets: WebSocketServer;
  /** Commits that wait for room on the disk, in the order they came; at most one an instance. */
  #held: { readonly socket: Socket; readonly session: Session; readonly frame: HostFrame }[] = [];
  #settling = false;
  /** Nothing is heard any more: the journal is about to be closed. */
  #closed = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({ noServer: true, ...SOCKET_LIMITS });
    this.#http = new LoopbackServer((_request, response) => {
      response.writeHead(404).end();
    });
    this.#http.onUpgrade((request, socket, head) => {
      const refusal = refusalOf(request, options.token, this.port);
      if (refusal) {
        options.log(`refused a connection: ${refusal}`);
        refuseUpgrade(socket, 403);
        return;
      }
      if (!this.#http.admit(request)) {
        refuseUpgrade(socket, 503);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        this.#connected(ws, request);
      });
    });
  }

  get port(): number {
    return this.#http.port;
  }

  async listen(): Promise<number> {
    return this.#http.listen();
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeNow();
  }

  /** Called after anything that may have changed the core: once a turn of the event loop, so frames of many connections share a sync. */
  settleSoon(): void {
    if (this.#settling) return;
    this.#settling = true;
    this.#options.clock.soon(() => {
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
    const { supervisor } = this.#options;
    if (peer?.kind === 'supervisor' || (!peer && raw.kind === 'supervise')) {
      const read = readSupervisorFrame(raw);
      if ('value' in read) supervisor.frame(socket, read.value);
      else if (!peer) throw new SohError('messageBox.protocol', { reason: read.fault });
      else supervisor.refuse(socket, raw, read.fault);
      return peer ?? { kind: 'supervisor' };
    }
    const read = readHostFrame(raw);
    if (!peer) return this.#greeted(socket, read);
    if ('value' in read) this.#heard(socket, peer.session, read.value);
    else {
      this.#options.log(`${peer.session.hostInstance} said what is not a frame: ${read.fault}`);
      this.#options.messageBox.notUnderstood(peer.session, raw, read.fault);
    }
    return peer;
  }

  /** What is not a greeting costs the connection: nothing is known of whoever sent it. */
  #greeted(socket: Socket, read: ReturnType<typeof readHostFrame>): Peer | undefined {
    const { messageBox, output } = this.#options;
    if (!('value' in read)) throw new SohError('messageBox.protocol', { reason: read.fault });
    if (read.value.kind !== 'hello') throw new SohError('messageBox.protocol', { reason: 'the first frame must be hello' });
    const connection = {
      send: (said: object) => {
        output.say(socket, said);
      },
      close: (reason: string) => {
        output.close(socket, reason);
      },
    };
    const session = messageBox.hello(connection, read.value);
    return session ? { kind: 'host', session } : undefined;
  }

  /** There is room again. */
  goOn(): void {
    const held = this.#held;
    this.#held = [];
    for (const { socket, session, frame } of held) this.#heard(socket, session, frame);
    this.settleSoon();
  }

  #heard(socket: Socket, session: Session, frame: HostFrame): void {
    const { messageBox, bodies, room } = this.#options;
    if (room.full && waitsForRoom(session, frame)) this.#held.push({ socket, session, frame });
    else if (frame.kind === 'putBody' || frame.kind === 'getBody') bodies.frame(socket, frame);
    else if (bodies.lacks(frame) && !messageBox.counted(frame))
      messageBox.notUnderstood(session, frame, 'it refers to a body that is not there');
    // A commit of a fenced session still gets its answer: the stored acknowledgement if it already counted, `fenced` otherwise.
    else if (frame.kind === 'commit' || messageBox.sessions.live.has(session.id)) messageBox.frame(session, frame);
  }
}

/** A host instance that is to stop may still commit what it has in memory: it is little, and otherwise it would run again. */
function waitsForRoom(session: Session, frame: HostFrame): boolean {
  return frame.kind === 'commit' && !session.draining;
}
