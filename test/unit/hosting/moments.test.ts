/**
 * What the MessageBox, an operator or a parent may say comes at any moment: while a grant is being made, while a body is fetched or put,
 * while something is transmitted, while there is no connection. None of it is lost, and none of it happens twice.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReceiveAdapter } from '../../../emulator/hosting/adapters/door.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import { define, numberOf, publish, type TestShapes } from '../engine/group.ts';
import { ALWAYS, hashOf, largeNote, message, note, ScriptedMessageBox } from './scripted.ts';

const START = message('start', 0, note(0));
const SUSPEND = { kind: 'operate', instance: 'i1', operation: 'suspend' } as const;
const HELD = { id: 'message-start', type: 'Note', properties: { key: 'k' } };
const LARGE_HELD = { ...HELD, bodyHash: hashOf(largeNote(0)) };

const more = (o: TestShapes) => o.receive('more', { port: 'More', message: 'More', follows: ['Key'] });
/** Commits, then waits for a message. */
const waiting = define((o) => [...publish(o, 'first'), more(o), ...publish(o, 'second')]);
/** Waits at once. */
const blocked = define((o) => [more(o), ...publish(o, 'after')]);

/** The state of `compiled` after its first commit. */
async function savedState(compiled: CompiledOrchestration): Promise<string> {
  const box = await ScriptedMessageBox.start({ compiled });
  await box.tell(box.grantFrame({ queue: [START] }));
  return box.last('commit').state ?? '';
}

function adapter(respond: ReceiveAdapter['respond']): ReceiveAdapter {
  const part: Pick<ReceiveAdapter, 'respond'> = respond ? { respond } : {};
  return { start: () => Promise.resolve(), stop: () => Promise.resolve(), address: '', ...part };
}

test('operate in the same message as the grant, and while the messages of the saved state are fetched', async () => {
  const together = await ScriptedMessageBox.start({ compiled: blocked });
  await together.tell(together.grantFrame({ queue: [START] }), SUSPEND);
  assert.deepEqual([together.last('commit').outcome, together.last('commit').points], ['suspended', ['suspension']]);

  const state = await savedState(waiting);
  const fetching = await ScriptedMessageBox.start({ compiled: waiting });
  await fetching.tell(fetching.grantFrame({ state, version: 1, held: [LARGE_HELD] }), SUSPEND);
  assert.deepEqual(fetching.commits, []);
  await fetching.tell(fetching.body(largeNote(0)));
  assert.deepEqual([fetching.commits.length, fetching.last('commit').outcome], [1, 'suspended']);
});

test('operate while a message is fetched: at once when it was waiting before, else when it waits', async () => {
  const at = numberOf(blocked, 'more');
  const box = await ScriptedMessageBox.start({ compiled: blocked });
  await box.tell(box.grantFrame({ queue: [START] }));
  await box.tell(box.deliver([message('large', at)]), SUSPEND);
  assert.equal(box.last('commit').outcome, 'suspended');
  await box.tell(box.body(largeNote(1)));
  assert.equal(box.commits.length, 1);
  await box.acknowledge(true);
  assert.deepEqual(box.host.held, []);

  const first = await ScriptedMessageBox.start({ compiled: blocked });
  await first.tell(first.grantFrame({ queue: [message('large', 0)] }), SUSPEND);
  await first.tell(first.body(largeNote(1)));
  assert.equal(first.last('commit').outcome, 'suspended');
});

test('operate while a commit has no answer: applied with it, or with what follows it', async () => {
  const applied = await ScriptedMessageBox.start({ compiled: waiting });
  await applied.tell(applied.grantFrame({ queue: [START] }), SUSPEND);
  await applied.acknowledge(true);
  assert.deepEqual([applied.host.held, applied.commits.length], [[], 1]);

  const crossed = await ScriptedMessageBox.start({ compiled: waiting });
  await crossed.tell(crossed.grantFrame({ queue: [START] }), SUSPEND);
  await crossed.acknowledge();
  assert.deepEqual([crossed.commits.length, crossed.last('commit').outcome], [2, 'suspended']);
});

test('operate twice, for what is not here, and after the work has left', async () => {
  const box = await ScriptedMessageBox.start({ compiled: blocked });
  await box.tell({ ...SUSPEND, instance: 'another' });
  await box.tell(box.grantFrame({ queue: [START] }), SUSPEND, SUSPEND);
  assert.equal(box.commits.length, 1);
  await box.acknowledge(true);
  await box.tell(SUSPEND);
  assert.equal(box.commits.length, 1);
});

