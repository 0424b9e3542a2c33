import type { Profile } from './clusterFile.ts';

/** Times of the ownership protocol (docs/failure-model.md, section 4.2) and of the hosts' habits, in ms. */
export interface ProfileTimes {
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  readonly sweepMs: number;
  /** A closed socket fences its session at once; the real product only notices the missing heartbeat. */
  readonly socketCloseFences: boolean;
  /** Delay before a host instance that died is started again (docs/behaviour.md, section 2.3). */
  readonly restartMs: number;
  /** Dehydration thresholds (docs/behaviour.md, section 8); only `biztalk-classic` has the product's values. */
  readonly dehydrateMinMs: number;
  readonly dehydrateMaxMs: number;
}

export const profiles: Readonly<Record<Profile, ProfileTimes>> = {
  default: {
    heartbeatMs: 1000,
    leaseMs: 5000,
    sweepMs: 250,
    socketCloseFences: true,
    restartMs: 5000,
    dehydrateMinMs: 1000,
    dehydrateMaxMs: 10_000,
  },
  demo: {
    heartbeatMs: 250,
    leaseMs: 1500,
    sweepMs: 100,
    socketCloseFences: true,
    restartMs: 3000,
    dehydrateMinMs: 1000,
    dehydrateMaxMs: 10_000,
  },
  'biztalk-classic': {
    heartbeatMs: 60_000,
    leaseMs: 600_000,
    sweepMs: 60_000,
    socketCloseFences: false,
    restartMs: 60_000,
    dehydrateMinMs: 1000,
    dehydrateMaxMs: 1_800_000,
  },
};
