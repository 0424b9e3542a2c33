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
  /** A live process that has been without a lease for so long hangs: it is ended and started again (docs/failure-model.md, P33). */
  readonly hungMs: number;
  /** The same for one that has had no lease since it was started: it still loads its modules. */
  readonly startMs: number;
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
    hungMs: 30_000,
    startMs: 30_000,
    dehydrateMinMs: 1000,
    dehydrateMaxMs: 10_000,
  },
  demo: {
    heartbeatMs: 250,
    leaseMs: 1500,
    sweepMs: 100,
    socketCloseFences: true,
    restartMs: 3000,
    hungMs: 2000,
    startMs: 20_000,
    dehydrateMinMs: 1000,
    dehydrateMaxMs: 10_000,
  },
  'biztalk-classic': {
    heartbeatMs: 60_000,
    leaseMs: 600_000,
    sweepMs: 60_000,
    socketCloseFences: false,
    restartMs: 60_000,
    hungMs: 60_000,
    startMs: 60_000,
    dehydrateMinMs: 1000,
    dehydrateMaxMs: 1_800_000,
  },
};
