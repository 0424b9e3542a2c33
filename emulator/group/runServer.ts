/** Serves the dashboard page of an exported run to a browser of this machine, behind the same gate as a group's. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import type { TimeSource } from '../clock.ts';
import { SohError } from '../errors.ts';
import { SOCKET_LIMITS } from '../wire/framing.ts';
import { LoopbackServer, refuseUpgrade } from '../wire/loopbackServer.ts';
import { checkUpgrade } from './dashboardGate.ts';
import { createDashboardHandler, dashboardUrl } from './dashboardServer.ts';
import type { PastRun } from '../control/pageBridge.ts';
import { createPageSocket } from './pageSocket.ts';

export interface RunServer {
  /** An address that opens the page once, within a minute. */
  url(): string;
  close(): Promise<void>;
}

export interface RunServerOptions {
  /** Folder of the bundles. */
  readonly bundles: string;
  /** Each page looks at a moment of its own. */
  readonly openRun: () => Promise<PastRun>;
  readonly clock: TimeSource;
  readonly log: (line: string) => void;
}

export async function serveRun(options: RunServerOptions): Promise<RunServer> {
  const { clock } = options;
  const token = randomBytes(32).toString('base64url');
  const port = (): number => server.port;
  const dashboard = createDashboardHandler({ folder: join(options.bundles, 'webview'), token, port, clock });
  const server = new LoopbackServer((request, response) => {
    if (!dashboard(request, response)) response.writeHead(404).end();
  });
  const sockets = new WebSocketServer({ noServer: true, ...SOCKET_LIMITS });
  server.onUpgrade((request, socket, head) => {
    const answer = checkUpgrade(request, { token, port: port(), cookies: dashboard.cookies });
    if (!answer.ok || answer.by !== 'cookie') return void refuseUpgrade(socket, 401);
    if (!server.admit(request)) return void refuseUpgrade(socket, 503);
    sockets.handleUpgrade(request, socket, head, (ws) => connect(ws, request, options));
  });
  await server.listen();
  return {
    url: () => dashboardUrl(port(), token, clock.wall()),
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeNow();
    },
  };
}

function connect(ws: WebSocket, request: IncomingMessage, { openRun, log }: RunServerOptions): void {
  const { receive } = createPageSocket(ws, request, {
    group: null,
    openRun,
    exportRun: () => Promise.reject(new SohError('run.past')),
    log,
  });
  ws.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) receive(data.toString('utf8'));
  });
  ws.on('error', (error) => log(`page: ${error.message}`));
}
