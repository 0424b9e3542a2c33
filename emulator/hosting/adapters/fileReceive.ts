/**
 * FILE receive location (docs/behaviour.md, section 15; docs/failure-model.md, 4.9 and P15). A file is taken by renaming it into `.claimed`,
 * so several host instances may watch one folder. It is submitted, and only when the MessageBox has it is it marked as done and, a while
 * later, deleted. A host instance that dies in between leaves the claim; whoever finds it submits the same receive id again, which is
 * recognised.
 *
 * Which files are taken: regular files (links and folders are not followed) whose name matches the mask and does not start with a
 * dot, that are not empty and that nobody seems to be writing (`settling.ts`). What is not taken is named with the reason
 * (`fileNotices.ts`). What a writer can rely on: docs/files.md.
 */
import { join } from 'node:path';
import type { ReceiveLocationSettings } from '../../cluster/clusterFile.ts';
import type { ErrorCode } from '../../errorCatalogue.ts';
import { messageOf, SohError, type ErrorParameters } from '../../errors.ts';
import { ClaimWork } from './claimWork.ts';
import { DirectorySync } from './directorySync.ts';
import type { ReceiveAdapter, ReceiveContext } from './door.ts';
import { CLAIMED, deviceTag, MAX_CLAIMED_NAME_BYTES, REFUSED } from './fileClaims.ts';
import { OWN_PREFIX, prepareInside } from '../../files/fileFolder.ts';
import type { Place } from './fileIntake.ts';
import { compileMask } from './fileNames.ts';
import { FileNotices, shownName } from './fileNotices.ts';
import { forgettable } from './fileReceiveIds.ts';
import type { Entry, Files } from '../../files/files.ts';
import { nodeFiles } from '../../files/nodeFiles.ts';
import { TemporaryFiles } from '../../files/temporaryFiles.ts';
import { PATIENCE, type Patience } from './patience.ts';
import { Settling } from './settling.ts';
import { Wakeup } from './wakeup.ts';

/** File names held in memory by one look at the folder; the rest is seen by the next. */
const BATCH = 5000;
/** How often the claims of others are looked at, ms. */
const SCAN_MS = 1000;

export interface FileReceiveSettings extends Omit<ReceiveLocationSettings, 'transport'> {
  readonly transport: Extract<ReceiveLocationSettings['transport'], { adapter: 'FILE' }>;
}

export class FileReceive implements ReceiveAdapter {
  readonly #settings: FileReceiveSettings;
  readonly #context: ReceiveContext;
  readonly #files: Files;
  readonly #patience: Patience;
  readonly #matches: (name: string) => boolean;
  readonly #notices: FileNotices;
  readonly #settling: Settling;
  readonly #work: ClaimWork;
  readonly #wakeup = new Wakeup();
  #place: Place;
  #unwatch: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  /** What the MessageBox remembers has to be compared with what there is. */
  #compare = true;
  /** Files of the last round that could not be taken: looked at in every round, they may not keep others from being seen. */
  #stuck = 0;
  #lastTrouble = '';

