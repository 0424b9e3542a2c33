/**
 * `owner.json`: the one process that may write a folder (docs/failure-model.md, P4; Node has no file locks).
 *
 * Every claim has a random id that is never used again. The first claim of a folder creates `owner.json`; the successor of a dead claim
 * creates `owner-after-<dead id>.json`. Both are created by `link`, which makes a complete file and fails when the name is there. So of
 * two starters one wins, even if the winner dies half-way: its own successor is named after it. The owner is the last claim of the chain
 * that begins at `owner.json`; after winning, it becomes `owner.json` itself and the names of dead claims are removed. A slow starter may win a name that
 * was removed already, so each winner walks the chain once more and must find itself at the end.
 *
 * A pid proves something only where it can be seen. An owner on another machine or in another container (a shared folder) is judged by its
 * `beat`, a counter it moves each second: while it moves, the folder is in use; when it stands still for {@link STILL_MS}, the folder is
 * taken over. The owner may live all the same (stopped, asleep, cut off), so it looks whether the claim is still its own (`confirm`) before it
 * makes anything true, and ends when it is not.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Clock, pause } from '../clock.ts';
import { hasCode, isOutOfRoom, messageOf, SohError } from '../errors.ts';
import { knownVersion } from '../format.ts';
import { lifeOf, ownIdentity, type ProcessIdentity } from './processIdentity.ts';
import { readSmallFile } from './smallFile.ts';

/** Name of the owner file in the folder. */
export const ownerFileName = 'owner.json';

/** An owner moves its counter so often, in ms. */
export const BEAT_MS = 1000;
/** An owner that cannot be seen from here is given up when its counter did not move for so long, in ms. */
export const STILL_MS = 6 * BEAT_MS;
/** After such a takeover nothing is read for so long, in ms: what a shared folder shows the old owner may be a little old. */
const SETTLE_MS = 1500;
const LOOK_MS = 200;

/** The content of `owner.json`. */
export interface Owner extends ProcessIdentity {
  /** Random, of this claim only. */
  readonly id: string;
  /** Name of its computer or container, for people. */
  readonly computer?: string;
  /** Moves while the owner lives. Missing: in a file of an earlier version. */
  readonly beat?: number;
  /** The owner's time (UTC ms) when the counter moved last. */
  readonly time?: number;
}

export interface Claim {
  readonly owner: Owner;
  /** The owner before, whose folder was taken over. */
  readonly previous?: Owner;
  /** True: nobody can tell from here whether the owner before is dead; it may still have files open. */
  readonly unseen: boolean;
  /** Makes sure that the folder is still ours. Microseconds. @throws SohError 'messageBox.claimLost'; system errors when it cannot be read */
  confirm(): void;
  /** Moves the counter, and writes down `time` (UTC ms) with it. @throws like `confirm` */
  beat(time: number): void;
  /** Gives the folder back; a process that just ends need not. */
  release(): void;
}

/**
 * Makes this process the owner of the folder, which is created if needed. Takes some seconds when the owner before cannot be seen from here.
 * Errors: 'messageBox.folderInUse' while the owner lives (frozen counts as living), 'messageBox.folderInUseElsewhere',
 * 'messageBox.folderUnusable', 'messageBox.storageFull', 'format.newer'.
 */
export async function claimFolder(folder: string, clock: Clock): Promise<Claim> {
  let still: Owner | undefined;
  for (;;) {
    const claim = tryToClaim(folder, still);
    if ('confirm' in claim) {
      if (claim.unseen) await pause(clock, SETTLE_MS);
      claim.confirm();
      return claim;
    }
    await watch(folder, claim, clock);
    still = claim;
  }
}

/**
 * One attempt, at once: the claim, or the owner that has to be watched. `still`: an owner that was watched and stood still.
 * @throws what {@link claimFolder} throws
 */