test('operate that comes again with a new session, because nobody knows whether it was heard', async () => {
  const box = await ScriptedMessageBox.start({ compiled: blocked });
  await box.tell(box.grantFrame({ queue: [START] }));
  await box.reconnect();
  await box.welcome([{ instance: 'i1', lock: '2.1', version: 0 }]);
  await box.tell(SUSPEND);
  assert.deepEqual([box.last('commit').outcome, box.last('commit').lock], ['suspended', '2.1']);
  await box.reconnect();
  await box.welcome([{ instance: 'i1', lock: '3.1', version: 0 }]);
  await box.tell(SUSPEND);
  assert.equal(box.commits.length, 2);
  await box.acknowledge(true);
  assert.deepEqual(box.host.held, []);
});

test('a new session while the messages of the saved state are fetched: resumed it fetches them again, else it is dropped', async () => {
  const state = await savedState(waiting);
  for (const resumed of [true, false]) {
    const box = await ScriptedMessageBox.start({ compiled: waiting });
    const queue = [message('more', numberOf(waiting, 'more'), note(1))];
    await box.tell(box.grantFrame({ state, version: 1, held: [LARGE_HELD], queue }));
    assert.deepEqual((await box.reconnect()).resume, [{ instance: 'i1', version: 1 }]);
    await box.welcome(resumed ? [{ instance: 'i1', lock: '2.1', version: 1 }] : []);
    assert.equal(box.all('getBody').length, resumed ? 2 : 1);
    if (resumed) await box.tell(box.deliver(queue, '2.1'), box.body(largeNote(0)));
    assert.deepEqual(
      box.commits.map(({ lock, base, consumed }) => ({ lock, base, consumed })),
      resumed ? [{ lock: '2.1', base: 1, consumed: ['more'] }] : [],
    );
  }
});

test('a grant again for what is held: the newer lock counts, the older work is gone', async () => {
  const box = await ScriptedMessageBox.start({ compiled: waiting });
  await box.tell(box.grantFrame({ queue: [START] }));
  await box.tell(box.grantFrame({ queue: [START] }));
  assert.deepEqual(
    box.commits.map(({ lock }) => lock),
    ['1.1', '1.2'],
  );
  await box.tell(box.ack(box.commits[0] ?? assert.fail()));
  assert.equal(box.commits.length, 2);
  await box.acknowledge();
  assert.deepEqual(box.host.held, ['i1']);
});

test('an error that the engine does not expect suspends, and what cannot be restored too', async () => {
  const box = await ScriptedMessageBox.start({ compiled: waiting });
  await box.tell(box.grantFrame({ state: '{"t":[999]}', version: 3 }));
  assert.deepEqual([box.last('commit').outcome, box.last('commit').error?.code, box.last('commit').base], ['suspended', 'unexpected', 3]);
  const missing = await ScriptedMessageBox.start({ compiled: waiting });
  await missing.tell(missing.grantFrame({ state: await savedState(waiting), version: 1, held: [] }));
  assert.match(missing.last('commit').error?.message ?? '', /message-start/);
});

test('work goes on without a connection, and is said when there is one again', async () => {
  const compiled = define((o) => [o.delay('wait', 10), ...publish(o, 'after')]);
  const box = await ScriptedMessageBox.start({ compiled });
  await box.tell(box.grantFrame({ queue: [START] }));
  box.links.part(true);
  await box.settle(20);
  box.links.part(false);
  await box.settle();
  assert.equal(box.commits.length, 1);
  const lost = await ScriptedMessageBox.start({ compiled });
  await lost.tell(lost.grantFrame({ queue: [START] }));
  await lost.reconnect();
  assert.equal(lost.commits.length, 0);
  await lost.welcome([{ instance: 'i1', lock: '2.1', version: 0 }]);
  assert.deepEqual([lost.commits.length, lost.last('commit').lock], [1, '2.1']);
});

test('drain: what is blocked is persisted, what runs at its next point, and then the host instance says bye', async () => {
  const box = await ScriptedMessageBox.start({ compiled: waiting });
  await box.tell(box.grantFrame({ queue: [START] }), { ...box.grantFrame({ instance: 'i2', queue: [START] }) });
  await box.tell(box.ack(box.commits[0] ?? assert.fail()));
  let drained = false;
  void box.host.drain().then(() => (drained = true));
  await box.settle();
  assert.deepEqual(
    box.commits.map(({ instance, outcome, points }) => ({ instance, outcome, points })),
    [
      { instance: 'i1', outcome: 'running', points: ['send'] },
      { instance: 'i2', outcome: 'running', points: ['send'] },
      { instance: 'i1', outcome: 'idle', points: ['shutdown'] },
    ],
  );
  await box.tell(box.ack(box.commits[1] ?? assert.fail()), box.ack(box.commits[2] ?? assert.fail(), true));
  const { instance, outcome, points, waits, trace } = box.last('commit');
  assert.deepEqual(
    { instance, outcome, points, waits, trace, drained },
    { ...{ instance: 'i2', outcome: 'idle', points: ['shutdown'], waits: [], trace: [] }, drained: false },
    'nothing of it runs any more',
  );
  await box.acknowledge(true);
  assert.deepEqual(
    box.heard.slice(-1).map(({ kind }) => kind),
    ['bye'],
  );
  await box.settle(10);
  assert.equal(drained, true);
});

