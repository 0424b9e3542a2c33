/**
 * Guarantee: every case of test/conformance/semantics comes to the same in a real group as on the engine alone, also when the host instance is
 * killed before each of its commits in turn (docs/behaviour.md, sections 7 to 11). What is documented to run again does, and nothing else.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleOfCases } from './group/bundle.ts';
import { type GroupCase, outside, planted, sectionCases } from './group/cases.ts';
import { runInGroup, type Way } from './group/lanes.ts';
import { aloneResult, groupResult, type Result, type Told } from './group/result.ts';
import { run } from './semantics/case.ts';

/** Cases that only the engine alone can show, by name, and why. */
const ALONE: Readonly<Record<string, string>> = {
  'atomic: RetryTransactionException lets it run again 21 times, 2 s apart; then the instance is suspended at its start':
    'it takes 42 s, and as long again after each kill',
  'a set and a message of a scope: new in each turn of a loop, whose messages come to that turn only':
    'the message for the second turn is there before the first one begins',
};

/** Which branch of a Parallel Actions takes its message first: the engine alone has them all at once. */
const IN_ANY_ORDER = ['a parallel convoy needs all its messages, in any order'];

/** How often an atomic scope is tried again depends on how long its host instances are gone. */
const TRIED_AGAIN = [
  'between two attempts of an atomic scope it can leave memory',
  'atomic: what it received is received again when it runs again',
  'atomic: the exception may say when to try again; every other exception, and a scope that says so, does not try again',
];

const inGroup = sectionCases.filter(({ one }) => !(one.name in ALONE));
const waiting = inGroup.filter(({ one }) => run(one, 'leave').group.points().includes('dehydration'));

interface TestedWay extends Way {
  readonly name: string;
  readonly cases: readonly GroupCase[];
  readonly effects: string;
}

const WAYS: readonly TestedWay[] = [
  { name: 'nobody dies', cases: inGroup, dehydration: 'never', kills: false, effects: 'abcd' },
  { name: 'killed before each commit', cases: inGroup, dehydration: 'never', kills: true, effects: 'aabcbcdd' },
  { name: 'killed before each commit, what waits out of memory', cases: waiting, dehydration: 'always', kills: true, effects: 'aabcbcdd' },
];

/** What has to be the same. */
function compared({ one: { name } }: GroupCase, result: Result): Result {
  if (TRIED_AGAIN.includes(name)) return { ...result, ran: [] };
  if (!IN_ANY_ORDER.includes(name)) return result;
  return { ...result, ran: result.ran.map((shapes) => [...shapes].sort()), consumed: [...result.consumed].sort() };
}

function isTheSame(one: GroupCase, told: Told): void {
  assert.equal(told.instances.length, 1, 'one instance');
  assert.deepEqual(
    told.begunEnds.filter((ends) => ends !== 'completed'),
    [],
    'what it published is taken once',
  );
  assert.deepEqual(compared(one, groupResult(one, told)), compared(one, aloneResult(one)));
}

test('what is said of single cases is said of cases that are there', () => {
  const names = sectionCases.map(({ one }) => one.name);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(
    [...Object.keys(ALONE), ...IN_ANY_ORDER, ...TRIED_AGAIN].filter((name) => !names.includes(name)),
    [],
  );
});

for (const { name, cases, effects, ...way } of WAYS) {
  test(name, { timeout: 280_000, skip: process.platform === 'win32' }, async (context) => {
    const { told, problems, ...ran } = await runInGroup(await bundleOfCases(), [...cases, planted, outside], way);
    assert.deepEqual(problems, []);
    for (const one of cases) {
      const its = told.get(one);
      assert.ok(its);
      const commits = its.commits.map(({ version }) => version);
      if (way.kills) console.log(`${one.id}: killed before the commits ${commits.join(', ')}`);
      await context.test(one.one.name, () => {
        isTheSame(one, its);
        const lost = way.kills ? commits : [];
        assert.deepEqual(
          commits.filter((version) => its.lostAt.has(version - 1)),
          lost,
          'each commit was lost once',
        );
      });
    }
    await context.test('what ran since the last commit has its effects outside again', () => {
      assert.equal(ran.effects, effects);
    });
    await context.test('a planted bug is found: it compensates in another order than the case says', () => {
      const its = told.get(planted);
      assert.ok(its);
      assert.throws(() => {
        isTheSame(planted, its);
      }, /undo Hotel/);
    });
  });
}
