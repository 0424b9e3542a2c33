/**
 * How alive a host instance looks: from its lease, never from what it last said of itself, or a dead one would look alive. The one place
 * that decides it, for the supervisor, which tells everybody, and for the page, which goes on by its own clock between two frames.
 */
import type { HostInstanceState } from './status.ts';

/** A lease used up this far means that heartbeats are missing: in every profile one comes at least each fifth of the lease. */
const SUSPECT_AFTER = 0.45;

const CLAIMS_TO_LIVE: ReadonlySet<HostInstanceState> = new Set(['running', 'suspect', 'frozen', 'stop pending']);

/** @param silentMs since the last sign of life */
export function lookOf(state: HostInstanceState, silentMs: number, leaseMs: number): HostInstanceState {
  if (silentMs >= leaseMs) return 'lost';
  return CLAIMS_TO_LIVE.has(state) && silentMs > leaseMs * SUSPECT_AFTER ? 'suspect' : state;
}

/** What the supervisor knows of a process and the MessageBox of its session. */
export interface Signs {
  /** Of the process. */
  readonly state: HostInstanceState;
  readonly hasLease: boolean;
  /** A debugger holds it: the lease does not end. */
  readonly onHold: boolean;
  readonly silentMs: number;
  readonly leaseMs: number;
}

/** What is told of it. Frozen and held are exempt: that they are silent is meant. */
export function toldState({ state, hasLease, onHold, silentMs, leaseMs }: Signs): HostInstanceState {
  if (state !== 'running') return state;
  if (onHold) return 'held';
  const look = lookOf(state, silentMs, leaseMs);
  return look === 'running' && !hasLease ? 'suspect' : look;
}
