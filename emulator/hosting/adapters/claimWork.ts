/**
 * The claims of a FILE receive location that this process works on: its own, and those of processes that died. Every step is a rename, so
 * exactly one process makes it.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { ReceiveContext } from './door.ts';
import { CLAIMED, formatClaim, newClaim, ownerHash, parseClaim, receiveIdOf, type Claim } from './fileClaims.ts';
import { renameIfThere } from '../../files/fileFolder.ts';
import { FileIntake, type Held, type Place } from './fileIntake.ts';
import { FileKept } from './fileKept.ts';
import { shownName, type FileNotices } from './fileNotices.ts';
import type { Files, Found } from '../../files/files.ts';
import type { Patience } from './patience.ts';

/** Files between claim and acknowledgement at the same time, and bytes of them; one file may have more. */
const IN_FLIGHT = 64;
const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
/** A claim without content is one that its writer emptied: so long it may be filled again, ms. */
const EMPTY_MS = 60_000;
/** A writer that was seen to pause is given so long, ms: each time it goes on is one more message. */
const PATIENT_MS = 2000;
const PATIENT_LOOK_MS = 250;
/** A claim of another host instance that did not change for so long is probably one of a dead one, ms. */
const ABANDONED_MS = 1000;
/** What could not be done is tried again after so long, ms. */
const RETRY_MS = 250;

export interface ClaimWorkOptions {
  readonly location: string;
  readonly receivePort: string;
  address(): string;
  readonly files: Files;
  readonly context: ReceiveContext;
  readonly notices: FileNotices;
  readonly settleMs: number;
  readonly patience: Patience;
  place(): Place;
  /** A claim is gone that the MessageBox may remember. */
  lost(): void;
  /** There is something to do before it was thought. */
  more(): void;
  trouble(text: string): void;
}

/** A claim that nobody here works on, and how long until it is taken over or deleted, ms. */
interface Left {
  readonly claim: Claim;
  readonly waits: number;
}

export class ClaimWork {
  readonly #options: ClaimWorkOptions;
  readonly #owner: string;
  readonly #intake: FileIntake;
  readonly #kept: FileKept;
  /** Claims made or taken over by this process; all others of its owner name are from one that died. */
  readonly #mine = new Map<string, Held>();
  readonly #inFlight = new Map<string, Promise<void>>();
  #bytes = 0;
  /** Claims of others by their name, and since when they are seen unchanged (monotonic ms). */
  #foreign = new Map<string, number>();

