/** A controlled stop: it is over when nothing is held any more, or when there is no connection to persist with for too long. */
import type { Cancel, Clock } from '../clock.ts';

/** How long it waits for a connection, ms; a MessageBox that is being restarted is back by then. */
const WITHOUT_CONNECTION_MS = 5000;

const nothing = (): void => undefined;

export class Draining {
  readonly #clock: Clock;
  #begun = false;
  #over = nothing;
  #giveUp: Cancel = nothing;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** Resolves when it is over. */
  begin(connected: boolean): Promise<void> {
    this.#begun = true;
    const over = new Promise<void>((resolve) => (this.#over = resolve));
    if (!connected) this.disconnected();
    return over;
  }

  /** Nothing is held any more. */
  emptied(): void {
    this.#giveUp();
    this.#over();
  }

  connected(): void {
    this.#giveUp();
  }

  disconnected(): void {
    if (this.#begun) this.#giveUp = this.#clock.after(WITHOUT_CONNECTION_MS, this.#over);
  }
}
