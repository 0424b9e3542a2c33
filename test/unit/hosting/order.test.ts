/**
 * What is handed over for an orchestration takes effect in the order in which it came, each entry once, whatever is under way at that
 * moment: messages and fired timers in one hand-over, bodies that are still being fetched, commits without an answer.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import { define, numberOf, publish, type TestShapes } from '../engine/group.ts';
import { ALWAYS, fired, hashOf, largeNote, message, note, ScriptedMessageBox } from './scripted.ts';

const START = message('start', 0, note(0));

const more = (o: TestShapes, name: string) => o.receive(name, { port: 'More', message: 'More', follows: ['Key'] });

/** Waits for two messages and two points in time; each has a branch of its own that sends when it came. */
const four = define((o) => [
  o.parallel('four', [
    o.branch('1', [o.delay('time 1', 50_000), ...publish(o, 'after time 1')]),
    o.branch('2', [more(o, 'message 2'), ...publish(o, 'after message 2')]),
    o.branch('3', [o.delay('time 3', 60_000), ...publish(o, 'after time 3')]),
    o.branch('4', [more(o, 'message 4'), ...publish(o, 'after message 4')]),
  ]),
]);

/** Takes messages in a loop and tells which, in order. */
function listener(taken: number[]): CompiledOrchestration {
  return define((o) => [
    o.loop('for ever', () => true, [
      more(o, 'more'),
      o.expression('take', ({ messages }) => {
        taken.push(messages.More.field('amount') ?? NaN);
      }),
    ]),
  ]);
}

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length <= 1) return [[...of]];
  return of.flatMap((first) => permutations(of.filter((other) => other !== first)).map((rest) => [first, ...rest]));
}

/** Names of the shapes that published, in order. */
function published({ commits }: ScriptedMessageBox, compiled: CompiledOrchestration): string[] {
  return commits.flatMap((commit) => commit.published.map(({ shape }) => compiled.outline[shape]?.name ?? ''));
}

const ENTRIES = {
  'after time 1': fired('t1', `${String(numberOf(four, 'time 1'))}.1`),
  'after message 2': message('m2', numberOf(four, 'message 2'), note(2)),
  'after time 3': fired('t3', `${String(numberOf(four, 'time 3'))}.2`),
  'after message 4': message('m4', numberOf(four, 'message 4'), note(4)),
};

test('messages and fired timers in one hand-over, in each order', async () => {
  for (const order of permutations(Object.keys(ENTRIES) as (keyof typeof ENTRIES)[])) {
    const box = await ScriptedMessageBox.start({ compiled: four });
    await box.tell(box.grantFrame({ queue: [START] }));
    await box.tell(box.deliver(order.map((name) => ENTRIES[name])));
    while (box.commits.at(-1)?.outcome === 'running') await box.acknowledge();
    // Two threads that can both go on go on in the order of their messages; each persistence point is a commit.
    assert.deepEqual(published(box, four).toSorted(), order.toSorted(), order.join(', '));
    const consumed = box.commits.flatMap((commit) => commit.consumed);
    assert.deepEqual(consumed.toSorted(), ['m2', 'm4', 'start', 't1', 't3'], order.join(', '));
  }
});

test('what came first takes effect first: a timer before a message, and a message before a timer', async () => {
  for (const order of [
    ['after time 1', 'after message 2'],
    ['after message 2', 'after time 1'],
    ['after time 3', 'after time 1'],
  ] as const) {
    const box = await ScriptedMessageBox.start({ compiled: four });
    await box.tell(box.grantFrame({ queue: [START] }));
    await box.tell(box.deliver(order.map((name) => ENTRIES[name])));
    await box.acknowledge();
    assert.deepEqual(published(box, four), order);
  }
});

test('the queue of a grant is handed over like any other', async () => {
  const box = await ScriptedMessageBox.start({ compiled: four });
  await box.tell(box.grantFrame({ queue: [START, ENTRIES['after message 2'], ENTRIES['after message 4']] }));
  await box.acknowledge();
  assert.deepEqual(published(box, four), ['after message 2', 'after message 4']);
});

test('a small message does not overtake a large one whose body is being fetched', async () => {
  const taken: number[] = [];
  const compiled = listener(taken);
  const at = numberOf(compiled, 'more');
  const box = await ScriptedMessageBox.start({ compiled });
  await box.tell(box.grantFrame({ queue: [START] }));
  await box.tell(box.deliver([message('e1', at)]), box.deliver([message('e2', at, note(2))]));
  await box.tell(box.deliver([message('e3', at, undefined, largeNote(3)), message('e4', at, note(4))]));
  assert.deepEqual(taken, []);
  assert.equal(box.all('getBody').length, 1, 'one fetch at a time');
  await box.tell(box.body(largeNote(1)));
  assert.deepEqual(taken, [1, 2]);
  await box.tell(box.body(largeNote(3)));
  assert.deepEqual(taken, [1, 2, 3, 4]);
});