  constructor(options: ClaimWorkOptions) {
    this.#options = options;
    const { files, context } = options;
    this.#owner = ownerHash(context.hostInstance);
    this.#kept = new FileKept({
      files,
      maxBytes: context.maxBytes,
      patience: options.patience,
      claimed: () => options.place().claimed,
      changed: (claim) => this.#takeAgain(claim),
      forget: (ids) => {
        context.forget(ids);
      },
      trouble: (text) => {
        options.trouble(text);
      },
    });
    this.#intake = new FileIntake({ ...options, kept: this.#kept });
  }

  /** Monotonic ms when `look` may have something to do, besides trying again. */
  get due(): number {
    let due = Infinity;
    for (const { claim, notBefore } of this.#mine.values()) if (!this.#inFlight.has(claim.id)) due = Math.min(due, notBefore);
    return due;
  }

  /** Takes a file of the folder and works on it without being waited for; waits only for room. Rejects when it cannot be renamed. */
  async take(name: string, seen: { readonly size: number; readonly mtimeMs: number }): Promise<void> {
    const { files, context } = this.#options;
    const { folder, device } = this.#options.place();
    const claim = newClaim(name, this.#owner, context.now(), device);
    if (await renameIfThere(files, join(folder, name), this.#path(claim)))
      await this.#begin({ claim, seen, tried: new Set(), notBefore: 0 }, seen.size);
  }

  /** Goes on with what is left to do of the own claims. */
  async look(): Promise<void> {
    if (!this.#options.context.connected) return;
    const now = performance.now();
    for (const held of [...this.#mine.values()]) {
      if (this.#inFlight.has(held.claim.id) || held.notBefore > now) continue;
      held.notBefore = now + PATIENT_LOOK_MS;
      await this.#each(held.claim, async (path) => {
        const found = await this.#options.files.look(path);
        if (!found) this.#lose(held);
        else if (!held.unsettled || this.#hasSettled(held, found, now)) await this.#begin(held, found.size);
      });
    }
  }

  /** It was not written for long enough, as this process saw it. @param now monotonic ms */
  #hasSettled(held: Held, { size, mtimeMs }: Found, now: number): boolean {
    const { steady } = held;
    if (steady?.size !== size || steady.mtimeMs !== mtimeMs) held.steady = { size, mtimeMs, since: now };
    const patience = size === 0 ? EMPTY_MS : Math.max(this.#options.settleMs, PATIENT_MS);
    return now - (held.steady?.since ?? now) >= patience;
  }

  /**
   * Claims that nobody works on: of a dead predecessor at once, of another host instance when they are old enough.
   *
   * @returns those that wait for their time and seem to be nobody else's
   */
  async scan(): Promise<readonly Left[]> {
    const { files, context, patience } = this.#options;
    const { claimed } = this.#options.place();
    const now = performance.now();
    const seen = new Map<string, number>();
    const found: (Left & { readonly since: number })[] = [];
    for await (const { name } of files.list(claimed)) {
      const claim = parseClaim(name);
      if (!claim || this.#mine.has(claim.id) || this.#kept.has(claim.id)) continue;
      const since = this.#foreign.get(name) ?? now;
      seen.set(name, since);
      // A time by another clock may say nothing; that nothing happens here says enough.
      const unchanged = now - since - (claim.contentHash === undefined ? 0 : patience.keepMalformedMs);
      found.push({ claim, since, waits: Math.max(0, context.claimTimeoutMs - Math.max(context.now() - claim.at, unchanged)) });
    }
    this.#foreign = seen;
    for (const { claim, waits } of found) await this.#each(claim, () => this.#see(claim, waits === 0));
    return found.filter(({ claim, waits, since }) => {
      if (waits === 0) return true;
      return claim.contentHash === undefined ? now - since > ABANDONED_MS : claim.owner === this.#owner;
    });
  }

  async #see(claim: Claim, old: boolean): Promise<void> {
    // There is one process of a name at a time, and the session of this one has ended that of the last.
    const predecessor = claim.owner === this.#owner;
    if (claim.contentHash === undefined) {
      if (old || predecessor) await this.#takeOver(claim, predecessor);
      return;
    }
    // In the MessageBox; it can go when whoever submitted it can no longer be heard.
    const ids = [receiveIdOf(this.#options.location, claim, claim.contentHash)];
    if (old) await this.#kept.adopt(claim, ids, 0);
    else if (predecessor && claim.takeovers === 0) await this.#kept.adopt(claim, ids);
  }

  /** One claim that another program holds does not keep the others from their turn; it has its own again later. */
  async #each(claim: Claim, action: (path: string) => Promise<void>): Promise<void> {
    try {
      await action(this.#path(claim));
    } catch (error) {
      if (!this.#options.files.isHeld(error)) throw error;
      this.#options.trouble(`another program holds ${shownName(claim.fileName)}: ${messageOf(error)}`);
    }
  }

  /** Waits until nothing is under way, and deletes what is kept. What nobody acknowledges stays a claim, which is found again. */
  async end(): Promise<void> {
    await this.#underWay();
    const { context, patience } = this.#options;
    const end = performance.now() + Math.min(2 * context.claimTimeoutMs, patience.leaveMs);
    // What is left of a host instance that died is finished before nobody is there to do it, if that is soon.
    let left: readonly Left[] = [];
    const isSoon = async (): Promise<boolean> => {
      left = await this.scan().catch(() => []);
      return left.some(({ waits }) => performance.now() + waits < end);
    };
    while (context.connected && performance.now() < end && (await isSoon())) {
      await pause(PATIENT_LOOK_MS);
      await this.#underWay();
    }
    this.#sayUnfinished(left.map(({ claim }) => claim).filter(({ id, contentHash }) => contentHash === undefined && !this.#mine.has(id)));
    await this.#kept.end();
  }

  /** Nobody is there any more to finish them; the next start does, at once where it starts the host instance that had taken them. */
  #sayUnfinished(claims: readonly Claim[]): void {
    if (claims.length === 0) return;
    const names = claims.slice(0, 3).map(({ fileName }) => shownName(fileName));
    const rest = claims.length > names.length ? ` and ${String(claims.length - names.length)} more` : '';
    const { context, location } = this.#options;
    context.log(
      'warning',
      `${location}: ${names.join(', ')}${rest}, taken by a host instance that died, wait in ${CLAIMED} for the next start`,
    );
  }

  async #underWay(): Promise<void> {
    await Promise.race([Promise.all(this.#inFlight.values()), pause(this.#options.patience.stopMs, undefined, { ref: false })]);
  }

  async #takeOver(claim: Claim, predecessor: boolean): Promise<void> {
    const { files, context, location } = this.#options;
    const takeovers = predecessor ? claim.takeovers : claim.takeovers + 1;
    const taken: Claim = { ...claim, owner: this.#owner, at: context.now(), takeovers };
    if (!(await renameIfThere(files, this.#path(claim), this.#path(taken)))) return;
    context.log('info', `${location}: finishes ${shownName(claim.fileName)}, which another process had taken`);
    const held: Held = { claim: taken, tried: new Set(), notBefore: 0 };
    const found = await files.look(this.#path(taken));
    await this.#begin(held, found?.size ?? 0);
  }

  /** Somebody went on writing a file that is in the MessageBox: the whole file is another message. */
  async #takeAgain(done: Claim): Promise<void> {
    const { files, context } = this.#options;
    const claim = newClaim(done.fileName, this.#owner, context.now(), this.#options.place().device);
    const held: Held = { claim, tried: new Set(), unsettled: true, notBefore: Infinity };
    // Before it is there: a look at the claims of others must not take it for one of them.
    this.#mine.set(claim.id, held);
    if (await renameIfThere(files, this.#path(done), this.#path(claim))) {
      this.#intake.grew(claim);
      held.notBefore = 0;
      this.#options.more();
    } else this.#mine.delete(claim.id);
  }

  /** Waits for room, then works on the claim without being waited for. */
  async #begin(held: Held, size: number): Promise<void> {
    const { id, fileName } = held.claim;
    this.#mine.set(id, held);
    while (this.#inFlight.size >= IN_FLIGHT || (this.#inFlight.size > 0 && this.#bytes + size > IN_FLIGHT_BYTES))
      await Promise.race(this.#inFlight.values());
    this.#bytes += size;
    held.unsettled = false;
    held.notBefore = performance.now() + RETRY_MS;
    const work = this.#intake
      .take(held)
      .then(
        (outcome) => {
          if (outcome === 'gone') this.#lose(held);
          else if (outcome === 'done') this.#mine.delete(id);
        },
        (error: unknown) => {
          // The claim stays; the next look submits it again under the same receive id.
          this.#options.trouble(`${shownName(fileName)} is not in the MessageBox yet: ${messageOf(error)}`);
        },
      )
      .finally(() => {
        this.#bytes -= size;
        this.#inFlight.delete(id);
      });
    this.#inFlight.set(id, work);
  }

  #lose(held: Held): void {
    this.#mine.delete(held.claim.id);
    if (held.tried.size > 0) this.#options.lost();
  }

  #path(claim: Claim): string {
    return join(this.#options.place().claimed, formatClaim(claim));
  }
}
