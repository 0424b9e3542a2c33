/**
 * Guarantee: the messages of a convoy come to one instance (docs/behaviour.md, section 11). The first one activates it, all others join it
 * while it lives: also a second one for the same Receive, before the instance has run a single shape, and after the MessageBox has restarted.
 * What it has no Receive for any more is left when it ends.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { messageType, orchestration, receivePort, type ShapeBuilder } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { Predicate } from '../../../emulator/orchestration/predicates.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { SmallHost } from './smallHost.ts';

const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' } });
const declarations = {
  messages: { One: note, Two: note, Later: note },
  correlationSets: { Key: ['key'] },
  ports: { In: receivePort(), More: receivePort(), Later: receivePort() },
} as const;
type O = ShapeBuilder<typeof declarations>;

/** Waits for "later" when both messages are there. */
const parallel = (o: O, filter: readonly (readonly Predicate[])[] = []): Shape[] => [
  o.parallel('both', [
    o.branch('one', [o.receive('one', { port: 'In', message: 'One', activate: true, initializes: ['Key'], filter })]),
    o.branch('two', [o.receive('two', { port: 'More', message: 'Two', activate: true, initializes: ['Key'] })]),
  ]),
  o.receive('later', { port: 'Later', message: 'Later', follows: ['Key'] }),
];
const hostOf = (body: (o: O) => readonly Shape[]): SmallHost => new SmallHost(compile(orchestration('Convoy', declarations, body)));

/** Receives that messages wait for in the one instance. */
function waiting({ instance }: SmallHost, names: Readonly<Record<string, string>>): (string | undefined)[] {
  return instance.queue.map(({ subscription }) => names[subscription]);
}

const names = { '2': 'one', '4': 'two', '5': 'later' };
const ended = ({ store }: SmallHost): number => [...store.state.finished.values()].reduce((sum, { completed }) => sum + completed, 0);

test('a parallel convoy: whatever comes, in whatever order, comes to the instance that the first one activated', () => {
  for (const ports of [
    ['In', 'In', 'More'],
    ['In', 'More', 'In', 'More'],
    ['More', 'More', 'In'],
    ['In', 'In', 'In', 'More'],
  ]) {
    const host = hostOf(parallel);
    for (const port of ports) host.submit(port);
    assert.deepEqual(
      waiting(host, names),
      ports.map((port) => (port === 'In' ? 'one' : 'two')),
    );
    host.work();
    assert.equal(host.instance.status, 'idle');
    const left = ports.length - 2;
    assert.equal(host.instance.queue.length, left);
    host.submit('Later');
    host.work();
    assert.equal(host.instance.status, 'suspendedNotResumable');
    assert.match(host.instance.error?.message ?? '', new RegExp(`0xC0C01B4C.*: ${String(left)}\\.`));
  }
});

test('a second message for a Receive that has run already joins, too, and after a restart', () => {
  const host = hostOf(parallel);
  host.submit('In');
  host.work();
  assert.equal(host.instance.status, 'idle');
  host.restart();
  host.submit('In');
  assert.deepEqual(waiting(host, names), ['one']);
  assert.equal(host.instance.status, 'idle', 'nothing waits for it');
  host.submit('More');
  host.submit('Later');
  host.work();
  assert.deepEqual(waiting(host, names), ['one']);
  assert.equal(host.instance.status, 'suspendedNotResumable');
  // The values belong to nobody any more.
  host.submit('In');
  assert.equal(host.store.state.instances.size, 2);
});

test('only what its filter lets through joins a Receive of a parallel convoy', () => {
  const large = [[{ property: 'size', operator: '>', value: 10 } as const]];
  const host = hostOf((o) => parallel(o, large));
  host.submit('More');
  const [one, two] = host.instance.subscriptions.filter(({ id }) => id !== '5');
  assert.deepEqual([one?.filter[0]?.some(({ property }) => property === 'size'), two?.id], [true, '4']);
});

test('a Parallel with one Receive, and a Listen of them, are no convoy: each message activates', () => {
  const first = (o: O, name: string, port: 'In' | 'More'): Shape =>
    o.receive(name, { port, message: 'One', activate: true, initializes: ['Key'] });
  const alone = hostOf((o) => [o.parallel('p', [o.branch('a', [first(o, 'one', 'In')])])]);
  const either = hostOf((o) => [o.listen('l', [o.branch('a', [first(o, 'one', 'In')]), o.branch('b', [first(o, 'two', 'More')])])]);
  for (const host of [alone, either]) {
    host.submit('In');
    host.submit('In');
    assert.equal(host.store.state.instances.size, 2);
    host.work();
    assert.equal(ended(host), 2);
  }
});

