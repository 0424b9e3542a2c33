/**
 * Scopes as transactions: what is saved when, what is given back, who is compensated in which order, also by whoever goes on from a saved
 * state (docs/behaviour.md, section 9).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { orchestration } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { entry, TestGroup } from './group.ts';
import { booking, both, declarations, define, fail, send, type Shapes } from './trip.ts';

test('the end of a transaction is a persistence point, of either kind; the end of the orchestration right after it is the same one', () => {
  both(
    define((o) => [booking(o, 'Flight'), o.scope('plain', [o.expression('one', () => undefined)]), booking(o, 'Hotel', 'atomic')]),
    (group, outcome) => {
      assert.equal(outcome, 'completed');
      assert.deepEqual(group.points(), ['send+scope-end', 'scope-end+end']);
      assert.deepEqual(group.published(), ['do Flight', 'do Hotel']);
    },
  );
});

test('without a handler what has committed is compensated, the last one first, each iteration of a loop too; then the exception goes on', () => {
  const compiled = define((o) => [
    o.scope('trip', { longRunning: true }, [
      o.loop('nights', ({ variables }) => variables.n < 3, [
        o.scope(
          'Night',
          {
            longRunning: true,
            variables: { night: 0 },
            compensate: (inside) => [
              inside.expression('undo night', ({ variables }) => void variables.list.push(`undo ${String(variables.night)}`)),
              send(o, 'undo'),
            ],
          },
          (inside) => [inside.expression('count', ({ variables }) => void (variables.night = ++variables.n))],
        ),
      ]),
      booking(o, 'Flight', 'atomic'),
      fail(o, 'fail'),
    ]),
  ]);
  both(compiled, (group, outcome) => {
    assert.equal(outcome, 'error');
    assert.deepEqual(group.published(), ['do Flight', 'undo Flight', 'undo', 'undo', 'undo']);
    assert.deepEqual(group.variables()['list'], ['undo 3', 'undo 2', 'undo 1']);
    assert.equal(group.commits.at(-1)?.error?.shape, 'fail');
  });
});

test('a Compensate names a nested transaction, or takes all that are left; each is compensated once at most', () => {
  const compiled = define((o) => [
    o.scope(
      'trip',
      {
        longRunning: true,
        handlers: [
          o.handler('failed', '*', [o.compensate('hotel first', 'Hotel'), o.compensate('hotel again', 'Hotel'), o.compensate('the rest')]),
        ],
      },
      [booking(o, 'Flight'), booking(o, 'Hotel'), booking(o, 'Car'), fail(o, 'fail')],
    ),
    send(o, 'goes on'),
  ]);
  both(compiled, (group, outcome) => {
    assert.equal(outcome, 'completed');
    assert.deepEqual(group.published().slice(3), ['undo Hotel', 'undo Car', 'undo Flight', 'goes on']);
  });
});

test('a transaction without compensation of its own passes it on to what is nested in it; with one, only what that names', () => {
  const compiled = define((o) => [
    o.scope('outer', { longRunning: true }, [
      o.scope('silent', { longRunning: true }, [booking(o, 'A'), booking(o, 'B')]),
      o.scope('own', { longRunning: true, compensate: [o.compensate('only C', 'C'), send(o, 'undo own')] }, [
        booking(o, 'C'),
        booking(o, 'D'),
      ]),
      fail(o, 'fail'),
    ]),
  ]);
  both(compiled, (group) => {
    assert.deepEqual(group.published().slice(4), ['undo C', 'undo own', 'undo B', 'undo A']);
  });
});

test('the orchestration is a transaction too: what committed in it is compensated before it is suspended', () => {
  both(
    define((o) => [booking(o, 'Flight'), booking(o, 'Hotel'), fail(o, 'fail')]),
    (group, outcome) => {
      assert.equal(outcome, 'error');
      assert.deepEqual(group.published(), ['do Flight', 'do Hotel', 'undo Hotel', 'undo Flight']);
    },
  );
});

test('an exception in a compensation goes on where that was called', () => {
  const compiled = define((o) => [
    o.scope('outer', { longRunning: true, handlers: [o.handler('both failed', 'Second', [send(o, 'handled')])] }, [
      o.scope('trip', { longRunning: true }, [
        o.scope('Flight', { longRunning: true, compensate: [fail(o, 'fails too', 'Second')] }, [send(o, 'do')]),
        fail(o, 'fail', 'First'),
      ]),
    ]),
    send(o, 'goes on'),
  ]);
  both(compiled, (group, outcome) => {
    assert.deepEqual(group.published(), ['do', 'handled', 'goes on']);
    assert.equal(outcome, 'completed');
  });
});

test('a time-out is an exception of its own, with a durable timer; what comes in time is not timed out', () => {
  const compiled = define((o) => [
    o.scope(
      'offer',
      {
        longRunning: true,
        timeout: 5000,
        handlers: [o.handler('too late', 'TimeoutException', [send(o, 'late')])],
        compensate: [],
      },
      [o.receive('answer', { port: 'More', message: 'More', follows: ['Key'] }), send(o, 'in time')],
    ),
    send(o, 'after'),
  ]);
  const answer = compiled.outline.findIndex(({ name }) => name === 'answer');
  both(compiled, (group) => {
    assert.deepEqual(group.published(), ['late', 'after']);
    assert.equal(group.now, 1_005_000);
  });
  const slept = new TestGroup(compiled);
  const waits = slept.start();
  assert.deepEqual(waits.kind === 'blocked' && waits.waits.map((wait) => wait.kind), ['timer', 'receive']);
  const [timer] = slept.commit('dehydration').timers;
  assert.equal(timer?.due, 1_005_000);
  slept.crash();
  slept.now = 1_005_000;
  slept.run({ kind: 'timer', timer: timer.id });
  assert.deepEqual(
    slept.commit().published.map(({ shape }) => compiled.outline[shape]?.name),
    ['late'],
  );
  const answered = new TestGroup(compiled, [entry('q0', 0), entry('q1', answer)]);
  assert.equal(answered.finish(), 'completed');
  assert.deepEqual(answered.published(), ['in time', 'after']);
});

test('branches that are stopped get a ForcedTerminationException, compensate what they committed, and only then the handler runs', () => {
  const compiled = define((o) => [
    o.scope('both', { longRunning: true, handlers: [o.handler('one failed', '*', [send(o, 'handled')])] }, [
      o.parallel('branches', [
        o.branch('A', [
          o.scope(
            'Inner',
            { longRunning: true, handlers: [o.handler('forced', 'ForcedTerminationException', [o.compensate('own'), send(o, 'stopped')])] },
            [booking(o, 'Flight'), o.delay('forever', 1_000_000), send(o, 'never')],
          ),
        ]),
        o.branch('B', [o.scope('Silent', { longRunning: true }, [booking(o, 'Hotel'), o.delay('forever too', 1_000_000)])]),
        o.branch('C', [o.delay('a moment', 10), fail(o, 'fail')]),
      ]),
    ]),
    send(o, 'after'),
  ]);
  both(compiled, (group, outcome) => {
    assert.equal(outcome, 'completed');
    const published = group.published().slice(2);
    assert.deepEqual([...published.slice(0, 3)].sort(), ['stopped', 'undo Flight', 'undo Hotel']);
    assert.deepEqual(published.slice(3), ['handled', 'after']);
    assert.equal(group.now, 1_000_010);
  });
});

test('handlers match base types, in their order, up to System.Exception', () => {
  class Base extends Error {}
  class Derived extends Base {}
  const caught = (exception: string | typeof Base, thrown: () => never): string[] => {
    const group = new TestGroup(
      define((o) => [
        o.scope(
          'try',
          [o.expression('throw', thrown)],
          [o.handler('matches', exception, [send(o, 'caught')]), o.handler('other', '*', [])],
        ),
        o.delay('end', 1),
      ]),
    );
    group.finish();
    return group.published();
  };
  const derived = (): never => {
    throw new Derived('x');
  };
  for (const type of [Derived, Base, 'Derived', 'Base', 'Error', 'System.Exception'])
    assert.deepEqual(caught(type, derived), ['caught'], String(type));
  assert.deepEqual(caught('Other', derived), []);
  assert.deepEqual(
    caught(Derived, () => {
      throw new Base('x');
    }),
    [],
  );
});

test('variables of a scope: initial at each entry, gone after it and in its handlers, where they can be given a value', () => {
  const compiled = define((o) => [
    o.loop('twice', ({ variables }) => variables.n < 2, [
      o.scope(
        'own',
        {
          variables: { mine: 'fresh' },
          handlers: (inside) => [
            inside.handler('failed', 'Planned', [
              inside.expression('look', ({ variables }) => {
                let found = '';
                try {
                  found = variables.mine;
                } catch (error) {
                  found = (error as Error).message;
                }
                variables.mine = 'mine again';
                variables.list.push(found, variables.mine);
              }),
            ]),
          ],
        },
        (inside) => [
          inside.expression('note', ({ variables }) => {
            variables.list.push(variables.mine);
            variables.mine = 'used';
            variables.n++;
          }),
          fail(o, 'fail'),
        ],
      ),
    ]),
    o.suspend('look at it', ''),
  ]);
  const seen = ['fresh', 'Variable "mine" has no value here: it belongs to a scope.', 'mine again'];
  both(compiled, (group) => {
    assert.deepEqual(group.variables(), { n: 2, list: [...seen, ...seen], fails: 0 });
  });
});

test('succeeded tells whether a nested transaction has committed', () => {
  const compiled = define((o) => [
    o.scope(
      'trip',
      {
        longRunning: true,
        handlers: [
          o.handler('failed', '*', [
            o.expression(
              'ask',
              ({ variables, succeeded }) => void variables.list.push(...['Flight', 'Hotel'].filter((name) => succeeded(name))),
            ),
          ]),
        ],
      },
      [o.scope('Flight', { longRunning: true }, []), fail(o, 'fail'), o.scope('Hotel', { longRunning: true }, [])],
    ),
    o.suspend('look', ''),
  ]);
  both(compiled, (group) => {
    assert.deepEqual(group.variables()['list'], ['Flight']);
  });
});

test('synchronized scopes of branches do not run at the same time', () => {
  const guarded = (o: Shapes, name: string): Shape =>
    o.scope(name, { synchronized: true }, [
      o.expression(`enter ${name}`, ({ variables }) => void variables.list.push(`in ${name}`)),
      o.delay(`stay ${name}`, 10),
      o.expression(`leave ${name}`, ({ variables }) => void variables.list.push(`out ${name}`)),
    ]);
  const compiled = define((o) => [
    o.parallel('all', [o.branch('A', [guarded(o, 'a')]), o.branch('B', [guarded(o, 'b')])]),
    o.suspend('look', ''),
  ]);
  both(compiled, (group) => {
    assert.deepEqual(group.variables()['list'], ['in a', 'out a', 'in b', 'out b']);
  });
});

test('nesting rules are told when the definition is compiled', () => {
  const refused = (rule: RegExp, body: (o: Shapes) => readonly Shape[], longRunning = true): void => {
    const given = { ...declarations, longRunning };
    const make = (): unknown =>
      compile(
        orchestration('Bad', given, (o) => [
          o.receive('Start', { port: 'In', message: 'In', activate: true }),
          ...body(o as unknown as Shapes),
        ]),
      );
    assert.throws(make, (error) => isCode(error, 'definition.invalid') && rule.test(error.message), String(rule));
  };
  const nested = (outer: object, inner: object) => (o: Shapes) => [o.scope('outer', outer, [o.scope('inner', inner, [])])];
  refused(/not directly inside a long-running/, nested({}, { longRunning: true }));
  refused(/not directly inside a long-running/, (o) => [o.scope('a', { longRunning: true }, [])], false);
  refused(/inside an atomic one/, nested({ atomic: true }, { longRunning: true }));
  refused(/inside an atomic one/, nested({ atomic: true }, { atomic: true }));
  refused(/inside a synchronized one/, nested({ longRunning: true, synchronized: true }, { atomic: true }));
  refused(/inside a synchronized one/, nested({ atomic: true }, { synchronized: true }));
  refused(/has exception handlers/, (o) => [o.scope('a', { atomic: true, handlers: [o.handler('h', '*', [])] }, [])]);
  refused(/time-out/, (o) => [o.scope('a', { timeout: 5 }, [])]);
  refused(/it is no transaction/, (o) => [o.scope('a', { compensate: [] }, [])]);
  refused(/which only an atomic one does/, (o) => [o.scope('a', { longRunning: true, retry: false }, [])]);
  refused(/is in no handler/, (o) => [o.compensate('c')]);
  refused(/is in no handler/, (o) => [o.scope('a', [], [o.handler('h', '*', [o.compensate('c')])])]);
  refused(/no transaction directly inside/, (o) => [o.scope('a', { longRunning: true, compensate: [o.compensate('c', 'other')] }, [])]);
  refused(/suspends inside an atomic/, (o) => [o.scope('a', { atomic: true }, [o.suspend('s', '')])]);
  refused(/declared already/, (o) => [o.scope('a', { variables: { n: 1 } }, [])]);
});

test('a Compensate may be tried inside a handler: what it throws is caught there', () => {
  const compiled = define((o) => [
    o.scope(
      'trip',
      {
        longRunning: true,
        handlers: [
          o.handler('failed', '*', [
            o.scope('try', [o.compensate('all')], [o.handler('cannot', 'Second', [send(o, 'tell'), o.compensate('the rest')])]),
          ]),
        ],
      },
      [booking(o, 'Hotel'), o.scope('Flight', { longRunning: true, compensate: [fail(o, 'no way', 'Second')] }, []), fail(o, 'fail')],
    ),
    send(o, 'goes on'),
  ]);
  both(compiled, (group, outcome) => {
    assert.equal(outcome, 'completed');
    assert.deepEqual(group.published(), ['do Hotel', 'tell', 'undo Hotel', 'goes on']);
  });
});

test('an exception that leaves the orchestration waits for the branches it stops, then compensates', () => {
  const compiled = define((o) => [
    booking(o, 'Flight'),
    o.parallel('branches', [
      o.branch('A', [
        o.scope(
          'Inner',
          {
            longRunning: true,
            handlers: [o.handler('forced', 'ForcedTerminationException', [o.delay('tidy up', 50), send(o, 'stopped')])],
          },
          [o.delay('forever', 1_000_000)],
        ),
      ]),
      o.branch('B', [o.delay('a moment', 10), fail(o, 'fail')]),
    ]),
  ]);
  both(compiled, (group, outcome) => {
    assert.equal(outcome, 'error');
    assert.deepEqual(group.published(), ['do Flight', 'stopped', 'undo Flight']);
  });
});
