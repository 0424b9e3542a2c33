/**
 * Guarantee: compensation survives its host instance. The trip of samples/book-trip in a real group whose processes die again and again,
 * each at its third commit: every booking and every cancellation is published once, in the order of a run without deaths.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import { type GroupOptions, TestGroup } from '../faults/group.ts';

const sample = (name: string): string => readFileSync(new URL(`../../samples/book-trip/${name}`, import.meta.url), 'utf8');
const { orchestrations } = JSON.parse(sample('cluster.json')) as { orchestrations: [object] };

const options: GroupOptions = {
  cluster: { orchestrations: [{ ...orchestrations[0], bindings: { Bookings: { sendPort: 'Receipts' } } }] },
  // What a step takes outside is no part of what is proven.
  files: { 'trip.ts': sample('trip.ts').replace('const STEP = 700;', 'const STEP = 5;') },
};

/** What the trip published, in the order of the journal. */
function stepsIn(records: readonly { readonly record: JournalRecord }[]): string[] {
  return records.flatMap(({ record }) => {
    if (record.kind !== 'commit') return [];
    const bodies = (record.published ?? []).filter(({ type }) => type === 'Booking').map(({ body = '' }) => body);
    return bodies.map((body) => (JSON.parse(body) as { step: string }).step);
  });
}

test(
  'a trip is compensated once, in its order, whoever dies meanwhile',
  { timeout: 180_000, skip: process.platform === 'win32' },
  async (context) => {
    const group = await TestGroup.start({ ...options, fault: 'hostInstance.beforeCommit:3:kill' });
    context.after(() => group.remove());
    await group.drop('trip.json', sample('too-expensive.json'));
    await group.until(() => group.completed('BookTrip') === 1 && group.quiet, 'the trip has ended', 120_000);
    const { records } = await group.judge();
    const booked = ['Book flight', 'Book night', 'Book night', 'Book night', 'Book car'];
    const cancelled = ['Cancel car', 'Cancel night', 'Cancel night', 'Cancel night', 'Cancel flight', 'Tell the traveller no'];
    assert.deepEqual(stepsIn(records), [...booked, ...cancelled]);
    const losses = records.filter(({ record }) => record.kind === 'sessionEnd' && record.lost.length > 0);
    assert.ok(losses.length >= 3, `${String(losses.length)} losses`);
  },
);
