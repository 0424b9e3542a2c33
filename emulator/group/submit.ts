/** `submit`: real input through a receive location. FILE: dropped into the folder by rename; HTTP: posted. */
import { resolve } from 'node:path';
import { SohError, toWire, type WireError } from '../errors.ts';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/nodeFiles.ts';
import type { ClusterFile, ReceiveLocationSettings } from '../cluster/clusterFile.ts';
import type { Commands, SubmittedFile, SubmitOutcome } from '../control/commands.ts';
import { ReceiveFolder } from './receiveFolder.ts';
import { Outcomes, TakenFiles, type TakenFilesOptions } from './takenFiles.ts';

/** How long an answer that says what became of the messages waits for it, ms. */
const TAKEN_WITHIN_MS = 1500;

/** A host instance, as far as it can take messages. */
export interface Receiver {
  readonly name: string;
  readonly host: string;
  readonly told: string;
  /** Of its HTTP receive locations. */
  readonly addresses: Readonly<Record<string, string>>;
}

export interface SubmitSources extends TakenFilesOptions {
  readonly cluster: ClusterFile;
  readonly baseFolder: string;
  readonly token: string;
  receivers(): readonly Receiver[];
}

type Request = Commands['submit']['arguments'];
type Answer = Commands['submit']['result'];

/** @throws SohError 'group.unknownReceiveLocation', 'group.submitFailed' */
export async function submitToLocation(sources: SubmitSources, request: Request, files: Files = nodeFiles): Promise<Answer> {
  const { receiveLocations } = sources.cluster;
  const location = receiveLocations.find(({ name }) => name === request.location);
  if (!location)
    throw new SohError('group.unknownReceiveLocation', {
      name: request.location,
      known: receiveLocations.map(({ name }) => name).join(', '),
    });
  const { transport } = location;
  if (transport.adapter === 'HTTP') return postAll(sources, location, request);
  const folder = await ReceiveFolder.at(files, resolve(sources.baseFolder, transport.folder));
  try {
    return await dropAll(sources, location, folder, request);
  } finally {
    await folder.end();
  }
}

interface HandedIn {
  readonly submitted: number;
  readonly failed?: WireError;
}

/** One after the other. What fails ends it: thrown when nothing is in yet, else told beside what is, so that nobody hands that in again. */
async function handIn({ files, count = 1 }: Request, one: (file: SubmittedFile) => Promise<void>): Promise<HandedIn> {
  let submitted = 0;
  try {
    for (let round = 0; round < count; round++)
      for (const file of files) {
        await one(file);
        submitted++;
      }
  } catch (error) {
    if (submitted === 0) throw error;
    return { submitted, failed: toWire(error) };
  }
  return { submitted };
}

async function dropAll(
  sources: SubmitSources,
  location: ReceiveLocationSettings,
  folder: ReceiveFolder,
  request: Request,
): Promise<Answer> {
  const watch = new TakenFiles(sources);
  const names: string[] = [];
  const handedIn = await handIn(request, async (file) => {
    names.push(await folder.drop(file.name, bytesOf(file)));
  });
  if (!request.follow) return handedIn;
  let outcome: SubmitOutcome;
  try {
    outcome = await watch.watch(location.name, names, TAKEN_WITHIN_MS);
  } catch (error) {
    return { failed: toWire(error), ...handedIn };
  }
  const count = handedIn.submitted - messagesOf(outcome);
  if (count === 0) return { ...handedIn, ...outcome };
  const receivers = sources.receivers().filter(({ host }) => host === location.host);
  const hostInstances = receivers.map(({ name, told }) => `${name} (${told})`).join(', ');
  const notTaken = new SohError('group.notTaken', {
    location: location.name,
    count,
    folder: folder.path,
    host: location.host,
    hostInstances,
  });
  return { ...handedIn, ...outcome, notTaken: toWire(notTaken) };
}

async function postAll(sources: SubmitSources, { name }: ReceiveLocationSettings, request: Request): Promise<Answer> {
  const outcomes = new Outcomes();
  const handedIn = await handIn(request, async (file) => {
    outcomes.taken(await post(sources, name, bytesOf(file)));
  });
  return { ...handedIn, ...(request.follow && outcomes.result()) };
}

function messagesOf({ taken }: SubmitOutcome): number {
  return taken.reduce((sum, { messages }) => sum + messages, 0);
}

function bytesOf({ content, encoding }: SubmittedFile): Buffer<ArrayBuffer> {
  return Buffer.from(content, encoding ?? 'utf8');
}

/** Returns the host instance that took it. */
async function post(sources: SubmitSources, location: string, content: Buffer<ArrayBuffer>): Promise<string> {
  const receiver = sources.receivers().findLast(({ addresses }) => addresses[location] !== undefined);
  const url = receiver?.addresses[location];
  if (receiver === undefined || url === undefined)
    throw new SohError('group.submitFailed', { location, reason: 'no host instance serves it at the moment' });
  // Nothing is said of the charset: the bytes say it themselves.
  const type = /[<{[]/.exec(content.subarray(0, 64).toString('latin1'))?.[0] === '<' ? 'application/xml' : 'application/json';
  const response = await fetch(url, {
    method: 'POST',
    body: content,
    headers: { 'content-type': type, authorization: `Bearer ${sources.token}` },
  });
  if (!response.ok)
    throw new SohError('group.submitFailed', { location, reason: `HTTP ${String(response.status)} ${await response.text()}` });
  return receiver.name;
}
