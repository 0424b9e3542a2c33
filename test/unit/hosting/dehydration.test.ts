/**
 * Who leaves memory when: the formula with the numbers of the product's example, the watch that judges again while something waits, and what
 * it reads (docs/behaviour.md, section 8).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClusterFile } from '../../../emulator/cluster/loadClusterFile.ts';
import { profiles } from '../../../emulator/cluster/profiles.ts';
import { type DehydrationSettings, leavesMemory, memoryFactor, thresholdOf } from '../../../emulator/hosting/dehydration.ts';
import { dehydrationOf, type MemoryReadings, nodeMemory } from '../../../emulator/hosting/memoryReadings.ts';
import { MemoryWatch } from '../../../emulator/hosting/memoryWatch.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { SLICE_MS } from '../../../emulator/slices.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const CLASSIC = profiles['biztalk-classic'];

/** A host's settings in the group file, as they are with all defaults. */
function settingsOf(dehydration: object, readings?: Partial<MemoryReadings>): DehydrationSettings {
  const file = { profile: 'biztalk-classic', computers: ['A'], hosts: [{ name: 'H', instances: ['A'], dehydration }] };
  const [host] = parseClusterFile(JSON.stringify(file), 'cluster.json').hosts;
  assert.ok(host);
  return dehydrationOf(host.dehydration, CLASSIC, { virtual: () => 0, private: () => 0, physical: () => 0, ...readings });
}

class Watched {
  readonly clock = new SimulatedClock();
  /** MB of private memory. */
  private = 0;
  readings = 0;
  readonly left: string[] = [];
  readonly watch: MemoryWatch;
  readonly settings: DehydrationSettings;

  constructor(dehydration: object = {}, clock?: (clock: SimulatedClock) => ConstructorParameters<typeof MemoryWatch>[1]) {
    this.settings = settingsOf(dehydration, {
      private: () => {
        this.readings++;
        return this.private;
      },
    });
    this.watch = new MemoryWatch(this.settings, clock?.(this.clock) ?? this.clock);
  }

  /** `true`: it may stay; gives what ends its wait. */
  block(name: string, estimate?: () => number | undefined): (() => void) | undefined {
    return this.watch.blocked({ estimate: estimate ?? ((): undefined => undefined), leave: () => this.left.push(name) });
  }
}

test("the product's example: 250 MB, a third of the way, about 600 s; a wait of 60 s with a history of 90 s stays", () => {
  const settings = settingsOf({}, { private: () => 250 });
  assert.ok(Math.abs(memoryFactor(settings.memory) - 1 / 3) < 1e-9);
  const threshold = thresholdOf(settings);
  assert.ok(threshold > 600 * SECOND && threshold < 601 * SECOND);
  assert.equal(leavesMemory(threshold, 60 * SECOND, 90 * SECOND), false);
  assert.equal(leavesMemory(threshold, 60 * SECOND, 602 * SECOND), true, 'a history that is longer');
  assert.equal(leavesMemory(threshold, 1300 * SECOND, 90 * SECOND), true, 'it lasts longer than twice the threshold');
  assert.equal(leavesMemory(threshold, 60 * SECOND, undefined), false, 'nothing is known');
});

test('each criterion by itself, the least counts; below optimal 1, above maximal 0; what is not active does not count', () => {
  const factor = (virtual: number, own: number, physical: number, memory: object = {}): number =>
    memoryFactor(settingsOf({ memory }, { virtual: () => virtual, private: () => own, physical: () => physical }).memory);
  assert.equal(factor(899, 49, 99), 1, 'physical memory is not active unless it is asked for');
  assert.equal(factor(1100, 0, 0), 0.5);
  assert.equal(factor(1100, 275, 0), 0.25);
  assert.equal(factor(0, 351, 0), 0);
  assert.equal(factor(1301, 50, 0), 0);
  assert.equal(factor(0, 0, 77.5, { physical: { active: true } }), 0.5);
  assert.equal(factor(2000, 2000, 0, { virtual: { active: false }, private: { active: false } }), 1);
  assert.equal(factor(0, 150, 0, { private: { optimalMb: 100, maximalMb: 200 } }), 0.5);
});

test('a reading that is set counts instead of what is read, in each criterion', () => {
  const refuse = (): number => assert.fail('it was read');
  const readings = { virtual: refuse, private: refuse, physical: refuse };
  const set = { virtual: { readingMb: 1100 }, private: { readingMb: 0 }, physical: { active: true, readingPercent: 70 } };
  assert.equal(memoryFactor(settingsOf({ memory: set }, readings).memory), 0.5);
});

test("thresholds are the host's own, else those of the profile", () => {
  const { minThresholdMs, maxThresholdMs, behavior } = settingsOf({ maxThresholdMs: 5000 });
  assert.deepEqual({ minThresholdMs, maxThresholdMs, behavior }, { minThresholdMs: 1000, maxThresholdMs: 5000, behavior: 'custom' });
});

test('what Node says of the memory: what the heap uses is less than what it has taken, and nothing exceeds the machine', () => {
  assert.ok(nodeMemory.private() > 1);
  assert.ok(nodeMemory.virtual() > nodeMemory.private());
  assert.ok(nodeMemory.virtual() < 100_000);
  const physical = nodeMemory.physical();
  assert.ok(physical > 0 && physical < 100, String(physical));
});

