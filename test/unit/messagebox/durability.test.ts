/**
 * Nothing is said before it is on disk, and nothing is missing from a snapshot: what a MessageBox knows after it loaded one, and read the
 * journal behind it, is what it knew.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { apply } from '../../../emulator/messagebox/core/apply.ts';
import { fromSnapshot, type SnapshotContent, toSnapshot } from '../../../emulator/messagebox/core/snapshotState.ts';
import { emptyState, type MessageBoxState } from '../../../emulator/messagebox/core/state.ts';
import { GatedOutput } from '../../../emulator/messagebox/process/gatedOutput.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { ChanceGroup } from '../../faults/chanceGroup.ts';
import { newSeed } from '../../faults/group.ts';

const RUNS = 60;
const STEPS = 80;

/** As a snapshot's file gives it back. */
function reloaded(state: MessageBoxState): MessageBoxState {
  return fromSnapshot(JSON.parse(JSON.stringify(toSnapshot(state, state.sequence))) as SnapshotContent);
}

test('a snapshot taken at any moment, with the records behind it, is the whole state', () => {
  const first = newSeed();
  const seen = { instances: 0, receiveIds: 0, timers: 0, lastCommits: 0, suspended: 0, messages: 0 };
  for (let run = 0; run < RUNS; run += 1) {
    const random = seededRandom(first + run);
    const group = new ChanceGroup(random);
    for (let step = 0; step < STEPS; step += 1) group.step();
    const { records } = group.core;
    const cut = random.below(records.length + 1);
    const whole = emptyState();
    for (const { record, sequence } of records.slice(0, cut)) apply(whole, record, sequence);
    const loaded = reloaded(whole);
    assert.deepEqual(loaded, whole, `seed ${String(first + run)}, the first ${String(cut)} records`);
    for (const { record, sequence } of records.slice(cut)) {
      apply(whole, record, sequence);
      apply(loaded, record, sequence);
    }
    assert.deepEqual(loaded, whole, `seed ${String(first + run)}, ${String(records.length)} records, ${String(cut)} in the snapshot`);
    const instances = [...whole.instances.values()];
    seen.instances += instances.length;
    seen.receiveIds += whole.receiveIds.size;
    seen.lastCommits += whole.lastCommits.size;
    seen.messages += whole.messages.size;
    seen.timers += instances.filter(({ timers }) => timers.length > 0).length;
    seen.suspended += instances.filter(({ status }) => status.startsWith('suspended')).length;
  }
  // What never occurred was not compared.
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `no ${what} in any run`);
});

/** A journal of which each flush ends when the test says so. */
class SlowJournal {
  sequence = 0;
  durable = 0;
  fails = false;
  #flushing: (() => void) | undefined;

  flush(): Promise<void> {
    const upTo = this.sequence;
    return new Promise((resolve, reject) => {
      this.#flushing = () => {
        if (this.fails) reject(new Error('no sync'));
        else {
          this.durable = upTo;
          resolve();
        }
      };
    });
  }

  async end(): Promise<void> {
    this.#flushing?.();
    this.#flushing = undefined;
    await new Promise(setImmediate);
  }
}

test('a frame leaves when everything recorded before it was said is on disk, in the order of saying, and not before', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('record' as const) }),
    fc.record({ kind: fc.constant('say' as const), to: fc.nat(2) }),
    fc.record({ kind: fc.constant('turn' as const) }),
    fc.record({ kind: fc.constant('flushed' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const journal = new SlowJournal();
      const heard: { readonly needs: number; readonly number: number }[][] = [[], [], []];
      const sockets = heard.map((frames) => ({
        send: (text: string): void => {
          for (const frame of JSON.parse(text) as { needs: number; number: number }[]) {
            assert.ok(frame.needs <= journal.durable, `said at ${String(journal.durable)}, needs ${String(frame.needs)}`);
            frames.push(frame);
          }
        },
        close: () => undefined,
      }));
      const output = new GatedOutput(
        journal,
        new SimulatedClock(),
        () => journal.sequence,
        (error) => {
          throw error;
        },
        () => undefined,
      );
      const said: number[] = [0, 0, 0];
      for (const { kind, ...rest } of steps) {
        if (kind === 'record') journal.sequence += 1;
        else if (kind === 'turn') output.endTurn();
        else if (kind === 'flushed') await journal.end();
        else {
          const { to } = rest as { to: number };
          const [socket, number] = [sockets[to], (said[to] ?? 0) + 1];
          said[to] = number;
          // What is said in a turn depends on all that was recorded up to its end; at least on what is recorded now.
          if (socket) output.say(socket, { needs: journal.sequence, number });
        }
      }
      output.endTurn();
      for (let turn = 0; turn < 3; turn += 1) await journal.end();
      output.end();
      assert.deepEqual(
        heard.map((frames) => frames.map(({ number }) => number)),
        said.map((count) => Array.from({ length: count }, (_, index) => index + 1)),
      );
    }),
    { numRuns: 200 },
  );
});

test('after a flush that failed nothing is said any more', async () => {
  const journal = new SlowJournal();
  const heard: string[] = [];
  const failures: unknown[] = [];
  const output = new GatedOutput(
    journal,
    new SimulatedClock(),
    () => journal.sequence,
    (error) => failures.push(error),
    () => undefined,
  );
  const socket = { send: (text: string) => void heard.push(text), close: () => undefined };
  journal.sequence = 1;
  output.say(socket, { kind: 'ack' });
  output.endTurn();
  journal.fails = true;
  await journal.end();
  output.say(socket, { kind: 'ack' });
  output.endTurn();
  await journal.end();
  output.end();
  assert.deepEqual([heard, failures.length], [[], 1]);
});