test('drain: a loop of Sends is given back at the next one, ready to go on', async () => {
  let turns = 0;
  const loop = define((o) => [
    o.delay('begin', 10),
    o.loop('loop', ({ variables }) => variables.n < 10_000, [
      o.expression('count', ({ variables }) => {
        variables.n++;
        turns++;
      }),
      ...publish(o, 'send'),
    ]),
  ]);
  const box = await ScriptedMessageBox.start({ compiled: loop });
  await box.tell(box.grantFrame({ queue: [START] }));
  await box.settle(20);
  for (let acknowledged = 0; acknowledged < 3; acknowledged++) await box.acknowledge();
  assert.deepEqual([turns, box.last('commit').outcome], [4, 'running']);
  // What is under way is a point already.
  void box.host.drain();
  await box.acknowledge();
  assert.deepEqual([turns, box.last('commit').outcome, box.last('commit').published], [4, 'idle', []]);
  await box.acknowledge(true);
  assert.equal(box.all('bye').length, 1);

  // What is granted in the moment of the stop runs to its next point.
  const state = box.commits[3]?.state ?? '';
  const late = await ScriptedMessageBox.start({ compiled: loop });
  await late.tell(late.grantFrame({ queue: [START] }));
  void late.host.drain();
  await late.tell(late.grantFrame({ instance: 'i2', state, version: 4, held: [{ ...HELD, body: note(0) }] }));
  const { instance, outcome, points, waits, published } = late.last('commit');
  assert.deepEqual([instance, outcome, points, waits, published.length, turns], ['i2', 'idle', ['send', 'shutdown'], [], 1, 5]);
});

test('drain in an atomic scope that waits: it is given back, and waits for nothing', async () => {
  const compiled = define((o) => [o.scope('Booking', { atomic: true }, [...publish(o, 'never'), more(o)])]);
  const box = await ScriptedMessageBox.start({ compiled });
  await box.tell(box.grantFrame({ queue: [START] }));
  assert.deepEqual(box.commits, []);
  await box.tell(SUSPEND);
  assert.deepEqual(box.commits, [], 'nothing is saved in it');
  void box.host.drain();
  await box.settle();
  const { outcome, points, waits, published, timers } = box.last('commit');
  assert.deepEqual([outcome, points, waits, published, timers], ['idle', ['shutdown'], [], [], []]);
});

test('drain while a grant is being made, while a body is fetched, and for a grant that comes after it', async () => {
  const state = await savedState(waiting);
  const fetching = await ScriptedMessageBox.start({ compiled: waiting });
  await fetching.tell(fetching.grantFrame({ state, version: 1, held: [LARGE_HELD] }));
  void fetching.host.drain();
  await fetching.tell(fetching.body(largeNote(0)));
  assert.deepEqual([fetching.last('commit').outcome, fetching.last('commit').points], ['idle', ['shutdown']]);

  const delivered = await ScriptedMessageBox.start({ compiled: blocked });
  await delivered.tell(delivered.grantFrame({ queue: [START] }), delivered.deliver([message('large', numberOf(blocked, 'more'))], '1.1'));
  void delivered.host.drain();
  await delivered.settle();
  assert.equal(delivered.last('commit').outcome, 'idle');

  const late = await ScriptedMessageBox.start({ compiled: blocked });
  await late.tell(late.grantFrame({ queue: [START] }));
  void late.host.drain();
  await late.tell(late.grantFrame({ instance: 'i2', queue: [START] }));
  assert.deepEqual(late.commits.map(({ instance, outcome }) => [instance, outcome]).toSorted(), [
    ['i1', 'idle'],
    ['i2', 'idle'],
  ]);
});

test('drain pulls no more work, and a new session is told that it drains', async () => {
  const box = await ScriptedMessageBox.start({ compiled: blocked });
  await box.tell(box.grantFrame({ queue: [START] }));
  void box.host.drain();
  await box.settle();
  const pulled = box.all('pull').length;
  const { resume } = await box.reconnect();
  assert.deepEqual(resume, [{ instance: 'i1', version: 0 }]);
  await box.welcome([{ instance: 'i1', lock: '2.1', version: 0 }]);
  assert.deepEqual([box.all('pull').length, box.all('drain').length, box.last('commit').lock], [pulled, 2, '2.1']);
  await box.acknowledge(true);
  assert.equal(box.all('bye').length, 1);
});

