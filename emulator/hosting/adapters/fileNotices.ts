/**
 * What a FILE receive location does not take, and what happened to files it took: each is named once, with the reason, where people look
 * (`status`, events, log). What stands in the folder is named while it stands, what happened until newer things happened.
 */
import { type SohError, toWire } from '../../errors.ts';
import type { ReceiveContext } from './door.ts';
import type { Patience } from './patience.ts';

/** Notices that are listed; of each kind, standing and happened. More are counted. */
const LISTED = 10;
/** Files that are remembered; beyond it they are only counted. */
const REMEMBERED = 200;
/** How often that number is told, ms. */
const COUNT_MS = 1000;

/** Something that is not taken. */
export interface Untaken {
  error(): SohError;
  /** Is it still the same one? Asked just before it is told. */
  same?(): Promise<boolean>;
}

interface Standing extends Pick<Untaken, 'same'> {
  /** Monotonic ms. */
  since: number;
  readonly error: SohError;
  /** UTC ms; `undefined`: not told yet. */
  told: number | undefined;
  round: number;
}

type Context = Pick<ReceiveContext, 'notices' | 'now'>;

export class FileNotices {
  readonly #context: Context;
  readonly #noticeMs: number;
  readonly #standing = new Map<string, Standing>();
  #happened: { readonly at: number; readonly error: SohError }[] = [];
  #round = 0;
  /** Files beyond the remembered ones, in this round and in the last. */
  #beyond = 0;
  #beyondBefore = 0;
  #more = 0;
  /** Monotonic ms. */
  #counted = -Infinity;

  constructor(context: Context, { noticeMs }: Pick<Patience, 'noticeMs'>) {
    this.#context = context;
    this.#noticeMs = noticeMs;
  }

  /** In this round something stands in the folder that is not taken. @param now monotonic ms */
  stands(key: string, untaken: Untaken, now: number): void {
    const known = this.#standing.get(key);
    if (known) known.round = this.#round;
    else if (this.#standing.size < REMEMBERED)
      this.#standing.set(key, { ...untaken, since: now, error: untaken.error(), told: undefined, round: this.#round });
    else this.#beyond++;
  }

  /**
   * Ends a round: what did not stand in it is gone, what stood long enough is told.
   *
   * @returns ms until there may be something to tell; `undefined`: nothing waits
   */
  async endRound(now: number): Promise<number | undefined> {
    const news: SohError[] = [];
    let changed = this.#countBeyond(now);
    let wait: number | undefined;
    for (const [key, standing] of this.#standing) {
      if (standing.round !== this.#round) {
        this.#standing.delete(key);
        if (standing.told !== undefined) changed = true;
      } else if (standing.told === undefined) {
        if (standing.since + this.#noticeMs <= now && (await standing.same?.()) === false) standing.since = now;
        const left = standing.since + this.#noticeMs - now;
        if (left <= 0) {
          standing.told = this.#context.now();
          news.push(standing.error);
        } else wait = Math.min(wait ?? left, left);
      }
    }
    this.#round++;
    if (changed || news.length > 0) this.#tell(news);
    return wait;
  }

  /** True when another number has to be told, which many rounds a second must not do each time. */
  #countBeyond(now: number): boolean {
    const stay = Math.min(this.#beyond, this.#beyondBefore);
    this.#beyondBefore = this.#beyond;
    this.#beyond = 0;
    if (stay === this.#more || now - this.#counted < COUNT_MS) return false;
    this.#more = stay;
    this.#counted = now;
    return true;
  }

  /** Something happened to a file, once. */
  happened(error: SohError): void {
    this.#happened = [...this.#happened.slice(1 - LISTED), { at: this.#context.now(), error }];
    this.#tell([error]);
  }

  #tell(news: readonly SohError[]): void {
    const told = [...this.#standing.values()].flatMap(({ told: at, error }) => (at === undefined ? [] : [{ at, error }]));
    const listed = [...this.#happened, ...told.slice(0, LISTED)].sort((a, b) => a.at - b.at);
    this.#context.notices(
      {
        notices: listed.map(({ at, error }) => ({ at, error: toWire(error) })),
        more: told.length - Math.min(told.length, LISTED) + this.#more,
      },
      news,
    );
  }
}

/** A name as it may stand in a sentence: without control characters, and not endless. */
export function shownName(name: string): string {
  const plain = name.replace(/[\u0000-\u001f\u007f]/g, '\ufffd');
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}
