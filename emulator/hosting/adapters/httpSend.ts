/**
 * HTTP send port: one POST, with an Idempotency-Key that is the same for every attempt (docs/failure-model.md, 4.9). Everything but 2xx is a
 * failure; redirects are not followed, because the address is what the group file or the orchestration says it is. A two-way port brings the
 * body of the answer back; 500 with a body may be a fault message.
 */
import type * as http from 'node:http';
import * as https from 'node:https';
import { hasCode, messageOf, SohError } from '../../errors.ts';
import type { SendPortSettings } from '../../cluster/clusterFile.ts';
import { nodeHttp } from '../../wire/loopback.ts';
import { BTS } from '../../orchestration/message.ts';
import { bodyBytes, contentTypeOf } from '../pipelines/decode.ts';
import type { Answer, OutboundMessage, SendAdapter } from './door.ts';
import { charsetOf } from './httpBody.ts';
import { LONGEST_TIMER_MS } from './wakeup.ts';

/** As much of an error response as goes into the reason, in characters. */
const REASON_LENGTH = 200;

export interface HttpSendSettings extends Omit<SendPortSettings, 'transport'> {
  readonly transport: Extract<SendPortSettings['transport'], { adapter: 'HTTP' }>;
}

export class HttpSend implements SendAdapter {
  readonly #settings: HttpSendSettings;
  readonly #maxBytes: number;

  /** @param maxBytes of the body of an answer */
  constructor(settings: HttpSendSettings, maxBytes: number) {
    this.#settings = settings;
    this.#maxBytes = maxBytes;
  }

  async transmit(message: OutboundMessage, signal: AbortSignal): Promise<Answer | undefined> {
    const given = this.#settings.transport.url ?? message.properties[BTS.outboundAddress];
    const url = URL.canParse(String(given)) ? new URL(String(given)) : undefined;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
      throw this.#failed(String(given ?? '(none)'), 'the address is not an http or https URL');
    }
    const timeout = AbortSignal.timeout(Math.min(this.#settings.transport.timeoutMs, LONGEST_TIMER_MS));
    const address = `${url.origin}${url.pathname}`;
    try {
      const response = await post(url, message, this.#settings.name, AbortSignal.any([signal, timeout]));
      const status = response.statusCode ?? 0;
      const answers = this.#settings.transport.twoWay && (status === 500 || isSuccess(status));
      const bytes = answers ? await readAll(response, this.#maxBytes) : undefined;
      const start = bytes ? startOf(bytes.toString('utf8', 0, 4 * REASON_LENGTH)) : await readStart(response);
      const reason = `${String(status)} ${response.statusMessage ?? ''} ${start}`.trim();
      if (!bytes?.length && (bytes || !isSuccess(status))) throw new Error(bytes ? `${reason} without a body` : reason);
      if (!bytes) return undefined;
      const charset = charsetOf(response.headers['content-type']);
      const fault = isSuccess(status) ? undefined : this.#failed(address, reason);
      return { bytes, ...(charset === undefined ? {} : { charset }), ...(fault && { fault }) };
    } catch (error) {
      const reason = timeout.aborted ? `no answer within ${String(this.#settings.transport.timeoutMs)} ms` : messageOf(error);
      throw this.#failed(address, reason, error);
    }
  }

  /** The address in the text has neither user name and password nor query: they may be secret. */
  #failed(address: string, reason: string, cause?: unknown): SohError {
    return new SohError('send.failed', { port: this.#settings.name, address, reason }, cause);
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

async function post(url: URL, message: OutboundMessage, port: string, signal: AbortSignal): Promise<http.IncomingMessage> {
  const body = bodyBytes(message);
  const headers = {
    'Content-Type': contentTypeOf(message),
    'Content-Length': body.length,
    // Names of ports may have letters that headers cannot carry.
    'Idempotency-Key': `${encodeURIComponent(message.id)}/${encodeURIComponent(port)}`,
  };
  const { request } = url.protocol === 'https:' ? https : nodeHttp();
  const once = (): Promise<http.IncomingMessage> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', headers, signal }, resolve);
      sent.on('error', (error) => {
        // The other side closed an idle connection just when it was used again: that says nothing about the message.
        if (sent.reusedSocket && hasCode(error, 'ECONNRESET')) resolve(once());
        else reject(error);
      });
      sent.end(body);
    });
  return once();
}

async function readAll(response: http.IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Error(`the answer has more than ${String(limit)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** Reads a response to its end, so that the connection can be used again, but keeps only its start. */
async function readStart(response: http.IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response as AsyncIterable<string>) {
    if (text.length < REASON_LENGTH) text += chunk.slice(0, REASON_LENGTH - text.length);
  }
  return startOf(text);
}

function startOf(text: string): string {
  return text.slice(0, REASON_LENGTH).replace(/\s+/g, ' ');
}
