/** Guarantee: followers get at most ten frames a second, each with all that is new and none with nothing; without followers nothing is done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Delta } from '../../../emulator/control/commands.ts';
import type { GroupEvent } from '../../../emulator/control/events.ts';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { Feed, FRAME_INTERVAL_MS } from '../../../emulator/group/feed.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { status } from '../cli/fakeGroup.ts';

const event = (sequence: number): GroupEvent => ({
  ...{ at: '2026-01-01T00:00:00.000Z', sequence },
  ...{ kind: 'computerState', computer: 'A', state: 'running' },
});

interface Watched {
  readonly feed: Feed;
  readonly clock: SimulatedClock;
  /** Changes the status. */
  readonly change: (name: string) => void;
  /** How often the status was asked for. */
  readonly asked: () => number;
}

function watch(): Watched {
  const clock = new SimulatedClock();
  let now: GroupStatus = status;
  let asked = 0;
  const feed = new Feed(() => {
    asked += 1;
    return now;
  }, clock);
  return { feed, clock, change: (name) => (now = { ...now, name }), asked: () => asked };
}

test('what happens within a tenth of a second is one frame; where nothing happens there is none', () => {
  const { feed, clock, change } = watch();
  const frames: Delta[] = [];
  feed.follow({ frame: (delta) => void frames.push(delta) });
  clock.advance(FRAME_INTERVAL_MS);
  frames.length = 0;
  clock.advance(10 * FRAME_INTERVAL_MS);
  assert.equal(frames.length, 0);
  feed.event(event(1));
  change('another name');
  feed.event(event(2));
  clock.advance(FRAME_INTERVAL_MS - 1);
  assert.equal(frames.length, 0);
  clock.advance(1);
  assert.deepEqual(
    frames.map(({ events, status: told }) => [events?.map(({ sequence }) => sequence), told?.name]),
    [[[1, 2], 'another name']],
  );
  for (let ms = 0; ms < 1000; ms++) {
    feed.event(event(ms));
    clock.advance(1);
  }
  assert.equal(frames.length, 1 + 1000 / FRAME_INTERVAL_MS);
  assert.deepEqual(
    frames.map(({ frame }) => frame),
    frames.map((_, index) => (frames[0]?.frame ?? 0) + index),
  );
});

test('while nobody follows no status is put together, and what happened meanwhile is in the snapshot', () => {
  const { feed, clock, asked } = watch();
  for (let count = 0; count < 100; count++) {
    feed.event(event(count));
    clock.advance(FRAME_INTERVAL_MS);
  }
  assert.equal(asked(), 0);
  const frames: Delta[] = [];
  const follower = { frame: (delta: Delta): void => void frames.push(delta) };
  assert.equal(feed.follow(follower).events.length, 100);
  clock.advance(FRAME_INTERVAL_MS);
  assert.ok(
    frames.every(({ events }) => events === undefined),
    'nothing is told twice',
  );
  feed.unfollow(follower);
  const before = asked();
  clock.advance(100 * FRAME_INTERVAL_MS);
  assert.equal(asked(), before);
});

test('without followers the clock has nothing to do', () => {
  const { feed, clock } = watch();
  const followers = [1, 2].map(() => ({ frame: () => undefined }));
  assert.equal(clock.pending, 0);
  for (const follower of followers) feed.follow(follower);
  assert.equal(clock.pending, 1);
  for (const follower of followers) {
    assert.equal(clock.pending, 1);
    feed.unfollow(follower);
  }
  assert.equal(clock.pending, 0);
});

test('a feed that is closed does nothing more', () => {
  const { feed, clock } = watch();
  const frames: Delta[] = [];
  feed.follow({ frame: (delta) => void frames.push(delta) });
  clock.advance(FRAME_INTERVAL_MS);
  frames.length = 0;
  feed.close();
  feed.event(event(1));
  clock.advance(10 * FRAME_INTERVAL_MS);
  assert.equal(frames.length, 0);
});
