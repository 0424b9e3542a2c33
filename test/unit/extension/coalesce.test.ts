/** Guarantee: however often a refresh is asked for, it happens at most once per interval, and the last request is never lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Coalescer, type Timers } from '../../../extension/views/coalesce.ts';

function handClock(): Timers & { tick(): void } {
  let waiting: (() => void)[] = [];
  return {
    after: (_ms, action) => {
      waiting.push(action);
      return () => void (waiting = waiting.filter((other) => other !== action));
    },
    tick: () => {
      const due = waiting;
      waiting = [];
      for (const action of due) action();
    },
  };
}

test('the first request runs at once, the others together', () => {
  let runs = 0;
  const clock = handClock();
  const refresh = new Coalescer(() => runs++, 250, clock);
  for (let count = 0; count < 10; count++) refresh.request();
  assert.equal(runs, 1);
  clock.tick();
  assert.equal(runs, 2);
  clock.tick();
  clock.tick();
  assert.equal(runs, 2);
  refresh.request();
  assert.equal(runs, 3);
});

test('after dispose nothing runs any more', () => {
  let runs = 0;
  const clock = handClock();
  const refresh = new Coalescer(() => runs++, 250, clock);
  refresh.request();
  refresh.request();
  refresh.dispose();
  clock.tick();
  assert.equal(runs, 1);
});
