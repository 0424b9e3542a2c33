/**
 * How long waits for messages take: what is expected of the next one (docs/behaviour.md, section 8). It belongs to one host-instance process
 * and is lost with it, as in the product. Every wait counts that this process saw begin and end, whatever ended it and wherever the instance
 * was meanwhile.
 */
import type { Wait } from '../engine/door.ts';

/** Of one Receive. */
const WAITS_REMEMBERED = 10;
/** Instances that left memory while they waited: as many as may wait in it (places.ts). Of those before them the begin is forgotten. */
const AWAY_REMEMBERED = 10_000;

/** When the waits of an instance began, UTC ms, by the subscription. */
type Begun = Map<string, number>;

/** The last waits of each Receive of each definition. */
export class WaitHistory {
  readonly #waits = new Map<string, number[]>();
  /** By the id of the instance; the one that left first comes first. `version`: what it left with. */
  readonly #away = new Map<string, { readonly version: number; readonly begun: Begun }>();

  /** A wait is over. */
  note(receive: string, waitedMs: number): void {
    const waits = this.#waits.get(receive) ?? [];
    waits.push(waitedMs);
    if (waits.length > WAITS_REMEMBERED) waits.shift();
    this.#waits.set(receive, waits);
  }

  /** Average of the last waits, in ms; `undefined` before the first. */
  estimate(receive: string): number | undefined {
    const waits = this.#waits.get(receive);
    return waits && waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  }

  /** The instance leaves memory and waits on. */
  left(instance: string, version: number, begun: Begun): void {
    if (begun.size === 0) return;
    this.#away.delete(instance);
    this.#away.set(instance, { version, begun });
    if (this.#away.size <= AWAY_REMEMBERED) return;
    for (const first of this.#away.keys()) {
      this.#away.delete(first);
      return;
    }
  }

  /** The instance is in memory again: since when it waits, unless another host instance has committed it meanwhile. */
  returned(instance: string, version: number): Begun {
    const away = this.#away.get(instance);
    this.#away.delete(instance);
    return away?.version === version ? away.begun : new Map<string, number>();
  }
}

/** The waits of one instance in memory. Times are UTC ms of the MessageBox. */
export class InstanceWaits {
  readonly #history: WaitHistory;
  readonly #definition: string;
  #begun: Begun;

  /** @param definition its hash */
  constructor(history: WaitHistory, definition: string, { instance, version }: { readonly instance: string; readonly version: number }) {
    this.#history = history;
    this.#definition = definition;
    this.#begun = history.returned(instance, version);
  }

  /** It is blocked at these; what it waited for besides is over. */
  blocked(waits: readonly Wait[], now: number): void {
    const before = this.#begun;
    this.#begun = new Map();
    for (const wait of waits) if (wait.kind === 'receive') this.#begun.set(wait.subscription, before.get(wait.subscription) ?? now);
    for (const [subscription, since] of before) if (!this.#begun.has(subscription)) this.#note(subscription, now - since);
  }

  /** A message came. */
  came(subscription: string, now: number): void {
    const since = this.#begun.get(subscription);
    if (since === undefined) return;
    this.#begun.delete(subscription);
    this.#note(subscription, now - since);
  }

  /** It waits no more: it has ended, or is suspended. */
  over(now: number): void {
    this.blocked([], now);
  }

  /** It leaves memory and waits on. @param version what it leaves with */
  left(instance: string, version: number): void {
    this.#history.left(instance, version, this.#begun);
  }

  /** How long it is likely to be idle from now on, in ms; `undefined` when nothing is known of any of its waits. */
  estimate(waits: readonly Wait[], now: number): number | undefined {
    let least: number | undefined;
    for (const wait of waits) {
      const estimate = wait.kind === 'timer' ? wait.due - now : this.#history.estimate(this.#receive(wait.subscription));
      if (estimate !== undefined && (least === undefined || estimate < least)) least = estimate;
    }
    return least;
  }

  #note(subscription: string, waitedMs: number): void {
    this.#history.note(this.#receive(subscription), waitedMs);
  }

  /** All calls of one Receive together: the number comes before the point (engine/door.ts, QueueEntry). */
  #receive(subscription: string): string {
    return `${this.#definition}.${subscription.split('.', 1)[0] ?? ''}`;
  }
}