test('a sequential convoy: a second message of the activating Receive is one for those that follow it', () => {
  const host = hostOf((o) => [
    o.receive('first', { port: 'In', message: 'One', activate: true, initializes: ['Key'] }),
    o.receive('next', { port: 'In', message: 'Two', follows: ['Key'] }),
    o.receive('later', { port: 'Later', message: 'Later', follows: ['Key'] }),
  ]);
  for (let count = 0; count < 3; count++) host.submit('In');
  const order = { '0': 'first', '1': 'next', '2': 'later' };
  assert.deepEqual(waiting(host, order), ['first', 'next', 'next']);
  host.submit('Later');
  host.work();
  assert.deepEqual(waiting(host, order), ['next']);
});

test('a sequential convoy of several Receives: each message comes to one of them, in order, also after a restart', () => {
  const host = hostOf((o) => [
    o.receive('first', { port: 'In', message: 'One', activate: true, initializes: ['Key'] }),
    o.receive('second', { port: 'In', message: 'Two', follows: ['Key'] }),
    o.receive('third', { port: 'In', message: 'Later', follows: ['Key'] }),
    o.receive('last', { port: 'Later', message: 'Later', follows: ['Key'] }),
  ]);
  const held = (): number => host.instance.holds.length;
  host.submit('In');
  host.submit('In');
  host.work();
  assert.deepEqual([host.instance.status, host.instance.queue, held()], ['idle', [], 2]);
  host.restart();
  const third = host.submit('In');
  assert.equal(host.instance.status, 'ready');
  host.work();
  assert.deepEqual([host.instance.queue, host.instance.holds.includes(third)], [[], true]);
  host.submit('Later');
  host.work();
  assert.deepEqual([host.store.state.instances.size, ended(host)], [0, 1]);
});

test('a parallel convoy of two Receives for the same messages takes two, in one instance', () => {
  const host = hostOf((o) => [
    o.parallel(
      'both',
      ['one', 'two'].map((name) =>
        o.branch(`branch ${name}`, [o.receive(name, { port: 'In', message: 'One', activate: true, initializes: ['Key'] })]),
      ),
    ),
  ]);
  host.submit('In');
  host.work();
  assert.equal(host.instance.status, 'idle');
  host.submit('In');
  host.work();
  assert.deepEqual([host.store.state.instances.size, ended(host)], [0, 1]);
});

/** Values that belong to an instance which has not ended, and what has come for its two Receives. */
type Living = Map<string, { one: number; two: number }>;

test('whatever comes when, is run when and restarts when: each value has one living instance, and nothing is lost (property)', () => {
  const compiled = compile(orchestration('Convoy', declarations, (o) => parallel(o).slice(0, 1)));
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ port: fc.constantFrom('In', 'More'), key: fc.constantFrom('a', 'b', '') }) },
    { weight: 2, arbitrary: fc.constant('work' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  );
  const run = (steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]): void => {
    const host = new SmallHost(compiled);
    const living: Living = new Map();
    let [completed, kept, left] = [0, 0, 0];
    for (const what of steps) {
      if (what === 'restart') host.restart();
      else if (what !== 'work') {
        host.submit(what.port, what.key);
        const convoy = living.get(what.key) ?? { one: 0, two: 0 };
        convoy[what.port === 'In' ? 'one' : 'two']++;
        living.set(what.key, convoy);
      } else {
        host.work();
        for (const [key, { one, two }] of living) {
          if (one === 0 || two === 0) continue;
          living.delete(key);
          left += one + two - 2;
          if (one + two > 2) kept++;
          else completed++;
        }
      }
      const instances = [...host.store.state.instances.values()];
      const over = instances.filter(({ status }) => status === 'suspendedNotResumable');
      assert.deepEqual([instances.length - over.length, over.length, ended(host)], [living.size, kept, completed]);
      assert.equal(
        over.reduce((sum, { queue }) => sum + queue.length, 0),
        left,
      );
    }
  };
  fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), run), { numRuns: 150 });
});
