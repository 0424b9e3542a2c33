/**
 * Callers of a two-way location, waiting for the response to their request. A response may come before the submission that names the
 * instance has been seen here, because both arrive in one turn of the event loop; it is kept as long as submissions are under way.
 */
import type { Response } from './door.ts';

/** Writes a response to its caller; false when the caller is gone. */
export type Deliver = (response: Response) => Promise<boolean>;

interface Early {
  readonly response: Response;
  readonly resolve: (delivered: boolean) => void;
}

export class ResponseWaiters {
  readonly #waiting = new Map<string, Set<Deliver>>();
  readonly #early = new Map<string, Early>();
  #submitting = 0;

  /** Brackets a submission: responses that come meanwhile are kept for whoever turns out to wait for them. */
  async during<T>(submission: () => Promise<T>): Promise<T> {
    this.#submitting++;
    try {
      return await submission();
    } finally {
      // The caller registers in the microtasks after this one; only then is a response without a caller known to have none.
      setImmediate(() => {
        this.#submitting--;
        if (this.#submitting > 0) return;
        for (const early of this.#early.values()) early.resolve(false);
        this.#early.clear();
      });
    }
  }

  /** Waits for the response of an instance. Returns what ends the waiting. */
  wait(instance: string, deliver: Deliver): () => void {
    const early = this.#early.get(instance);
    if (early) {
      this.#early.delete(instance);
      deliver(early.response).then(early.resolve, () => {
        early.resolve(false);
      });
      return () => undefined;
    }
    const waiting = this.#waiting.get(instance) ?? new Set();
    this.#waiting.set(instance, waiting.add(deliver));
    return () => {
      waiting.delete(deliver);
      if (waiting.size === 0 && this.#waiting.get(instance) === waiting) this.#waiting.delete(instance);
    };
  }

  /** Hands a response to all who wait for it. False when nobody got it. */
  async respond(instance: string, response: Response): Promise<boolean> {
    const waiting = this.#waiting.get(instance);
    if (waiting) {
      this.#waiting.delete(instance);
      const delivered = await Promise.all(Array.from(waiting, (deliver) => deliver(response)));
      return delivered.includes(true);
    }
    if (this.#submitting === 0) return false;
    return new Promise((resolve) => {
      this.#early.set(instance, { response, resolve });
    });
  }
}
