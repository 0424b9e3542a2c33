/**
 * The last few parsed bodies. An orchestration reads several fields of one message in a row, so parsing once is enough; what is kept
 * is bounded in number and in characters, because a parsed body is many times as large as its text. Of the larger ones the last is kept
 * only until memory is wanted: reading five fields of 30 MB must not take five times as long as one.
 */
class RecentlyParsed<T> {
  readonly #entries = new Map<string, T>();
  readonly #parse: (body: string) => T;
  readonly #maxEntries: number;
  readonly #maxCharacters: number;
  #characters = 0;
  #large: WeakRef<{ readonly body: string; readonly parsed: T }> | undefined;
  /** The body asked for last, mostly the one asked for next. */
  #last: { readonly body: string; readonly parsed: T } | undefined;

  constructor(parse: (body: string) => T, maxEntries = 8, maxCharacters = 2 * 1024 * 1024) {
    this.#parse = parse;
    this.#maxEntries = maxEntries;
    this.#maxCharacters = maxCharacters;
  }

  /** The parsed body. Throws what the parser throws; a failure is not remembered. */
  get(body: string): T {
    if (this.#last?.body === body) return this.#last.parsed;
    const parsed = this.#find(body);
    if (body.length <= this.#maxCharacters) this.#last = { body, parsed };
    return parsed;
  }

  #find(body: string): T {
    const known = this.#entries.get(body);
    if (known !== undefined) {
      this.#entries.delete(body);
      this.#entries.set(body, known);
      return known;
    }
    if (body.length > this.#maxCharacters) return this.#getLarge(body);
    const parsed = this.#parse(body);
    this.#entries.set(body, parsed);
    this.#characters += body.length;
    this.#shrink();
    return parsed;
  }

  #getLarge(body: string): T {
    const last = this.#large?.deref();
    if (last?.body === body) return last.parsed;
    const parsed = this.#parse(body);
    this.#large = new WeakRef({ body, parsed });
    return parsed;
  }

  #shrink(): void {
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries && this.#characters <= this.#maxCharacters) return;
      this.#entries.delete(oldest);
      this.#characters -= oldest.length;
    }
  }
}

/** The same for each set of limits: what one lets through another may not. */
export class RecentlyParsedWithin<L extends object, T> {
  readonly #within = new WeakMap<L, RecentlyParsed<T>>();
  readonly #parse: (body: string, limits: L) => T;

  constructor(parse: (body: string, limits: L) => T) {
    this.#parse = parse;
  }

  get(body: string, limits: L): T {
    let recent = this.#within.get(limits);
    if (!recent) this.#within.set(limits, (recent = new RecentlyParsed<T>((text) => this.#parse(text, limits))));
    return recent.get(body);
  }
}