test('without pressure a Receive without history stays for an hour, a Delay of half an hour and more leaves at once', () => {
  const group = new Watched();
  assert.ok(group.block('receive'));
  assert.equal(
    group.block('delay', () => 31 * MINUTE),
    undefined,
  );
  assert.ok(group.block('short delay', () => 2 * MINUTE));
  group.clock.advance(HOUR - 1);
  assert.deepEqual(group.left, []);
  group.clock.advance(1);
  assert.deepEqual(group.left, ['receive', 'short delay']);
  assert.equal(group.clock.pending, 0);
});

test('judged again while it waits: when memory fills, what would have been allowed to stay an hour leaves within a second', () => {
  const group = new Watched();
  group.block('long ago');
  group.clock.advance(10 * MINUTE);
  group.block('now');
  group.private = 250;
  group.clock.advance(2 * SECOND);
  assert.deepEqual(group.left, [], 'twice 600 s');
  group.private = 351;
  group.clock.advance(SECOND);
  assert.deepEqual(group.left, ['long ago', 'now'], 'twice 1 s');
});

test('judged again while it waits: an estimate that was below the threshold is above it when that has fallen', () => {
  const group = new Watched();
  const begun = group.clock.monotonic();
  const remaining = (): number => begun + 10 * MINUTE - group.clock.monotonic();
  group.block('short', () => 30 * SECOND);
  group.block('delay', remaining);
  group.block('history', () => 10 * MINUTE);
  group.clock.advance(MINUTE);
  assert.deepEqual(group.left, []);
  group.private = 250;
  group.clock.advance(SECOND);
  assert.deepEqual(group.left, [], 'both below 600 s: a minute of the Delay has gone');
  group.private = 275;
  group.clock.advance(SECOND);
  assert.deepEqual(group.left, ['delay', 'history'], 'not the first alone is looked at');
});

test('when memory is free again, what is still there may stay longer', () => {
  const group = new Watched();
  group.private = 351;
  group.block('first');
  group.clock.advance(SECOND);
  group.private = 0;
  group.clock.advance(MINUTE);
  assert.deepEqual(group.left, []);
  group.clock.advance(HOUR - MINUTE - SECOND);
  assert.deepEqual(group.left, ['first']);
});

test('what does not wait any more is not judged', () => {
  const group = new Watched();
  const over = group.block('over');
  group.block('stays');
  over?.();
  over?.();
  group.private = 351;
  group.clock.advance(5 * SECOND);
  assert.deepEqual(group.left, ['stays']);
});

test('always and never are not watched, whatever the memory', () => {
  const always = new Watched({ behavior: 'always' });
  assert.equal(
    always.block('a', () => 0),
    undefined,
  );
  const never = new Watched({ behavior: 'never' });
  never.private = 1000;
  const end = never.block('b', () => HOUR);
  never.clock.advance(2 * HOUR);
  end?.();
  assert.deepEqual([never.left, never.readings, always.readings, never.clock.pending, always.clock.pending], [[], 0, 0, 0, 0]);
});

test('one timer for all that waits, one reading a second, and nothing while nothing waits', () => {
  const group = new Watched();
  assert.equal(group.clock.pending, 0);
  const ends = Array.from({ length: 1000 }, (_, index) => group.block(String(index)));
  assert.deepEqual([group.clock.pending, group.readings], [1, 1]);
  group.clock.advance(10 * SECOND);
  assert.deepEqual([group.clock.pending, group.readings], [1, 11]);
  for (const end of ends) end?.();
  assert.equal(group.clock.pending, 0);
  group.clock.advance(10 * SECOND);
  assert.equal(group.readings, 11);
  // Blocked and gone on, again and again: the reading lasts.
  for (let times = 0; times < 100; times++) group.block('short')?.();
  assert.deepEqual([group.readings, group.clock.pending], [12, 0]);
});

test('while the threshold has not fallen only the one that was blocked first is looked at', () => {
  const group = new Watched();
  let asked = 0;
  const estimate = (): number => {
    asked++;
    return SECOND;
  };
  for (let index = 0; index < 100; index++) group.block(String(index), estimate);
  assert.equal(asked, 100);
  group.clock.advance(SECOND);
  assert.equal(asked, 101);
  group.private = 60;
  group.clock.advance(SECOND);
  assert.equal(asked, 201, 'it has fallen: all of them');
});

test('many that leave together leave in slices: others have their turn in between', () => {
  let spent = 0;
  const group = new Watched({}, (clock) => ({
    monotonic: () => clock.monotonic() + spent,
    after: (ms, run) => clock.after(ms, run),
    soon: (run) => clock.soon(run),
  }));
  const turns: number[] = [];
  const gone: string[] = [];
  for (let index = 0; index < 50; index++) {
    const leave = (): void => {
      gone.push(String(index));
      spent += SLICE_MS / 2;
      if (index === 0) {
        const turn = (): void => {
          turns.push(gone.length);
          if (gone.length < 49) group.clock.soon(turn);
        };
        group.clock.soon(turn);
      }
    };
    // The last one goes on while the others leave.
    const end = group.watch.blocked({ estimate: () => undefined, leave });
    if (index === 49) group.clock.after(1000, () => group.clock.soon(() => end?.()));
  }
  group.private = 351;
  group.clock.advance(3 * SECOND);
  assert.deepEqual(
    gone,
    Array.from({ length: 49 }, (_, index) => String(index)),
  );
  assert.ok(turns.length > 15, `others had ${String(turns.length)} turns`);
  assert.equal(group.clock.pending, 0);
});
