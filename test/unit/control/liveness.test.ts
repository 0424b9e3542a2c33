/** Guarantee: what has no lease is never told as running, and what is silent with permission is not accused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookOf, type Signs, toldState } from '../../../emulator/control/liveness.ts';
import type { HostInstanceState } from '../../../emulator/control/status.ts';

const LEASE = 1500;
const alive: Signs = { state: 'running', hasLease: true, onHold: false, silentMs: 100, leaseMs: LEASE };

test('a process that runs is running, suspect, lost as its lease goes, and never running without one', () => {
  const told = (silentMs: number, hasLease: boolean): HostInstanceState => toldState({ ...alive, silentMs, hasLease });
  assert.deepEqual(
    [0, 600, 700, 1499, 1500, 60_000].map((silentMs) => told(silentMs, true)),
    ['running', 'running', 'suspect', 'suspect', 'lost', 'lost'],
  );
  for (let silentMs = 0; silentMs < 3 * LEASE; silentMs += 50)
    assert.equal(told(silentMs, false), silentMs < LEASE ? 'suspect' : 'lost', String(silentMs));
});

test('frozen, held and every state without a claim to work are told as they are', () => {
  const silent = { hasLease: false, silentMs: 10 * LEASE };
  for (const state of ['frozen', 'stop pending', 'start pending', 'restarting', 'stopped', 'failed'] as const)
    assert.equal(toldState({ ...alive, ...silent, state }), state);
  assert.equal(toldState({ ...alive, onHold: true, silentMs: 10 * LEASE }), 'held');
});

test('a page that is told a state goes on with the same rule', () => {
  for (const silentMs of [0, 700, 1499, 1500]) {
    const told = toldState({ ...alive, silentMs });
    assert.equal(lookOf(told, silentMs, LEASE), told);
  }
});
