/** Threads that wait are passed over until their own message or time comes, whatever happens to others meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programOf } from '../../../emulator/engine/program.ts';
import { Waiting } from '../../../emulator/engine/waiting.ts';
import { define, entry, numberOf, publish, TestGroup, type TestShapes } from './group.ts';

const more = (o: TestShapes, name: string) => o.receive(name, { port: 'More', message: 'More', follows: ['Key'] });

test('a message wakes every Receive of its subscription and the Listen that begins with one, a time its Delay', () => {
  const compiled = define((o) => [
    o.parallel('all', [
      o.branch('a', [more(o, 'first')]),
      o.branch('b', [o.listen('or', [o.branch('c', [more(o, 'second')]), o.branch('d', [o.delay('late', 50)])])]),
      o.branch('e', [o.delay('later', 100)]),
    ]),
  ]);
  const { wakes, instructions } = programOf(compiled);
  const [first, or, late, later] = ['first', 'or', 'late', 'later'].map((name) => numberOf(compiled, name)) as [
    number,
    number,
    number,
    number,
  ];
  const threads = [first, or, later];
  const waiting = new Waiting(wakes, instructions.length);
  const others = (): number[] => threads.filter((place) => waiting.pass([place], 0) === 0);
  const all = (): void => {
    for (const place of threads) waiting.add(place);
  };
  all();
  assert.equal(waiting.pass(threads, 0), threads.length);
  waiting.came(String(first));
  assert.deepEqual(others(), [first, or]);
  all();
  waiting.came(`${String(first)}.7`);
  assert.deepEqual(others(), [first, or], 'in any call');
  all();
  waiting.wake(late);
  assert.deepEqual(others(), [or]);
  all();
  waiting.came('start');
  assert.deepEqual(others(), [], 'nothing here waits for a Start');
});

test('an exception stops what waits in its scope and leaves what waits beside it, and the next round waits again', () => {
  const compiled = define((o) => [
    o.parallel('all', [
      o.branch('beside', [more(o, 'beside it'), ...publish(o, 'came')]),
      o.branch('fails', [
        o.loop('twice', ({ variables }) => variables.n++ < 2, [
          o.scope(
            'tries',
            [
              o.parallel('inside', [
                o.branch('waits', [o.receive('in vain', { port: 'In', message: 'More', follows: ['Key'] })]),
                o.branch('throws', [o.delay('soon', 10), o.throw('no', () => ({ type: 'No', message: '' }))]),
              ]),
            ],
            [o.handler('no', 'No', publish(o, 'handled'))],
          ),
        ]),
      ]),
    ]),
  ]);
  const group = new TestGroup(compiled);
  assert.equal(group.finish(), 'waiting');
  assert.deepEqual(group.published(), ['handled', 'handled']);
  assert.deepEqual(group.arrive(entry('q1', numberOf(compiled, 'beside it'))), { kind: 'persist' });
  assert.equal(group.commit().outcome, 'completed');
  assert.deepEqual(group.published(), ['handled', 'handled', 'came']);
});
