/**
 * Files that are in the MessageBox and wait to be deleted. They are kept for a while after they were last changed: a writer that still has
 * one open goes on writing into it wherever it lies, and what it writes must not vanish. A file that changed is taken again as a whole.
 *
 * It works by itself, beside the looks at the folder.
 */
import { join } from 'node:path';
import { messageOf } from '../../errors.ts';
import { formatClaim, hashOf, type Claim } from './fileClaims.ts';
import { removeIfThere } from '../../files/fileFolder.ts';
import { shownName } from './fileNotices.ts';
import type { Files } from '../../files/files.ts';
import type { Patience } from './patience.ts';

/** More than so many, or so many bytes, are not kept: then the oldest go earlier. */
const MAX_KEPT = 1000;
const MAX_KEPT_BYTES = 256 * 1024 * 1024;
/** When a kept file is looked at first, ms; then each time after this many times as long. */
const FIRST_LOOK_MS = 250;
const NEXT_LOOK = 4;
/** Looks at the same time. */
const AT_ONCE = 16;

/** What a file was when its content was read. */
export interface Content {
  readonly size: number;
  readonly mtimeMs: number;
  readonly malformed: boolean;
}

interface Kept {
  readonly claim: Claim;
  readonly content: Content;
  /** Another process read it: that it is still the same has to be seen from its content. */
  readonly foreign: boolean;
  /** Receive ids that are forgotten when it goes. */
  readonly ids: readonly string[];
  /** When it may go, monotonic ms. */
  readonly due: number;
  /** When it is looked at next, and how long after the last look that is. */
  look: number;
  pause: number;
}

export interface FileKeptOptions {
  readonly files: Files;
  /** Bytes. */
  readonly maxBytes: number;
  readonly patience: Patience;
  /** The folder of the claims now. */
  claimed(): string;
  /** Somebody went on writing this one: its content is not what the MessageBox has. */
  changed(claim: Claim): Promise<void>;
  /** Nobody will submit under these receive ids again. */
  forget(receiveIds: readonly string[]): void;
  trouble(text: string): void;
}

export class FileKept {
  readonly #options: FileKeptOptions;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;
  #working: Promise<void> | undefined;

  constructor(options: FileKeptOptions) {
    this.#options = options;
  }

  has(claimId: string): boolean {
    return this.#kept.has(claimId);
  }

  /** How much longer a file of this content is kept, ms. */
  keepMs({ mtimeMs, malformed }: Content): number {
    const { keepMs, keepMalformedMs } = this.#options.patience;
    const keep = malformed ? keepMalformedMs : keepMs;
    // Times of files have fractions.
    return Math.min(Math.max(Math.ceil(mtimeMs + keep - Date.now()), 0), keep);
  }

  /** @param keep how much longer it is kept, ms; @param ids receive ids that are forgotten when it goes */
  add(claim: Claim, content: Content, keep: number, ids: readonly string[]): void {
    this.#add(claim, content, keep, ids, false);
  }

  /** One that another process left: what its content was only its name says. */
  async adopt(claim: Claim, ids: readonly string[], keepMs?: number): Promise<void> {
    const found = await this.#options.files.look(this.#path(claim));
    if (!found) return;
    // Whether it was well-formed is not known any more.
    const content = { size: found.size, mtimeMs: found.mtimeMs, malformed: false };
    this.#add(claim, content, keepMs ?? this.keepMs(content), ids, true);
  }

  /** Nothing will be here to do it later: all go now. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#working;
    await this.#lookAt([...this.#kept.values()], Infinity);
  }

  #add(claim: Claim, content: Content, keep: number, ids: readonly string[], foreign: boolean): void {
    const now = performance.now();
    const pause = Math.min(FIRST_LOOK_MS, keep);
    this.#kept.set(claim.id, { claim, content, foreign, ids, due: now + keep, look: now + pause, pause });
    this.#bytes += content.size;
    this.#wakeAt(this.#tooMany ? now : now + pause);
  }

  #wakeAt(time: number): void {
    if (this.#working || time >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = time;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Infinity;
        this.#working = this.#work().finally(() => {
          this.#working = undefined;
          let next = Infinity;
          for (const { look } of this.#kept.values()) next = Math.min(next, look);
          if (next < Infinity) this.#wakeAt(next);
        });
      },
      Math.max(time - performance.now(), 0),
    );
  }

  async #work(): Promise<void> {
    for (;;) {
      const now = performance.now();
      const due: Kept[] = [];
      let spare = Math.max(0, this.#kept.size - MAX_KEPT);
      let bytes = this.#bytes;
      for (const kept of this.#kept.values()) {
        if (kept.look > now && spare <= 0 && bytes <= MAX_KEPT_BYTES) continue;
        due.push(kept);
        spare--;
        bytes -= kept.content.size;
      }
      if (due.length === 0) return;
      await this.#lookAt(due, now);
    }
  }

  /** @param now monotonic ms; `Infinity`: it is the last look */
  async #lookAt(due: readonly Kept[], now: number): Promise<void> {
    for (let at = 0; at < due.length; at += AT_ONCE) await Promise.all(due.slice(at, at + AT_ONCE).map((kept) => this.#look(kept, now)));
  }

  get #tooMany(): boolean {
    return this.#kept.size > MAX_KEPT || this.#bytes > MAX_KEPT_BYTES;
  }

  #drop(kept: Kept): void {
    if (this.#kept.delete(kept.claim.id)) this.#bytes -= kept.content.size;
  }

  async #look(kept: Kept, now: number): Promise<void> {
    const { claim, content } = kept;
    const { files } = this.#options;
    kept.pause *= NEXT_LOOK;
    kept.look = Math.min(performance.now() + kept.pause, kept.due);
    try {
      const found = await files.look(this.#path(claim));
      const same = found?.size === content.size && found.mtimeMs === content.mtimeMs;
      if (same && kept.due > now && !this.#tooMany) return;
      if (kept.ids.length > 0) this.#options.forget(kept.ids);
      if (same && !kept.foreign) await removeIfThere(files, this.#path(claim));
      else if (found) await this.#removeByHash(claim);
    } catch (error) {
      // A scanner holds it, for example: whoever looks at the claims finds it again when it is old enough.
      this.#options.trouble(`${shownName(claim.fileName)} cannot be deleted yet: ${messageOf(error)}`);
    }
    this.#drop(kept);
  }

  async #removeByHash(claim: Claim): Promise<void> {
    const { files, maxBytes } = this.#options;
    const path = this.#path(claim);
    const reading = await files.read(path, maxBytes);
    const same = reading.kind === 'read' && hashOf(reading.bytes) === claim.contentHash;
    if (same || reading.kind === 'notAFile') await removeIfThere(files, path);
    else if (reading.kind === 'read' || reading.kind === 'tooLarge') await this.#options.changed(claim);
  }

  #path(claim: Claim): string {
    return join(this.#options.claimed(), formatClaim(claim));
  }
}