  constructor(
    settings: FileReceiveSettings,
    folder: string,
    context: ReceiveContext,
    files: Files = nodeFiles,
    patience: Patience = PATIENCE,
  ) {
    this.#settings = settings;
    this.#context = context;
    this.#files = files;
    this.#patience = patience;
    this.#place = { folder, claimed: '', refused: '', device: '', sync: new DirectorySync(files, '') };
    this.#matches = compileMask(settings.transport.mask);
    this.#notices = new FileNotices(context, patience);
    this.#settling = new Settling(settings.transport.settleMs);
    this.#work = new ClaimWork({
      location: settings.name,
      receivePort: settings.receivePort ?? settings.name,
      address: () => this.address,
      files,
      context,
      notices: this.#notices,
      settleMs: settings.transport.settleMs,
      patience,
      place: () => this.#place,
      lost: () => {
        this.#compare = true;
      },
      more: () => {
        this.#wakeup.wake();
      },
      trouble: (text) => {
        this.#trouble(text);
      },
    });
  }

  get address(): string {
    return join(this.#place.folder, this.#settings.transport.mask);
  }

  async start(): Promise<void> {
    const { folder } = this.#place;
    try {
      await this.#prepare();
    } catch (error) {
      throw new SohError('receive.folderUnusable', { location: this.#settings.name, folder, reason: messageOf(error) }, error);
    }
    // What a `submit` left that died, for example.
    await new TemporaryFiles(this.#files, this.#place.folder).clean().catch(() => undefined);
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unwatch();
    this.#wakeup.wake();
    await this.#running;
    await this.#work.end();
  }

  reconnected(): void {
    this.#compare = true;
    this.#wakeup.wake();
  }

  async #prepare(): Promise<void> {
    const folder = await this.#files.makeFolder(this.#place.folder);
    const claimed = await prepareInside(this.#files, folder, CLAIMED);
    const refused = await prepareInside(this.#files, folder, REFUSED);
    const device = deviceTag((await this.#files.look(claimed))?.device ?? '');
    this.#place = { folder, claimed, refused, device, sync: new DirectorySync(this.#files, claimed) };
    this.#watch();
  }

  /** Change events only shorten the wait for the next poll: they get lost, and some file systems have none. */
  #watch(): void {
    const { folder } = this.#place;
    this.#unwatch();
    const changed = (): void => {
      this.#wakeup.wake();
    };
    try {
      this.#unwatch = this.#files.watch(folder, changed, (error) => {
        this.#trouble(`change events of ${folder} ended, polling goes on: ${messageOf(error)}`);
      });
    } catch (error) {
      this.#unwatch = () => undefined;
      this.#trouble(`no change events for ${folder}, only polling: ${messageOf(error)}`);
    }
  }

  /** The MessageBox is there, and has room for messages. */
  get #taking(): boolean {
    return this.#context.connected && !this.#context.paused();
  }

  async #run(): Promise<void> {
    let nextLook = 0;
    let nextScan = 0;
    while (!this.#stopped) {
      try {
        await this.#compareIds();
        if (performance.now() >= nextScan) {
          nextScan = performance.now() + SCAN_MS;
          await this.#work.scan();
        }
        if (this.#taking) await this.#work.look();
        // While nobody can take them in, files stay where people look for them.
        if (this.#taking && performance.now() >= nextLook) nextLook = performance.now() + (await this.#takeFiles());
        this.#lastTrouble = '';
      } catch (error) {
        await this.#recover(error);
        nextLook = performance.now() + this.#settings.transport.pollingMs;
      }
      const next = this.#taking ? Math.min(nextLook, nextScan, this.#work.due) : nextScan;
      if (!this.#stopped && (await this.#wakeup.sleep(Math.max(next - performance.now(), 1)))) nextLook = 0;
    }
  }

  /** The folder cannot be looked into: somebody may have removed it. */
  async #recover(error: unknown): Promise<void> {
    const { folder } = this.#place;
    this.#trouble(`cannot look into ${folder}: ${messageOf(error)}`);
    try {
      await this.#prepare();
      this.#compare = true;
    } catch (again) {
      this.#trouble(`cannot create ${folder}: ${messageOf(again)}`);
      this.#stands('.', 'receive.folderTrouble', { folder, reason: messageOf(again) });
      await this.#notices.endRound(performance.now());
    }
  }

  /** Says again which receive ids can be forgotten: that it was said may have been lost. */
  async #compareIds(): Promise<void> {
    const { connected } = this.#context;
    if (!this.#compare || !connected) return;
    this.#compare = false;
    const { claimed, device } = this.#place;
    try {
      for await (const ids of this.#context.keptIds()) {
        const now = this.#context.now();
        const gone = await forgettable(ids, { files: this.#files, location: this.#settings.name, claimed, device, now });
        if (gone.length > 0) this.#context.forget(gone);
      }
    } catch (error) {
      this.#compare = true;
      if (this.#context.connected && !this.#stopped) throw error;
    }
  }

  /** Takes the files that are there, in order of their names. Returns ms until the next look. */
  async #takeFiles(): Promise<number> {
    const { pollingMs, settleMs } = this.#settings.transport;
    const { names, more } = await this.#list();
    let pause = pollingMs;
    let taken = 0;
    for (const name of names.sort((a, b) => (a < b ? -1 : 1))) {
      if (this.#stopped) break;
      const outcome = await this.#tryFile(name);
      if (outcome === 'taken') taken++;
      else if (outcome === 'settling') pause = Math.min(pause, settleMs);
    }
    this.#stuck = names.length - taken;
    this.#settling.endRound();
    return Math.min(more && taken > 0 ? 0 : pause, (await this.#notices.endRound(performance.now())) ?? Infinity);
  }

  async #tryFile(name: string): Promise<'taken' | 'settling' | 'left'> {
    const { folder, claimed } = this.#place;
    try {
      const found = await this.#files.look(join(folder, name));
      if (found?.kind === 'file') {
        // File times are the system's, so the age of a file is measured by its clock and not by the MessageBox's.
        if (this.#settling.isSettled(name, found, Date.now())) {
          await this.#work.take(name, found);
          return 'taken';
        }
        if (found.size > 0) return 'settling';
        this.#stands(name, 'receive.empty');
      } else if (found) this.#stands(name, notTaken[found.kind]);
      // A name that is not UTF-8 is listed with this character, and under it there is nothing.
      else if (name.includes('\ufffd')) this.#stands(name, 'receive.nameNotText');
    } catch (error) {
      // Windows refuses while a writer has it open; the next look tries again.
      if (!(await this.#files.look(claimed))) throw error;
      this.#stands(name, 'receive.cannotTake', { reason: messageOf(error) });
    }
    return 'left';
  }

  /** Names that may be taken; everything else is named. */
  async #list(): Promise<{ names: string[]; more: boolean }> {
    const names: string[] = [];
    for await (const entry of this.#files.list(this.#place.folder)) {
      if (!this.#isCandidate(entry)) continue;
      if (names.length - this.#stuck >= BATCH) return { names, more: true };
      names.push(entry.name);
    }
    return { names, more: false };
  }

  #isCandidate({ name, kind }: Entry): boolean {
    if (name === CLAIMED || name === REFUSED || name.startsWith(OWN_PREFIX)) return false;
    if (kind !== undefined && kind !== 'file') this.#stands(name, notTaken[kind]);
    else if (name.startsWith('.')) this.#stands(name, 'receive.hidden');
    else if (!this.#matches(name)) this.#stands(name, 'receive.unmatched', { mask: this.#settings.transport.mask });
    else if (Buffer.byteLength(name) > MAX_CLAIMED_NAME_BYTES)
      this.#stands(name, 'receive.nameTooLong', { length: Buffer.byteLength(name), limit: MAX_CLAIMED_NAME_BYTES });
    else return true;
    return false;
  }

  #stands(name: string, code: ErrorCode, parameters: ErrorParameters = {}): void {
    const error = (): SohError => new SohError(code, { location: this.#settings.name, file: shownName(name), ...parameters });
    const passing = code === 'receive.hidden' || code === 'receive.unmatched';
    this.#notices.stands(`${code} ${name}`, { error, ...(passing ? { same: () => this.#isUnchanged(name) } : {}) }, performance.now());
  }

  /** Writers use the same name for one unfinished file after the other. */
  async #isUnchanged(name: string): Promise<boolean> {
    const found = await this.#files.look(join(this.#place.folder, name)).catch(() => undefined);
    return found === undefined ? name.includes('\ufffd') : Math.abs(Date.now() - found.mtimeMs) >= this.#patience.noticeMs;
  }

  /** Says each trouble once, not with every poll. */
  #trouble(text: string): void {
    if (text === this.#lastTrouble) return;
    this.#lastTrouble = text;
    this.#context.log('warning', `${this.#settings.name}: ${text}`);
  }
}

const notTaken = { folder: 'receive.folder', link: 'receive.link', other: 'receive.notAFile' } as const;
