/** Guarantee: only silence that somebody witnessed is held against a process (docs/failure-model.md, P33). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profiles } from '../../../emulator/cluster/profiles.ts';
import { toldState } from '../../../emulator/control/liveness.ts';
import type { HostInstanceState } from '../../../emulator/control/status.ts';
import type { HostInstanceProcess } from '../../../emulator/group/hostInstanceProcess.ts';
import { Leases } from '../../../emulator/group/leases.ts';
import { LeaseWatch } from '../../../emulator/group/leaseWatch.ts';
import type { SessionReport } from '../../../emulator/messagebox/protocol/supervisorFrames.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';

const { hungMs, startMs } = profiles.demo;
const alive = { leaseAgeMs: 100, onHold: false };
const REPORT_MS = 100;

/** Reports every 100 ms for so long; the time after which it was over. */
function watched(lease: LeaseWatch, session: typeof alive | undefined, ms: number): number | undefined {
  for (let after = REPORT_MS; after <= ms; after += REPORT_MS) {
    lease.reported(session, REPORT_MS);
    if (lease.over) return after;
  }
  return undefined;
}

test('a process that had a lease is over soon after it has none', () => {
  const lease = new LeaseWatch(profiles.demo);
  assert.equal(watched(lease, alive, 10 * hungMs), undefined);
  const after = watched(lease, undefined, 10 * hungMs);
  assert.ok(after !== undefined && after > hungMs && after <= hungMs + 2 * REPORT_MS, String(after));
});

test('one that never had any has the time to load its modules, and no more', () => {
  const lease = new LeaseWatch(profiles.demo);
  lease.begin();
  const after = watched(lease, undefined, 10 * startMs);
  assert.ok(after !== undefined && after > startMs && after <= startMs + 2 * REPORT_MS, String(after));
});

test('a lease in time clears it, and every process begins anew', () => {
  const lease = new LeaseWatch(profiles.demo);
  lease.reported(alive, REPORT_MS);
  assert.equal(watched(lease, undefined, hungMs - REPORT_MS), undefined);
  lease.reported(alive, REPORT_MS);
  assert.equal(watched(lease, undefined, hungMs - REPORT_MS), undefined);
  lease.begin();
  assert.equal(watched(lease, undefined, startMs - REPORT_MS), undefined);
  assert.equal(lease.had, false);
});

test('that the MessageBox was away, or the supervisor slept, is nobody’s silence', () => {
  const lease = new LeaseWatch(profiles.demo);
  lease.reported(alive, REPORT_MS);
  for (let stalls = 0; stalls < 3; stalls++) lease.reported(undefined, 3_600_000);
  assert.equal(lease.over, false);
  lease.reported(alive, 3_600_000);
  lease.unheard(3_600_000);
  assert.equal(lease.over, false);
  assert.ok(lease.silentMs >= 3_600_000, 'it is not known to live, though');
});

test('silence grows from the last sign of life on', () => {
  const lease = new LeaseWatch(profiles.demo);
  lease.reported({ leaseAgeMs: 1400, onHold: false }, REPORT_MS);
  assert.deepEqual([lease.hasLease, lease.silentMs], [true, 1400]);
  lease.unheard(50);
  assert.equal(lease.silentMs, 1450);
  lease.reported(undefined, REPORT_MS);
  assert.deepEqual([lease.hasLease, lease.silentMs], [false, 1500]);
  lease.resume();
  assert.equal(lease.silentMs, 0);
});

/** One host instance under the MessageBox's word; what everybody is told of it. */
function group(): { clock: SimulatedClock; lease: LeaseWatch; leases: Leases; told: () => HostInstanceState } {
  const clock = new SimulatedClock();
  const lease = new LeaseWatch(profiles.demo);
  const process = {
    name: 'H@A',
    lease,
    reported: (session: SessionReport | undefined, sinceMs: number): void => {
      lease.reported(session, sinceMs);
    },
  };
  const leases = new Leases(clock, () => [process as unknown as HostInstanceProcess]);
  lease.begin();
  const told = (): HostInstanceState => {
    const { hasLease, onHold, silentMs } = lease;
    return toldState({ state: 'running', hasLease, onHold, silentMs, leaseMs: profiles.demo.leaseMs });
  };
  return { clock, lease, leases, told };
}

test('while the MessageBox says nothing nobody is known to live: suspect, then lost, and as before with its next word', () => {
  const { clock, lease, leases, told } = group();
  const session = { hostInstance: 'H@A', ...alive } as SessionReport;
  leases.reported([session], false);
  assert.equal(told(), 'running');
  const seen: string[] = [];
  for (let second = 0; second < 30; second++) {
    clock.advance(500);
    leases.watch();
    if (seen.at(-1) !== told()) seen.push(told());
  }
  assert.deepEqual(seen, ['running', 'lost']);
  assert.equal(lease.over, false);
  leases.reported([session], false);
  assert.equal(told(), 'running');
  clock.advance(1001);
  leases.watch();
  assert.equal(told(), 'suspect');
  leases.begin();
  leases.watch();
  clock.advance(1000);
  leases.watch();
  assert.equal(lease.silentMs, 1101, 'one that has just started has its time to speak');
});

test('while the disk of the MessageBox is full nobody is accused: who comes may get no session before there is room', () => {
  const { clock, lease, leases } = group();
  const report = (ms: number, full: boolean): void => {
    for (let passed = 0; passed < ms; passed += REPORT_MS) {
      clock.advance(REPORT_MS);
      leases.reported([], full);
    }
  };
  report(10 * startMs, true);
  assert.equal(lease.over, false);
  report(startMs - REPORT_MS, false);
  assert.equal(lease.over, false, 'its time begins when there is room');
  report(3 * REPORT_MS, false);
  assert.equal(lease.over, true);
});
