/** When an orchestration leaves the memory of its host instance, as commits say it (docs/behaviour.md, section 8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DehydrationSettings } from '../../../emulator/hosting/dehydration.ts';
import { define, numberOf, publish, type TestShapes } from '../engine/group.ts';
import { define as defineTrip, fail } from '../engine/trip.ts';
import { ALWAYS, message, NEVER, note, ScriptedMessageBox } from './scripted.ts';

const START = message('start', 0, note(0));
const HELD = [{ id: 'message-start', type: 'Note', properties: { key: 'k' }, body: note(0) }];

const more = (o: TestShapes) => o.receive('more', { port: 'More', message: 'More', follows: ['Key'] });
const receiving = define((o) => [more(o), o.delay('rest', 3_600_000)]);
const MORE = numberOf(receiving, 'more');

/** Thresholds of 1 to 10 s, and the memory in use in percent of what is too much. */
function custom(): DehydrationSettings & { used: number } {
  const settings = { used: 0, behavior: 'custom' as const, minThresholdMs: 1000, maxThresholdMs: 10_000 };
  return Object.assign(settings, { memory: [{ optimal: 10, maximal: 100, usage: () => settings.used }] });
}

/** Time passes, as a whole. */
async function pass(box: ScriptedMessageBox, ms: number): Promise<void> {
  box.clock.advance(ms);
  await box.settle();
}

const said = (box: ScriptedMessageBox): unknown[] => box.commits.map(({ instance, outcome, points }) => [instance, outcome, ...points]);

test('a wait that is longer than twice the threshold leaves, no sooner', async () => {
  const box = await ScriptedMessageBox.start({ compiled: receiving, dehydration: custom() });
  await box.tell(box.grantFrame({ queue: [START] }));
  await pass(box, 19_999);
  assert.deepEqual(said(box), []);
  await pass(box, 1);
  assert.deepEqual(said(box), [['i1', 'idle', 'dehydration']]);
  assert.deepEqual(box.last('commit').waits, [String(MORE)]);
});

test('what may stay has to leave when memory fills while it waits', async () => {
  const dehydration = custom();
  const box = await ScriptedMessageBox.start({ compiled: receiving, dehydration });
  await box.tell(box.grantFrame({ queue: [START] }), box.grantFrame({ instance: 'i2', queue: [START] }));
  await pass(box, 5000);
  dehydration.used = 100;
  await pass(box, 1000);
  assert.deepEqual(said(box), [
    ['i1', 'idle', 'dehydration'],
    ['i2', 'idle', 'dehydration'],
  ]);
});

test('what was given up, suspended or has gone on is not dehydrated later', async () => {
  const dehydration = custom();
  const box = await ScriptedMessageBox.start({ compiled: receiving, dehydration });
  for (const instance of ['i1', 'i2', 'i3']) await box.tell(box.grantFrame({ instance, queue: [START] }));
  await box.tell({ kind: 'operate', instance: 'i1', operation: 'suspend' });
  await box.acknowledge(true);
  await box.reconnect();
  await box.welcome([{ instance: 'i3', lock: '2.1', version: 0 }]);
  dehydration.used = 100;
  await pass(box, 30_000);
  assert.deepEqual(said(box), [
    ['i1', 'suspended', 'suspension'],
    ['i3', 'idle', 'dehydration'],
  ]);
  await pass(box, 60_000);
  assert.equal(box.commits.length, 2);
});

test('a Delay by its remaining time: a short one stays and is not saved, a long one leaves at once', async () => {
  const short = define((o) => [o.delay('wait', 9000), ...publish(o, 'after')]);
  const box = await ScriptedMessageBox.start({ compiled: short, dehydration: custom() });
  await box.tell(box.grantFrame({ queue: [START] }));
  await pass(box, 9000);
  assert.deepEqual(said(box), [['i1', 'completed', 'send', 'end']]);
  const long = define((o) => [o.delay('wait', 10_001), ...publish(o, 'after')]);
  const other = await ScriptedMessageBox.start({ compiled: long, dehydration: custom() });
  await other.tell(other.grantFrame({ queue: [START] }));
  assert.deepEqual(said(other), [['i1', 'idle', 'dehydration']]);
});

test('waits that took long let the next one leave at once; waits that were short keep it', async () => {
  const box = await ScriptedMessageBox.start({ compiled: receiving, dehydration: custom() });
  const next = async (instance: string, waited: number): Promise<boolean> => {
    const before = box.commits.length;
    await box.tell(box.grantFrame({ instance, queue: [START] }));
    const left = box.commits.length > before;
    if (left) return true;
    await pass(box, waited);
    await box.tell(box.deliver([message(`m${instance}`, MORE, note(1))], undefined, instance));
    assert.deepEqual(box.last('commit').consumed, ['start', `m${instance}`], 'the Delay behind it leaves');
    return false;
  };
  assert.deepEqual([await next('i1', 4000), await next('i2', 12_000), await next('i3', 18_000)], [false, false, false]);
  assert.equal(await next('i4', 0), true, 'more than 10 s on average');
});

