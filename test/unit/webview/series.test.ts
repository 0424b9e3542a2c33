/** The figures of the load: rates from counts, the even share between them, and how fairly the work was shared. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastSamples, type Sample } from '../../../webview/model/rates.ts';
import { fairness, idealSeries, meanSeries, rateSeries, shareSeries, spaced } from '../../../webview/model/series.ts';

const samples = (...counts: readonly Readonly<Record<string, number>>[]): Sample[] =>
  counts.map((committed, index) => ({ at: index * 1000, committed, delivered: {}, published: {}, active: {}, queued: {}, running: {} }));

test('a rate is taken over two seconds, and unknown before there is enough', () => {
  const series = rateSeries(samples({ A: 0 }, { A: 10 }, { A: 20 }, { A: 20 }, { A: 20 }), 'A');
  assert.deepEqual(series, [null, 10, 10, 5, 0]);
  assert.deepEqual(rateSeries(samples({ B: 1 }, { B: 2 }), 'A'), [null, null]);
});

test('the even share is the mean of those that are known', () => {
  assert.deepEqual(
    meanSeries([
      [2, null, 4],
      [4, null, null],
    ]),
    [3, null, 4],
  );
  assert.deepEqual(meanSeries([]), []);
});

test('fairness: 1 when all do the same, one half when one of two does everything', () => {
  assert.deepEqual(fairness(samples({ A: 5, B: 0 }, { A: 15, B: 10 }), ['A', 'B']), { jain: 1, ratio: 1, spanMs: 1000 });
  assert.deepEqual(fairness(samples({ A: 0, B: 0 }, { A: 9, B: 0 }), ['A', 'B']), { jain: 0.5, ratio: null, spanMs: 1000 });
  assert.equal(fairness(samples({ A: 0, B: 0 }, { A: 30, B: 10 }), ['A', 'B'])?.ratio, 3);
  assert.equal(fairness(samples({ A: 1, B: 1 }, { A: 1, B: 1 }), ['A', 'B']), null);
  assert.equal(fairness(samples({ A: 1 }, { A: 9 }), ['A']), null);
});

test('a host instance that came later is judged by what it did since', () => {
  assert.equal(fairness(samples({ A: 0 }, { A: 10, B: 500 }, { A: 20, B: 520 }), ['A', 'B'])?.ratio, 1);
});

test('shares: parts of what was done in the last ten seconds, together a whole, and none where nothing was done', () => {
  const even = samples({ A: 5, B: 0 }, { A: 15, B: 10 }, { A: 25, B: 20 });
  assert.deepEqual(shareSeries(even, ['A', 'B']), [
    [null, 0.5, 0.5],
    [null, 0.5, 0.5],
  ]);
  assert.deepEqual(
    shareSeries(samples({ A: 0, B: 0 }, { A: 30, B: 10 }), ['A', 'B']).map((one) => one.at(-1)),
    [0.75, 0.25],
  );
  const dies = Array.from({ length: 40 }, (_, second) => ({ A: Math.min(second, 20) * 10, B: second * 10 }));
  const [a, b] = shareSeries(samples(...dies), ['A', 'B']);
  assert.deepEqual([a?.[20], b?.[20], a?.at(-1), b?.at(-1)], [0.5, 0.5, 0, 1]);
  assert.deepEqual(shareSeries(samples({ A: 5 }, { A: 5 }), ['A']), [[null, null]]);
  assert.deepEqual(
    shareSeries(samples({ A: 0 }, { A: 10, B: 900 }), ['A', 'B']).map((one) => one.at(-1)),
    [1, 0],
    'it came with a count',
  );
});

test('shares are known where samples are far apart', () => {
  const apart = samples({ A: 0, B: 0 }, { A: 30, B: 10 }, { A: 40, B: 40 }).map((one, index) => ({ ...one, at: index * 60_000 }));
  assert.deepEqual(shareSeries(apart, ['A', 'B'])[0], [null, 0.75, 0.25]);
});

test('the ideal share follows the host instances that run', () => {
  const running = [2, 2, 1, 0].map((count) => ({ ...(samples({})[0] as Sample), running: { P: count } }));
  assert.deepEqual(idealSeries(running, 'P'), [0.5, 0.5, 1, null]);
  assert.deepEqual(idealSeries(running, 'Q'), [null, null, null, null]);
});

test('a window has the newest samples, a table a few of them', () => {
  const many = samples(...Array.from({ length: 600 }, () => ({})));
  assert.equal(lastSamples(many, 60_000).length, 61);
  assert.deepEqual(lastSamples([], 60_000), []);
  const rows = spaced(many.map(({ at }) => at));
  assert.equal(rows[0], 599);
  assert.ok(rows.length >= 10 && rows.length <= 16, String(rows.length));
  assert.deepEqual(spaced([]), []);
});
