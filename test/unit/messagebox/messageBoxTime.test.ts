/**
 * Guarantee: time in the MessageBox never goes back and never stands still, whatever the machine's clock does; a timer set for ten seconds
 * fires after ten seconds; a jump of more than a minute is told once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profiles } from '../../../emulator/cluster/profiles.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { apply } from '../../../emulator/messagebox/core/apply.ts';
import { MessageBox } from '../../../emulator/messagebox/core/messageBox.ts';
import { MessageBoxTime } from '../../../emulator/messagebox/core/messageBoxTime.ts';
import type { JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import { emptyState } from '../../../emulator/messagebox/core/state.ts';
import { Store } from '../../../emulator/messagebox/core/store.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { PROTOCOL_VERSION } from '../../../emulator/messagebox/protocol/frames.ts';
import { commitFrame, FakeConnection, JOB } from '../../faults/core.ts';

const START = Date.UTC(2026, 2, 29, 0, 30);
const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

test('while the wall clock goes on as it should, time is the wall clock, to the millisecond', () => {
  const clock = new SimulatedClock(START);
  const time = new MessageBoxTime(clock, 0);
  for (let step = 0; step < 100; step++) {
    clock.advance(step * 7);
    assert.equal(time.now(), clock.wall());
  }
  assert.equal(time.aheadMs, 0);
  assert.equal(time.takeJump(), undefined);
});

for (const [name, by] of [
  ['an hour back', -HOUR],
  ['a day back', -DAY],
  ['two minutes back', -2 * MINUTE],
  ['back to 1970', -START],
] as const)
  test(`${name}: time goes on by the monotonic clock until the wall clock has caught up, and the jump is told once`, () => {
    const clock = new SimulatedClock(START);
    const time = new MessageBoxTime(clock, 0);
    clock.advance(SECOND);
    const before = time.now();
    clock.setWall(clock.wall() + by);
    assert.equal(time.now(), before);
    for (const ms of [1, 20, 10 * SECOND, HOUR]) {
      const from = time.now();
      clock.advance(ms);
      assert.equal(time.now() - from, ms);
    }
    assert.equal(time.aheadMs, -by);
    assert.deepEqual(time.takeJump(), { byMs: by, aheadMs: -by });
    assert.equal(time.takeJump(), undefined);
    clock.setWall(time.now() + 5);
    assert.equal(time.now(), clock.wall(), 'the wall clock has caught up');
    assert.equal(time.aheadMs, 0);
  });

for (const [name, by] of [
  ['an hour forward', HOUR],
  ['a day forward, as after a sleep', DAY],
  ['over the end of 32 bits of seconds', Date.UTC(2038, 0, 20) - START],
] as const)
  test(`${name}: time follows at once, and the jump is told`, () => {
    const clock = new SimulatedClock(START);
    const time = new MessageBoxTime(clock, 0);
    clock.setWall(clock.wall() + by);
    assert.equal(time.now(), START + by);
    assert.deepEqual(time.takeJump(), { byMs: by, aheadMs: 0 });
    clock.advance(MINUTE);
    assert.equal(time.now(), START + by + MINUTE);
    assert.equal(time.takeJump(), undefined);
  });

test('steps back of less than a minute are told when they add up to more, and steps of seconds are not told', () => {
  const clock = new SimulatedClock(START);
  const time = new MessageBoxTime(clock, 0);
  let last = time.now();
  for (let step = 1; step <= 9; step++) {
    clock.advance(HOUR);
    clock.setWall(clock.wall() - 10 * SECOND);
    assert.equal(time.now() - last, HOUR, 'an hour is an hour');
    last = time.now();
    assert.deepEqual(time.takeJump(), step === 7 ? { byMs: -70 * SECOND, aheadMs: 70 * SECOND } : undefined);
  }
  clock.setWall(clock.wall() + 30 * SECOND);
  assert.equal(time.now(), last);
  assert.equal(time.aheadMs, MINUTE);
  assert.equal(time.takeJump(), undefined);
});

test('a clock that is set back and right again is told both times', () => {
  const clock = new SimulatedClock(START);
  const time = new MessageBoxTime(clock, 0);
  clock.setWall(START - HOUR);
  time.now();
  assert.deepEqual(time.takeJump(), { byMs: -HOUR, aheadMs: HOUR });
  clock.setWall(START);
  time.now();
  assert.deepEqual(time.takeJump(), { byMs: HOUR, aheadMs: 0 });
  clock.setWall(START - HOUR);
  time.now();
  assert.deepEqual(time.takeJump(), { byMs: -HOUR, aheadMs: HOUR });
});

test('a start with the wall clock behind the last record goes on from that record and says so; one that is ahead says nothing', () => {
  const clock = new SimulatedClock(START - DAY);
  const time = new MessageBoxTime(clock, START);
  assert.equal(time.now(), START);
  assert.deepEqual(time.takeJump(), { byMs: -DAY, aheadMs: DAY });
  clock.advance(MINUTE);
  assert.equal(time.now(), START + MINUTE);
  const later = new MessageBoxTime(new SimulatedClock(START + DAY), START);
  assert.equal(later.now(), START + DAY);
  assert.equal(later.takeJump(), undefined, 'a downtime is no jump');
});

test('fractions of the monotonic clock never make time go back or fall behind the wall clock', () => {
  const random = seededRandom(7);
  let [wall, monotonic] = [START, 12.345];
  const time = new MessageBoxTime({ wall: () => Math.floor(wall), monotonic: () => monotonic }, 0);
  let last = 0;
  for (let step = 0; step < 10_000; step++) {
    const ms = random.below(2000) / 997;
    wall += ms;
    monotonic += ms;
    const now = time.now();
    assert.ok(Number.isInteger(now) && now >= last && now >= Math.floor(wall) && now <= wall + 1);
    last = now;
  }
});

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
test(`any walk of the wall clock: what passes is what the monotonic clock says, or more (seed ${String(seed)})`, () => {
  const random = seededRandom(seed);
  const clock = new SimulatedClock(START);
  let time = new MessageBoxTime(clock, 0);
  let last = time.now();
  for (let step = 0; step < 5000; step++) {
    const passed = random.below(5000);
    clock.advance(passed);
    const jump = random.chance(0.2) ? random.below(4 * HOUR) - 2 * HOUR : 0;
    clock.setWall(clock.wall() + jump);
    const restarted = random.chance(0.01);
    if (restarted) time = new MessageBoxTime(clock, last);
    const now = time.now();
    assert.ok(now - last >= (restarted ? 0 : passed), `step ${String(step)}: ${String(now - last)} ms instead of ${String(passed)}`);
    assert.ok(now >= clock.wall());
    last = now;
  }
});

/** A MessageBox on a clock that is set, and one instance with a timer of ten seconds. */
class Timed {
  readonly clock = new SimulatedClock(START);
  readonly records: JournalRecord[] = [];
  messageBox = this.start();

