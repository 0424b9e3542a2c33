/**
 * The list of instances: its filter is what the group filters by, and means what it says; only what is near is kept and drawn, however long
 * the list; rows that are held do not move; what was remembered by an older page is still understood.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import type { InstancePage, InstanceSummary } from '../../../emulator/control/instances.ts';
import { instanceFilterSchema } from '../../../emulator/control/commandArguments.ts';
import { matcher, summaryFacts } from '../../../emulator/control/instanceFilter.ts';
import {
  attentionIn,
  NEEDS_ATTENTION,
  NO_FILTER,
  sameFilter,
  TAKEN_OVER,
  toInstanceFilter,
  WAITS_LONG,
  type ListFilter,
} from '../../../webview/model/filter.ts';
import { lacks, NO_ROWS, placeOf, questionFor, withAnswer, withChanges, type InstanceRows } from '../../../webview/model/instanceRows.ts';
import { readLayout } from '../../../webview/model/layout.ts';
import { operable } from '../../../webview/model/operations.ts';
import { isSaved, MOST_SAVED, withoutSaved, withSaved, type SavedFilter } from '../../../webview/model/savedFilters.ts';
import { rowWindow, scrollTopOf } from '../../../webview/model/window.ts';
import { counts, instance } from './group.ts';

const NOW = Date.parse('2026-01-01T01:00:00.000Z');

test('the filter of the page is one the group takes, and looks in everything a person sees in a row', () => {
  const error = { code: 'x', message: 'Quantity is negative' };
  const list = [
    instance('a1', { takeovers: 1, created: '2026-01-01T00:55:00.000Z' }),
    instance('b2', { state: 'Suspended (resumable)', error, owner: 'ProcessingHost@B' }),
    instance('port', { kind: 'sendPort', orchestration: 'SendInvoices', state: 'Suspended (not resumable)' }),
    instance('old', { state: 'Dehydrated' }),
  ];
  const found = (part: Partial<ListFilter>): string[] => {
    const filter = v.parse(instanceFilterSchema, toInstanceFilter({ ...NO_FILTER, ...part })) as ReturnType<typeof toInstanceFilter>;
    return list.filter(matcher(filter, NOW, summaryFacts)).map(({ id }) => id);
  };
  assert.deepEqual(found({}), ['a1', 'b2', 'old']);
  assert.deepEqual([found({ text: 'A1' }), found({ text: 'negative' }), found({ text: ' host@b ' })], [['a1'], ['b2'], ['b2']]);
  assert.deepEqual([found({ text: 'nothing' }), found({ states: 'suspended' }), found({ states: 'waiting' })], [[], ['b2'], ['old']]);
  assert.deepEqual([found({ owner: 'ProcessingHost@B' }), found({ kind: 'any', type: 'SendInvoices' })], [['b2'], ['port']]);
  assert.deepEqual([found(NEEDS_ATTENTION), found(WAITS_LONG), found(TAKEN_OVER)], [['b2', 'port'], ['old'], ['a1']]);
  assert.equal(attentionIn(counts), 1);
});

test('a filter has a name, one name a filter, and there are not too many', () => {
  const once = withSaved([], ' mine ', WAITS_LONG);
  assert.deepEqual(once, [{ name: 'mine', filter: WAITS_LONG }]);
  assert.deepEqual(withSaved(once, 'mine', TAKEN_OVER), [{ name: 'mine', filter: TAKEN_OVER }]);
  assert.equal(withSaved(once, '  ', TAKEN_OVER), once);
  assert.ok(isSaved(once, { ...WAITS_LONG }) && !isSaved(once, TAKEN_OVER) && !sameFilter(WAITS_LONG, NO_FILTER));
  assert.deepEqual(withoutSaved(once, 'mine'), []);
  let many: readonly SavedFilter[] = once;
  for (let index = 0; index < 50; index += 1) many = withSaved(many, `f${index}`, NO_FILTER);
  assert.equal(many.length, MOST_SAVED);
});

test('as many are counted for an operation as the group would take', () => {
  assert.deepEqual([operable('suspend', counts), operable('resume', counts), operable('terminate', counts)], [2, 1, 3]);
});

function page(offset: number, limit: number, total: number, named = (index: number) => `i${index}`): InstancePage {
  const instances = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, index) => instance(named(offset + index)));
  return { at: '2026-01-01T00:00:00.000Z', total, counts, instances };
}

test('what is far away is forgotten: scrolling through 100,000 keeps the page small', () => {
  let rows: InstanceRows = NO_ROWS;
  let most = 0;
  for (let first = 0; first < 100_000; first += 35) {
    const { offset, limit } = questionFor(first, first + 40);
    assert.ok(limit <= 500);
    rows = withAnswer(rows, offset, limit, page(offset, limit, 100_000), false);
    assert.ok(!lacks(rows, first, first + 40));
    most = Math.max(most, rows.rows.size);
  }
  assert.ok(most <= 1000, `${most} rows`);
  assert.equal(placeOf(rows, 'i99999'), 99_999);
});

test('rows follow the group; those that are held stay where they are, and only what they say goes on', () => {
  const first = withAnswer(NO_ROWS, 0, 100, page(0, 100, 1000), false);
  const shifted = (index: number): string => (index < 3 ? `new${index}` : `i${index - 3}`);
  const names = ({ rows }: InstanceRows): (string | undefined)[] => [0, 3, 99, 100].map((index) => rows.get(index)?.id);
  const later = page(0, 200, 1003, shifted);
  assert.deepEqual(names(withAnswer(first, 0, 200, later, false)), ['new0', 'i0', 'i96', 'i97']);
  const changed = later.instances.map((one): InstanceSummary => (one.id === 'i3' ? { ...one, commits: 7 } : one));
  const held = withAnswer(first, 0, 200, { ...later, instances: changed }, true);
  assert.deepEqual(names(held), ['i0', 'i3', 'i99', 'i97']);
  assert.equal(held.rows.get(3)?.commits, 7);
});

test('rows at the end go with the list; the feed changes the rows it speaks of and no others', () => {
  const known = withAnswer(NO_ROWS, 0, 100, page(0, 100, 100), false);
  assert.equal(withAnswer(known, 0, 20, page(0, 20, 30), false).rows.size, 30);
  assert.equal(withChanges(known, [instance('stranger')]), known);
  const told = withChanges(known, [instance('i5', { commits: 3 })]);
  assert.deepEqual([told.rows.get(5)?.commits, told.rows.get(6)], [3, known.rows.get(6)]);
});

test('only rows near the window are drawn, and the space of the others stays', () => {
  const { first, end, before, after } = rowWindow(100_000, 30, 30_000, 300);
  assert.ok(first <= 1000 && end >= 1010 && end - first < 60);
  assert.equal(before + after + (end - first) * 30, 100_000 * 30);
  assert.deepEqual(rowWindow(0, 30, 500, 300), { first: 0, end: 0, before: 0, after: 0 });
});

test('a list too long for a browser is scrolled in larger steps, from its first row to its last', () => {
  const [count, row, height] = [5_000_000, 30, 372];
  const whole = ({ first, end, before, after }: ReturnType<typeof rowWindow>): number => before + after + (end - first) * row;
  const top = rowWindow(count, row, 0, height);
  const length = whole(top);
  assert.ok(length < 10_000_000);
  assert.deepEqual([top.first, top.before], [0, 0]);
  const bottom = rowWindow(count, row, length - height, height);
  assert.ok(bottom.end === count && Math.abs(bottom.after) < 1);
  for (const index of [0, 77, 2_345_678, 4_999_000]) {
    const scrollTop = scrollTopOf(count, row, index, height);
    const { first, end, before } = rowWindow(count, row, scrollTop, height);
    assert.ok(first <= index && index < end);
    assert.ok(Math.abs(before + (index - first) * row - scrollTop) < row, `row ${index} is at the top`);
  }
});

test('a remembered look of an older page is understood; one of another version, or of somebody else, is as good as none', () => {
  const nothing = { filter: NO_FILTER, saved: [], selected: null, tab: 'flow' };
  const old = { version: 1, filterText: 'x', filterStates: 'suspended', selected: 'i' };
  for (const stored of [null, 7, { version: 3 }, { version: 2 }, { ...old, filterText: 1 }]) assert.deepEqual(readLayout(stored), nothing);
  assert.deepEqual(readLayout(old), { filter: { ...NO_FILTER, text: 'x', states: 'suspended' }, saved: [], selected: 'i', tab: 'flow' });
  assert.deepEqual(readLayout({ ...old, filterStates: 'taken over' }).filter, { ...TAKEN_OVER, text: 'x' });
  const view = { filter: TAKEN_OVER, saved: [{ name: 'mine', filter: WAITS_LONG }], selected: null, tab: 'messages' };
  assert.deepEqual(readLayout(JSON.parse(JSON.stringify({ version: 2, ...view }))), view);
  assert.equal(readLayout({ version: 2, ...view, tab: 'of another version' }).tab, 'flow');
});
