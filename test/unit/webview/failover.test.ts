/** A loss and its takeovers are told as one story, whatever frames they came in; a reader sees who lost, who took over, and how fast. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GroupEvent } from '../../../emulator/control/events.ts';
import { condense } from '../../../webview/model/condense.ts';
import { describeEvent, describeFailover, describeTakeovers } from '../../../webview/model/describe.ts';
import { addToFailovers } from '../../../webview/model/failovers.ts';

const at = '2026-01-01T00:00:00.000Z';
const lost = (hostInstance: string, held: number): GroupEvent => ({
  ...{ kind: 'ownerLost', at, sequence: 1, hostInstance, reason: 'SIGKILL' },
  instances: Array.from({ length: held }, (_, index) => `i${index}`),
});
const taken = (from: string, to: string, resumedAfterMs: number) =>
  ({ kind: 'takenOver', at, sequence: 2, instance: 'i', orchestration: 'ProcessOrder', from, to, version: 3, resumedAfterMs }) as const;

test('the sentence of the banner: who lost, how many, to whom, how fast', () => {
  const events = [lost('P@A', 37), ...Array.from({ length: 37 }, (_, index) => taken('P@A', 'P@B', 12 + index))];
  const [failover] = addToFailovers([], events);
  assert.ok(failover);
  assert.deepEqual(describeFailover(failover), { tone: 'good', text: '37 orchestrations taken over by P@B, first resumed after 12 ms' });
  assert.equal(failover.lastResumedMs, 48);
});

test('the story is the same when each event comes in a frame of its own, and goes through waiting and partly taken over', () => {
  let failovers = addToFailovers([], [lost('P@A', 2)]);
  const told = (): string[] => failovers.map((failover) => describeFailover(failover).text);
  assert.deepEqual(told(), ['It held 2 orchestrations; waiting for takeover']);
  failovers = addToFailovers(failovers, [taken('P@A', 'P@B', 20)]);
  assert.deepEqual(told(), ['1 of 2 orchestrations taken over so far by P@B, first resumed after 20 ms']);
  failovers = addToFailovers(failovers, [taken('P@A', 'P@C', 15)]);
  assert.deepEqual(told(), ['2 orchestrations taken over by P@B (1), P@C (1), first resumed after 15 ms']);
});

test('a takeover belongs to the newest loss of its host instance', () => {
  const failovers = addToFailovers([], [lost('P@A', 1), taken('P@A', 'P@B', 9), lost('P@B', 1), lost('P@A', 1), taken('P@A', 'P@C', 7)]);
  assert.deepEqual(
    failovers.map(({ hostInstance, takenOver }) => [hostInstance, takenOver]),
    [
      ['P@A', 1],
      ['P@B', 0],
      ['P@A', 1],
    ],
  );
});

test('an orderly stop without work left is no failover, and is not told as a loss', () => {
  const stop = { ...lost('P@A', 0), reason: 'bye' } as GroupEvent;
  assert.deepEqual(addToFailovers([], [stop]), []);
  assert.deepEqual(describeEvent(stop), { tone: 'neutral', text: 'P@A ended its session, with no work left' });
  assert.equal(addToFailovers([], [{ ...lost('P@A', 1), reason: 'bye' } as GroupEvent]).length, 1);
});

test('what happens to the machine is told: its disk, its clock', () => {
  const told = (event: object): string => {
    const { tone, text } = describeEvent({ at, sequence: 1, ...event } as GroupEvent);
    return `${tone}: ${text}`;
  };
  assert.match(told({ kind: 'storage', state: 'full' }), /^bad: The disk of the data folder is full/);
  assert.match(told({ kind: 'storage', state: 'writable' }), /^good: There is room/);
  assert.match(told({ kind: 'clockJumped', byMs: -3_600_000, aheadMs: 3_600_000 }), /^warning: .* set back by 60 min.* 60 min ahead/);
  assert.match(told({ kind: 'clockJumped', byMs: 30_000_000, aheadMs: 0 }), /^warning: .* went forward by 8\.3 h/);
});

test('neighbouring takeovers become one entry, others keep their place', () => {
  const entries = condense([taken('P@A', 'P@B', 5), taken('P@A', 'P@B', 9), lost('P@A', 2), taken('P@B', 'P@A', 3)]);
  assert.deepEqual(
    entries.map((entry) => (entry.kind === 'one' ? describeEvent(entry.event) : describeTakeovers(entry.takeovers)).text),
    [
      '2 orchestrations: P@A → P@B, first after 5 ms, last after 9 ms',
      'P@A lost (SIGKILL); it held 2 orchestrations',
      'ProcessOrder i: P@B → P@A, from commit 3, after 3 ms',
    ],
  );
});
