/** `submit`: real input through a receive location. FILE: dropped into the folder by rename; HTTP: posted. */
import { randomBytes } from 'node:crypto';
import { basename, extname, join, resolve } from 'node:path';
import { hasCode, messageOf, SohError } from '../errors.ts';
import { removeIfThere, whileHeld } from '../files/fileFolder.ts';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/nodeFiles.ts';
import { TemporaryFiles } from '../files/temporaryFiles.ts';
import type { ClusterFile } from '../cluster/clusterFile.ts';
import type { Commands, SubmittedFile } from '../control/commands.ts';

export interface SubmitSources {
  readonly cluster: ClusterFile;
  readonly baseFolder: string;
  readonly token: string;
  /** Addresses of HTTP receive locations. */
  addresses(): Readonly<Record<string, string>>;
}

/** @throws SohError 'group.unknownReceiveLocation', 'group.submitFailed' */
export async function submitToLocation(
  sources: SubmitSources,
  { location, files, count = 1 }: Commands['submit']['arguments'],
  system: Files = nodeFiles,
): Promise<{ submitted: number }> {
  const { cluster, baseFolder } = sources;
  const found = cluster.receiveLocations.find(({ name }) => name === location);
  if (!found)
    throw new SohError('group.unknownReceiveLocation', {
      name: location,
      known: cluster.receiveLocations.map(({ name }) => name).join(', '),
    });
  const { transport } = found;
  const folder = transport.adapter === 'FILE' ? await Folder.at(system, resolve(baseFolder, transport.folder)) : undefined;
  let submitted = 0;
  try {
    for (let round = 0; round < count; round++) {
      for (const file of files) {
        if (folder) await folder.drop(file.name, bytesOf(file));
        else await post(sources, location, bytesOf(file));
        submitted++;
      }
    }
  } finally {
    await folder?.end();
  }
  return { submitted };
}

function bytesOf({ content, encoding }: SubmittedFile): Buffer<ArrayBuffer> {
  return Buffer.from(content, encoding ?? 'utf8');
}

/** A receive folder, and where files are written that nobody may pick up yet (docs/files.md, "Files that are still written"). */
class Folder {
  readonly #files: Files;
  readonly #path: string;
  #temporary: TemporaryFiles;

  private constructor(files: Files, path: string) {
    this.#files = files;
    this.#path = path;
    this.#temporary = new TemporaryFiles(files, path);
  }

  static async at(files: Files, path: string): Promise<Folder> {
    const folder = new Folder(files, await files.makeFolder(path));
    // What one before left that died. Where that cannot be, this one may still be submitted.
    await folder.#temporary.clean().catch(() => undefined);
    return folder;
  }

  /** Arrives under its final name in one step, so no half file is ever picked up; each drop has a name of its own. */
  async drop(name: string, content: Buffer): Promise<void> {
    const extension = extname(name);
    const target = join(this.#path, `${basename(name, extension)}-${randomBytes(6).toString('hex')}${extension}`);
    for (let again = false; ; again = true) {
      try {
        await this.#move(await this.#temporary.write(content, false), target);
        return;
      } catch (error) {
        if (hasCode(error, 'EXDEV')) continue;
        if (again || !hasCode(error, 'ENOENT')) throw error;
        // Another submit that came to its end removed the folder for both, or somebody removed the receive folder.
        this.#temporary = new TemporaryFiles(this.#files, await this.#files.makeFolder(this.#path));
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

async function post(sources: SubmitSources, location: string, content: Buffer<ArrayBuffer>): Promise<void> {
  const url = sources.addresses()[location];
  if (url === undefined) throw new SohError('group.submitFailed', { location, reason: 'no host instance serves it at the moment' });
  // Nothing is said of the charset: the bytes say it themselves.
  const type = /[<{[]/.exec(content.subarray(0, 64).toString('latin1'))?.[0] === '<' ? 'application/xml' : 'application/json';
  const response = await fetch(url, {
    method: 'POST',
    body: content,
    headers: { 'content-type': type, authorization: `Bearer ${sources.token}` },
  });
  if (!response.ok)
    throw new SohError('group.submitFailed', { location, reason: `HTTP ${String(response.status)} ${await response.text()}` });
}
