/** The dots on the drawing are messages that were counted: as many as moved, never more on the way than an eye can follow, none without. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flowOn, lineKey, MOST_DOTS, moved, onTheirWay, STILL, TRAVEL, type Flow } from '../../../webview/model/traffic.ts';
import { group, hostInstance } from './group.ts';

const LINES = ['published R@A', 'delivered P@A', 'published P@A', 'delivered S@A'];

/** Frames each 100 ms with so many messages a second on each line; what became of them. */
function run(
  perSecond: number,
  seconds: number,
  flow: Flow = STILL,
  from = 0,
): { flow: Flow; started: number; most: number; messages: number } {
  let [messages, told, started, most] = [0, 0, 0, 0];
  for (let now = from + 100; now <= from + seconds * 1000; now += 100) {
    const due = Math.floor(((now - from) * perSecond) / 1000);
    const counted = Object.fromEntries(LINES.map((line) => [line, due - told]));
    messages += (due - told) * LINES.length;
    told = due;
    const before = new Set(flow.dots);
    flow = flowOn(flow, { messages: counted, spanMs: 100, perSecond: perSecond * LINES.length }, now);
    started += flow.dots.filter((dot) => !before.has(dot)).length * flow.perDot;
    most = Math.max(most, flow.dots.length);
  }
  return { flow, started, most, messages };
}

test('messages between two frames, by host instance and direction; a MessageBox that began anew counts from nothing', () => {
  const before = group([hostInstance('P@A', { delivered: 100, published: 7 })]);
  const after = group([hostInstance('P@A', { delivered: 103, published: 2 }), hostInstance('P@B', { delivered: 50 })]);
  assert.deepEqual(moved(before, after), { [lineKey('P@A', 'published')]: 2, [lineKey('P@A', 'delivered')]: 3 });
});

test('slowly: one dot is one message, and no message is without its dot', () => {
  const { flow, started, messages } = run(4, 10);
  assert.equal(flow.perDot, 1);
  assert.equal(started, messages);
});

test('fast: at most 40 dots, each for so many messages that together they are what moved', () => {
  for (const perSecond of [20, 150, 1000, 8000]) {
    const { flow, started, most, messages } = run(perSecond, 10);
    assert.ok(most <= MOST_DOTS, `${most} dots at ${perSecond}/s`);
    assert.ok(most >= MOST_DOTS / 8, `${most} dots at ${perSecond}/s`);
    assert.match(String(flow.perDot), /^(1|2|5)0*$/);
    assert.ok(Math.abs(started - messages) <= LINES.length * flow.perDot, `${started} of ${messages} at ${perSecond}/s`);
  }
});

test('a burst finds its room over the next moments and is not lost', () => {
  const burst = flowOn(STILL, { messages: { a: 30, b: 30 }, spanMs: 100, perSecond: 5 }, 1000);
  assert.equal(burst.dots.length, MOST_DOTS);
  const later = flowOn(burst, { messages: { a: 0, b: 0 }, spanMs: 100, perSecond: 5 }, 1100 + TRAVEL);
  assert.deepEqual([later.perDot, later.dots.length], [1, 20]);
});

test('when it slows down a dot is one message again, and when nothing flows there is none', () => {
  const { flow: fast } = run(1000, 5);
  const { flow: slow } = run(2, 5, fast, 5000);
  assert.deepEqual([fast.perDot > 1, slow.perDot], [true, 1]);
  const { flow: still } = run(0, 2, slow, 10_000);
  assert.deepEqual(onTheirWay(still, 12_000), []);
});
