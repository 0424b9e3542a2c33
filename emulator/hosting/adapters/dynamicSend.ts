/**
 * Dynamic send port: the address that the orchestration gives with a message decides by its scheme how it goes out (docs/behaviour.md, section
 * 14). An address may come from a message, so what names a file names it in the one folder that the group file allows.
 */
import type { SendPortSettings } from '../../cluster/clusterFile.ts';
import { SohError } from '../../errors.ts';
import { BTS } from '../../orchestration/message.ts';
import { term } from '../../text/term.ts';
import type { OutboundMessage, SendAdapter } from './door.ts';
import { FileSend } from './fileSend.ts';
import { HttpSend } from './httpSend.ts';

export interface DynamicSendSettings extends Omit<SendPortSettings, 'transport'> {
  readonly transport: Extract<SendPortSettings['transport'], { adapter: 'dynamic' }>;
}

export class DynamicSend implements SendAdapter {
  readonly #port: string;
  readonly #http: HttpSend;
  readonly #file: FileSend | undefined;

  /** @param folder for files; without it none is written */
  constructor(settings: DynamicSendSettings, folder: string | undefined) {
    const { retryCount, retryIntervalMs, timeoutMs } = settings.transport;
    const retry = { retryCount, retryIntervalMs };
    this.#port = settings.name;
    this.#http = new HttpSend({ ...settings, transport: { adapter: 'HTTP', twoWay: false, timeoutMs, ...retry } }, 0);
    if (folder === undefined) return;
    this.#file = new FileSend({ ...settings, transport: { adapter: 'FILE', folder, fileName: '%MessageID%', ...retry } }, folder);
  }

  start(): void {
    this.#file?.start();
  }

  async stop(): Promise<void> {
    await this.#file?.stop();
  }

  async transmit(message: OutboundMessage, signal: AbortSignal): Promise<undefined> {
    const address = String(message.properties[BTS.outboundAddress] ?? '');
    // Not as a URL: macros have percent signs of their own.
    const fileName = /^file:\/*(.+)$/is.exec(address)?.[1];
    if (fileName === undefined) await this.#http.transmit(message, signal);
    else if (this.#file) await this.#file.transmitAs(fileName, message, signal);
    else throw new SohError('send.badFileName', { port: this.#port, fileName, reason: term('the send port has no folder for files') });
  }
}
