/** `submit`: real input through a receive location. FILE: dropped into the folder by rename; HTTP: posted. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { SohError } from '../errors.ts';
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
): Promise<{ submitted: number }> {
  const { cluster, baseFolder } = sources;
  const found = cluster.receiveLocations.find(({ name }) => name === location);
  if (!found)
    throw new SohError('group.unknownReceiveLocation', {
      name: location,
      known: cluster.receiveLocations.map(({ name }) => name).join(', '),
    });
  const { transport } = found;
  let submitted = 0;
  for (let round = 0; round < count; round++) {
    for (const file of files) {
      if (transport.adapter === 'FILE') await drop(resolve(baseFolder, transport.folder), file.name, bytesOf(file));
      else await post(sources, location, bytesOf(file));
      submitted++;
    }
  }
  return { submitted };
}

function bytesOf({ content, encoding }: SubmittedFile): Buffer<ArrayBuffer> {
  return Buffer.from(content, encoding ?? 'utf8');
}

/** Arrives under its final name in one step, so no half file is ever picked up; each drop has a name of its own. */
async function drop(folder: string, name: string, content: Buffer): Promise<void> {
  const extension = extname(name);
  const unique = `${basename(name, extension)}-${randomBytes(6).toString('hex')}`;
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${unique}.part`);
  const handle = await open(temporary, 'wx');
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
  await rename(temporary, join(folder, unique + extension));
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
