/**
 * HTTP receive location on the loopback interface. One-way: 202 when the MessageBox has the message. Two-way: 200 with the response
 * of the orchestration, 500 with its fault or when it cannot be read, 504 when there is none in time (docs/behaviour.md, section 15). A malformed message is answered with 400 and
 * kept as suspended. `Idempotency-Key` makes a repeat recognisable.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canRetry, hasCode, isCode, messageOf, SohError } from '../../errors.ts';
import type { ReceiveLocationSettings } from '../../cluster/clusterFile.ts';
import { nodeHttp } from '../../wire/loopback.ts';
import { BTS } from '../../orchestration/message.ts';
import { bodyBytes, contentTypeOf } from '../pipelines/decode.ts';
import { type Response, type ReceiveAdapter, type ReceiveContext, type Submission, type SubmitResult } from './door.ts';
import { BodyReader, BodyRefused, charsetOf } from './httpBody.ts';
import { HttpKeys } from './httpKeys.ts';
import { refusalOf } from './httpGate.ts';
import { ResponseWaiters } from './responseWaiters.ts';
import { LONGEST_TIMER_MS } from './wakeup.ts';

/** How often keys are looked at whose time is over, ms. */
const TIDY_MS = 60_000;
const MAX_KEY_LENGTH = 200;
/** How long `stop` waits for callers that do not read their answer, ms. */
const STOP_MS = 2000;

export interface HttpReceiveSettings extends Omit<ReceiveLocationSettings, 'transport'> {
  readonly transport: Extract<ReceiveLocationSettings['transport'], { adapter: 'HTTP' }>;
}

export class HttpReceive implements ReceiveAdapter {
  readonly #settings: HttpReceiveSettings;
  readonly #context: ReceiveContext;
  readonly #server: Server;
  readonly #bodies: BodyReader;
  readonly #waiters = new ResponseWaiters();
  /** Ends the waiting of all two-way callers. */
  readonly #stopping = new AbortController();
  readonly #keys: HttpKeys;
  #tidying: NodeJS.Timeout | undefined;
  #port: number;