test('drain without a connection waits for one as long as a restart of the MessageBox takes, not for ever', async () => {
  const box = await ScriptedMessageBox.start({ compiled: blocked });
  await box.tell(box.grantFrame({ queue: [START] }));
  box.links.cut();
  await box.settle();
  let ended = 0;
  void box.host.drain().then(() => ended++);
  void box.host.drain().then(() => ended++);
  await box.settle(200);
  assert.equal(ended, 0);
  box.clock.advance(6000);
  await box.settle();
  assert.equal(ended, 2);

  const nothing = new ScriptedMessageBox();
  await nothing.host.drain();
  const idle = await ScriptedMessageBox.start();
  const stopped = idle.host.drain();
  await idle.settle(10);
  await stopped;
});

test('the connection is lost for good while it drains', async () => {
  const box = await ScriptedMessageBox.start({ compiled: blocked });
  await box.tell(box.grantFrame({ queue: [START] }));
  const drained = box.host.drain();
  await box.settle();
  box.links.cut();
  await box.settle();
  box.links.part(true);
  box.clock.advance(6000);
  await box.settle();
  box.clock.advance(6000);
  await drained;
});

test('a two-way request without its response does not hold up a stop; one whose response is being given does', async () => {
  const box = await ScriptedMessageBox.start();
  let answered: (on: boolean) => void = () => undefined;
  box.adopt(adapter(() => new Promise((resolve) => (answered = resolve))));
  box.adopt(
    adapter(() => Promise.resolve(false)),
    'i2',
  );
  await box.tell(box.deliver([message('response', 0, note(1))], '1.1', 'i1'));
  void box.host.drain();
  await box.settle();
  assert.deepEqual([box.host.held, box.all('bye').length], [['i1'], 0]);
  answered(true);
  await box.settle();
  await box.acknowledge(true);
  assert.equal(box.all('bye').length, 1);
});

test('places: what waits in memory leaves its place to others, what leaves gives it back', async () => {
  const box = await ScriptedMessageBox.start({ compiled: waiting, concurrency: 2 });
  const pulled = (): number => box.all('pull').reduce((sum, { credit }) => sum + credit, 0);
  assert.equal(pulled(), 2);
  await box.tell(box.grantFrame({ queue: [START] }), box.grantFrame({ instance: 'i2', queue: [START] }));
  assert.equal(pulled(), 2, 'both run');
  await box.tell(box.ack(box.commits[0] ?? assert.fail()));
  assert.equal(pulled(), 3, 'one waits');
  await box.tell({ kind: 'fenced', instance: 'i2', id: box.commits[1]?.id ?? '' });
  assert.equal(pulled(), 4, 'one is gone');
  await box.reconnect();
  await box.welcome();
  assert.equal(pulled(), 6, 'everything is gone, and a new session knows of no credit');
});

test('the clock of this machine may jump: what it says to orchestrations and when it wakes them follows the MessageBox', async () => {
  const compiled = define((o) => [o.delay('wait', 1000), ...publish(o, 'after')]);
  const box = await ScriptedMessageBox.start({ compiled });
  await box.tell(box.grantFrame({ queue: [START] }));
  const before = box.host.now();
  box.clock.setWall(box.clock.wall() - 3_600_000);
  assert.equal(box.host.now(), before);
  box.clock.advance(999);
  await box.settle();
  assert.equal(box.commits.length, 0);
  box.clock.advance(1);
  await box.settle();
  assert.equal(box.commits.length, 1);
});

test('a frozen host instance hears and says nothing; thawed it hears everything in order', async () => {
  const box = await ScriptedMessageBox.start({ compiled: waiting });
  box.host.client.freeze(true);
  await box.tell(box.grantFrame({ queue: [START] }));
  await box.settle(50);
  assert.deepEqual([box.commits, box.host.held], [[], []]);
  box.host.client.freeze(false);
  await box.settle();
  assert.equal(box.commits.length, 1);
  box.host.client.freeze(true);
  await box.tell(box.ack(box.last('commit')));
  box.links.cut();
  await box.settle(200);
  assert.equal(box.connections, 1, 'it does not even notice that the link is gone');
  box.host.client.freeze(false);
  await box.settle(200);
  assert.deepEqual(box.last('hello').resume, [{ instance: 'i1', version: 1 }]);
});

test('with dehydration at once every wait is a commit with which the instance leaves', async () => {
  const box = await ScriptedMessageBox.start({ compiled: blocked, dehydration: ALWAYS });
  await box.tell(box.grantFrame({ queue: [START] }), SUSPEND);
  assert.deepEqual(
    [box.commits.length, box.last('commit').outcome, box.last('commit').waits],
    [1, 'idle', [String(numberOf(blocked, 'more'))]],
  );
});