export function tryToClaim(folder: string, still?: Owner): Claim | Owner {
  const owner: Owner = { ...ownIdentity(), computer: hostname(), id: randomBytes(12).toString('hex'), beat: 0, time: 0 };
  return usable(folder, () => {
    fs.mkdirSync(folder, { recursive: true });
    // Before anything is written: whoever lives there may need the room.
    mayFollow(folder, chainOf(folder).at(-1));
    const complete = join(folder, `owner-new-${owner.id}.json`);
    try {
      writeSynced(complete, textOf(owner));
      const won = win(folder, complete, owner, still);
      if (!Array.isArray(won)) return won;
      fs.renameSync(complete, join(folder, ownerFileName));
      sweep(folder, owner, won);
      return new FolderClaim(folder, owner, won.at(-1), won.at(-1) === undefined ? 'dead' : judge(won.at(-1)));
    } finally {
      fs.rmSync(complete, { force: true });
    }
  });
}

/** The recorded owner of a folder, dead or alive; undefined when nobody claimed it. Errors: 'messageBox.folderUnusable'. */
export function readOwner(folder: string): Owner | undefined {
  return usable(folder, () => chainOf(folder).at(-1));
}

class FolderClaim implements Claim {
  readonly owner: Owner;
  readonly previous?: Owner;
  readonly unseen: boolean;
  readonly #folder: string;
  readonly #path: string;
  /** What the file says while the claim is ours. */
  readonly #mark: string;
  #beat = 0;

  constructor(folder: string, owner: Owner, previous: Owner | undefined, life: ReturnType<typeof judge>) {
    this.owner = owner;
    if (previous !== undefined) this.previous = previous;
    this.unseen = life === 'unknown';
    this.#folder = folder;
    this.#path = join(folder, ownerFileName);
    this.#mark = `"id": "${owner.id}"`;
  }

  confirm(): void {
    this.#check(this.#reading(() => fs.readFileSync(this.#path, 'utf8')));
  }

