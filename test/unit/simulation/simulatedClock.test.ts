/** The simulated clock keeps the promises of the Clock port, and so does the machine's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeClock } from '../../../emulator/clock.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';

test('what is due runs in order of its time, also what is planned meanwhile', () => {
  const clock = new SimulatedClock(1_000);
  const ran: string[] = [];
  const note = (what: string) => (): void => void ran.push(`${what} at ${String(clock.monotonic())}`);
  clock.after(30, note('late'));
  clock.after(10, () => {
    note('early')();
    clock.after(5, note('planned meanwhile'));
    clock.soon(note('soon'));
  });
  const stop = clock.every(12, note('again'));
  clock.advance(25);
  stop();
  clock.advance(25);
  assert.deepEqual(ran, ['early at 10', 'soon at 10', 'again at 12', 'planned meanwhile at 15', 'again at 24', 'late at 30']);
  assert.deepEqual([clock.monotonic(), clock.wall()], [50, 1_050]);
});

test('what was cancelled does not run, the wall clock may be set, and time does not go back', () => {
  const clock = new SimulatedClock();
  let ran = 0;
  const cancel = clock.after(5, () => ran++);
  cancel();
  cancel();
  clock.setWall(5_000);
  clock.advance(10);
  assert.deepEqual([ran, clock.monotonic(), clock.wall()], [0, 10, 5_010]);
  assert.throws(() => {
    clock.advance(-1);
  }, RangeError);
});

test("the machine's clock: a time beyond Node's longest timer neither fires at once nor is lost", async () => {
  let fired = false;
  const cancel = nodeClock.after(2 ** 32, () => (fired = true));
  await new Promise<void>((resolve) => void nodeClock.after(5, resolve));
  cancel();
  assert.equal(fired, false);
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    nodeClock.after(0, () => {
      order.push('after');
      resolve();
    });
    nodeClock.soon(() => order.push('soon'));
    order.push('now');
  });
  assert.equal(order[0], 'now');
});