  constructor(settings: HttpReceiveSettings, context: ReceiveContext) {
    this.#settings = settings;
    this.#context = context;
    this.#keys = new HttpKeys(settings.name, context);
    this.#bodies = new BodyReader(context.maxBytes, 4 * context.maxBytes);
    this.#port = settings.transport.port;
    this.#server = nodeHttp().createServer({
      headersTimeout: 10_000,
      requestTimeout: 120_000,
      maxHeaderSize: 16_384,
      keepAliveTimeout: 5000,
    });
    this.#server.maxConnections = 256;
    this.#server.on('request', (request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        this.#failed(response, error);
      });
    });
  }

  get address(): string {
    return `http://127.0.0.1:${String(this.#port)}${this.#settings.transport.path}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: '127.0.0.1', port: this.#port, exclusive: true }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    }).catch((error: unknown) => {
      if (!hasCode(error, 'EADDRINUSE')) throw error;
      throw new SohError('receive.portTaken', { location: this.#settings.name, port: this.#port }, error);
    });
    this.#server.on('error', (error) => {
      this.#context.log('error', `${this.#settings.name}: ${messageOf(error)}`);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#tidying = setInterval(() => {
      // Without a connection there is nothing to tidy; with the next one it is done.
      if (this.#context.connected) this.#keys.tidy().catch((error: unknown) => this.#context.log('warning', messageOf(error)));
    }, TIDY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#tidying);
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#stopping.abort();
    this.#server.closeIdleConnections();
    const force = setTimeout(() => {
      this.#server.closeAllConnections();
    }, STOP_MS);
    await closed;
    clearTimeout(force);
  }

  /** The MessageBox may not have heard what it should forget. */
  reconnected(): void {
    this.#keys.stale();
  }

  respond(instance: string, response: Response): Promise<boolean> {
    return this.#waiters.respond(instance, response);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { transport } = this.#settings;
    const token = transport.anonymous ? undefined : this.#context.token;
    const gate = { method: request.method ?? '', url: request.url ?? '', headers: request.headers };
    const refusal = refusalOf(gate, { port: this.#port, path: transport.path, token });
    if (refusal) return refuse(response, refusal.status, refusal.reason);
    if (this.#context.paused()) return refuse(response, 503, 'The disk of the MessageBox is full. Send it again when there is room.');
    if (this.#stopping.signal.aborted) return refuse(response, 503, 'The receive location is stopping.');
    const key = request.headers['idempotency-key'];
    if (Array.isArray(key) || (key?.length ?? 0) > MAX_KEY_LENGTH)
      return refuse(response, 400, `The Idempotency-Key is longer than ${String(MAX_KEY_LENGTH)} characters.`);
    const sent = await this.#bodies.read(request);
    const bytes = await this.#bodies.decoded(sent, request.headers['content-encoding']);
    const charset = charsetOf(request.headers['content-type']);
    await this.#receive(bytes, charset, typeof key === 'string' && key !== '' ? key : undefined, response);
  }

  async #receive(bytes: Buffer, charset: string | undefined, key: string | undefined, response: ServerResponse): Promise<void> {
    const { name, receivePort, transport } = this.#settings;
    const properties = { [BTS.inboundAddress]: this.address, [BTS.receivePort]: receivePort ?? name };
    const { message, malformed, contentHash } = await this.#context.read(bytes, {
      properties,
      ...(charset === undefined ? {} : { charset }),
    });
    const receiveId = key === undefined ? `${name}/${randomUUID()}` : await this.#keys.receiveId(key, contentHash);
    if (receiveId === undefined) return refuse(response, 422, 'This Idempotency-Key was used for another message. Give each its own.');
    const submission: Submission = {
      receiveId,
      message,
      ...(malformed ? { malformed } : {}),
      ...(transport.twoWay && !malformed ? { twoWay: { timeoutMs: transport.timeoutMs } } : {}),
    };
    const result = await this.#waiters.during(() => this.#context.submit(submission));
    // Without a key nobody can repeat the submission.
    if (key === undefined) this.#context.forget([receiveId]);
    if (malformed) return answer(response, 400, { error: malformed });
    if (!transport.twoWay)
      return answer(response, 202, { duplicate: result.duplicate, ...(result.suspended ? { suspended: result.suspended } : {}) });
    if (result.suspended) return answer(response, 500, { error: result.suspended });
    if (result.instance === undefined) return refuse(response, 409, 'The response to this Idempotency-Key was already given.');
    this.#waitForResponse(result.instance, response);
  }

  #waitForResponse(instance: string, response: ServerResponse): void {
    const { signal } = this.#stopping;
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stopped);
      leave();
    };
    const stopped = (): void => {
      end();
      refuse(response, 503, 'The receive location stopped before there was a response.');
    };
    const timer = setTimeout(
      () => {
        end();
        refuse(response, 504, 'There was no response in time.');
      },
      Math.min(this.#settings.transport.timeoutMs, LONGEST_TIMER_MS),
    );
    signal.addEventListener('abort', stopped);
    const leave = this.#waiters.wait(instance, (message) => {
      queueMicrotask(end);
      if ('error' in message) return write(response, 500, 'application/json', jsonOf({ error: message.error }));
      return write(response, message.properties[BTS.isFault] === true ? 500 : 200, contentTypeOf(message), bodyBytes(message));
    });
    response.once('close', end);
  }

  #failed(response: ServerResponse, error: unknown): void {
    if (response.destroyed) return;
    if (error instanceof BodyRefused) return refuse(response, error.status, error.message);
    if (!canRetry(error)) return refuse(response, isCode(error, 'messageBox.messageTooLarge') ? 413 : 422, messageOf(error));
    this.#context.log('warning', `${this.#settings.name}: a request was not taken in: ${messageOf(error)}`);
    refuse(response, 503, 'The MessageBox did not take the message. Send it again, with the same Idempotency-Key if you gave one.');
  }
}

type Status = SubmitResult['suspended'];

/** Refused requests end their connection: what is left of their body is not read. */
function refuse(response: ServerResponse, status: number, reason: string): void {
  if (response.headersSent || response.destroyed) return;
  response.setHeader('Connection', 'close');
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (status === 405) response.setHeader('Allow', 'POST');
  if (status === 503) response.setHeader('Retry-After', '1');
  if (status === 415) response.setHeader('Accept-Encoding', 'gzip, deflate, br');
  answer(response, status, { error: { message: reason } });
}

function answer(
  response: ServerResponse,
  status: number,
  value: { duplicate?: boolean; suspended?: Status; error?: { message: string } },
): void {
  void write(response, status, 'application/json', jsonOf(value));
}

function jsonOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** Resolves true when everything was handed to the system, false when the caller is gone. */
function write(response: ServerResponse, status: number, contentType: string, body: Buffer): Promise<boolean> {
  if (response.headersSent || response.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    response.once('finish', () => {
      resolve(true);
    });
    response.once('close', () => {
      resolve(response.writableFinished);
    });
    response.writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': body.length,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    });
    response.end(body);
  });
}
