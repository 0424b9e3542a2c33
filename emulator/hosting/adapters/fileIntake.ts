/**
 * The way of a claimed file into the MessageBox: read, submitted, and only then marked as done. A claim whose file changes meanwhile
 * goes the whole way again, with the whole file (docs/failure-model.md, 4.9 and P15).
 */
import { join } from 'node:path';
import { canRetry, hasCode, messageOf, SohError } from '../../errors.ts';
import { faultPoint } from '../../faults/faultPoint.ts';
import { BTS } from '../../orchestration/message.ts';
import type { DirectorySync } from './directorySync.ts';
import type { ReceiveContext } from './door.ts';
import { formatClaim, inName, receiveIdOf, type Claim } from './fileClaims.ts';
import { moveAside, renameIfThere } from '../../files/fileFolder.ts';
import type { Content, FileKept } from './fileKept.ts';
import { shownName, type FileNotices } from './fileNotices.ts';
import type { EntryKind, Files } from '../../files/files.ts';

/** A claim of this process. */
export interface Held {
  readonly claim: Claim;
  /** The file as it was last seen; when it is another, somebody writes. */
  seen?: { readonly size: number; readonly mtimeMs: number };
  /** Receive ids it was submitted under; more than one when the file changed. */
  readonly tried: Set<string>;
  /** The file as the MessageBox has it. */
  taken?: Content & { readonly contentHash: string };
  /** It changed since it was taken: it has to settle again. */
  unsettled?: boolean;
  /** While it has to: what it was, and since when (monotonic ms). */
  steady?: { readonly size: number; readonly mtimeMs: number; readonly since: number };
  /** Monotonic ms when it is tried again. */
  notBefore: number;
}

type Outcome = 'done' | 'gone' | 'again';

/** Where a location works. */
export interface Place {
  readonly folder: string;
  readonly claimed: string;
  readonly refused: string;
  /** Tag of its file system. */
  readonly device: string;
  readonly sync: DirectorySync;
}

export interface FileIntakeOptions {
  readonly location: string;
  readonly receivePort: string;
  address(): string;
  readonly files: Files;
  readonly context: ReceiveContext;
  readonly notices: FileNotices;
  readonly kept: FileKept;
  place(): Place;
}

export class FileIntake {
  readonly #options: FileIntakeOptions;

  constructor(options: FileIntakeOptions) {
    this.#options = options;
  }

  /**
   * One try. Rejects when it has to be tried again.
   *
   * @returns done: nothing is left to do here; gone: it is not here any more, and the MessageBox may remember it; again: it is being
   * written, and has to settle.
   */
  async take(held: Held): Promise<Outcome> {
    if (!held.taken) {
      const outcome = await this.#submit(held);
      if (outcome !== 'done') return outcome;
    }
    return this.#markDone(held);
  }

  async #submit(held: Held): Promise<Outcome> {
    const { files, context } = this.#options;
    const { claim } = held;
    const { claimed } = this.#options.place();
    const path = join(claimed, formatClaim(claim));
    const reading = await files.read(path, context.maxBytes).catch((error: unknown) => this.#unreadable(held, error));
    if (reading === undefined || reading.kind === 'gone') return 'gone';
    if (reading.kind === 'notAFile') return this.#refuse(held, `it is ${whatItIs[reading.what]}.`);
    if (reading.kind === 'tooLarge') return this.#tooLarge(held, reading.size);
    if (reading.kind === 'changing') return this.#changed(held);
    if (reading.size === 0) return this.#refuse(held, 'it is empty.');
    const { size, mtimeMs } = reading;
    const { seen } = held;
    held.seen = { size, mtimeMs };
    if (seen && (seen.size !== size || seen.mtimeMs !== mtimeMs)) return this.#changed(held);
    try {
      const { contentHash, malformed } = await this.#give(held, reading.bytes);
      held.taken = { size, mtimeMs, malformed, contentHash };
    } catch (error) {
      if (canRetry(error)) throw error;
      return this.#refuse(held, messageOf(error));
    }
    return 'done';
  }

