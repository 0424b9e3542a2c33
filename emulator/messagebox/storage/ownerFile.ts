/**
 * `owner.json`: the one process that may write the data folder (docs/failure-model.md, P4; Node has no file locks).
 *
 * Every claim has a random id that is never used again. The first claim of a folder creates `owner.json`; the successor of a dead claim
 * creates `owner-after-<dead id>.json`. Both are created by `link`, which makes a complete file and fails when the name is there. So of
 * two starters one wins, even if the winner dies half-way: its own successor is named after it. The owner is the last claim of the chain
 * that begins at `owner.json`; after winning, it becomes `owner.json` itself and the names of dead claims are removed. A slow starter may win a name that
 * was removed already, so each winner walks the chain once more and must find itself at the end.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { hasCode, messageOf, SohError } from '../../errors.ts';
import { isAlive, processIdentity, type ProcessIdentity } from '../../wire/processIdentity.ts';

/** Name of the owner file in the data folder. */
export const ownerFileName = 'owner.json';

/** The content of `owner.json`. */
export interface Owner extends ProcessIdentity {
  /** Random, of this claim only. */
  readonly id: string;
}

export interface Claim {
  readonly owner: Owner;
  /** The dead owner whose folder was taken over. */
  readonly previous?: Owner;
  /** Gives the folder back; a process that just ends need not. */
  release(): void;
}

/**
 * Makes this process the owner of the folder, which is created if needed. Errors: 'messageBox.folderInUse' while the owner lives (frozen
 * counts as living), 'messageBox.folderUnusable'.
 */
export function claimFolder(folder: string): Claim {
  const owner: Owner = { ...(processIdentity(process.pid) ?? { pid: process.pid, startTime: '' }), id: randomBytes(12).toString('hex') };
  return usable(folder, () => {
    fs.mkdirSync(folder, { recursive: true });
    const complete = join(folder, `owner-new-${owner.id}.json`);
    writeSynced(complete, owner);
    try {
      const chain = win(folder, complete, owner);
      fs.renameSync(complete, join(folder, ownerFileName));
      sweep(folder, owner);
      const previous = chain.at(-1);
      const release = (): void => {
        giveBack(folder, owner);
      };
      return previous === undefined ? { owner, release } : { owner, previous, release };
    } finally {
      fs.rmSync(complete, { force: true });
    }
  });
}

/** The recorded owner of a folder, dead or alive; undefined when nobody claimed it. Errors: 'messageBox.folderUnusable'. */
export function readOwner(folder: string): Owner | undefined {
  return usable(folder, () => chainOf(folder).at(-1));
}

/** Creates the next name of the chain; returns the dead claims before it. */
function win(folder: string, complete: string, owner: Owner): Owner[] {
  for (;;) {
    const chain = chainOf(folder);
    const last = chain.at(-1);
    if (last !== undefined && isAlive(last)) throw new SohError('messageBox.folderInUse', { pid: last.pid, folder });
    const name = last === undefined ? join(folder, ownerFileName) : successorFile(folder, last.id);
    if (!linked(complete, name)) continue;
    if (chainOf(folder).at(-1)?.id === owner.id) return chain;
    fs.rmSync(name, { force: true });
  }
}

function chainOf(folder: string): Owner[] {
  const chain: Owner[] = [];
  for (let next = readClaim(join(folder, ownerFileName)); next !== undefined; next = readClaim(successorFile(folder, next.id)))
    chain.push(next);
  return chain;
}

function successorFile(folder: string, id: string): string {
  return join(folder, `owner-after-${id}.json`);
}

function readClaim(path: string): Owner | undefined {
  const text = textOf(path);
  if (text === undefined) return undefined;
  const claim = parse(text);
  if (claim === undefined) throw new Error(`${path} is damaged; delete it when no MessageBox uses this folder`);
  return claim;
}

function textOf(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function parse(text: string): Owner | undefined {
  try {
    const { pid, startTime, id } = JSON.parse(text) as Partial<Owner>;
    const valid =
      typeof pid === 'number' && pid > 0 && typeof startTime === 'string' && typeof id === 'string' && /^[0-9a-f]{24}$/.test(id);
    return valid ? { pid, startTime, id } : undefined;
  } catch {
    return undefined;
  }
}

/** Synced before it gets its name, so that a power loss leaves no empty owner file. */
function writeSynced(path: string, owner: Owner): void {
  const descriptor = fs.openSync(path, 'wx', 0o600);
  try {
    fs.writeSync(descriptor, `${JSON.stringify(owner, null, 2)}\n`);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/**
 * The owner is `owner.json` now, so its other names and those of dead starters mean nothing. Those that live still compare and lose; an
 * unreadable one may be just being written.
 */
function sweep(folder: string, owner: Owner): void {
  for (const name of fs.readdirSync(folder)) {
    if (!/^owner-(new|after)-[0-9a-f]{24}\.json$/.test(name)) continue;
    const path = join(folder, name);
    const claim = parse(textOf(path) ?? '');
    if (claim !== undefined && (claim.id === owner.id || !isAlive(claim))) fs.rmSync(path, { force: true });
  }
}

function giveBack(folder: string, owner: Owner): void {
  if (readOwner(folder)?.id === owner.id) fs.rmSync(join(folder, ownerFileName), { force: true });
}

function usable<T>(folder: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (error instanceof SohError) throw error;
    throw new SohError('messageBox.folderUnusable', { folder, reason: messageOf(error) }, error);
  }
}
