/** Guarantee: a supervisor shows each second that it lives, and notices within one when its data folder is another's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SohError } from '../../../emulator/errors.ts';
import { HeldFolder } from '../../../emulator/group/heldFolder.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';

function hold(): { held: HeldFolder; clock: SimulatedClock; seen: unknown[]; failWith: (error: Error | undefined) => void } {
  const clock = new SimulatedClock(5_000_000);
  const seen: unknown[] = [];
  let problem: Error | undefined;
  const held = new HeldFolder({
    clock,
    claim: {
      beat: (time) => {
        if (problem !== undefined) throw problem;
        seen.push(time);
      },
      release: () => void seen.push('released'),
    },
    lost: ({ code }) => void seen.push(code),
    log: (line) => void seen.push(line),
  });
  held.begin();
  return { held, clock, seen, failWith: (error) => (problem = error) };
}

test('the counter moves each second, with the time, until the folder is given back', () => {
  const { held, clock, seen } = hold();
  clock.advance(2999);
  assert.deepEqual(seen, [5_001_000, 5_002_000]);
  held.release();
  clock.advance(10_000);
  assert.deepEqual(seen, [5_001_000, 5_002_000, 'released']);
});

test('that the file cannot be written is said, and it goes on', () => {
  const { clock, seen, failWith } = hold();
  failWith(new Error('no such device'));
  clock.advance(2000);
  failWith(undefined);
  clock.advance(1000);
  const said = 'the owner file could not be written: no such device';
  assert.deepEqual(seen, [said, said, 5_003_000]);
});

test('that the folder is another’s is told once, and nothing is written there any more', () => {
  const { clock, seen, failWith } = hold();
  failWith(new SohError('messageBox.claimLost', { folder: '/f', computer: 'other', pid: 7 }));
  clock.advance(1000);
  failWith(undefined);
  clock.advance(10_000);
  assert.deepEqual(seen, ['messageBox.claimLost']);
});
