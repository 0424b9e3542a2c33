/** Guarantee: the filter of the view reads back what it prints and lets through what the group's own filter would. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEmpty, matches, operationsFor, parseFilter, printFilter } from '../../../extension/views/instanceFilter.ts';
import { instance } from './status.ts';

test('printing and reading a filter is a round trip', () => {
  const filters = [
    {},
    { text: 'broken order' },
    { orchestration: 'Order Process' },
    { owner: 'P@A', text: 'x' },
    { orchestration: 'O', owner: 'P Q@A', text: 'a b' },
  ];
  for (const filter of filters) assert.deepEqual(parseFilter(printFilter(filter)), filter);
});

test('an empty line is an empty filter', () => {
  assert.ok(isEmpty(parseFilter('  ')));
});

test('every part of a filter has to fit', () => {
  const one = instance('abc', { orchestration: 'Order', owner: 'P@A', error: { code: 'x', message: 'No stock' } });
  for (const filter of [
    { text: 'STOCK' },
    { text: 'ab' },
    { orchestration: 'Order', owner: 'P@A' },
    { states: ['Active' as const] },
    { ids: ['abc'] },
  ])
    assert.ok(matches(filter, one));
  for (const filter of [{ text: 'q' }, { orchestration: 'Ord' }, { owner: 'P@B' }, { states: ['Completed' as const] }, { ids: [] }])
    assert.ok(!matches(filter, one));
});

test('a finished instance can no longer be operated', () => {
  assert.deepEqual(operationsFor('Terminated'), { resume: false, suspend: false, terminate: false });
  assert.deepEqual(operationsFor('Suspended (resumable)'), { resume: true, suspend: false, terminate: true });
});
