/**
 * Guarantee T17 (G12): an orchestration that ends or hangs every host instance it runs on costs at most five of their lives and is suspended
 * with what ended them, the shape that ran, and what was said at the end; everything else completes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceSummary } from '../../emulator/control/instances.ts';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import { type GroupOptions, newSeed, TestGroup } from './group.ts';

/** Two shared ends, then three alone (docs/failure-model.md, 4.6). */
const MOST_ENDS = 5;
/** For a busy machine; on a quiet one all are suspended within a minute. */
const PATIENCE_MS = 240_000;
const LEDGERS = 40;

/** What the error of a suspended one says, by the way it took. */
type Told = Readonly<Record<string, RegExp>>;

interface Case {
  readonly name: string;
  readonly told: Told;
  readonly group: GroupOptions;
  /** Innocent ones, half before and half behind. */
  readonly ledgers?: number;
}

const ORCHESTRATIONS = ['Ledger', 'Poisoned', 'LaterPoisoned'];
const HUNG = /did not answer[^]*SIGKILL/;

const cases: readonly Case[] = [
  {
    name: 'code that ends the process',
    told: { abort: /SIGABRT/, exit: /exit code 3/, quietExit: /exit code 0/, kill: /SIGKILL/ },
    group: { computers: ['A', 'B', 'C', 'D'], orchestrations: ORCHESTRATIONS },
  },
  {
    name: 'errors nobody handles',
    told: {
      rejection: /exit code \d+[^]*poison of the kind rejection/,
      timer: /exit code \d+[^]*poison of the kind timer/,
      immediate: /exit code \d+[^]*poison of the kind immediate/,
      'late:rejection': /exit code \d+[^]*poison of the kind rejection/,
    },
    group: { computers: ['A', 'B', 'C', 'D'], orchestrations: ORCHESTRATIONS },
  },
  {
    name: 'code that never returns',
    told: { loop: HUNG, regex: HUNG, 'late:loop': HUNG },
    group: { computers: ['A', 'B', 'C'], orchestrations: ORCHESTRATIONS },
  },
  {
    name: 'code that never lets anything else have its turn',
    told: { wait: HUNG, starve: HUNG },
    group: { computers: ['A', 'B'], orchestrations: ORCHESTRATIONS },
  },
  {
    name: 'one endless loop among 195 orders',
    told: { loop: HUNG },
    group: { computers: ['A', 'B'], orchestrations: ORCHESTRATIONS },
    ledgers: 195,
  },
  { name: 'an endless loop on the only host instance', told: { loop: HUNG }, group: { computers: ['A'], orchestrations: ORCHESTRATIONS } },
  {
    name: 'memory without end',
    // What comes first, the end of the memory or of the patience, is the machine's.
    told: { heap: /SIGABRT[^]*heap|did not answer[^]*SIGKILL/ },
    group: { computers: ['A', 'B'], orchestrations: ORCHESTRATIONS },
  },
];

for (const { name, told, group: options, ledgers = LEDGERS } of cases) {
  test(name, { skip: process.platform === 'win32', timeout: PATIENCE_MS + 60_000 }, async (context) => {
    newSeed();
    const group = await TestGroup.start(options);
    context.after(() => group.remove());
    await group.dropLedgers(Math.floor(ledgers / 2), { steps: 4, pause: 100 });
    const began = performance.now();
    for (const way of Object.keys(told)) await group.drop(`${way.replace(':', '-')}.json`, messageOf(way));
    await group.dropLedgers(Math.ceil(ledgers / 2), { steps: 4, pause: 100 });
    const suspended = await allSuspended(group, Object.keys(told).length);
    console.log(`suspended after ${Math.round(performance.now() - began)} ms`);
    for (const { orchestration, error } of suspended) {
      assert.equal(error?.code, 'orchestration.crashedHost', orchestration);
      assert.equal(error.shape, 'Swallow', error.message);
    }
    const messages = suspended.map(({ error }) => error?.message ?? '');
    for (const [way, expected] of Object.entries(told))
      assert.ok(
        messages.some((message) => expected.test(message)),
        `${way}: ${messages.join('\n')}`,
      );
    await group.running();
    await group.allDone(PATIENCE_MS);
    assert.ok(group.status.hostInstances.every(({ error }) => error === undefined));
    const { records } = await group.clean();
    const ends = suspended.map(({ id }) =>
      endsOf(
        id,
        records.map(({ record }) => record),
      ),
    );
    assert.ok(
      ends.every((count) => count >= 2 && count <= MOST_ENDS),
      `${String(ends)} ends`,
    );
  });
}

test('a stack without end is an exception like any other', async (context) => {
  newSeed();
  const group = await TestGroup.start({ computers: ['A'], orchestrations: ORCHESTRATIONS });
  context.after(() => group.remove());
  await group.drop('stack.json', messageOf('stack'));
  const [{ error } = { error: undefined }] = await allSuspended(group, 1);
  assert.equal(error?.code, 'orchestration.uncaught');
  assert.equal(error.shape, 'Swallow');
  assert.match(error.message, /call stack/);
  assert.equal(
    group.status.hostInstances.reduce((sum, { restarts }) => sum + restarts, 0),
    0,
  );
});

function messageOf(way: string): string {
  return JSON.stringify(way.startsWith('late:') ? { late: way.slice('late:'.length) } : { way });
}

function allSuspended(group: TestGroup, count: number): Promise<readonly InstanceSummary[]> {
  return group.until(
    async () => {
      const { instances } = await group.client.call('instances', { filter: { states: ['Suspended (resumable)'] } });
      return instances.length === count && instances;
    },
    `${String(count)} are suspended`,
    PATIENCE_MS,
  );
}

/** Sessions that ended while they held this instance. */
function endsOf(id: string, records: readonly JournalRecord[]): number {
  return records.filter((record) => record.kind === 'sessionEnd' && record.lost.some(({ instance }) => instance === id)).length;
}
