/** A receive folder as `submit` writes to it. */
import { randomBytes } from 'node:crypto';
import { basename, extname, join } from 'node:path';
import { hasCode, messageOf } from '../errors.ts';
import { removeIfThere, whileHeld } from '../files/fileFolder.ts';
import type { Files } from '../files/files.ts';
import { TemporaryFiles } from '../files/temporaryFiles.ts';

/** A receive folder, and where files are written that nobody may pick up yet (docs/files.md, "Files that are still written"). */
export class ReceiveFolder {
  readonly #files: Files;
  readonly path: string;
  #temporary: TemporaryFiles;

  private constructor(files: Files, path: string) {
    this.#files = files;
    this.path = path;
    this.#temporary = new TemporaryFiles(files, path);
  }

  static async at(files: Files, path: string): Promise<ReceiveFolder> {
    const folder = new ReceiveFolder(files, await files.makeFolder(path));
    // What one before left that died. Where that cannot be, this one may still be submitted.
    await folder.#temporary.clean().catch(() => undefined);
    return folder;
  }

  /** Arrives under its final name in one step, so no half file is ever picked up; each drop has a name of its own, which is returned. */
  async drop(name: string, content: Buffer): Promise<string> {
    const extension = extname(name);
    const unique = `${basename(name, extension)}-${randomBytes(6).toString('hex')}${extension}`;
    for (let again = false; ; again = true) {
      try {
        await this.#move(await this.#temporary.write(content, false), join(this.path, unique));
        return unique;
      } catch (error) {
        if (hasCode(error, 'EXDEV')) continue;
        if (again || !hasCode(error, 'ENOENT')) throw error;
        // Another submit that came to its end removed the folder for both, or somebody removed the receive folder.
        this.#temporary = new TemporaryFiles(this.#files, await this.#files.makeFolder(this.path));
      }
    }
  }

  /** Rejects with EXDEV when it has to be written again, elsewhere. */
  async #move(written: string, target: string): Promise<void> {
    try {
      await whileHeld(this.#files, () => this.#files.rename(written, target));
    } catch (error) {
      await removeIfThere(this.#files, written).catch(() => undefined);
      if (hasCode(error, 'EXDEV') && !this.#temporary.moveInside(written)) throw new Error(messageOf(error), { cause: error });
      throw error;
    }
  }

  end(): Promise<void> {
    return this.#temporary.end();
  }
}
