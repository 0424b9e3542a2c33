/** What is expected of a wait: the average of those before it, each counted from its begin to its end, wherever the instance was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Wait } from '../../../emulator/engine/door.ts';
import { InstanceWaits, WaitHistory } from '../../../emulator/hosting/waitHistory.ts';

const SECOND = 1000;

const receive = (number: number): Wait => ({ kind: 'receive', shape: number, subscription: String(number) });
const timer = (due: number): Wait => ({ kind: 'timer', shape: 9, timer: '9.1', due });

function begin(history: WaitHistory, instance = 'i1', version = 0): InstanceWaits {
  return new InstanceWaits(history, 'hash', { instance, version });
}

/** What is expected of a Receive. */
const expected = (history: WaitHistory, number = 3): number | undefined => history.estimate(`hash.${String(number)}`);

test('nothing is known before the first; then the average of the last ten, of each Receive and definition by itself', () => {
  const history = new WaitHistory();
  assert.equal(history.estimate('a'), undefined);
  for (let wait = 1; wait <= 4; wait++) history.note('a', wait);
  assert.equal(history.estimate('a'), 2.5);
  for (let wait = 1; wait <= 12; wait++) history.note('a', wait * 10);
  assert.equal(history.estimate('a'), 75);
  assert.equal(history.estimate('b'), undefined);
});

test('a wait that ends with its message counts from when it began, also when the instance did other things meanwhile', () => {
  const history = new WaitHistory();
  const waits = begin(history);
  waits.blocked([receive(3), receive(4)], 0);
  waits.came('4', SECOND);
  waits.blocked([receive(3), receive(5)], SECOND);
  assert.deepEqual([expected(history), expected(history, 4)], [undefined, SECOND]);
  waits.came('3', 5 * SECOND);
  assert.deepEqual([expected(history), expected(history, 5)], [5 * SECOND, undefined]);
  // In a loop the same Receive waits again, from now on.
  waits.blocked([receive(3)], 6 * SECOND);
  waits.came('3', 9 * SECOND);
  assert.equal(expected(history), 4 * SECOND);
});

test('what was there before it was waited for is no wait', () => {
  const history = new WaitHistory();
  const waits = begin(history);
  waits.came('3', SECOND);
  waits.blocked([receive(4)], SECOND);
  waits.came('3', 2 * SECOND);
  assert.equal(expected(history), undefined);
});

test('a wait that something else ended counts too: another branch of the Listen, the end, a suspension', () => {
  const history = new WaitHistory();
  const waits = begin(history);
  waits.blocked([receive(3), timer(10 * SECOND)], 0);
  waits.blocked([receive(4)], 10 * SECOND);
  assert.equal(expected(history), 10 * SECOND);
  waits.over(12 * SECOND);
  assert.deepEqual([expected(history, 4), expected(history, 9)], [2 * SECOND, undefined]);
});

test('a wait goes on while the instance is out of memory, and counts when it comes back here', () => {
  const history = new WaitHistory();
  const waits = begin(history);
  waits.blocked([receive(3), receive(4)], 0);
  waits.left('i1', 7);
  assert.equal(expected(history), undefined, 'it is not over');
  const back = begin(history, 'i1', 7);
  back.came('3', 3_600_000);
  back.over(3_600_000);
  assert.deepEqual([expected(history), expected(history, 4)], [3_600_000, 3_600_000]);
  begin(history, 'i1', 7).came('3', 0);
  assert.equal(expected(history), 3_600_000, 'once');
});

test('when another host instance had it meanwhile nobody knows when the wait began', () => {
  const history = new WaitHistory();
  const waits = begin(history);
  waits.blocked([receive(3)], 0);
  waits.left('i1', 7);
  begin(history, 'i1', 8).came('3', 3_600_000);
  assert.equal(expected(history), undefined);
});

test('of the last ten thousand that left it is known when they began to wait, and of no more', () => {
  const history = new WaitHistory();
  for (let number = 0; number <= 10_000; number++) {
    const waits = begin(history, `i${String(number)}`);
    waits.blocked([receive(3)], 0);
    waits.left(`i${String(number)}`, 1);
  }
  begin(history, 'i0', 1).came('3', SECOND);
  assert.equal(expected(history), undefined);
  begin(history, 'i1', 1).came('3', SECOND);
  assert.equal(expected(history), SECOND);
});

test('what an instance waits for: the remaining time of a Delay, the average of a Receive, the least of all that is known', () => {
  const history = new WaitHistory();
  const waits = begin(history);
  assert.equal(waits.estimate([receive(3)], 0), undefined);
  assert.equal(waits.estimate([receive(3), timer(30 * SECOND)], 10 * SECOND), 20 * SECOND);
  history.note('hash.3', 5 * SECOND);
  assert.equal(waits.estimate([timer(30 * SECOND), receive(3)], 10 * SECOND), 5 * SECOND);
  assert.equal(waits.estimate([timer(30 * SECOND), receive(3)], 28 * SECOND), 2 * SECOND);
  assert.equal(waits.estimate([], 0), undefined);
});
