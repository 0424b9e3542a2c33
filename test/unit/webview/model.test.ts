/** The page shows exactly what the feed said: a gap is never papered over, an old frame never wins, and nothing grows without end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Delta, Snapshot } from '../../../emulator/control/commands.ts';
import type { GroupEvent } from '../../../emulator/control/events.ts';
import { applyFrame, EMPTY, totals, type Model } from '../../../webview/model/model.ts';
import { rateOf } from '../../../webview/model/rates.ts';
import { group, hostInstance, instance } from './group.ts';

const status = group([hostInstance('ProcessingHost@A'), hostInstance('ProcessingHost@B', { state: 'frozen' })]);
const snapshot: Snapshot = { kind: 'snapshot', frame: 4, status, instances: [instance('a')], events: [] };

function apply(model: Model, frame: Snapshot | Delta, now = 0): Model {
  const next = applyFrame(model, frame, now);
  assert.notEqual(next, 'gap');
  return next as Model;
}

test('a delta changes what it names and leaves the rest', () => {
  const model = apply(apply(EMPTY, snapshot), { kind: 'delta', frame: 5, instances: [instance('a', { commits: 2 })] });
  assert.equal(model.status, status);
  assert.deepEqual(
    model.instances.map(({ id, commits }) => [id, commits]),
    [['a', 2]],
  );
});

test('a missing frame, or a delta before the first snapshot, is a gap', () => {
  assert.equal(applyFrame(EMPTY, { kind: 'delta', frame: 1 }, 0), 'gap');
  assert.equal(applyFrame(apply(EMPTY, snapshot), { kind: 'delta', frame: 6 }, 0), 'gap');
});

test('a frame that a snapshot already contains changes nothing', () => {
  const model = apply(EMPTY, snapshot);
  assert.equal(applyFrame(model, { kind: 'delta', frame: 4, instances: [instance('a', { commits: 9 })] }, 0), model);
});

test('a snapshot replaces everything, also when its number is lower: the supervisor has started again', () => {
  const model = apply(apply(EMPTY, snapshot), { ...snapshot, frame: 1, instances: [instance('b')] });
  assert.equal(model.frame, 1);
  assert.deepEqual(
    model.instances.map(({ id }) => id),
    ['b'],
  );
});

test('suspended instances come first, then the newest', () => {
  const instances = [
    instance('old', { created: '2026-01-01T00:00:00.000Z' }),
    instance('new', { created: '2026-01-03T00:00:00.000Z' }),
    instance('stuck', { created: '2026-01-02T00:00:00.000Z', state: 'Suspended (resumable)' }),
  ];
  const model = apply(EMPTY, { ...snapshot, instances });
  assert.deepEqual(
    model.instances.map(({ id }) => id),
    ['stuck', 'new', 'old'],
  );
});

test('a long run keeps the page small', () => {
  let model = apply(EMPTY, snapshot);
  for (let frame = 5; frame < 1500; frame += 1) {
    const event: GroupEvent = {
      kind: 'ownerLost',
      at: '2026-01-01T00:00:00.000Z',
      sequence: frame,
      hostInstance: 'x',
      reason: 'r',
      instances: [],
    };
    model = apply(model, { kind: 'delta', frame, status, instances: [instance(`i${frame}`)], events: [event] }, frame * 100);
  }
  const { instances, events, failovers, samples } = model;
  assert.ok(instances.length <= 200 && events.length <= 200 && failovers.length <= 50 && samples.length <= 300);
});

test('the rate of commits follows the last two seconds and falls to nothing with them', () => {
  let model = apply(EMPTY, snapshot);
  for (let step = 1; step <= 40; step += 1) {
    const busy = group([hostInstance('ProcessingHost@A', { committed: step * 10 })]);
    model = apply(model, { kind: 'delta', frame: 4 + step, status: busy }, step * 100);
  }
  assert.ok(Math.abs(rateOf(model.samples, 'committed', 'ProcessingHost@A', 4000) - 100) < 10);
  assert.equal(rateOf(model.samples, 'committed', 'ProcessingHost@A', 60_000), 0);
});

test('a sample counts who runs by the lease: who is frozen, lost or silent has no share of the work', () => {
  const silent = { leaseAgeMs: 6000 };
  const members = [
    hostInstance('P@A'),
    hostInstance('P@B', { state: 'frozen' }),
    hostInstance('P@C', silent),
    hostInstance('S@A', { state: 'lost' }),
  ];
  assert.deepEqual(apply(EMPTY, { ...snapshot, status: group(members) }).samples[0]?.running, { P: 1, S: 0 });
});

test('an hour of frames leaves fifteen minutes, the last one as fine as ever', () => {
  let model = apply(EMPTY, snapshot);
  for (let frame = 5; frame < 9005; frame += 1) model = apply(model, { kind: 'delta', frame, status }, frame * 400);
  const ages = model.samples.map(({ at }) => 9004 * 400 - at);
  assert.ok(ages.length < 320, `${ages.length} samples`);
  assert.ok((ages[0] ?? 0) > 14.5 * 60_000 && (ages[0] ?? 0) <= 15 * 60_000 + 5000);
  assert.ok(ages.filter((age) => age <= 60_000).length >= 60);
  assert.ok(
    ages.every((age, index) => index === 0 || (ages[index - 1] ?? 0) - age <= 10_000),
    'no gap in between',
  );
});

test('the heading counts', () => {
  assert.deepEqual(totals(status), { running: 1, hostInstances: 2, active: 2, suspended: 1, completed: 7 });
});
