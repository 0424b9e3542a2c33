/** The model of the lanes: frames add up, children stand under their parents, folded pauses stay short, the view stays where it is held. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GroupEvent } from '../../../emulator/control/events.ts';
import type { InstanceLane, LanesFrame } from '../../../emulator/control/lanes.ts';
import { freezes } from '../../../webview/model/freezes.ts';
import { describeStretch, owners, startedByText } from '../../../webview/model/laneText.ts';
import { applyLanes, laneRows, NO_LANES, rowOfParent, stretchAt } from '../../../webview/model/lanes.ts';
import { fixed, moved, placesOf, zoomed } from '../../../webview/model/laneWindow.ts';
import { SohError, toWire } from '../../../emulator/errors.ts';
import { roundStep, timelineOf } from '../../../webview/model/timeline.ts';

function lane(instance: string, begun: number, more: Partial<InstanceLane> = {}): InstanceLane {
  const fixedParts = { orchestration: 'Order', service: 'Order@1', parent: null, ended: null, outcome: null, omitted: 0 };
  return { instance, begun, ...fixedParts, stretches: [], points: [], takeovers: [], ...more };
}

const frame = (more: Partial<LanesFrame>): LanesFrame => ({
  revision: 1,
  reset: false,
  now: 1000,
  from: 0,
  unseen: 0,
  lanes: [],
  gone: [],
  ...more,
});

test('frames add up; one without news keeps the lanes themselves', () => {
  const first = applyLanes(NO_LANES, frame({ reset: true, lanes: [lane('a', 1), lane('b', 2)] }), 400);
  assert.equal(first.clock, 600);
  const second = applyLanes(first, frame({ revision: 2 }), 500);
  assert.equal(second.lanes, first.lanes);
  const unread = toWire(new SohError('messageBox.damaged', { file: 'j', offset: 0, sequence: 1 }));
  assert.deepEqual(
    [first.unread, applyLanes(first, frame({ unread }), 500).unread, applyLanes(first, frame({ unread }), 500).lanes],
    [undefined, unread, first.lanes],
  );
  const third = applyLanes(second, frame({ lanes: [lane('b', 3)], gone: ['a'] }), 500);
  assert.deepEqual(
    [...third.lanes.values()].map(({ begun }) => begun),
    [3],
  );
  assert.equal(applyLanes(third, frame({ reset: true }), 500).lanes.size, 0);
});

test('newest first, children under their parent, and only what was taken over when asked', () => {
  const takeovers = [
    { at: 1, from: 'A', reason: 'socket closed', version: 0, to: null, grantedAt: null, resumedAt: null, atRisk: [] } as const,
  ];
  const lanes = [
    lane('old', 1),
    lane('child', 5, { parent: 'old', takeovers }),
    lane('new', 9),
    lane('orphan', 3, { parent: 'forgotten' }),
  ];
  const model = applyLanes(NO_LANES, frame({ lanes }), 0);
  assert.deepEqual(
    laneRows(model, false).map(({ lane: { instance }, depth }) => `${instance} ${depth}`),
    ['new 0', 'orphan 0', 'old 0', 'child 1'],
  );
  assert.deepEqual(
    laneRows(model, true).map(({ lane: { instance }, depth }) => `${instance} ${depth}`),
    ['child 0'],
    'without its parent above it, it stands under nobody',
  );
});

test('a child is tied to its parent, over its siblings and their children, and says in words who started it', () => {
  const stretch = { tone: 'ready', by: null, from: 2, to: null, version: 0 } as const;
  const lanes = [
    lane('parent', 1),
    lane('first', 2, { parent: 'parent', stretches: [stretch] }),
    lane('grandchild', 3, { parent: 'first' }),
    lane('second', 4, { parent: 'parent' }),
    lane('orphan', 0, { parent: 'forgotten-long-ago' }),
  ];
  const model = applyLanes(NO_LANES, frame({ lanes }), 0);
  const rows = laneRows(model, false);
  assert.deepEqual(
    rows.map(({ lane: { instance } }, index) => [instance, rowOfParent(rows, index)]),
    [
      ['parent', -1],
      ['first', 0],
      ['grandchild', 1],
      ['second', 0],
      ['orphan', -1],
    ],
  );
  const held = [...rows].reverse();
  assert.equal(rowOfParent(held, 1), -1, 'in another order there is nothing to tie it to');
  const told = (instance: string): string => startedByText(lanes.find((one) => one.instance === instance) ?? lane('', 0), model);
  assert.deepEqual(['parent', 'first', 'orphan'].map(told), ['', 'started by Order parent', 'started by forgotte…']);
  assert.match(describeStretch(lanes[1] ?? lane('', 0), stretch, model, 10), /ready to run.* · started by Order parent$/);
});

test('a folded pause stays short however long it is, grows without a jump, and the way back is exact', () => {
  const moments = [0, 1000, 61_000, 62_000];
  const folded = timelineOf(moments, true)(62_500);
  assert.ok(folded.place(61_000) - folded.place(1000) <= 2000);
  assert.deepEqual(folded.gaps, [{ from: 1000, to: 61_000 }]);
  for (const time of [-500, 0, 700, 1000, 30_000, 61_500, 62_500, 70_000])
    assert.ok(Math.abs(folded.time(folded.place(time)) - time) < 0.01, String(time));
  let before = 0;
  for (let now = 62_000; now < 90_000; now += 16) {
    const place = timelineOf(moments, true)(now).place(now);
    assert.ok(place >= before && (before === 0 || place - before <= 16.1), `a jump at ${now}`);
    before = place;
  }
  const plain = timelineOf(moments, false)(62_500);
  assert.equal(plain.place(61_000) - plain.place(1000), 60_000);
});

test('zoom keeps what is under the pointer, panning stops following', () => {
  const timeline = timelineOf([0, 100_000], false)(100_000);
  const view = fixed(timeline, 10_000, 20_000);
  const zoomedIn = zoomed(view, timeline, 100_000, 0.5, 0.25);
  assert.deepEqual(placesOf(zoomedIn, timeline, 100_000), { from: 11_250, to: 16_250 });
  const following = { kind: 'follow', span: 1000 } as const;
  assert.equal(zoomed(following, timeline, 100_000, 2, 0).kind, 'follow');
  assert.deepEqual(moved(following, timeline, 100_000, -1), { kind: 'fixed', from: 98_030, to: 99_030 });
  assert.deepEqual([7, 99, 450].map(roundStep), [10, 100, 500]);
});

test('a stretch in words: who, how long, from which commit, with what credit, what ran again', () => {
  const stretches = [
    { tone: 'running', by: 'P@A', from: 0, to: 40, version: 0, credit: 3, end: 'lost' },
    { tone: 'lost', by: 'P@A', from: 40, to: 50, version: 1 },
    { tone: 'running', by: 'P@B', from: 50, to: 90, version: 1, credit: 8, takeover: true, end: 'completed', waits: [[60, 80]] },
  ] as const;
  const taken = lane('i', 0, { stretches, points: [{ at: 70, version: 2, points: ['send'], again: [1] }] });
  const shapes = { 'Order@1': ['Receive', 'Price'] };
  const text = describeStretch(taken, stretches[2], { ...NO_LANES, shapes }, 100);
  for (const part of [
    'Order i',
    'owned by P@B for 40 ms',
    'taken over, resumed from commit 1',
    'credit 8',
    'waited 20 ms',
    'Ran again: Price',
    'until it was completed',
  ])
    assert.ok(text.includes(part), `${part} in: ${text}`);
  assert.equal(owners(taken), 'P@A → P@B');
  assert.equal(stretchAt(taken, 45), 1);
  assert.equal(stretchAt(taken, 95), -1);
});

test('freezes from the events: open ones go on', () => {
  const state = (at: number, hostInstance: string, state: 'frozen' | 'running' | 'lost'): GroupEvent => ({
    kind: 'hostInstanceState',
    at: new Date(at).toISOString(),
    sequence: at,
    hostInstance,
    state,
  });
  assert.deepEqual(freezes([state(9, 'B', 'frozen'), state(5, 'A', 'running'), state(2, 'A', 'frozen')]), [
    { hostInstance: 'A', from: 2, to: 5 },
    { hostInstance: 'B', from: 9, to: null },
  ]);
});
