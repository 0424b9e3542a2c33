/**
 * FILE receive location (docs/behaviour.md, section 15; docs/failure-model.md, 4.9 and P15). A file is taken by renaming it into `.claimed`,
 * so several host instances may watch one folder. It is submitted, and only when the MessageBox has it does the claim go. A host
 * instance that dies in between leaves the claim; whoever finds it submits the same receive id again, which is recognised.
 *
 * Which files are taken: regular files (links and folders are not followed) whose name matches the mask and does not start with a
 * dot, that are not empty and that nobody seems to be writing (`settling.ts`). A writer that pauses longer than 50 ms has to write
 * elsewhere and rename; a file that changes after it was submitted is moved aside and reported.
 */
import { watch, type FSWatcher } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { canRetry, messageOf, SohError } from '../../errors.ts';
import type { ReceiveLocationSettings } from '../../cluster/clusterFile.ts';
import { BTS, type Properties } from '../../orchestration/message.ts';
import { DirectorySync } from './directorySync.ts';
import { MAX_MESSAGE_BYTES, type ReceiveAdapter, type ReceiveContext } from './door.ts';
import {
  CLAIMED,
  formatClaim,
  hashOf,
  MAX_CLAIMED_NAME_BYTES,
  newClaim,
  ownerHash,
  parseClaim,
  receiveIdOf,
  REFUSED,
  type Claim,
} from './fileClaims.ts';
import {
  lookAt,
  moveAside,
  NotReadable,
  prepareFolder,
  prepareInside,
  readRegularFile,
  removeIfThere,
  renameIfThere,
  type ReadFile,
} from './fileFolder.ts';
import { compileMask } from './fileNames.ts';
import { SETTLE_MS, Settling } from './settling.ts';
import { Wakeup } from './wakeup.ts';

/** Files between claim and acknowledgement at the same time. */
const IN_FLIGHT = 64;
/** File names held in memory by one look at the folder; the rest is seen by the next. */
const BATCH = 5000;

export interface FileReceiveSettings extends Omit<ReceiveLocationSettings, 'transport'> {
  readonly transport: Extract<ReceiveLocationSettings['transport'], { adapter: 'FILE' }>;
}

export class FileReceive implements ReceiveAdapter {
  readonly #settings: FileReceiveSettings;
  readonly #context: ReceiveContext;
  readonly #matches: (name: string) => boolean;
  readonly #owner: string;
  readonly #wakeup = new Wakeup();
  readonly #settling = new Settling();
  /** Ids of claims made or taken over by this process; all others of its owner name are from one that died. */
  readonly #mine = new Set<string>();
  readonly #inFlight = new Map<string, Promise<void>>();
  #folder: string;
  #claimed = '';
  #refused = '';
  #claimedSync = new DirectorySync('');
  #watcher: FSWatcher | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  #lastTrouble = '';

  constructor(settings: FileReceiveSettings, folder: string, context: ReceiveContext) {
    this.#settings = settings;
    this.#folder = folder;
    this.#context = context;
    this.#matches = compileMask(settings.transport.mask);
    this.#owner = ownerHash(context.hostInstance);
  }

