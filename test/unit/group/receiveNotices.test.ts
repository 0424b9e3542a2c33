/** Guarantee (docs/files.md, "What is not taken"): several host instances that see one folder name a file once, in the status and in the events. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SohError, toWire, type WireError } from '../../../emulator/errors.ts';
import { newsOf, noticesOf } from '../../../emulator/group/receiveNotices.ts';
import type { LocationNotices } from '../../../emulator/hosting/settings.ts';

const empty = (file: string): WireError => toWire(new SohError('receive.empty', { location: 'L', file }));
const seen = (at: number, more: number, ...files: string[]): { notices: Map<string, LocationNotices> } => ({
  notices: new Map([['L', { notices: files.map((file) => ({ at, error: empty(file) })), more }]]),
});

test('the same file is listed once, since the first saw it', () => {
  const { notices, moreNotices } = noticesOf('L', [seen(2000, 0, 'a', 'b'), seen(1000, 3, 'b', 'c')]);
  assert.deepEqual(
    notices?.map(({ at, error }) => [at, error.parameters['file']]),
    [
      ['1970-01-01T00:00:01.000Z', 'b'],
      ['1970-01-01T00:00:01.000Z', 'c'],
      ['1970-01-01T00:00:02.000Z', 'a'],
    ],
  );
  assert.equal(moreNotices, 3);
  assert.deepEqual(noticesOf('other', [seen(1, 1, 'a')]), {});
});

test('at most twenty are listed, the others counted', () => {
  const { notices, moreNotices } = noticesOf('L', [seen(1, 2, ...Array.from({ length: 30 }, (_, n) => String(n)))]);
  assert.equal(notices?.length, 20);
  assert.equal(moreNotices, 12);
});

test('what another host instance has said is no news', () => {
  assert.deepEqual(newsOf('L', [empty('a'), empty('b')], [seen(1, 0, 'b')]), [empty('a')]);
  assert.deepEqual(newsOf('L', [empty('a')], []), [empty('a')]);
});