test('an instance that left and comes back here tells how long it has waited', async () => {
  const box = await ScriptedMessageBox.start({ compiled: receiving, dehydration: custom() });
  await box.tell(box.grantFrame({ queue: [START] }));
  await pass(box, 20_000);
  const { state = '' } = await box.acknowledge(true);
  await pass(box, 40_000);
  const queue = [message('late', MORE, note(1))];
  await box.tell(box.grantFrame({ state, version: 1, held: HELD, queue }));
  await box.acknowledge(true);
  await box.tell(box.grantFrame({ instance: 'i2', queue: [START] }));
  assert.deepEqual([box.last('commit').instance, box.last('commit').outcome], ['i2', 'idle'], 'a minute is more than 10 s');
});

test('a Listen whose Delay wins tells how long its Receive was waited for', async () => {
  const compiled = define((o) => [
    o.listen('either', [o.branch('message', [more(o)]), o.branch('time', [o.delay('time', 9000)])]),
    o.receive('other', { port: 'More', message: 'In', follows: ['Key'] }),
  ]);
  const dehydration = custom();
  const box = await ScriptedMessageBox.start({ compiled, dehydration });
  await box.tell(box.grantFrame({ queue: [START] }));
  await pass(box, 9000);
  dehydration.used = 55;
  await pass(box, 1000);
  assert.deepEqual(said(box), []);
  // 5.5 s: less than the Delay takes, and than the Receive is known to take.
  await box.tell(box.grantFrame({ instance: 'i2', queue: [START] }));
  assert.deepEqual(said(box), [['i2', 'idle', 'dehydration']]);
});

test('never: nothing leaves, but for what no message could reach', async () => {
  const box = await ScriptedMessageBox.start({ compiled: receiving, dehydration: NEVER });
  await box.tell(box.grantFrame({ queue: [START] }));
  await pass(box, 3_600_000);
  assert.deepEqual(said(box), []);
  const unreachable = define((o) => [
    o.receive('more', { port: 'More', message: 'More', follows: ['Key'], initializes: ['Second'] }),
    o.receive('again', { port: 'More', message: 'In', follows: ['Second'] }),
  ]);
  const second = await ScriptedMessageBox.start({ compiled: unreachable, dehydration: NEVER });
  await second.tell(second.grantFrame({ queue: [START, message('m', numberOf(unreachable, 'more'), note(1))] }));
  const { outcome, points, subscribe, waits } = second.last('commit');
  const again = String(numberOf(unreachable, 'again'));
  assert.deepEqual([outcome, points, subscribe.map(({ id }) => id), waits], ['idle', ['dehydration'], [again], [again]]);
  await second.acknowledge(true);
  assert.deepEqual(second.host.held, []);
});

test('always: every wait is a commit with which it leaves, but for one in an atomic scope', async () => {
  const box = await ScriptedMessageBox.start({ compiled: receiving, dehydration: ALWAYS });
  await box.tell(box.grantFrame({ queue: [START] }));
  assert.deepEqual(said(box), [['i1', 'idle', 'dehydration']]);
  const atomic = define((o) => [o.scope('Booking', { atomic: true }, [more(o)])]);
  const other = await ScriptedMessageBox.start({ compiled: atomic, dehydration: ALWAYS });
  await other.tell(other.grantFrame({ queue: [START] }));
  await pass(other, 3_600_000);
  assert.deepEqual(said(other), []);
});

test('a suspect leaves after two seconds, however long others may stay', async () => {
  for (const dehydration of [custom(), NEVER]) {
    const box = await ScriptedMessageBox.start({ compiled: receiving, dehydration });
    await box.tell(box.grantFrame({ queue: [START], alone: true }));
    await pass(box, 1999);
    assert.deepEqual(said(box), []);
    await pass(box, 1);
    assert.deepEqual(said(box), [['i1', 'idle', 'dehydration']]);
    await box.acknowledge(true);
    await pass(box, 60_000);
    assert.equal(box.commits.length, 1);
  }
});

test('what stays in memory tells which times its owner keeps: a time-out, and the pause of an atomic scope', async () => {
  const compiled = defineTrip((o) => [
    o.scope('Trip', { longRunning: true, timeout: 60_000 }, [
      o.scope('Car', { atomic: true }, [fail(o, 'taken', 'RetryTransactionException')]),
    ]),
  ]);
  const box = await ScriptedMessageBox.start({ compiled, dehydration: NEVER });
  await box.tell(box.grantFrame({ queue: [START] }));
  const now = box.clock.wall();
  const [trip, car] = [numberOf(compiled, 'Trip'), numberOf(compiled, 'Car')];
  const told = (due: number, times: number) => [
    { id: `${String(trip)}.1`, due: now + 60_000 },
    { id: `${String(car)}.${String(times + 1)}`, due },
  ];
  assert.deepEqual(box.last('progress').timers, told(now + 2000, 1));
  await pass(box, 2000);
  assert.deepEqual(box.last('progress').timers, told(now + 4000, 2));
  assert.equal(box.last('progress').trace.filter(([shape]) => shape === car).length, 2);
});
