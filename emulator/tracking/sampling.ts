/**
 * Which records of the journal are worth reading for the lanes when a group is fast: nobody can follow thousands of new instances in a
 * second, and reading them would take from the group what it needs. Decided from the first bytes of a record, without parsing it.
 */

/** New instances taken at once, and those taken in each second of the journal after that. */
const BURST = 1000;
const A_SECOND = 200;
/** Kind, time and, of a commit, its id: `{"kind":"commit","at":1700000000000,"id":"<instance>#<version>@<lock>"`. */
const HEAD = /^\{"kind":"(\w+)","at":(\d+)(?:,"id":"([^"#]+)#)?/;
const HEAD_BYTES = 120;

export class Sampling {
  readonly #known: (instance: string) => boolean;
  #tokens = BURST;
  #at = 0;
  #unseen = 0;

  /** @param known whether an instance has a lane, or is awaited by a failover */
  constructor(known: (instance: string) => boolean) {
    this.#known = known;
  }

  /** Messages that came in and were left out, with the instances they activated. */
  get unseen(): number {
    return this.#unseen;
  }

  /** For each record once, in order. */
  readonly wanted = (json: Buffer): boolean => {
    const head = HEAD.exec(json.toString('latin1', 0, HEAD_BYTES));
    const [, kind, at, instance] = head ?? [];
    if (kind === 'submit') return this.#take(Number(at));
    // Once something was left out, a commit of an unknown instance belongs to that, not to a time before the journal was read.
    if (kind === 'commit' && instance !== undefined && this.#unseen > 0) return this.#known(instance);
    return true;
  };

  #take(at: number): boolean {
    this.#tokens = Math.min(BURST, this.#tokens + (Math.max(0, at - (this.#at || at)) * A_SECOND) / 1000);
    this.#at = at;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return true;
    }
    this.#unseen += 1;
    return false;
  }
}
