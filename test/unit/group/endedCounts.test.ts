/** Guarantee: ended instances are counted from the status exactly where a filter asks for nothing that only an instance itself can tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceFilter } from '../../../emulator/control/instances.ts';
import type { OrchestrationStatus } from '../../../emulator/control/status.ts';
import { endedCounts } from '../../../emulator/group/endedCounts.ts';
import { noCounts } from '../../../emulator/messagebox/core/instanceState.ts';

const SERVICES: readonly OrchestrationStatus[] = [
  { name: 'Order', kind: 'orchestration', host: 'P', enlisted: true, counts: { ...noCounts(), Active: 7, Completed: 20, Terminated: 3 } },
  { name: 'Stock', kind: 'orchestration', host: 'P', enlisted: true, counts: { ...noCounts(), Completed: 5 } },
  { name: 'Invoices', kind: 'sendPort', host: 'S', enlisted: true, counts: { ...noCounts(), Scheduled: 1, Completed: 40 } },
];

test('by type, kind and state the counts tell', () => {
  const total = (filter: InstanceFilter): number | undefined => endedCounts(SERVICES, filter)?.total;
  assert.equal(total({}), 68);
  assert.equal(total({ kinds: ['orchestration'] }), 28);
  assert.equal(total({ orchestration: 'Order' }), 23);
  assert.equal(total({ states: ['Terminated', 'Active'] }), 3);
  assert.equal(total({ states: ['Dehydrated'] }), 0);
  assert.deepEqual(endedCounts(SERVICES, { kinds: ['sendPort'] })?.counts, { ...noCounts(), Completed: 40 });
});

test('for anything else only the instances can', () => {
  const filters: readonly InstanceFilter[] = [
    { text: 'x' },
    { owner: 'P@A' },
    { ids: [] },
    { olderThanMs: 1 },
    { youngerThanMs: 1 },
    { takenOver: true },
    { createdUntil: '2026-01-01T00:00:00Z' },
  ];
  for (const filter of filters) assert.equal(endedCounts(SERVICES, filter), undefined, JSON.stringify(filter));
});
