/** The MessageBox's word on who has a lease, by this process's own clock: with both, hung host instances are found (docs/failure-model.md, P33). */
import type { Clock } from '../clock.ts';
import type { SessionReport } from '../messagebox/protocol/supervisorFrames.ts';
import type { HostInstanceProcess } from './hostInstanceProcess.ts';

/** Without a word for so long (ms) the MessageBox is silent: of nobody it is known any more that he lives. */
const SILENT_MS = 1000;

export class Leases {
  readonly #clock: Clock;
  readonly #hostInstances: () => readonly HostInstanceProcess[];
  #reportedAt: number;

  constructor(clock: Clock, hostInstances: () => readonly HostInstanceProcess[]) {
    this.#clock = clock;
    this.#hostInstances = hostInstances;
    this.#reportedAt = clock.monotonic();
  }

  /** The MessageBox has just started: what it does not know yet is not held against anybody. */
  begin(): void {
    this.#reportedAt = this.#clock.monotonic();
  }

  /** @param full its disk is full: who comes now may get no session before there is room, and is not to blame */
  reported(reports: readonly SessionReport[], full: boolean): void {
    const now = this.#clock.monotonic();
    const sinceMs = full ? 0 : now - this.#reportedAt;
    this.#reportedAt = now;
    const sessions = new Map(reports.map((session) => [session.hostInstance, session]));
    for (const instance of this.#hostInstances()) instance.reported(sessions.get(instance.name), sinceMs);
  }

  /** Called again and again: sees that the MessageBox is silent. */
  watch(): void {
    const unheardMs = this.#clock.monotonic() - this.#reportedAt;
    if (unheardMs > SILENT_MS) for (const { lease } of this.#hostInstances()) lease.unheard(unheardMs);
  }
}
