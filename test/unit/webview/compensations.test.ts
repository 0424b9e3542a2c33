/** What the flow says of transactions: their kinds, what was compensated and in which order, what ran in vain, and what they wait for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEvent, InstanceDetail } from '../../../emulator/control/instances.ts';
import { compensationsOf } from '../../../webview/model/compensations.ts';
import { FRESH, flowStates, type ShapeState } from '../../../webview/model/flowState.ts';
import { describeShape, shapeText, subtitleOf, titleOf } from '../../../webview/model/flowText.ts';
import { dateAndTime } from '../../../webview/strings.ts';
import { parts } from '../../page/fakeDetail.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { booking, both, define, fail, send, type Shapes } from '../engine/trip.ts';
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
  assert.deepEqual([titleOf(entry('House')), subtitleOf(entry('House'), FRESH, START)], ['BookHouse', 'House · long-running']);
  assert.deepEqual([titleOf(entry('Bill traveller')), subtitleOf(entry('Bill traveller'), FRESH, START)], ['Bill traveller', 'Billing']);
});

test('compensation runs backwards: each run of a block has its number, and what is undone says so', () => {
  const undone = trip(tripThatWasUndone(START));
  assert.deepEqual(stateOf(undone, 'Undo night').order, [2, 3]);
  assert.deepEqual(stateOf(undone, 'Undo house').order, [4]);
  assert.deepEqual(
    ['Night', 'House', 'Trip', 'Car'].map((name) => stateOf(undone, name).reached),
    [...['compensated', 'compensated', 'persisted', 'compensated']],
  );
  assert.equal(words(undone, 'Undo house'), 'Compensation block Undo house: persisted, compensated as number 4');
  assert.match(words(undone, 'Undo night'), /: persisted, compensated as number 2, 3$/);
  assert.match(words(undone, 'House'), /^Call orchestration House \(BookHouse, long-running\): compensated, /);
  assert.equal(subtitleOf(entry('Night'), stateOf(undone, 'Night'), START), 'long-running · compensated');
});

test('while a compensation block runs, its transaction is not undone yet; what is at risk has its number already', () => {
  const running = trip(tripThatIsUndone(START));
  assert.equal(stateOf(running, 'Night').reached, 'persisted');
  assert.deepEqual([stateOf(running, 'Undo night').order, stateOf(running, 'Undo night').reached], [[2, 3], 'at risk']);
  assert.deepEqual(stateOf(running, 'Undo house').order, []);
});

test('a transaction that ran again after it was compensated is not undone', () => {
  const undone = trip(tripThatWasUndone(START));
  const [, first] = undone.history.filter(({ kind }) => kind === 'committed');
  assert.ok(first);
  assert.deepEqual(compensationsOf({ ...undone, history: [...undone.history, first] }).undone, ['Car', 'House'].map(tripNumber));
});

test('what an unhandled exception took back compensated nothing; what a Suspend shape saved did', () => {
  const undone = trip(tripThatWasUndone(START));
  const cut = undone.history.findIndex((event) => event.kind === 'committed' && event.version === 8);
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
  assert.deepEqual([...after('orchestration.uncaught').order.values()], [[1], [2]]);
  assert.deepEqual([...after('suspended').order.values()], [[1], [2, 3], [4]]);
});

test('what an atomic scope gave back is not saved: of a commit, of what is at risk, and while it pauses', () => {
  const { position, timers } = tripThatRetries(START);
  const of = (some: Partial<InstanceDetail>) =>
    ['Car', 'Reserve car', 'Each night'].map((name) => stateOf(trip({ ...tripThatRetries(START), ...some }), name).reached);
  assert.deepEqual(of({}), ['given back', 'given back', 'persisted'], 'it left memory while it paused');
  assert.deepEqual(of({ ...tripThatIsUndone(START) }), ['compensated', 'persisted', 'persisted'], 'it came to its end');
  const inMemory = ['Car', 'Reserve car'].map(tripNumber);
  assert.deepEqual(of({ position: { ...position, atRisk: inMemory }, timers: [] }), ['at risk', 'at risk', 'persisted']);
  assert.deepEqual(of({ position: { ...position, atRisk: inMemory } }), ['given back', 'given back', 'persisted']);
  assert.deepEqual(of({ position: { ...position, atRisk: [...inMemory, tripNumber('Car')] }, timers: [] }), [
    'at risk',
    'given back',
    'persisted',
  ]);
  const pausing = trip({ ...tripThatRetries(START), state: 'Active', position: { ...position, atRisk: inMemory }, timers });
  assert.deepEqual([stateOf(pausing, 'Car').current, stateOf(pausing, 'Reserve car').current], ['waiting', null]);
});

test('what an exception that nobody handled took back is not saved', () => {
  const { history } = tripThatRetries(START);
  const cut = history.findIndex((event) => event.kind === 'committed' && event.version === 2);
  const failed = history[cut];
  assert.ok(failed?.kind === 'committed');
  const error = { code: 'orchestration.uncaught', message: '' };
  const events: HistoryEvent[] = [
    { ...failed, points: ['suspension'], outcome: 'suspended' },
    { kind: 'suspended', sequence: failed.sequence, at, error },
  ];
  const shown = trip({
    ...tripThatRetries(START),
    history: [...history.slice(0, cut), ...events],
    position: { saved: [], atRisk: [] },
    timers: [],
  });
  assert.deepEqual([stateOf(shown, 'Night').reached, stateOf(shown, 'House').reached], ['given back', 'persisted']);
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
  const drawn = (name: string, now: number) => subtitleOf(entry(name), stateOf(retrying, name), now);
  assert.equal(drawn('Car', START + 58_600), 'atomic · in vain: 2 · again in 1.4 s');
  assert.equal(drawn('Car', START + 60_000), `atomic · in vain: 2 · again: ${again}`);
  assert.equal(drawn('Trip', START), 'long-running · time-out in 90.0 s');
  assert.match(drawn('Trip', START + 90_000), /^long-running · time-out: /);
});

/** Of what the engine really ran, also when every saved state is taken up by somebody else: each compensation by the name of its transaction. */
function compensated(shapes: Parameters<typeof define>[0], expected: readonly string[], end = 'completed'): void {
  const compiled = define(shapes);
  both(compiled, ({ commits }, outcome) => {
    assert.equal(outcome, end);
    const history = commits.flatMap(({ trace, points, error, outcome: how }, index): HistoryEvent[] => [
      {
        ...{ kind: 'committed', sequence: index, at, hostInstance: 'P@A', version: index, points, consumed: [], published: [] },
        ...{ outcome: how, shapes: trace.map(([shape, atMs]) => ({ shape, name: '', atMs, again: false })) },
      },
      ...(error ? [{ kind: 'suspended' as const, sequence: index, at, error }] : []),
    ]);
    const { outline } = compiled;
    const { order, undone } = compensationsOf(trip({ outline, history, position: { saved: [], atRisk: [] }, timers: [] }));
    const scopeOf = (number: number) =>
      (outline[number]?.kind === 'compensation' ? outline[outline[number].parent] : outline[number])?.name ?? '';
    const named: string[] = [];
    for (const [number, numbers] of order) for (const one of numbers) named[one - 1] = scopeOf(number);
    assert.deepEqual(named, expected);
    assert.deepEqual(undone.map(scopeOf).sort(), [...new Set(expected)].sort());
  });
}

