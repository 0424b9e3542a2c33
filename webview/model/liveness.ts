/** How alive a host instance looks at this moment of the page's clock. */
import { lookOf } from '../../emulator/control/liveness.ts';
import type { HostInstanceState, HostInstanceStatus } from '../../emulator/control/status.ts';

export interface Liveness {
  /** What to draw: the state of the host instance, or what its lease says instead. */
  readonly look: HostInstanceState;
  /** ms since the last sign of life; `null` without a session. */
  readonly ageMs: number | null;
  /** Part of the lease that is left, 0 to 1. */
  readonly left: number;
}

/** The part of the lease the page may add by its own clock between two frames; too little to make a healthy one suspect. */
const OWN_CLOCK = 0.2;

/** `sinceMs` = time on the page's clock since the status arrived. */
export function liveness({ state, leaseAgeMs, leaseMs }: HostInstanceStatus, sinceMs: number): Liveness {
  if (leaseAgeMs === null || leaseMs <= 0) return { look: state, ageMs: null, left: 0 };
  if (state === 'held') return { look: state, ageMs: leaseAgeMs, left: 1 };
  const ageMs = leaseAgeMs + Math.min(Math.max(0, sinceMs), leaseMs * OWN_CLOCK);
  // Only the group says that a lease is over.
  const look = lookOf(state, leaseAgeMs < leaseMs ? Math.min(ageMs, leaseMs - 1) : ageMs, leaseMs);
  return { look, ageMs, left: look === 'lost' ? 0 : Math.max(0, 1 - ageMs / leaseMs) };
}
