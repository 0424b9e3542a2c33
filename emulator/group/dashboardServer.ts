/**
 * Serves the dashboard page to a browser from the supervisor's own server: one document and two files, by a fixed list, to whoever passed
 * the gate (dashboardGate.ts). Nothing of the group is ever served over HTTP; that goes over the socket.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import type { TimeSource } from '../clock.ts';
import { hasLoopbackHost } from '../wire/loopback.ts';
import { cookieName, createDashboardCookies, createTicket, hasCookie, redeemTicket, type DashboardCookies } from './dashboardGate.ts';
import { browserPolicy, dashboardHtml } from './dashboardPage.ts';
import { stringsFor } from './pageStrings.ts';

export interface DashboardOptions {
  /** Folder of the built page, `dist/webview`. */
  readonly folder: string;
  /** The group's token; never sent, only used to check tickets. */
  readonly token: string;
  /** Port of the server, known once it listens. */
  readonly port: () => number;
  readonly cookies?: DashboardCookies;
  readonly clock: TimeSource;
}

export interface DashboardHandler {
  /** Answers a request for the page and returns true, or returns false when the path is none of its own. */
  (request: IncomingMessage, response: ServerResponse): boolean;
  /** For {@link checkUpgrade}. */
  readonly cookies: DashboardCookies;
}

const FILES: Readonly<Record<string, string>> = {
  '/main.js': 'text/javascript; charset=utf-8',
  '/main.css': 'text/css; charset=utf-8',
};

const PLAIN = 'text/plain; charset=utf-8';

/**
 * The address that opens the page once, within a minute: `http://127.0.0.1:<port>/?ticket=...`.
 * @param now UTC ms
 */
export function dashboardUrl(port: number, token: string, now: number): string {
  return `http://127.0.0.1:${port}/?ticket=${createTicket(token, now)}`;
}

/** The request handler; `server.on('request', ...)` asks it first. */
export function createDashboardHandler(options: DashboardOptions): DashboardHandler {
  const { folder, token, port, cookies = createDashboardCookies(), clock } = options;

  function handle(request: IncomingMessage, response: ServerResponse): boolean {
    // Compared as it came: an address that needs to be understood first is none of ours.
    const [pathname = '', query = ''] = (request.url ?? '').split('?', 2);
    const ticket = new URLSearchParams(query).get('ticket');
    const type = Object.hasOwn(FILES, pathname) ? FILES[pathname] : undefined;
    if (pathname !== '/' && type === undefined) return false;
    if (!hasLoopbackHost(request, port())) return say(response, 403, 'This server answers only to its loopback address.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return say(response, 405, 'GET only.');
    if (pathname === '/' && ticket !== null) return enter(response, ticket);
    if (!hasCookie(request, port(), cookies))
      return say(response, 401, 'Open the dashboard with "scaled-out-hosts start --open", or from VS Code.');
    if (type === undefined) return sendPage(response, request);
    void sendFile(response, path.join(folder, pathname.slice(1)), type);
    return true;
  }

  function enter(response: ServerResponse, ticket: string): boolean {
    const cookie = redeemTicket(cookies, token, ticket, clock.wall());
    if (cookie === undefined) return say(response, 401, 'This link was used or is too old. Open the dashboard again.');
    response.setHeader('set-cookie', `${cookieName(port())}=${cookie}; HttpOnly; SameSite=Strict; Path=/`);
    response.setHeader('location', '/');
    return say(response, 303, '');
  }

  function sendPage(response: ServerResponse, { headers }: IncomingMessage): boolean {
    const policy = browserPolicy(headers.host ?? '');
    const { locale } = stringsFor(headers['accept-language']);
    response.setHeader('content-security-policy', policy);
    return say(
      response,
      200,
      dashboardHtml({ surface: 'browser', scriptUri: 'main.js', styleUri: 'main.css', locale, title: 'Scaled-Out Hosts', policy }),
      'text/html; charset=utf-8',
    );
  }

  return Object.assign(handle, { cookies });
}

async function sendFile(response: ServerResponse, file: string, type: string): Promise<void> {
  try {
    say(response, 200, await readFile(file), type);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    say(response, missing ? 404 : 500, missing ? 'This installation has no dashboard page.' : 'The dashboard page cannot be read.');
  }
}

function say(response: ServerResponse, status: number, body: string | Buffer, type = PLAIN): true {
  const headers = {
    'content-type': type,
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
  response.writeHead(status, headers).end(body);
  return true;
}
