/** The control socket and the dashboard's address: one loopback server, one gate, JSON messages checked at the door. */
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../clock.ts';
import { messageOf, toWire } from '../errors.ts';
import { SOCKET_LIMITS } from '../wire/framing.ts';
import { LoopbackServer, refuseUpgrade } from '../wire/loopbackServer.ts';
import type { CommandDesk } from './commandDesk.ts';
import { CONTROL_VERSION, type Delta } from '../control/commands.ts';
import { type ControlRequest, parseRequest } from '../control/requests.ts';
import { checkUpgrade } from './dashboardGate.ts';
import { createDashboardHandler, type DashboardHandler } from './dashboardServer.ts';
import type { Feed, Follower } from './feed.ts';
import type { PastRun } from '../control/pageBridge.ts';
import type { ExportAnswer } from '../control/pageProtocol.ts';
import { createPageSocket } from './pageSocket.ts';

export interface ControlServerOptions {
  readonly token: string;
  readonly desk: CommandDesk;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly bundles: string;
  readonly openRun: () => Promise<PastRun>;
  readonly exportRun: () => Promise<ExportAnswer>;
  readonly log: (line: string) => void;
}

const POLICY_VIOLATION = 1008;
/** A message of the largest size, as base64, with room around it. */
const PROGRAM_PAYLOAD_BYTES = 96 * 1024 * 1024;
/** What a follower may leave unread (docs/failure-model.md, P19). */
const UNREAD_LIMIT_BYTES = 4 * 1024 * 1024;
/** Who does not hang up in this time (ms) is cut off when the group ends. */
const GOODBYE_MS = 500;

export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #http: LoopbackServer;
  readonly #sockets: WebSocketServer;
  /** Of programs: they have the token, and submit whole messages. */
  readonly #programs: WebSocketServer;
  readonly #dashboard: DashboardHandler;
  #unwatchedSince: number | undefined;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    const { token, clock } = options;
    this.#unwatchedSince = clock.monotonic();
    this.#sockets = new WebSocketServer({ noServer: true, ...SOCKET_LIMITS });
    this.#programs = new WebSocketServer({ noServer: true, ...SOCKET_LIMITS, maxPayload: PROGRAM_PAYLOAD_BYTES });
    this.#dashboard = createDashboardHandler({ folder: join(options.bundles, 'webview'), token, port: () => this.port, clock });
    this.#http = new LoopbackServer((request, response) => {
      if (!this.#dashboard(request, response)) response.writeHead(404).end();
    });
    this.#http.onUpgrade((request, socket, head) => {
      const answer = checkUpgrade(request, { token, port: this.port, cookies: this.#dashboard.cookies });
      if (!answer.ok) {
        options.log(`refused a connection: ${answer.reason}`);
        refuseUpgrade(socket, answer.status);
        return;
      }
      if (!this.#http.admit(request)) {
        refuseUpgrade(socket, 503);
        return;
      }
      (answer.by === 'token' ? this.#programs : this.#sockets).handleUpgrade(request, socket, head, (ws) => {
        this.#connected(ws, request, answer.by);
      });
    });
  }

  get port(): number {
    return this.#http.port;
  }

  /** ms without any client. */
  unwatchedMs(): number {
    return this.#unwatchedSince === undefined ? 0 : this.#options.clock.monotonic() - this.#unwatchedSince;
  }

  async listen(): Promise<number> {
    return this.#http.listen();
  }

  async close(): Promise<void> {
    for (const socket of this.#clients()) socket.close(1001, 'the group has ended');
    const cancel = this.#options.clock.after(GOODBYE_MS, () => {
      this.#http.closeNow();
      for (const socket of this.#clients()) socket.terminate();
    });
    await this.#http.close();
    cancel();
  }

  #clients(): WebSocket[] {
    return [...this.#sockets.clients, ...this.#programs.clients];
  }

  #connected(ws: WebSocket, request: IncomingMessage, by: 'cookie' | 'token'): void {
    this.#unwatchedSince = undefined;
    request.socket.setNoDelay(true);
    const connection = by === 'token' ? this.#program(ws) : this.#page(ws, request);
    ws.on('message', (data: Buffer, isBinary) => {
      if (isBinary) ws.close(POLICY_VIOLATION, 'binary message');
      else connection.receive(data.toString('utf8'));
    });
    ws.on('error', (error) => {
      this.#options.log(`control connection: ${error.message}`);
    });
    ws.on('close', () => {
      this.#options.feed.unfollow(connection.follower);
      if (this.#clients().length === 0) this.#unwatchedSince = this.#options.clock.monotonic();
    });
  }

  /** Command line, extension, tests. */
  #program(ws: WebSocket): { receive(text: string): void; follower: Follower } {
    const { feed, desk } = this.#options;
    const send = (message: object): void => {
      if (ws.readyState === ws.OPEN) ws.send(JSON.stringify(message));
    };
    // A follower that does not read misses frames, sees the gap, and asks for a snapshot when it reads again.
    const follower: Follower = {
      frame: (delta) => {
        if (ws.bufferedAmount < UNREAD_LIMIT_BYTES) send(delta);
      },
    };
    const answer = async ({ id, command, arguments: parameters }: ControlRequest): Promise<void> => {
      try {
        send({ id, result: command === 'follow' ? feed.follow(follower) : await desk.call(command, parameters) });
      } catch (error) {
        send({ id, error: toWire(error) });
      }
    };
    const receive = (text: string): void => {
      try {
        const message = parseRequest(text);
        if ('refused' in message) send({ id: message.id, error: toWire(message.refused) });
        else if (!('kind' in message)) void answer(message);
        else if (message.version !== CONTROL_VERSION)
          ws.close(POLICY_VIOLATION, `version ${String(message.version)} is not ${String(CONTROL_VERSION)}`);
      } catch (error) {
        ws.close(POLICY_VIOLATION, messageOf(error).slice(0, 100));
      }
    };
    return { receive, follower };
  }

  /** A browser page. */
  #page(ws: WebSocket, request: IncomingMessage): { receive(text: string): void; follower: Follower } {
    const { feed, desk, log, openRun, exportRun } = this.#options;
    const follower: Follower = {
      frame: (delta: Delta) => {
        bridge.frame(delta);
      },
    };
    const { bridge, receive } = createPageSocket(ws, request, {
      group: {
        call: async (command, parameters) => (await desk.call(command, parameters)) as never,
        startFeed: () => {
          bridge.frame(feed.follow(follower));
          return Promise.resolve();
        },
      },
      openRun,
      exportRun,
      log,
    });
    return { receive, follower };
  }
}
