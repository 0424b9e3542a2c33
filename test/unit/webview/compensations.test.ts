/** What the flow says of transactions: their kinds, what was compensated and in which order, what ran in vain, and what they wait for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEvent, InstanceDetail } from '../../../emulator/control/instances.ts';
import { compensationsOf } from '../../../webview/model/compensations.ts';
import { FRESH, flowStates, type ShapeState } from '../../../webview/model/flowState.ts';
import { describeShape, shapeText, subtitleOf, titleOf } from '../../../webview/model/flowText.ts';
import { dateAndTime } from '../../../webview/strings.ts';
import { parts } from '../../page/fakeDetail.ts';
import { booking, both, define, fail } from '../engine/trip.ts';
import { tripNumber, tripOutline, tripThatIsUndone, tripThatRetries, tripThatWasUndone } from '../../page/fakeTrip.ts';

const START = Date.UTC(2026, 0, 1);
const at = new Date(START).toISOString();

function trip(some: Partial<InstanceDetail>): InstanceDetail {
  return {
    ...{ id: 'i', orchestration: 'BookTrip', kind: 'orchestration', state: 'Active', pendingOperation: null, owner: 'ProcessingHost@B' },
    ...{ commits: 2, takeovers: 0, created: at, changed: at, error: null, outline: tripOutline, variables: {}, history: [], ...parts },
    ...some,
  };
}

const stateOf = (detail: InstanceDetail, name: string): ShapeState => flowStates(detail)[tripNumber(name)] ?? FRESH;
const entry = (name: string) => tripOutline[tripNumber(name)] ?? { kind: '', name, parent: -1 };
const words = (detail: InstanceDetail, name: string): string => describeShape(entry(name), stateOf(detail, name));

test('what a shape is stands in its name: the kind of a transaction, and what is called or started', () => {
  assert.equal(shapeText(entry('Trip')), 'Scope Trip (long-running)');
  assert.equal(shapeText(entry('Car')), 'Scope Car (atomic)');
  assert.equal(shapeText(entry('House')), 'Call orchestration House (BookHouse, long-running)');
  assert.equal(shapeText(entry('Bill traveller')), 'Start orchestration Bill traveller (Billing)');
  assert.equal(shapeText(entry('Tell others')), 'Group Tell others');
  assert.deepEqual([titleOf(entry('House')), subtitleOf(entry('House'), FRESH)], ['BookHouse', 'House · long-running']);
  assert.deepEqual([titleOf(entry('Bill traveller')), subtitleOf(entry('Bill traveller'), FRESH)], ['Bill traveller', 'Billing']);
});

test('compensation runs backwards: each run of a block has its number, and what is undone says so', () => {
  const undone = trip(tripThatWasUndone(START));
  assert.deepEqual(stateOf(undone, 'Undo night').order, [1, 2]);
  assert.deepEqual(stateOf(undone, 'Undo house').order, [3]);
  assert.deepEqual(
    ['Night', 'House', 'Trip', 'Car'].map((name) => stateOf(undone, name).reached),
    [...['compensated', 'compensated', 'persisted', 'persisted']],
  );
  assert.equal(words(undone, 'Undo house'), 'Compensation block Undo house: persisted, compensated third');
  assert.match(words(undone, 'Undo night'), /: persisted, compensated as number 1, 2$/);
  assert.match(words(undone, 'House'), /^Call orchestration House \(BookHouse, long-running\): compensated, /);
  assert.equal(subtitleOf(entry('Night'), stateOf(undone, 'Night')), 'long-running · compensated');
});

test('while a compensation block runs, its transaction is not undone yet; what is at risk has its number already', () => {
  const running = trip(tripThatIsUndone(START));
  assert.equal(stateOf(running, 'Night').reached, 'persisted');
  assert.deepEqual([stateOf(running, 'Undo night').order, stateOf(running, 'Undo night').reached], [[1, 2], 'at risk']);
  assert.deepEqual(stateOf(running, 'Undo house').order, []);
});

test('a transaction that ran again after it was compensated is not undone', () => {
  const undone = trip(tripThatWasUndone(START));
  const [, first] = undone.history.filter(({ kind }) => kind === 'committed');
  assert.ok(first);
  assert.deepEqual(compensationsOf({ ...undone, history: [...undone.history, first] }).undone, [tripNumber('House')]);
});

test('what an unhandled exception took back compensated nothing; what a Suspend shape saved did', () => {
  const undone = trip(tripThatWasUndone(START));
  const cut = undone.history.findIndex((event) => event.kind === 'committed' && event.version === 6);
  const committed = undone.history[cut];
  assert.ok(committed?.kind === 'committed');
  const after = (code: string) =>
    compensationsOf({
      ...undone,
      history: [
        ...undone.history.slice(0, cut),
        { ...committed, outcome: 'suspended' },
        { kind: 'suspended', sequence: committed.sequence, at, error: { code, message: '' } },
      ],
    });
  assert.deepEqual([...after('orchestration.uncaught').order.values()], [[1]]);
  assert.deepEqual([...after('suspended').order.values()], [[1, 2], [3]]);
});

test('a block that begins with a loop or an atomic scope is one run, however often that begins again', () => {
  const outline: InstanceDetail['outline'] = [
    { kind: 'scope', name: 'S', parent: -1, transaction: 'longRunning' },
    { kind: 'compensation', name: 'C', parent: 0 },
    { kind: 'loop', name: 'L', parent: 1 },
    { kind: 'expression', name: 'E', parent: 2 },
  ];
  const position = { saved: [], atRisk: [0, 2, 3, 2, 3, 2] };
  assert.deepEqual([...compensationsOf(trip({ outline, position })).order], [[1, [1]]]);
});

test('an atomic scope says how often it ran in vain and when it runs again, a scope when its time is over', () => {
  const retrying = trip(tripThatRetries(START));
  const again = dateAndTime(new Date(START + 60_000).toISOString());
  assert.match(words(retrying, 'Car'), new RegExp(`ran in vain 2 times, runs again at ${again}, goes on here after a loss, waits here$`));
  assert.match(words(retrying, 'Trip'), /its time is over at /);
  assert.equal(subtitleOf(entry('Car'), stateOf(retrying, 'Car')), `atomic · in vain: 2 · again: ${again}`);
  assert.match(subtitleOf(entry('Trip'), stateOf(retrying, 'Trip')), /^long-running · time-out: /);
});

test('of what the engine really ran, also when every saved state is taken up by somebody else', () => {
  const compiled = define((o) => [
    o.scope('all', { longRunning: true, handlers: [o.handler('undo', '*', [o.compensate('back')])] }, [
      booking(o, 'first'),
      o.loop('nights', ({ variables }) => variables.n++ < 2, [booking(o, 'night')]),
      booking(o, 'car', 'atomic'),
      fail(o, 'no'),
    ]),
  ]);
  both(compiled, ({ commits }, outcome) => {
    assert.equal(outcome, 'completed');
    const history = commits.map(({ trace }, index): HistoryEvent => ({
      ...{ kind: 'committed', sequence: index, at, hostInstance: 'P@A', version: index, points: [], consumed: [], published: [] },
      ...{ outcome: 'running', shapes: trace.map(([shape, atMs]) => ({ shape, name: '', atMs, again: false })) },
    }));
    const { outline } = compiled;
    const { order, undone } = compensationsOf(trip({ outline, history, position: { saved: [], atRisk: [] } }));
    const named = [...order].map(([block, numbers]) => [outline[outline[block]?.parent ?? -1]?.name, numbers]);
    assert.deepEqual(named, [
      ['car', [1]],
      ['night', [2, 3]],
      ['first', [4]],
    ]);
    assert.deepEqual(undone.map((scope) => outline[scope]?.name).sort(), ['car', 'first', 'night']);
  });
});
