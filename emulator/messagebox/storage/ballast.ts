/**
 * The ballast: a file that only takes room, and gives it back when the disk is full (docs/failure-model.md, P13). With it, what was decided
 * before the disk was found full can still be written, and sessions, losses and operations go on being recorded.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { isOutOfRoom } from '../../errors.ts';
import { type Disk, fileSize, storageFailed, writeAll } from './disk.ts';

export const ballastFile = 'ballast';
/** Bytes of the ballast unless a setting says otherwise. */
export const BALLAST_BYTES = 16 * 1024 * 1024;

const PIECE_BYTES = 1024 * 1024;

export class Ballast {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #path: string;
  readonly #bytes: number;
  #held: boolean;
  /** Changes when it gives way, so that a `take` under way notices. */
  #given = 0;

  constructor(disk: Disk, folder: string, bytes: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#path = join(folder, ballastFile);
    this.#bytes = bytes;
    this.#held = disk.list(folder).includes(ballastFile) && fileSize(disk, this.#path) === bytes;
  }

  /** True while it is in place. */
  get held(): boolean {
    return this.#held;
  }

  /** Gives its room back. False when there was nothing to give. */
  give(): boolean {
    this.#given++;
    this.#held = false;
    const there = this.#disk.list(this.#folder).includes(ballastFile);
    if (there) this.#disk.remove(this.#path);
    return there;
  }

  /**
   * Puts it in place, piece by piece, if it is not; `rest` lets everything else have its turn in between. False when there is too little room
   * for it and a quarter more, so that what comes next does not find the disk full again at once. Errors: 'messageBox.storageFailed'.
   */
  async take(rest: () => Promise<void>): Promise<boolean> {
    const given = this.#given;
    const wanted = (): boolean => this.#given === given;
    try {
      const free = this.#disk.freeBytes(this.#folder) + (this.#held ? this.#bytes : 0);
      if (free < 1.25 * this.#bytes) return false;
      if (this.#held) return true;
      await this.#write(wanted, rest);
      if (wanted()) return (this.#held = true);
    } catch (error) {
      if (!isOutOfRoom(error)) throw storageFailed(this.#path, error);
    }
    if (!this.#held) this.#disk.remove(this.#path);
    return false;
  }

  /** Nothing that repeats: a file system that compresses would keep nothing of it. */
  async #write(wanted: () => boolean, rest: () => Promise<void>): Promise<void> {
    const piece = randomBytes(Math.min(PIECE_BYTES, this.#bytes));
    const file = this.#disk.open(this.#path, 'replace');
    try {
      for (let left = this.#bytes; left > 0 && wanted(); left -= piece.length) {
        writeAll(file, piece.subarray(0, left));
        await file.dataSync();
        await rest();
      }
    } finally {
      file.close();
    }
  }
}
