/**
 * Asks the group for the rows in view: at once when some are missing or the filter changes, about once a second while there is news and
 * somebody can see them; one question at a time.
 */
import type { LitElement } from 'lit';
import type { Commands } from '../../../emulator/control/commands.ts';
import type { InstanceFilter, InstanceSummary } from '../../../emulator/control/instances.ts';
import { lacks, NO_ROWS, questionFor, withAnswer, withChanges, type InstanceRows } from '../../model/instanceRows.ts';
import { WhileSeen } from '../shared/whileSeen.ts';

/** Asks the group for instances; rejects when it cannot. */
export type AskInstances = (parameters: Commands['instances']['arguments']) => Promise<Commands['instances']['result']>;

/** Between two questions while there is news (ms), and after one that failed. */
const POLL = 1000;
const POLL_AFTER_FAILURE = 2000;
/** Between two questions of somebody who scrolls (ms). */
const SCROLLING = 60;

export interface SourceOptions {
  readonly ask: AskInstances;
  /** The same object until it changes. */
  readonly filter: () => InstanceFilter;
}

export class InstanceSource {
  readonly #host: LitElement;
  readonly #options: SourceOptions;
  readonly #sight: WhileSeen;
  #rows: InstanceRows = NO_ROWS;
  #view = { first: 0, end: 30 };
  /** Of the last question. */
  #asked: { readonly offset: number; readonly limit: number } | undefined;
  #running = false;
  /** A question is due as soon as the one under way is answered. */
  #due = false;
  /** Something happened in the group since the last question. */
  #news = true;
  /** The last answer belongs to another filter. */
  #outdated = true;
  #heldAt: string | undefined;
  #askedAt = -Infinity;
  #failed = false;

  /** The host is drawn again after each answer. */
  constructor(host: LitElement, options: SourceOptions) {
    this.#host = host;
    this.#options = options;
    this.#sight = new WhileSeen(host, { every: () => POLL, afterFailure: POLL_AFTER_FAILURE, turn: () => this.#turn() });
  }

  get rows(): InstanceRows {
    return this.#rows;
  }

  /** False while what is shown was asked for with another filter. */
  get current(): boolean {
    return !this.#outdated;
  }

  get failed(): boolean {
    return this.#failed;
  }

  get held(): boolean {
    return this.#heldAt !== undefined;
  }

  /** These rows are drawn. */
  show(first: number, end: number): void {
    this.#view = { first, end };
    if (!this.#running && this.#lacking) void this.#ask();
  }

  /** Rows in view are missing that were not asked for just now: what the group left out a moment ago can wait for the next turn. */
  get #lacking(): boolean {
    const { first, end } = this.#view;
    const { offset = 0, limit = 0 } = this.#asked ?? {};
    return (first < offset || end > offset + limit) && lacks(this.#rows, first, end);
  }

  refilter(): void {
    this.#outdated = true;
    this.#heldAt = undefined;
    void this.#ask();
  }

  /** The feed said this. */
  changed(instances: readonly InstanceSummary[]): void {
    this.#news = true;
    this.#rows = withChanges(this.#rows, instances);
    if (this.#sight.seen && performance.now() - this.#askedAt > POLL) void this.#ask();
  }

  /** Rows stay where they are, and what begins from now on is left out, until `release`. */
  hold(): void {
    this.#heldAt ??= this.#rows.answer?.at;
  }

  release(): void {
    if (this.#heldAt === undefined) return;
    this.#heldAt = undefined;
    void this.#ask();
  }

  async #turn(): Promise<boolean> {
    const ages = this.#options.filter().olderThanMs !== undefined;
    if (this.#news || ages || this.#failed) await this.#ask();
    return !this.#failed;
  }

  async #ask(): Promise<void> {
    this.#due = true;
    if (this.#running) return;
    this.#running = true;
    do {
      // Who scrolls on and on asks often enough.
      if (!this.#due) await new Promise((resolve) => setTimeout(resolve, SCROLLING));
      this.#due = false;
      await this.#askOnce();
      this.#host.requestUpdate();
    } while (this.#due || (!this.#failed && this.#lacking));
    this.#running = false;
  }

  async #askOnce(): Promise<void> {
    const { offset, limit } = (this.#asked = questionFor(this.#view.first, this.#view.end));
    const filter = this.#options.filter();
    const heldAt = this.#heldAt;
    this.#news = false;
    this.#askedAt = performance.now();
    try {
      const page = await this.#options.ask({ filter: heldAt === undefined ? filter : { ...filter, createdUntil: heldAt }, offset, limit });
      this.#failed = false;
      // Changed meanwhile: this is the answer to a question nobody asks any more, and the next one is due.
      if (this.#options.filter() !== filter || this.#heldAt !== heldAt) return;
      this.#rows = withAnswer(this.#outdated ? NO_ROWS : this.#rows, offset, limit, page, heldAt !== undefined);
      this.#outdated = false;
    } catch {
      // The page's own message says what happened to the group; here it is enough that nothing is new.
      this.#failed = true;
    }
  }
}