  start(): MessageBox {
    const state = emptyState();
    for (const [index, record] of this.records.entries()) apply(state, record, index + 1);
    const store = new Store(state, { append: (record) => this.records.push(structuredClone(record)) }, this.clock, () => undefined);
    store.record({ kind: 'generation', at: store.now, generation: state.generation + 1, origin: 'test' });
    return (this.messageBox = new MessageBox(store, profiles.demo));
  }

  waits(ms: number): void {
    const connection = new FakeConnection();
    const hello = {
      kind: 'hello',
      protocol: PROTOCOL_VERSION,
      hostInstance: 'H@A',
      host: 'H',
      computer: 'A',
      pid: 1,
      services: [JOB],
      resume: [],
    } as const;
    const session = this.messageBox.hello(connection, hello);
    assert.ok(session);
    const message = { type: 'Job', properties: { Job: 'a' }, body: 'a' };
    this.messageBox.frame(session, { kind: 'submit', request: 1, location: 'L', receiveId: 'a', message });
    this.messageBox.frame(session, { kind: 'pull', credit: 1 });
    this.messageBox.settle();
    const [granted] = connection.last('grant')?.instances ?? [];
    assert.ok(granted);
    const { instance, lock } = granted;
    const due = this.messageBox.store.now + ms;
    const commit = { id: `${instance}#1@${lock}`, instance, lock, base: 0, consumed: granted.queue.map(({ id }) => id) };
    this.messageBox.frame(session, commitFrame({ ...commit, timers: [{ id: 'delay', due }], outcome: 'idle', waits: ['delay'] }));
    this.messageBox.frame(session, { kind: 'bye' });
  }

  fired(): boolean {
    this.messageBox.fireTimers();
    return this.records.some(({ kind }) => kind === 'timer');
  }
}

for (const by of [-HOUR, -DAY, -5 * SECOND, 0])
  test(`a timer of ten seconds fires after ten seconds when the wall clock is set by ${String(by / SECOND)} s meanwhile`, () => {
    const timed = new Timed();
    timed.waits(10 * SECOND);
    timed.clock.advance(3 * SECOND);
    timed.clock.setWall(timed.clock.wall() + by);
    timed.clock.advance(6_990);
    assert.equal(timed.fired(), false, 'not early');
    timed.clock.advance(10);
    assert.equal(timed.fired(), true);
  });

test('a timer that fell into a sleep fires at once, and one set before a restart with the wall clock set back loses the downtime only', () => {
  const slept = new Timed();
  slept.waits(HOUR);
  slept.clock.setWall(slept.clock.wall() + DAY);
  assert.equal(slept.fired(), true);
  const restarted = new Timed();
  restarted.waits(10 * SECOND);
  restarted.clock.setWall(restarted.clock.wall() - HOUR);
  restarted.start();
  restarted.clock.advance(9_990);
  assert.equal(restarted.fired(), false);
  restarted.clock.advance(10);
  assert.equal(restarted.fired(), true);
});
