/** The figures of the load: rates from counts, the even share between them, and how fairly the work was shared. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sample } from '../../../webview/model/rates.ts';
import { fairness, meanSeries, rateSeries } from '../../../webview/model/series.ts';

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
