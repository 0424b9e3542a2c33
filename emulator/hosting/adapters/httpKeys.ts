/**
 * The Idempotency-Keys of one HTTP receive location: which message each was used for, and for how long that is remembered
 * (docs/failure-model.md, P15). The MessageBox remembers them for all host instances, as receive ids; this is what the one that serves the
 * location knows of them, read again after each start and reconnection, so that no key outlives its time because its host instance died.
 */
import type { KeptId, ReceiveContext } from './door.ts';

/** How long a key is remembered after its last use, ms. */
export const KEY_LIFE_MS = 10 * 60_000;

interface Used {
  readonly receiveId: string;
  /** sha256 of the body as it came, hex; not known of keys of older versions. */
  readonly hash: string | undefined;
  /** UTC ms */
  readonly at: number;
}

export class HttpKeys {
  readonly #location: string;
  readonly #context: Pick<ReceiveContext, 'keptIds' | 'forget' | 'now'>;
  /** By key, the one whose use is the longest ago first. */
  readonly #used = new Map<string, Used>();
  #known: Promise<void> | undefined;

  constructor(location: string, context: Pick<ReceiveContext, 'keptIds' | 'forget' | 'now'>) {
    this.#location = location;
    this.#context = context;
  }

  /** What the MessageBox remembers is asked for again before the next key is judged. */
  stale(): void {
    this.#known = undefined;
  }

  /**
   * The receive id of a message with this key. Rejects when the MessageBox cannot be reached.
   *
   * @returns `undefined` when the key was used for another message
   */
  async receiveId(key: string, hash: string): Promise<string | undefined> {
    await (this.#known ?? this.#learn());
    const before = this.#used.get(key);
    if (before?.hash !== undefined && before.hash !== hash) return undefined;
    const receiveId = before?.receiveId ?? `${this.#location}/${key}/${hash}`;
    this.#used.delete(key);
    this.#used.set(key, { receiveId, hash, at: this.#context.now() });
    return receiveId;
  }

  /** Forgets the keys whose time is over. Called now and then. */
  async tidy(): Promise<void> {
    await (this.#known ?? this.#learn());
    const end = this.#context.now() - KEY_LIFE_MS;
    const over = [...this.#used].filter(([, { at }]) => at < end);
    for (const [key] of over) this.#used.delete(key);
    if (over.length > 0) this.#context.forget(over.map(([, { receiveId }]) => receiveId));
  }

  #learn(): Promise<void> {
    const learning = this.#read();
    this.#known = learning;
    learning.catch(() => {
      // Whoever asks next tries again.
      if (this.#known === learning) this.#known = undefined;
    });
    return learning;
  }

  async #read(): Promise<void> {
    for await (const ids of this.#context.keptIds()) for (const id of ids) this.#noteKept(id);
  }

  /** What is known here is newer. A message without a key has an id of its own, which is over when its submission was answered. */
  #noteKept({ id, at }: KeptId): void {
    const rest = id.startsWith(`${this.#location}/`) ? id.slice(this.#location.length + 1) : id;
    const [, key = rest, hash] = /^(.*)\/([0-9a-f]{64})$/.exec(rest) ?? [];
    if (!this.#used.has(key)) this.#used.set(key, { receiveId: id, hash, at });
  }
}
