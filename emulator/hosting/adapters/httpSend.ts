/**
 * HTTP send port: one POST, with an Idempotency-Key that is the same for every attempt (docs/failure-model.md, 4.9). Everything but 2xx is a
 * failure; redirects are not followed, because the address is what the group file or the orchestration says it is.
 */
import type * as http from 'node:http';
import * as https from 'node:https';
import { hasCode, messageOf, SohError } from '../../errors.ts';
import type { SendPortSettings } from '../../cluster/clusterFile.ts';
import { nodeHttp } from '../../wire/loopback.ts';
import { BTS } from '../../orchestration/message.ts';
import { bodyBytes, contentTypeOf } from '../pipelines/decode.ts';
import type { OutboundMessage, SendAdapter } from './door.ts';
import { LONGEST_TIMER_MS } from './wakeup.ts';

/** As much of an error response as goes into the reason, in characters. */
const REASON_LENGTH = 200;

export interface HttpSendSettings extends Omit<SendPortSettings, 'transport'> {
  readonly transport: Extract<SendPortSettings['transport'], { adapter: 'HTTP' }>;
}

export class HttpSend implements SendAdapter {
  readonly #settings: HttpSendSettings;

  constructor(settings: HttpSendSettings) {
    this.#settings = settings;
  }

  async transmit(message: OutboundMessage, signal: AbortSignal): Promise<void> {
    const given = this.#settings.transport.url ?? message.properties[BTS.outboundAddress];
    const url = URL.canParse(String(given)) ? new URL(String(given)) : undefined;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
      throw this.#failed(String(given ?? '(none)'), 'the address is not an http or https URL');
    }
    const timeout = AbortSignal.timeout(Math.min(this.#settings.transport.timeoutMs, LONGEST_TIMER_MS));
    try {
      await post(url, message, this.#settings.name, AbortSignal.any([signal, timeout]));
    } catch (error) {
      const reason = timeout.aborted ? `no answer within ${String(this.#settings.transport.timeoutMs)} ms` : messageOf(error);
      throw this.#failed(`${url.origin}${url.pathname}`, reason, error);
    }
  }

  /** The address in the text has neither user name and password nor query: they may be secret. */
  #failed(address: string, reason: string, cause?: unknown): SohError {
    return new SohError('send.failed', { port: this.#settings.name, address, reason }, cause);
  }
}

async function post(url: URL, message: OutboundMessage, port: string, signal: AbortSignal): Promise<void> {
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
  const response = await once();
  const text = await readStart(response);
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) throw new Error(`${String(status)} ${response.statusMessage ?? ''} ${text}`.trim());
}

/** Reads a response to its end, so that the connection can be used again, but keeps only its start. */
async function readStart(response: http.IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response as AsyncIterable<string>) {
    if (text.length < REASON_LENGTH) text += chunk.slice(0, REASON_LENGTH - text.length);
  }
  return text.replace(/\s+/g, ' ');
}
