/**
 * How long a process has been without a lease, by the MessageBox's word and the supervisor's clock. Only time counts that the MessageBox has
 * witnessed: while it is away, or when this process slept, nobody is accused of silence.
 */
import type { ProfileTimes } from '../cluster/profiles.ts';
import type { SessionReport } from '../messagebox/protocol/supervisorFrames.ts';

/** Between two reports so much time counts at most (ms): they come ten times a second, so more means that somebody stalled. */
const MOST_WITNESSED_MS = 500;

export class LeaseWatch {
  readonly #times: Pick<ProfileTimes, 'hungMs' | 'startMs'>;
  hasLease = false;
  /** It has had one since it was started. */
  had = false;
  /** A debugger holds it. */
  onHold = false;
  /** ms since its last sign of life. */
  silentMs = 0;
  #withoutMs = 0;
  #silentAtReport = 0;

  constructor(times: Pick<ProfileTimes, 'hungMs' | 'startMs'>) {
    this.#times = times;
  }

  /** A new process, or none. */
  begin(): void {
    this.hasLease = false;
    this.had = false;
    this.onHold = false;
    this.resume();
  }

  /** It was silent with permission; from now on it is not. */
  resume(): void {
    this.silentMs = 0;
    this.#silentAtReport = 0;
    this.#withoutMs = 0;
  }

  /** @param session its session; @param sinceMs time since the report before */
  reported(session: Pick<SessionReport, 'leaseAgeMs' | 'onHold'> | undefined, sinceMs: number): void {
    const age = session?.leaseAgeMs ?? null;
    this.hasLease = age !== null;
    this.onHold = session?.onHold ?? false;
    const witnessed = Math.min(sinceMs, MOST_WITNESSED_MS);
    this.had ||= this.hasLease;
    this.#withoutMs = this.hasLease ? 0 : this.#withoutMs + witnessed;
    this.#silentAtReport = age ?? this.#silentAtReport + witnessed;
    this.silentMs = this.#silentAtReport;
  }

  /** The MessageBox has said nothing for so long: of nobody it is known any more that he lives. */
  unheard(sinceMs: number): void {
    this.silentMs = this.#silentAtReport + sinceMs;
  }

  /** It has been without a lease for longer than a process that works ever is. */
  get over(): boolean {
    return this.#withoutMs > (this.had ? this.#times.hungMs : this.#times.startMs);
  }
}
