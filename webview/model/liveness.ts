/**
 * How alive a host instance looks, from its lease: never from what it last said of itself, or a dead one would look alive
 *.
 */
import type { HostInstanceState, HostInstanceStatus } from '../../emulator/control/status.ts';

export interface Liveness {
  /** What to draw: the state of the host instance, or `suspect` while its lease runs out. */
  readonly look: HostInstanceState | 'suspect';
  /** ms since the last sign of life; `null` without a session. */
  readonly ageMs: number | null;
  /** Part of the lease that is left, 0 to 1. */
  readonly left: number;
}

/** A lease used up this far means that heartbeats are missing: in every profile one comes at least each fifth of the lease. */
const SUSPECT_AFTER = 0.45;
/** The part of the lease the page may add by its own clock between two frames; too little to make a healthy one suspect. */
const OWN_CLOCK = 0.2;

/** `sinceMs` = time on the page's clock since the status arrived. */
export function liveness({ state, leaseAgeMs, leaseMs }: HostInstanceStatus, sinceMs: number): Liveness {
  if (leaseAgeMs === null || leaseMs <= 0) return { look: state, ageMs: null, left: 0 };
  const ageMs = leaseAgeMs + Math.min(Math.max(0, sinceMs), leaseMs * OWN_CLOCK);
  const left = Math.max(0, 1 - ageMs / leaseMs);
  if (leaseAgeMs >= leaseMs) return { look: 'lost', ageMs, left: 0 };
  const alive = state === 'running' || state === 'frozen' || state === 'stop pending';
  return { look: alive && ageMs > leaseMs * SUSPECT_AFTER ? 'suspect' : state, ageMs, left };
}