test('a timer, also one of this memory, does not overtake a large message', async () => {
  const compiled = define((o) => [
    o.listen('first', [
      o.branch('message', [more(o, 'more'), ...publish(o, 'after message')]),
      o.branch('time', [o.delay('time', 20), ...publish(o, 'after time')]),
    ]),
  ]);
  for (const durable of [true, false]) {
    const box = await ScriptedMessageBox.start({ compiled });
    await box.tell(box.grantFrame({ queue: [START] }));
    await box.tell(box.deliver([message('large', numberOf(compiled, 'more'))]));
    if (durable) await box.tell(box.deliver([fired('t', `${String(numberOf(compiled, 'time'))}.1`)]));
    else await box.settle(40);
    assert.deepEqual(box.commits, []);
    await box.tell(box.body(largeNote(1)));
    assert.deepEqual(published(box, compiled), ['after message']);
  }
});

test('messages that come while a commit has no answer wait for it, and are fetched after it', async () => {
  const compiled = define((o) => [
    ...publish(o, 'first'),
    more(o, 'more'),
    ...publish(o, 'second'),
    o.receive('again', { port: 'More', message: 'More', follows: ['Key'] }),
    ...publish(o, 'third'),
  ]);
  const box = await ScriptedMessageBox.start({ compiled });
  await box.tell(box.grantFrame({ queue: [START] }));
  await box.tell(
    box.deliver([message('large', numberOf(compiled, 'more'))]),
    box.deliver([message('small', numberOf(compiled, 'again'), note(1))]),
  );
  await box.acknowledge();
  await box.tell(box.body(largeNote(1)));
  await box.acknowledge();
  assert.deepEqual(published(box, compiled), ['first', 'second', 'third']);
  assert.deepEqual(
    box.commits.map(({ consumed }) => consumed),
    [['start'], ['large'], ['small']],
  );
});

test('after a reconnection everything that is not consumed comes again, and counts once', async () => {
  const taken: number[] = [];
  const compiled = listener(taken);
  const at = numberOf(compiled, 'more');
  const box = await ScriptedMessageBox.start({ compiled });
  await box.tell(box.grantFrame({ queue: [START] }));
  await box.tell(box.deliver([message('e1', at, note(1)), message('e2', at, undefined, largeNote(2)), message('e3', at, note(3))]));
  const { resume } = await box.reconnect();
  assert.deepEqual(resume, [{ instance: 'i1', version: 0 }]);
  await box.welcome([{ instance: 'i1', lock: '2.1', version: 0 }]);
  await box.tell(
    box.deliver(
      [
        START,
        message('e1', at, note(1)),
        message('e2', at, undefined, largeNote(2)),
        message('e3', at, note(3)),
        message('e4', at, note(4)),
      ],
      '2.1',
    ),
  );
  assert.equal(box.all('getBody').length, 2, 'the fetch that was lost is made again, once');
  await box.tell(box.body(largeNote(2)));
  assert.deepEqual(taken, [1, 2, 3, 4]);
});

test('what is delivered under an older lock is not taken', async () => {
  const taken: number[] = [];
  const compiled = listener(taken);
  const box = await ScriptedMessageBox.start({ compiled });
  await box.tell(box.grantFrame({ queue: [START] }));
  await box.tell(box.deliver([message('e1', numberOf(compiled, 'more'), note(1))], '0.9'));
  assert.deepEqual(taken, []);
});

test('the messages a saved state refers to come before everything else, however large', async () => {
  const compiled = define((o) => [
    ...publish(o, 'first'),
    more(o, 'more'),
    o.expression('sum', ({ variables, messages }) => {
      variables.n = (messages.In.field('amount') ?? 0) + (messages.More.field('amount') ?? 0);
    }),
    o.construct('tell', 'Out', ({ variables }) => ({ body: { key: 'k', amount: variables.n } })),
    o.send('second', { port: 'Out', message: 'Out' }),
  ]);
  const first = await ScriptedMessageBox.start({ compiled });
  await first.tell(first.grantFrame({ queue: [START] }));
  const { state, holds } = first.last('commit');
  assert.ok(state !== undefined);
  assert.deepEqual(holds, ['message-start']);
  const box = await ScriptedMessageBox.start({ compiled });
  const held = [{ id: 'message-start', type: 'Note', properties: { key: 'k' }, bodyHash: hashOf(largeNote(20)) }];
  const at = numberOf(compiled, 'more');
  await box.tell(box.grantFrame({ state, version: 1, held, queue: [message('e1', at)] }), box.deliver([message('e2', at, note(5))]));
  await box.tell(box.body(largeNote(20)));
  await box.tell(box.body(largeNote(1)));
  assert.equal(box.last('commit').published[0]?.body, note(21));
});

test('an instance that dehydrates while a body is being fetched leaves the message to the next grant', async () => {
  const taken: number[] = [];
  const compiled = define((o) => [...publish(o, 'first'), more(o, 'more'), o.expression('take', () => void taken.push(1))]);
  const box = await ScriptedMessageBox.start({ compiled, dehydration: ALWAYS });
  await box.tell(box.grantFrame({ queue: [START] }));
  await box.acknowledge();
  assert.equal(box.last('commit').outcome, 'idle');
  await box.tell(box.deliver([message('large', numberOf(compiled, 'more'))]));
  await box.acknowledge(true);
  assert.deepEqual([box.host.held, taken], [[], []]);
  assert.equal(box.commits.length, 2);
});
