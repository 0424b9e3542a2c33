/**
 * Guarantee T17 (G12): an orchestration that ends or hangs every host instance it runs on costs at most five of their lives since its last
 * commit and is suspended with what ended them, the shape that ran, and what was said at the end; everything else completes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceSummary } from '../../emulator/control/instances.ts';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import { newSeed, TestGroup } from './group.ts';

/** Two shared ends, then three alone (docs/failure-model.md, 4.6). */
const MOST_ENDS = 5;
/** For a busy machine; on a quiet one all are suspended within a minute. */
export const PATIENCE_MS = 240_000;
const LEDGERS = 40;

export interface PoisonCase {
  readonly name: string;
  /** What the error of a suspended one says, by the way it took; `late:` of one that has committed before. */
  readonly told: Readonly<Record<string, RegExp>>;
  readonly computers: readonly string[];
  /** Innocent ones, half before and half behind. */
  readonly ledgers?: number;
}

/** What is told of code that did not come back. */
export const HUNG = /did not answer[^]*SIGKILL/;

/** Nothing that is poison ends, and all others do. */
export function poisonTest({ name, told, computers, ledgers = LEDGERS }: PoisonCase): void {
  test(name, { skip: process.platform === 'win32', timeout: PATIENCE_MS + 60_000 }, async (context) => {
    newSeed();
    const group = await startWithPoison(computers);
    context.after(() => group.remove());
    const began = performance.now();
    await group.dropLedgers(Math.floor(ledgers / 2), { steps: 4, pause: 100 });
    for (const way of Object.keys(told)) await dropPoison(group, way);
    await group.dropLedgers(Math.ceil(ledgers / 2), { steps: 4, pause: 100 });
    const suspended = await allSuspended(group, Object.keys(told).length);
    console.log(`suspended after ${Math.round(performance.now() - began)} ms`);
    for (const { orchestration, error } of suspended) {
      assert.equal(error?.code, 'orchestration.crashedHost', orchestration);
      assert.equal(error.shape, 'Swallow', error.message);
    }
    const messages = suspended.map(({ error }) => error?.message ?? '');
    for (const [way, expected] of Object.entries(told)) {
      const found = messages.some((message) => expected.test(message));
      assert.ok(found, `${way}: ${messages.join('\n')}`);
    }
    await group.running();
    await group.allDone(PATIENCE_MS);
    const records = (await group.clean()).records.map(({ record }) => record);
    const ends = suspended.map(({ id }) => endsOf(id, records));
    assert.ok(
      ends.every((count) => count >= 2 && count <= MOST_ENDS),
      `${String(ends)} ends`,
    );
  });
}

export function startWithPoison(computers: readonly string[]): Promise<TestGroup> {
  return TestGroup.start({ computers, orchestrations: ['Ledger', 'Poisoned', 'LaterPoisoned'] });
}

export function dropPoison(group: TestGroup, way: string): Promise<void> {
  const late = way.startsWith('late:');
  const name = way.replace(':', '-');
  return group.drop(`${name}.json`, JSON.stringify(late ? { late: way.slice('late:'.length) } : { way }));
}

export function allSuspended(group: TestGroup, count: number): Promise<readonly InstanceSummary[]> {
  return group.until(
    async () => {
      const { instances } = await group.client.call('instances', { filter: { states: ['Suspended (resumable)'] } });
      return instances.length === count && instances;
    },
    `${String(count)} are suspended`,
    PATIENCE_MS,
  );
}

/** Sessions that ended while they held this instance as it was last. */
function endsOf(id: string, records: readonly JournalRecord[]): number {
  const versions = records.flatMap((record) => (record.kind === 'sessionEnd' ? record.lost : [])).filter(({ instance }) => instance === id);
  return versions.filter(({ version }) => version === versions.at(-1)?.version).length;
}
