/**
 * Message bodies too large for a journal record: `bodies/<sha256>`, one file per content, so a body is stored once however often it is
 * published (docs/failure-model.md, P20). Bytes arrive in chunks; a file has its final name only when its content is complete, checked and synced.
 */
import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { hasCode, isOutOfRoom, messageOf, SohError } from '../../errors.ts';
import { faultPoint } from '../../faults/faultPoint.ts';
import { BODY_CHUNK_BYTES, BODY_LIMIT_BYTES } from '../protocol/limits.ts';
import { type Disk, type DiskFile, storageFailed, writeAll } from './disk.ts';
import type { BodyStore } from './storage.ts';

/** Folder of the bodies inside the MessageBox's. */
export const BODIES_FOLDER = 'bodies';
const unfinished = '.part';

interface Arriving {
  readonly file: DiskFile;
  readonly hash: Hash;
  size: number;
  /** Set while the complete body is being synced. */
  finishing?: Promise<void>;
}

export class Bodies implements BodyStore {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #arriving = new Map<string, Arriving>();
  readonly #complete = new Set<string>();
  readonly #roomAgain: (() => Promise<void>) | undefined;

  /**
   * Opens `bodies/` in the data folder; what a crash left unfinished is removed. Errors: 'messageBox.folderUnusable'.
   *
   * @param roomAgain resolves when a chunk that found no room may be tried again; missing: a full disk is a failure like any other
   */
  constructor(disk: Disk, dataFolder: string, roomAgain?: () => Promise<void>) {
    this.#disk = disk;
    this.#roomAgain = roomAgain;
    this.#folder = join(dataFolder, BODIES_FOLDER);
    try {
      disk.makeFolder(this.#folder);
      for (const name of disk.list(this.#folder)) {
        if (isHash(name)) this.#complete.add(name);
        else if (name.endsWith(unfinished)) disk.remove(join(this.#folder, name));
      }
    } catch (error) {
      throw new SohError('messageBox.folderUnusable', { folder: this.#folder, reason: messageOf(error) }, error);
    }
  }

  /** True when the body is complete and on the device. */
  has(hash: string): boolean {
    return this.#complete.has(hash);
  }

  /** Hashes of all complete bodies. */
  list(): string[] {
    return [...this.#complete];
  }

  /**
   * Takes one chunk. Resolves for the last chunk when the body is on the device. Several senders of the same body help each other: bytes
   * that are there already are skipped. Errors: 'messageBox.messageTooLarge', 'messageBox.protocol' (a gap, or content that does not match
   * the hash: start again from 0), 'messageBox.storageFailed'.
   */
  async putChunk(hash: string, offset: number, data: Uint8Array, last: boolean): Promise<void> {
    checkHash(hash);
    const end = offset + data.byteLength;
    if (end > BODY_LIMIT_BYTES) {
      this.#abandon(hash);
      throw new SohError('messageBox.messageTooLarge', { size: end, limit: BODY_LIMIT_BYTES });
    }
    // Another sender of the same body may have brought all of it while this chunk waited for room.
    for (;;) {
      if (this.#complete.has(hash)) return;
      let stored: Promise<void> | undefined;
      try {
        stored = this.#take(hash, offset, data, last);
      } catch (error) {
        if (this.#roomAgain === undefined || !isOutOfRoom(error)) throw error;
        await this.#roomAgain();
        continue;
      }
      return stored;
    }
  }

  /** The promise of the last chunk is not waited for here: what a sync says is never tried again. */
  #take(hash: string, offset: number, data: Uint8Array, last: boolean): Promise<void> | undefined {
    const body = this.#arriving.get(hash) ?? this.#begin(hash);
    if (body.finishing) return last ? body.finishing : undefined;
    if (offset > body.size)
      throw new SohError('messageBox.protocol', {
        reason: `body ${hash}: chunk at ${String(offset)}, but ${String(body.size)} bytes are there`,
      });
    this.#extend(hash, body, data.subarray(Math.min(body.size - offset, data.byteLength)));
    if (!last) return undefined;
    body.finishing = this.#finish(hash, body);
    return body.finishing;
  }

  /** Bytes of a complete body; empty at its end, fewer than `length` just before. Undefined when there is no such body. */
  readChunk(hash: string, offset: number, length: number = BODY_CHUNK_BYTES): Buffer | undefined {
    checkHash(hash);
    let file: DiskFile;
    try {
      file = this.#disk.open(join(this.#folder, hash), 'read');
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
    try {
      const chunk = Buffer.allocUnsafe(Math.max(0, Math.min(length, file.size() - offset)));
      let done = 0;
      for (let count = -1; done < chunk.length && count !== 0; done += count) count = file.read(chunk.subarray(done), offset + done);
      return chunk.subarray(0, done);
    } finally {
      file.close();
    }
  }

  /** Removes a body nobody refers to any more. */
  delete(hash: string): void {
    checkHash(hash);
    this.#complete.delete(hash);
    this.#disk.remove(join(this.#folder, hash));
  }

  #begin(hash: string): Arriving {
    const path = join(this.#folder, hash + unfinished);
    try {
      const body: Arriving = { file: this.#disk.open(path, 'replace'), hash: createHash('sha256'), size: 0 };
      this.#arriving.set(hash, body);
      return body;
    } catch (error) {
      throw storageFailed(path, error);
    }
  }

  /** All of it or nothing. When there was no room for it, what came before it stays, and the chunk may come again. */
  #extend(hash: string, body: Arriving, bytes: Uint8Array): void {
    try {
      writeAll(body.file, bytes);
      body.hash.update(bytes);
      body.size += bytes.byteLength;
    } catch (error) {
      if (this.#roomAgain !== undefined && isOutOfRoom(error)) body.file.truncate(body.size);
      else this.#abandon(hash);
      throw storageFailed(body.file.path, error);
    }
  }

  async #finish(hash: string, body: Arriving): Promise<void> {
    if (body.hash.digest('hex') !== hash) {
      this.#abandon(hash);
      throw new SohError('messageBox.protocol', { reason: `body ${hash}: the ${String(body.size)} bytes received have another hash` });
    }
    try {
      await body.file.dataSync();
      faultPoint('body.beforeRename');
      await this.#name(body.file.path, join(this.#folder, hash));
      await this.#disk.syncFolder(this.#folder);
      this.#complete.add(hash);
    } catch (error) {
      throw storageFailed(body.file.path, error);
    } finally {
      body.file.close();
      this.#arriving.delete(hash);
    }
  }

  /** Even a name may need room. */
  async #name(from: string, to: string): Promise<void> {
    for (;;) {
      try {
        await this.#disk.rename(from, to);
        return;
      } catch (error) {
        if (this.#roomAgain === undefined || !isOutOfRoom(error)) throw error;
      }
      await this.#roomAgain();
    }
  }

  #abandon(hash: string): void {
    const body = this.#arriving.get(hash);
    if (body === undefined) return;
    this.#arriving.delete(hash);
    body.file.close();
    this.#disk.remove(body.file.path);
  }
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** A hash is a file name here, so nothing else gets through. */
function checkHash(hash: string): void {
  if (!isHash(hash)) throw new SohError('messageBox.protocol', { reason: 'a body is named by its sha256 in lower-case hex' });
}
