/**
 * The one gate every request to a receive location passes before anything else looks at it (docs/failure-model.md, P23 to P26): nothing a web
 * page can make a browser send gets through, with or without DNS rebinding, and the token is always required where it is required.
 */
import { timingSafeEqual, createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What an HTTP receive location accepts. */
export interface GateRules {
  /** The port the location listens on. */
  readonly port: number;
  readonly path: string;
  /** `undefined` = anonymous. */
  readonly token: string | undefined;
}

export interface GateRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** Why a request is refused. */
export interface Refusal {
  readonly status: 401 | 403 | 404 | 405 | 415;
  readonly reason: string;
}

/** A page can post forms and plain text across origins without asking; none of these types is among them. */
const contentTypes = new Set(['application/xml', 'text/xml', 'application/json', 'application/octet-stream']);

/** `undefined` when the request may be read. */
export function refusalOf(request: GateRequest, rules: GateRules): Refusal | undefined {
  const { headers } = request;
  if (!isOurHost(headers.host, rules.port)) return { status: 403, reason: 'The Host header is not this computer and port.' };
  if (headers.origin !== undefined) return { status: 403, reason: 'Web pages may not send messages.' };
  if (rules.token !== undefined && !presents(headers.authorization, rules.token)) {
    return { status: 401, reason: 'The group token is missing or wrong: send "Authorization: Bearer <token>".' };
  }
  if (request.url.split('?')[0] !== rules.path) return { status: 404, reason: 'There is no receive location at this path.' };
  if (request.method !== 'POST') return { status: 405, reason: 'Messages are sent with POST.' };
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!contentTypes.has(type)) return { status: 415, reason: `The content type has to be one of: ${[...contentTypes].join(', ')}.` };
  return undefined;
}

function isOurHost(host: string | undefined, port: number): boolean {
  if (host === undefined) return false;
  const match = /^(127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?$/i.exec(host);
  return match !== null && Number(match[2] ?? 80) === port;
}

/** Compares hashes, so that neither content nor length of the token shows in the time it takes. */
function presents(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer ([^ ]+)$/i.exec(authorization ?? '')?.[1];
  if (given === undefined || token === '') return false;
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(token));
}
