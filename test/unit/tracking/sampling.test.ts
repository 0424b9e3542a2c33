/** A slow group is shown whole; of a fast one so many new instances as a person could follow, each of them whole, and the rest is counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sampling } from '../../../emulator/tracking/sampling.ts';
import { A, commit, grant, loss, submit } from './records.ts';

const bytes = (record: object): Buffer => Buffer.from(JSON.stringify(record));

test('everything of a slow group and of a burst', () => {
  const sampling = new Sampling(() => false);
  for (let index = 0; index < 1000; index += 1) assert.ok(sampling.wanted(bytes(submit(1_700_000_000_000, `b${index}`))));
  for (let index = 1; index < 5000; index += 1)
    assert.ok(sampling.wanted(bytes(submit(1_700_000_000_000 + index * 10, `i${index}`))), String(index));
  assert.ok(sampling.wanted(bytes(commit(1, 'unknown', A, 1))));
  assert.equal(sampling.unseen, 0);
});

test('of a fast group some, with all their commits; grants and losses always', () => {
  const known = new Set<string>();
  const sampling = new Sampling((instance) => known.has(instance));
  for (let index = 0; index < 20_000; index += 1) {
    const id = `i${index}`;
    if (sampling.wanted(bytes(submit(1_700_000_000_000 + index, id)))) known.add(id);
  }
  assert.ok(known.size > 4900 && known.size < 5100, `${known.size} of 20,000 in 20 s`);
  assert.equal(sampling.unseen, 20_000 - known.size);
  assert.ok(sampling.wanted(bytes(commit(1, 'i0', A, 1))));
  assert.ok(!sampling.wanted(bytes(commit(1, 'i19999x', A, 1))));
  assert.ok(sampling.wanted(bytes(grant(1, A, 1, 'x'))));
  assert.ok(sampling.wanted(bytes(loss(1, A, 'socket closed'))));
});