  /** Resolves when the MessageBox has it. */
  async #give(held: Held, bytes: Buffer): Promise<{ contentHash: string; malformed: boolean }> {
    const { context, location } = this.#options;
    const { claim } = held;
    const { message, malformed, contentHash: whole } = await context.read(bytes, { properties: this.#properties(claim) });
    const contentHash = inName(whole);
    // Before the MessageBox knows it, the claim has to survive a power cut: otherwise the file would come back under another id.
    await this.#options.place().sync.sync();
    faultPoint('hostInstance.fileClaimed');
    const receiveId = receiveIdOf(location, claim, contentHash);
    if (held.tried.size > 0 && !held.tried.has(receiveId)) this.grew(claim);
    held.tried.add(receiveId);
    const { suspended } = await context.submit({ receiveId, message, ...(malformed ? { malformed } : {}) });
    faultPoint('hostInstance.fileSubmitted');
    if (suspended) context.log('warning', `${location}: ${shownName(claim.fileName)} is suspended: ${suspended.message}`);
    return { contentHash, malformed: malformed !== undefined };
  }

  /**
   * The name of the claim now says that the MessageBox has it, and only then may the MessageBox forget the receive id. When the claim
   * changed hands, what its first owner sent may still be on its way; then forgetting waits one claim timeout more.
   */
  async #markDone(held: Held): Promise<Outcome> {
    const { files, context, kept } = this.#options;
    const { claim, taken } = held;
    const { claimed, sync } = this.#options.place();
    const path = join(claimed, formatClaim(claim));
    const found = await files.look(path);
    if (!found || !taken) return 'gone';
    if (found.size !== taken.size || found.mtimeMs !== taken.mtimeMs) return this.#changed(held);
    // Until then nobody else deletes it.
    const keep = claim.takeovers > 0 ? 0 : kept.keepMs(taken);
    const done: Claim = { ...claim, at: context.now() + keep, contentHash: taken.contentHash };
    if (!(await renameIfThere(files, path, join(claimed, formatClaim(done))))) return 'gone';
    await sync.sync();
    faultPoint('hostInstance.fileDone');
    if (claim.takeovers > 0) return 'done';
    // A power cut that undoes the rename brings back the claim: then its id must still be known.
    if (files.syncsFolders) context.forget([...held.tried]);
    kept.add(done, taken, keep, files.syncsFolders ? [] : [...held.tried]);
    return 'done';
  }

  /** Somebody still writes: the file has to settle, then all of it is read again. */
  #changed(held: Held): 'again' {
    delete held.taken;
    held.unsettled = true;
    return 'again';
  }

  grew(claim: Claim): void {
    const { location, notices } = this.#options;
    notices.happened(new SohError('receive.grew', { location, file: shownName(claim.fileName) }));
  }

  /** What this process may not read nobody will ever take; what another program holds for the moment is tried again. */
  async #unreadable(held: Held, error: unknown): Promise<undefined> {
    const forbidden = hasCode(error, 'EACCES') || hasCode(error, 'EPERM');
    if (!forbidden || this.#options.files.isHeld(error)) throw error;
    await this.#refuse(held, `${messageOf(error)}.`);
    return undefined;
  }

  async #tooLarge(held: Held, size: number): Promise<'gone'> {
    const { location, context, notices } = this.#options;
    const target = await this.#moveAside(held);
    const file = shownName(held.claim.fileName);
    notices.happened(new SohError('receive.tooLarge', { location, file, size, limit: context.maxBytes, target }));
    return 'gone';
  }

  async #refuse(held: Held, reason: string): Promise<'gone'> {
    const { location, notices } = this.#options;
    const target = await this.#moveAside(held);
    notices.happened(new SohError('receive.movedAside', { location, file: shownName(held.claim.fileName), reason, target }));
    return 'gone';
  }

  #moveAside({ claim }: Held): Promise<string> {
    const { claimed, refused } = this.#options.place();
    return moveAside(this.#options.files, join(claimed, formatClaim(claim)), refused, claim.fileName);
  }

  #properties(claim: Claim): Readonly<Record<string, string>> {
    return {
      [BTS.receivedFileName]: join(this.#options.place().folder, claim.fileName),
      [BTS.inboundAddress]: this.#options.address(),
      [BTS.receivePort]: this.#options.receivePort,
    };
  }
}

const whatItIs: Readonly<Record<Exclude<EntryKind, 'file'>, string>> = {
  folder: 'a folder',
  link: 'a symbolic link',
  other: 'no regular file',
};
