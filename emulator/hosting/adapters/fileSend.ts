/**
 * FILE send port (docs/failure-model.md, 4.9): temporary file in the target folder, fsync, rename to a name that contains the message id,
 * fsync of the folder. A file of that name is this message, sent by an attempt whose acknowledgement got lost: that is success.
 */
import { randomBytes } from 'node:crypto';
import { open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SohError } from '../../errors.ts';
import type { SendPortSettings } from '../../cluster/clusterFile.ts';
import { bodyBytes } from '../pipelines/decode.ts';
import { DirectorySync } from './directorySync.ts';
import type { OutboundMessage, SendAdapter } from './door.ts';
import { lookAt, prepareFolder, removeIfThere } from './fileFolder.ts';
import { MAX_NAME_BYTES, targetName, whyUnusable, type TargetName } from './fileNames.ts';

const temporary = /^\.soh-[0-9a-f]{16}\.tmp$/;
/** A temporary file this old belongs to a process that died, ms. */
const ABANDONED_MS = 10 * 60_000;

export interface FileSendSettings extends Omit<SendPortSettings, 'transport'> {
  readonly transport: Extract<SendPortSettings['transport'], { adapter: 'FILE' }>;
}

interface Target {
  readonly path: string;
  readonly sync: DirectorySync;
}

export class FileSend implements SendAdapter {
  readonly #settings: FileSendSettings;
  readonly #folder: string;
  #target: Promise<Target> | undefined;

  constructor(settings: FileSendSettings, folder: string) {
    this.#settings = settings;
    this.#folder = folder;
  }

  async transmit(message: OutboundMessage, signal: AbortSignal): Promise<void> {
    const target = targetName(this.#settings.transport.fileName, message, Date.now());
    const reason = Buffer.byteLength(target.name) > MAX_NAME_BYTES ? 'it is too long' : whyUnusable(target.name);
    if (reason !== undefined) throw new SohError('send.badFileName', { port: this.#settings.name, fileName: target.name, reason });
    try {
      await this.#deliver(await this.#prepared(), target, message, signal);
    } catch (error) {
      throw new SohError(
        'send.failed',
        { port: this.#settings.name, address: join(this.#folder, target.name), reason: messageOf(error) },
        error,
      );
    }
  }

  async #deliver(folder: Target, target: TargetName, message: OutboundMessage, signal: AbortSignal): Promise<void> {
    if (!(await alreadyThere(folder.path, target))) {
      signal.throwIfAborted();
      await writeNew(folder.path, target.name, bodyBytes(message));
    }
    // Also for a file that was there: the attempt that wrote it may have died before this.
    await folder.sync.sync();
  }

  #prepared(): Promise<Target> {
    this.#target ??= this.#prepare().catch((error: unknown) => {
      this.#target = undefined;
      throw error;
    });
    return this.#target;
  }

  async #prepare(): Promise<Target> {
    const path = await prepareFolder(this.#folder);
    for (const name of await readdir(path)) {
      if (!temporary.test(name)) continue;
      const found = await lookAt(join(path, name));
      if (found && Date.now() - found.mtimeMs > ABANDONED_MS) await removeIfThere(join(path, name));
    }
    return { path, sync: new DirectorySync(path) };
  }
}

async function alreadyThere(folder: string, target: TargetName): Promise<boolean> {
  if (target.anyTime) {
    const { anyTime } = target;
    return (await readdir(folder)).some((name) => anyTime.test(name));
  }
  const found = await lookAt(join(folder, target.name));
  if (found && !found.isFile) throw new Error('the name is taken by something that is not a file');
  return found !== undefined;
}

async function writeNew(folder: string, name: string, bytes: Buffer): Promise<void> {
  const path = join(folder, `.soh-${randomBytes(8).toString('hex')}.tmp`);
  try {
    const handle = await open(path, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(path, join(folder, name));
  } catch (error) {
    await removeIfThere(path);
    throw error;
  }
}
