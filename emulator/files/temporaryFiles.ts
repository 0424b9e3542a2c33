/**
 * Where a file is written that is not complete yet: never where a consumer looks. Beside the folder it goes to, in `.soh-<name>`, as long as that
 * is the same file system and may be written to; else, where the folder is a mount point for example, in a hidden folder inside of it
 * (docs/failure-model.md, 4.9).
 *
 * The name of a temporary file says which process writes it, so what a process left that died is removed, and nothing else.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { processIdentity } from '../wire/processIdentity.ts';
import { OWN_PREFIX, prepareInside, removeIfThere, shortened } from './fileFolder.ts';
import type { Files } from './files.ts';

/** The hidden folder inside of the folder. */
const INSIDE = `${OWN_PREFIX}temporary`;
/** A temporary file of a process that cannot be asked after is left behind when it is this old, ms. */
const ABANDONED_MS = 10 * 60_000;

const name = /^([0-9a-f]{8})-(\d{1,10})-([0-9a-f]{8})-[0-9a-f]{16}\.tmp$/;

export class TemporaryFiles {
  readonly #files: Files;
  readonly #folder: string;
  #inside = false;
  #path: string | undefined;

  /** @param folder real path of the folder the files go to */
  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /** Writes a new one; its content is on the device when this resolves, unless that is not wanted. */
  async write(bytes: Uint8Array, synced = true): Promise<string> {
    const folder = (this.#path ??= await this.#prepare());
    const path = join(folder, `${ownTag()}-${randomBytes(8).toString('hex')}.tmp`);
    await this.#files.write(path, bytes, synced);
    return path;
  }

  /** This one cannot be moved from where it is: from now on they are inside of the folder. False when it is there already. */
  moveInside(written: string): boolean {
    if (dirname(written) === join(this.#folder, INSIDE)) return false;
    this.#inside = true;
    this.#path = undefined;
    return true;
  }

  /** Removes what processes left that died. */
  async clean(): Promise<void> {
    for (const place of this.#places()) {
      if ((await this.#files.look(place))?.kind !== 'folder') continue;
      for await (const entry of this.#files.list(place)) {
        const path = join(place, entry.name);
        // What a scanner holds is removed the next time.
        if (await this.#isAbandoned(entry.name, path)) await removeIfThere(this.#files, path).catch(() => undefined);
      }
    }
  }

  /** Removes the folders, where nobody else uses them. */
  async end(): Promise<void> {
    this.#path = undefined;
    // Not empty, or not there.
    for (const place of this.#places()) await this.#files.removeFolder(place).catch(() => undefined);
  }

  #places(): readonly string[] {
    const parent = dirname(this.#folder);
    const inside = join(this.#folder, INSIDE);
    return parent === this.#folder ? [inside] : [join(parent, besideName(this.#folder)), inside];
  }

  async #prepare(): Promise<string> {
    const [beside = ''] = this.#places();
    if (!this.#inside && beside !== join(this.#folder, INSIDE) && (await this.#usable(beside))) return beside;
    this.#inside = true;
    return prepareInside(this.#files, this.#folder, INSIDE);
  }

  async #usable(beside: string): Promise<boolean> {
    try {
      await prepareInside(this.#files, dirname(beside), basename(beside));
      const [there, here] = [await this.#files.look(beside), await this.#files.look(this.#folder)];
      if (there !== undefined && there.device === here?.device) return true;
      await this.#files.removeFolder(beside);
    } catch {
      // The folder above may not be ours to write to: nothing is wrong with that.
    }
    return false;
  }

  async #isAbandoned(file: string, path: string): Promise<boolean> {
    const [, space, pid, start] = name.exec(file) ?? [];
    if (space === undefined || pid === undefined || start === undefined) return false;
    if (space === processSpace()) {
      const identity = processIdentity(Number(pid));
      if (!identity) return true;
      if (identity.startTime !== '') return tagOf(identity.startTime) !== start;
    }
    const found = await this.#files.look(path);
    return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS;
  }
}

function besideName(folder: string): string {
  const own = basename(folder);
  return `${OWN_PREFIX}${shortened(own, 200)}${Buffer.byteLength(own) > 200 ? `-${tagOf(own)}` : ''}`;
}

let tag: string | undefined;

/** This process, as it appears in names. */
function ownTag(): string {
  tag ??= `${processSpace()}-${String(process.pid)}-${tagOf(processIdentity(process.pid)?.startTime ?? '')}`;
  return tag;
}

/** Process ids mean nothing outside of the place they were given out in: a container, for example. */
function processSpace(): string {
  try {
    return tagOf(readlinkSync('/proc/self/ns/pid'));
  } catch {
    // Other systems have one space of process ids.
    return tagOf('');
  }
}

function tagOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