  get address(): string {
    return join(this.#folder, this.#settings.transport.mask);
  }

  async start(): Promise<void> {
    try {
      await this.#prepare();
    } catch (error) {
      throw new SohError(
        'receive.folderUnusable',
        { location: this.#settings.name, folder: this.#folder, reason: messageOf(error) },
        error,
      );
    }
    this.#watch();
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watcher?.close();
    this.#wakeup.wake();
    await this.#running;
    await Promise.all(this.#inFlight.values());
  }

  async #prepare(): Promise<void> {
    this.#folder = await prepareFolder(this.#folder);
    this.#claimed = await prepareInside(this.#folder, CLAIMED);
    this.#refused = await prepareInside(this.#folder, REFUSED);
    this.#claimedSync = new DirectorySync(this.#claimed);
  }

  /** Change events only shorten the wait for the next poll: they get lost, and some file systems have none. */
  #watch(): void {
    try {
      this.#watcher = watch(this.#folder, () => {
        this.#wakeup.wake();
      });
      this.#watcher.on('error', (error) => {
        this.#watcher?.close();
        this.#trouble(`change events of ${this.#folder} ended, polling goes on: ${messageOf(error)}`);
      });
    } catch (error) {
      this.#trouble(`no change events for ${this.#folder}, only polling: ${messageOf(error)}`);
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      let pause = this.#settings.transport.pollingMs;
      try {
        if (!this.#context.paused()) {
          await this.#finishClaims();
          pause = await this.#takeFiles();
        }
        this.#lastTrouble = '';
      } catch (error) {
        this.#trouble(`cannot look into ${this.#folder}: ${messageOf(error)}`);
        await this.#prepare().catch((again: unknown) => {
          this.#trouble(`cannot create ${this.#folder}: ${messageOf(again)}`);
        });
      }
      if (!this.#stopped) await this.#wakeup.sleep(Math.max(pause, 1));
    }
  }

  /** Claims that nobody works on: of a dead predecessor at once, of another host instance when they are old enough. */
  async #finishClaims(): Promise<void> {
    const names = (await this.#list(this.#claimed, () => true)).names;
    for (const name of names) {
      const claim = parseClaim(name);
      if (!claim || this.#inFlight.has(claim.id)) continue;
      const old = this.#context.now() - claim.at >= this.#context.claimTimeoutMs;
      if (claim.contentHash !== undefined) {
        if (old) await this.#forget(claim, claim.contentHash);
      } else if (this.#mine.has(claim.id)) {
        await this.#begin(claim);
      } else if (old || claim.owner === this.#owner) {
        await this.#takeOver(claim);
      }
      if (this.#stopped) return;
    }
  }

  async #takeOver(claim: Claim): Promise<void> {
    const taken: Claim = { ...claim, owner: this.#owner, at: this.#context.now(), takeovers: claim.takeovers + 1 };
    if (!(await renameIfThere(this.#claimPath(claim), this.#claimPath(taken)))) return;
    this.#context.log('info', `${this.#settings.name}: finishes ${claim.fileName}, which another process had taken`);
    this.#mine.add(taken.id);
    await this.#begin(taken);
  }

  /** Takes the files that are there, in order of their names. Returns ms until the next look. */
  async #takeFiles(): Promise<number> {
    const { names, more } = await this.#list(this.#folder, (name) => !name.startsWith('.') && this.#matches(name));
    let pause = more ? 0 : this.#settings.transport.pollingMs;
    for (const name of names.sort((a, b) => (a < b ? -1 : 1))) {
      const found = await lookAt(join(this.#folder, name));
      if (!found?.isFile) continue;
      // File times are the system's, so the age of a file is measured by its clock and not by the MessageBox's.
      if (this.#settling.isSettled(name, found, Date.now())) await this.#takeFile(name, found.size);
      else if (found.size > 0) pause = Math.min(pause, SETTLE_MS);
      if (this.#stopped) break;
    }
    this.#settling.endRound();
    return pause;
  }

  async #takeFile(name: string, size: number): Promise<void> {
    const path = join(this.#folder, name);
    if (size > MAX_MESSAGE_BYTES)
      return this.#refuse(path, name, `it has ${String(size)} bytes, over the limit of ${String(MAX_MESSAGE_BYTES)} bytes`);
    if (Buffer.byteLength(name) > MAX_CLAIMED_NAME_BYTES) return this.#refuse(path, name, 'its name is too long');
    const claim = newClaim(name, this.#owner, this.#context.now());
    try {
      if (!(await renameIfThere(path, this.#claimPath(claim)))) return;
    } catch (error) {
      // Windows refuses while a writer has it open; the next poll tries again.
      this.#trouble(`cannot take ${path}: ${messageOf(error)}`);
      return;
    }
    this.#mine.add(claim.id);
    await this.#begin(claim);
  }

  /** Waits for room, then works on the claim without being waited for. */
  async #begin(claim: Claim): Promise<void> {
    while (this.#inFlight.size >= IN_FLIGHT) await Promise.race(this.#inFlight.values());
    const work = this.#submit(claim)
      .catch((error: unknown) => {
        // The claim stays; the next poll submits it again under the same receive id.
        this.#trouble(`${claim.fileName} is not in the MessageBox yet: ${messageOf(error)}`);
      })
      .finally(() => this.#inFlight.delete(claim.id));
    this.#inFlight.set(claim.id, work);
  }

  async #submit(claim: Claim): Promise<void> {
    const path = this.#claimPath(claim);
    let file: ReadFile | undefined;
    try {
      file = await readRegularFile(path, MAX_MESSAGE_BYTES);
    } catch (error) {
      if (!(error instanceof NotReadable)) throw error;
      return this.#refuse(path, claim.fileName, error.message);
    }
    if (!file) return;
    const contentHash = hashOf(file.bytes);
    const { message, malformed } = this.#context.disassemble(file.bytes, { properties: this.#properties(claim) });
    // Before the MessageBox knows it, the claim has to survive a power cut: otherwise the file would come back under another id.
    await this.#claimedSync.sync();
    try {
      const receiveId = receiveIdOf(this.#settings.name, claim, contentHash);
      const result = await this.#context.submit({ receiveId, message, ...(malformed ? { malformed } : {}) });
      if (result.suspended)
        this.#context.log('warning', `${this.#settings.name}: ${claim.fileName} is suspended: ${result.suspended.message}`);
    } catch (error) {
      if (canRetry(error)) throw error;
      return this.#refuse(path, claim.fileName, messageOf(error));
    }
    const after = await lookAt(path);
    if (after && (after.size !== file.bytes.length || after.mtimeMs !== file.mtimeMs)) {
      return this.#refuse(path, claim.fileName, 'it changed after it was submitted, so the message may be incomplete');
    }
    await this.#acknowledged(claim, contentHash);
  }

  /**
   * The name of the claim now says that the MessageBox has it, and only then may the MessageBox forget the receive id. When the claim
   * changed hands, what its first owner sent may still be on its way; then forgetting waits one claim timeout more.
   */
  async #acknowledged(claim: Claim, contentHash: string): Promise<void> {
    const done: Claim = { ...claim, at: this.#context.now(), contentHash };
    if (!(await renameIfThere(this.#claimPath(claim), this.#claimPath(done)))) return;
    await this.#claimedSync.sync();
    if (claim.takeovers === 0) await this.#forget(done, contentHash);
  }

  async #forget(done: Claim, contentHash: string): Promise<void> {
    this.#context.forget([receiveIdOf(this.#settings.name, done, contentHash)]);
    await removeIfThere(this.#claimPath(done));
    this.#mine.delete(done.id);
  }

  async #refuse(path: string, name: string, reason: string): Promise<void> {
    const target = await moveAside(path, this.#refused, name);
    this.#context.log('error', `${this.#settings.name}: ${name} is not taken in: ${reason}. It was moved to ${target}.`);
  }

  #properties(claim: Claim): Properties {
    const { receivePort, name } = this.#settings;
    return {
      [BTS.receivedFileName]: join(this.#folder, claim.fileName),
      [BTS.inboundAddress]: this.address,
      [BTS.receivePort]: receivePort ?? name,
    };
  }

  #claimPath(claim: Claim): string {
    return join(this.#claimed, formatClaim(claim));
  }

  async #list(folder: string, wanted: (name: string) => boolean): Promise<{ names: string[]; more: boolean }> {
    const names: string[] = [];
    for await (const entry of await opendir(folder, { bufferSize: 256 })) {
      if (!entry.isFile() || !wanted(entry.name)) continue;
      // What waits is looked at in every round, but may not keep others from being seen.
      if (names.length - this.#settling.size >= BATCH) return { names, more: true };
      names.push(entry.name);
    }
    return { names, more: false };
  }

  /** Says each trouble once, not with every poll. */
  #trouble(text: string): void {
    if (text === this.#lastTrouble) return;
    this.#lastTrouble = text;
    this.#context.log('warning', `${this.#settings.name}: ${text}`);
  }
}
