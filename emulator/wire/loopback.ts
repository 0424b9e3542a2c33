/** The gate of every socket that only processes of the group may open (docs/failure-model.md, P23-P26). */
import { timingSafeEqual } from 'node:crypto';
import type * as http from 'node:http';
import { createRequire } from 'node:module';

/** The part of a request that is checked. */
type Headed = Pick<http.IncomingMessage, 'headers'>;

/** Constant time for tokens of equal length; lengths are no secret. */
export function sameToken(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The token of an `Authorization: Bearer` header, or ''. */
export function bearerToken(request: Headed): string {
  const header = request.headers.authorization ?? '';
  return header.startsWith('Bearer ') ? header.slice('Bearer '.length) : '';
}

/** True when the Host header names this machine's loopback with our port: DNS rebinding would name something else. */
export function hasLoopbackHost(request: Headed, port: number): boolean {
  return ['127.0.0.1', '[::1]', 'localhost'].some((name) => request.headers.host === `${name}:${String(port)}`);
}

/**
 * Checks a request that only a process of the group may make. A browser always sends an Origin with an upgrade, and none of these
 * sockets is for browsers; without an Origin the token is needed all the same.
 *
 * @returns why it is refused, or `undefined`
 */
export function refusalOf(request: http.IncomingMessage, token: string, port: number): string | undefined {
  if (!hasLoopbackHost(request, port)) return 'the Host header is not this machine';
  if (request.headers.origin !== undefined) return 'it has an Origin';
  if (!sameToken(bearerToken(request), token)) return 'the token is wrong';
  return undefined;
}

/**
 * Node's HTTP. An `import` of it would also load the fetch and WebSocket clients it names among its exports: 35 ms and 4 MB for each
 * process of the group.
 */
export function nodeHttp(): typeof http {
  return createRequire(import.meta.url)('node:http') as typeof http;
}
