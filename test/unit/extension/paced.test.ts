/** Guarantee: copies go in evenly over time, never more than asked for, and none after the end was asked for. Time is a parameter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendPaced, type PacedPorts } from '../../../extension/commands/paced.ts';

function recorded(options: { slowMs?: number; overAt?: number } = {}): PacedPorts & { turns: { at: number; count: number }[] } {
  let time = 0;
  let total = 0;
  const turns: { at: number; count: number }[] = [];
  return {
    turns,
    now: () => time,
    wait: async (ms) => void (time += ms),
    over: () => total >= (options.overAt ?? Infinity),
    send: async (count) => {
      turns.push({ at: time, count });
      time += options.slowMs ?? 0;
    },
    sent: (sent) => void (total = sent),
  };
}

test('a hundred copies at ten a second take ten seconds, one at a time', async () => {
  const ports = recorded();
  assert.equal(await sendPaced(100, 10, ports), 100);
  assert.equal(ports.turns.length, 100);
  assert.ok(ports.turns.every(({ count }) => count === 1));
  assert.equal(ports.turns.at(-1)?.at, 9900);
});

test('one copy goes at once', async () => {
  const ports = recorded();
  assert.equal(await sendPaced(1, 10, ports), 1);
  assert.deepEqual(ports.turns, [{ at: 0, count: 1 }]);
});

test('after a slow answer at most the copies of one second follow together, and the sum is right', async () => {
  const ports = recorded({ slowMs: 5000 });
  assert.equal(await sendPaced(35, 10, ports), 35);
  assert.ok(ports.turns.every(({ count }) => count <= 10));
  assert.equal(
    ports.turns.reduce((sum, { count }) => sum + count, 0),
    35,
  );
});

test('it stops when it is told to, and says how many were sent', async () => {
  const ports = recorded({ overAt: 7 });
  assert.equal(await sendPaced(100, 10, ports), 7);
});
