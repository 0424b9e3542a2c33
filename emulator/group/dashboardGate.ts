/**
 * Who may open the dashboard in a browser and who may upgrade to a socket: one gate for both (docs/failure-model.md, P23-P28). Everything needs a
 * secret; Host and Origin only narrow. A browser gets in with a ticket that works once and is exchanged for a cookie no script can read.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { bearerToken, hasLoopbackHost, sameToken } from '../wire/loopback.ts';

/** A ticket is for opening the page at once (ms). */
export const TICKET_LIFE_MS = 60_000;

/** The part of a request the gate looks at. */
export type GateRequest = Pick<IncomingMessage, 'headers'>;

export type GateAnswer =
  { readonly ok: true; readonly by: 'cookie' | 'token' } | { readonly ok: false; readonly status: 401 | 403; readonly reason: string };

/** Cookies handed out by this process, and tickets that were used. */
export interface DashboardCookies {
  readonly given: Set<string>;
  readonly usedTickets: Map<string, number>;
}

export function createDashboardCookies(): DashboardCookies {
  return { given: new Set(), usedTickets: new Map() };
}

/**
 * A ticket for one opening of the page, made by anyone who holds the group's token (the command line, the extension) without asking the
 * supervisor: `<expiry>.<nonce>.<HMAC>`. The token cannot be learned from it.
 * @param now UTC ms
 */
export function createTicket(token: string, now: number, nonce = randomBytes(16).toString('base64url')): string {
  const content = `${now + TICKET_LIFE_MS}.${nonce}`;
  return `${content}.${sign(token, content)}`;
}

/** Takes a ticket and gives a new cookie value, or `undefined` when the ticket is not ours, too old or was used before. */
export function redeemTicket(cookies: DashboardCookies, token: string, ticket: string, now: number): string | undefined {
  const [expiry = '', nonce = '', signature = '', ...rest] = ticket.split('.');
  if (rest.length > 0 || !sameToken(signature, sign(token, `${expiry}.${nonce}`))) return undefined;
  const end = Number(expiry);
  if (!(now < end && end <= now + TICKET_LIFE_MS) || cookies.usedTickets.has(nonce)) return undefined;
  for (const [used, until] of cookies.usedTickets) if (until <= now) cookies.usedTickets.delete(used);
  cookies.usedTickets.set(nonce, end);
  const cookie = randomBytes(32).toString('base64url');
  cookies.given.add(cookie);
  return cookie;
}

/** Cookies know no ports, so groups on one machine need names of their own. */
export function cookieName(port: number): string {
  return `soh-${port}`;
}

/** True when the request carries a cookie that this process handed out. */
export function hasCookie(request: GateRequest, port: number, cookies: DashboardCookies): boolean {
  const prefix = `${cookieName(port)}=`;
  const values = (request.headers.cookie ?? '').split('; ').filter((pair) => pair.startsWith(prefix));
  return values.some((pair) => [...cookies.given].some((given) => sameToken(given, pair.slice(prefix.length))));
}

/**
 * The gate of every WebSocket upgrade. A page needs its cookie and exactly our own origin; a program needs the token in the
 * `authorization` header and must not send an origin, since no browser page may ever pass with a token.
 */
export function checkUpgrade(
  request: GateRequest,
  { token, port, cookies }: { token: string; port: number; cookies: DashboardCookies },
): GateAnswer {
  const { origin, host } = request.headers;
  if (!hasLoopbackHost(request, port)) return { ok: false, status: 403, reason: 'foreign host' };
  if (origin === undefined) {
    if (token !== '' && sameToken(bearerToken(request), token)) return { ok: true, by: 'token' };
    return { ok: false, status: 401, reason: 'no token or a wrong one' };
  }
  if (origin !== `http://${host ?? ''}`) return { ok: false, status: 403, reason: 'foreign origin' };
  return hasCookie(request, port, cookies) ? { ok: true, by: 'cookie' } : { ok: false, status: 401, reason: 'no cookie' };
}

function sign(token: string, content: string): string {
  return createHmac('sha256', token).update(`dashboard ticket ${content}`).digest('base64url');
}