test('each iteration by itself, the last one first', () => {
  compensated(
    (o) => [
      o.scope('all', { longRunning: true, handlers: [o.handler('undo', '*', [o.compensate('back')])] }, [
        booking(o, 'first'),
        o.loop('nights', ({ variables }) => variables.n++ < 2, [booking(o, 'night')]),
        booking(o, 'car', 'atomic'),
        fail(o, 'no'),
      ]),
    ],
    ['car', 'night', 'night', 'first'],
  );
});

/** Without a compensation block of its own. */
const plain = (o: Shapes, name: string, inside: readonly Shape[] = [send(o, `do ${name}`)]): Shape =>
  o.scope(name, { longRunning: true }, inside);

test('a transaction without a block of its own is compensated in its place, with those nested in it', () => {
  compensated(
    (o) => [
      o.scope('all', { longRunning: true, handlers: [o.handler('undo', '*', [o.compensate('back'), send(o, 'told')])] }, [
        plain(o, 'idle'),
        booking(o, 'first'),
        plain(o, 'hotel', [booking(o, 'room'), plain(o, 'breakfast')]),
        plain(o, 'walk'),
        fail(o, 'no'),
      ]),
      send(o, 'after'),
    ],
    ['walk', 'hotel', 'breakfast', 'room', 'first', 'idle'],
  );
});

test('where nobody handles it, the default handlers compensate on the way outwards; what failed is not compensated', () => {
  compensated(
    (o) => [
      o.scope('all', { longRunning: true, handlers: [o.handler('undo', '*', [o.compensate('back')])] }, [
        booking(o, 'first'),
        plain(o, 'hotel', [plain(o, 'tour'), booking(o, 'room'), plain(o, 'breakfast'), fail(o, 'no')]),
      ]),
    ],
    ['breakfast', 'room', 'tour', 'first'],
  );
  compensated((o) => [booking(o, 'first'), plain(o, 'walk'), fail(o, 'no')], ['walk', 'first'], 'error');
  compensated(
    (o) => [
      o.scope('all', { longRunning: true, handlers: [o.handler('undo', '*', [o.compensate('back')])] }, [
        plain(o, 'hotel', [plain(o, 'breakfast'), fail(o, 'no')]),
      ]),
    ],
    ['breakfast'],
  );
});

test('a handler that compensates nothing, and one that compensates one of several', () => {
  compensated(
    (o) => [
      o.scope('all', { longRunning: true, handlers: [o.handler('undo', '*', [send(o, 'told')])] }, [
        booking(o, 'first'),
        plain(o, 'walk'),
        fail(o, 'no'),
      ]),
      send(o, 'after'),
    ],
    [],
  );
  compensated(
    (o) => [
      o.scope('all', { longRunning: true, handlers: [o.handler('undo', '*', [o.compensate('back', 'first'), o.compensate('rest')])] }, [
        booking(o, 'first'),
        plain(o, 'walk'),
        booking(o, 'last'),
        fail(o, 'no'),
      ]),
    ],
    ['first', 'last', 'walk'],
  );
});

test('a block that compensates what is nested in its transaction, in the order it wants', () => {
  compensated(
    (o) => [
      o.scope('all', { longRunning: true, handlers: [o.handler('undo', '*', [o.compensate('back')])] }, [
        o.scope('hotel', { longRunning: true, compensate: [send(o, 'begin'), o.compensate('inside'), send(o, 'end')] }, [
          plain(o, 'breakfast'),
          booking(o, 'room'),
        ]),
        plain(o, 'walk'),
        fail(o, 'no'),
      ]),
    ],
    ['walk', 'hotel', 'room', 'breakfast'],
  );
});

test('a Compensate for one transaction says nothing of those beside it, also when none of them has anything to do', () => {
  compensated(
    (o) => [
      o.scope('all', { longRunning: true, handlers: [o.handler('undo', '*', [o.compensate('back', 'one')])] }, [
        o.scope('one', { longRunning: true }, []),
        o.scope('other', { longRunning: true }, []),
        fail(o, 'no'),
      ]),
    ],
    ['one'],
  );
});