  /** In place: who takes over puts a new file under this name, and the old one is no longer anybody's. */
  beat(time: number): void {
    const file = this.#reading(() => fs.openSync(this.#path, 'r+'));
    try {
      this.#check(fs.readFileSync(file, 'utf8'));
      const text = textOf({ ...this.owner, beat: ++this.#beat, time });
      try {
        fs.writeSync(file, text, 0);
      } catch (error) {
        // A full disk may refuse even this. Then the counter stands still, and who takes the folder over for that is noticed.
        if (!isOutOfRoom(error)) throw error;
      }
    } finally {
      fs.closeSync(file);
    }
  }

  release(): void {
    try {
      this.confirm();
    } catch {
      // Not ours any more, or not to be read: then it is not ours to remove.
      return;
    }
    fs.rmSync(this.#path, { force: true });
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (hasCode(error, 'ENOENT')) throw this.#lost(undefined);
      throw error;
    }
  }

  #check(text: string): void {
    if (!text.includes(this.#mark)) throw this.#lost(parse(text));
  }

  #lost(to: Owner | undefined): SohError {
    return new SohError('messageBox.claimLost', { folder: this.#folder, computer: to?.computer ?? '?', pid: to?.pid ?? 0 });
  }
}

/** Creates the next name of the chain; returns the claims before it, or the owner that has to be watched first. */
function win(folder: string, complete: string, owner: Owner, still: Owner | undefined): Owner[] | Owner {
  for (;;) {
    const chain = chainOf(folder);
    const last = chain.at(-1);
    if (mayFollow(folder, last) === 'unknown' && last !== undefined && !sameBeat(last, still)) return last;
    const name = last === undefined ? join(folder, ownerFileName) : successorFile(folder, last.id);
    if (!linked(complete, name)) continue;
    if (chainOf(folder).at(-1)?.id === owner.id) return chain;
    fs.rmSync(name, { force: true });
  }
}

/** What is known of the owner that is to be followed. @throws SohError 'messageBox.folderInUse' */
function mayFollow(folder: string, last: Owner | undefined): 'dead' | 'unknown' {
  const life = judge(last);
  if (life === 'alive') throw new SohError('messageBox.folderInUse', { pid: last?.pid ?? 0, folder });
  return life;
}

/** An owner without a counter is of an earlier version, which let the pid decide. */
function judge(owner: Owner | undefined): 'alive' | 'dead' | 'unknown' {
  if (owner === undefined) return 'dead';
  const life = lifeOf(owner);
  return life === 'unknown' && owner.beat === undefined ? 'alive' : life;
}

/** Resolves when the counter of the owner did not move, or somebody else is the owner whom we can judge. @throws SohError 'messageBox.folderInUseElsewhere' */
async function watch(folder: string, owner: Owner, clock: Clock): Promise<void> {
  for (const end = clock.monotonic() + STILL_MS; clock.monotonic() < end;) {
    await pause(clock, LOOK_MS);
    const now = readOwner(folder);
    if (now === undefined) return;
    if (sameBeat(now, owner)) continue;
    if (judge(now) !== 'unknown') return;
    throw new SohError('messageBox.folderInUseElsewhere', { folder, computer: now.computer ?? '?', pid: now.pid });
  }
}

function sameBeat(a: Owner, b: Owner | undefined): boolean {
  return a.id === b?.id && a.beat === b.beat;
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
  const text = readSmallFile(path);
  if (text === undefined) return undefined;
  refuseNewer(text, path);
  const claim = parse(text);
  if (claim === undefined) throw new Error(`${path} is damaged; delete it when no MessageBox uses this folder`);
  return claim;
}

/** Version 1: the first release, which did not say it. */
const format = { name: 'owner file', version: 2 };

/** What another version says besides it may be anything. */
function refuseNewer(text: string, path: string): void {
  const [, version] = /^\s*\{\s*"version": ?(\d{1,9})\b/.exec(text) ?? [];
  if (version !== undefined) knownVersion(format, Number(version), path);
}

const COUNTER_DIGITS = 12;
const TIME_DIGITS = 16;

/** Always of the same length, so that a reader in the middle of a beat sees the digits of two beats at worst. */
function textOf({ beat = 0, time = 0, ...rest }: Owner): string {
  const moving = { beat: String(beat).padStart(COUNTER_DIGITS, '0'), time: String(time).padStart(TIME_DIGITS, '0') };
  return `${JSON.stringify({ version: format.version, ...rest, ...moving }, null, 2)}\n`;
}

function parse(text: string): Owner | undefined {
  try {
    const { pid, startTime, id, place, computer, beat, time } = JSON.parse(text) as Record<string, unknown>;
    const valid =
      typeof pid === 'number' && pid > 0 && typeof startTime === 'string' && typeof id === 'string' && /^[0-9a-f]{24}$/.test(id);
    if (!valid) return undefined;
    return {
      ...{ pid, startTime, id },
      ...(typeof place === 'string' ? { place } : {}),
      ...(typeof computer === 'string' ? { computer } : {}),
      ...(typeof beat === 'string' ? { beat: Number(beat) } : {}),
      ...(typeof time === 'string' ? { time: Number(time) } : {}),
    };
  } catch {
    return undefined;
  }
}

/** Synced before it gets its name, so that a power loss leaves no empty owner file. */
function writeSynced(path: string, text: string): void {
  const descriptor = fs.openSync(path, 'wx', 0o600);
  try {
    fs.writeFileSync(descriptor, text);
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
 * The owner is `owner.json` now, so its other names and those of dead starters mean nothing. Those that live, or may live, still compare
 * and lose; an unreadable one may be just being written.
 */
function sweep(folder: string, owner: Owner, before: readonly Owner[]): void {
  for (const { id } of before) fs.rmSync(successorFile(folder, id), { force: true });
  for (const name of fs.readdirSync(folder)) {
    if (!/^owner-(new|after)-[0-9a-f]{24}\.json$/.test(name)) continue;
    const path = join(folder, name);
    const claim = parse(readSmallFile(path) ?? '');
    if (claim !== undefined && (claim.id === owner.id || judge(claim) === 'dead')) fs.rmSync(path, { force: true });
  }
}

function usable<T>(folder: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (error instanceof SohError) throw error;
    if (isOutOfRoom(error)) throw new SohError('messageBox.storageFull', { folder }, error);
    throw new SohError('messageBox.folderUnusable', { folder, reason: messageOf(error) }, error);
  }
}
