/**
 * FILE send port (docs/failure-model.md, 4.9): a temporary file where no consumer looks, synced, renamed to a name that contains the message
 * id, sync of the folder. A file of that name with the same content is this message, sent by an attempt whose acknowledgement got lost:
 * that is success. With other content it is somebody else's, and stays as it is.
 */
import { join } from 'node:path';
import { hasCode, messageOf, SohError } from '../../errors.ts';
import type { SendPortSettings } from '../../cluster/clusterFile.ts';
import { faultPoint } from '../../faults/faultPoint.ts';
import { bodyBytes } from '../pipelines/decode.ts';
import { DirectorySync } from './directorySync.ts';
import type { OutboundMessage, SendAdapter } from './door.ts';
import { removeIfThere, whileHeld } from '../../files/fileFolder.ts';
import { MAX_NAME_BYTES, targetName, whyUnusable, type TargetName } from './fileNames.ts';
import type { Files } from '../../files/files.ts';
import { nodeFiles } from '../../files/nodeFiles.ts';
import { TemporaryFiles } from '../../files/temporaryFiles.ts';

/** How often what other processes left is looked for, ms. */
const CLEAN_MS = 60_000;

export interface FileSendSettings extends Omit<SendPortSettings, 'transport'> {
  readonly transport: Extract<SendPortSettings['transport'], { adapter: 'FILE' }>;
}

interface Place {
  readonly path: string;
  readonly sync: DirectorySync;
  readonly temporary: TemporaryFiles;
}

export class FileSend implements SendAdapter {
  readonly #settings: FileSendSettings;
  readonly #folder: string;
  readonly #files: Files;
  #place: Promise<Place> | undefined;
  #cleaning: NodeJS.Timeout | undefined;

  constructor(settings: FileSendSettings, folder: string, files: Files = nodeFiles) {
    this.#settings = settings;
    this.#folder = folder;
    this.#files = files;
  }

  start(): void {
    const clean = (): void => {
      // What cannot be cleaned up now is tried again; a folder that cannot be used is told by the first message.
      this.#temporaryFiles()
        .then((temporary) => temporary.clean())
        .catch(() => undefined);
    };
    this.#cleaning = setInterval(clean, CLEAN_MS).unref();
    clean();
  }

  async stop(): Promise<void> {
    clearInterval(this.#cleaning);
    await (await this.#temporaryFiles()).end();
  }

  transmit(message: OutboundMessage, signal: AbortSignal): Promise<undefined> {
    return this.transmitAs(this.#settings.transport.fileName, message, signal);
  }

  /** The same under another name, which may have macros. */
  async transmitAs(fileName: string, message: OutboundMessage, signal: AbortSignal): Promise<undefined> {
    const { name: port } = this.#settings;
    const target = targetName(fileName, message, Date.now());
    const unusable = Buffer.byteLength(target.name) > MAX_NAME_BYTES ? 'it is too long' : whyUnusable(target.name);
    if (unusable !== undefined) throw new SohError('send.badFileName', { port, fileName: target.name, reason: unusable });
    const address = join(this.#folder, target.name);
    let delivered: boolean;
    try {
      delivered = await this.#deliver(target, bodyBytes(message), signal);
    } catch (error) {
      throw new SohError('send.failed', { port, address, reason: messageOf(error) }, error);
    }
    if (!delivered) throw new SohError('send.nameTaken', { port, address });
  }

  /** False when the name is taken. */
  async #deliver(target: TargetName, bytes: Buffer, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    for (let again = false; ; again = true) {
      try {
        return await this.#attempt(await this.#prepared(), target, bytes, signal);
      } catch (error) {
        if (again || !hasCode(error, 'ENOENT')) throw error;
        // Somebody removed a folder since it was made: all are made again.
        this.#place = undefined;
      }
    }
  }

  async #attempt(place: Place, target: TargetName, bytes: Buffer, signal: AbortSignal): Promise<boolean> {
    const { path, sync, temporary } = place;
    const written = await temporary.write(bytes);
    faultPoint('hostInstance.fileWritten');
    let left = true;
    try {
      const found = await this.#find(path, target, bytes);
      if (found === 'other') return false;
      if (found === 'none') {
        signal.throwIfAborted();
        await whileHeld(this.#files, () => this.#files.rename(written, join(path, target.name)));
        left = false;
        faultPoint('hostInstance.fileSent');
      }
      // Also for a file that was there: the attempt that wrote it may have died before this.
      await sync.sync();
      return true;
    } catch (error) {
      if (!hasCode(error, 'EXDEV') || !temporary.moveInside(written)) throw error;
    } finally {
      // One that a scanner holds is cleaned up later.
      if (left) await removeIfThere(this.#files, written).catch(() => undefined);
    }
    return this.#attempt(place, target, bytes, signal);
  }

  /** Is this message there already, or something else under its name? */
  async #find(folder: string, { name, anyTime }: TargetName, bytes: Buffer): Promise<'same' | 'other' | 'none'> {
    if (anyTime) {
      for await (const entry of this.#files.list(folder))
        if (anyTime.test(entry.name) && (await this.#compare(join(folder, entry.name), bytes)) === 'same') return 'same';
    }
    return this.#compare(join(folder, name), bytes);
  }

  async #compare(path: string, bytes: Buffer): Promise<'same' | 'other' | 'none'> {
    const found = await this.#files.look(path);
    if (!found) return 'none';
    if (found.kind !== 'file') throw new Error('the name is taken by something that is not a file');
    if (found.size !== bytes.length) return 'other';
    const reading = await this.#files.read(path, bytes.length);
    if (reading.kind === 'gone') return 'none';
    return reading.kind === 'read' && reading.bytes.equals(bytes) ? 'same' : 'other';
  }

  #prepared(): Promise<Place> {
    this.#place ??= this.#prepare().catch((error: unknown) => {
      this.#place = undefined;
      throw error;
    });
    return this.#place;
  }

  async #prepare(): Promise<Place> {
    const path = await this.#files.makeFolder(this.#folder);
    return { path, sync: new DirectorySync(this.#files, path), temporary: new TemporaryFiles(this.#files, path) };
  }

  /** Also while there is no folder to send to yet. */
  async #temporaryFiles(): Promise<TemporaryFiles> {
    const place = await this.#place?.catch(() => undefined);
    return place?.temporary ?? new TemporaryFiles(this.#files, this.#folder);
  }
}
