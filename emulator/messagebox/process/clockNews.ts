/** What people are told of the machine's clock: that it jumped, and how far the MessageBox's time is ahead of it (docs/failure-model.md, P17). */
import type { MachineNews } from '../../control/events.ts';
import type { ClockStatus } from '../../control/status.ts';
import { TOLD_JUMP_MS } from '../core/messageBoxTime.ts';
import type { Store } from '../core/store.ts';

/** A jump stands in the status so long, in ms. */
const SHOWN_MS = 10 * 60_000;

export class ClockNews {
  readonly #store: Store;
  readonly #noticed: (what: MachineNews) => void;
  #jump: { readonly at: number; readonly byMs: number } | undefined;

  constructor(store: Store, noticed: (what: MachineNews) => void) {
    this.#store = store;
    this.#noticed = noticed;
  }

  /** Called now and then. */
  look(): void {
    const at = this.#store.now;
    const jump = this.#store.time.takeJump();
    if (jump === undefined) return;
    this.#jump = { at, byMs: jump.byMs };
    this.#noticed({ kind: 'clockJumped', ...jump });
  }

  /** Undefined while there is nothing to say. */
  get status(): ClockStatus | undefined {
    if (this.#jump === undefined) return undefined;
    const { now, time } = this.#store;
    const { aheadMs } = time;
    if (aheadMs <= TOLD_JUMP_MS && now - this.#jump.at > SHOWN_MS) return undefined;
    return { at: new Date(this.#jump.at).toISOString(), byMs: this.#jump.byMs, aheadMs };
  }
}
