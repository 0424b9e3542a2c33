/** Exceptions find their handler, stop the scope's threads, and take back what was not saved when nobody handles them (docs/behaviour.md, sections 9.2 and 22, C2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orchestration, type Shape } from '../../../emulator/authoring/index.ts';
import { define, publish, TestGroup, type TestShapes } from './group.ts';

class OrderRejected extends Error {}

const rejects = (o: TestShapes): ReturnType<TestShapes['expression']> =>
  o.expression('reject', () => {
    throw new OrderRejected('too late');
  });

test('a handler is found by the name of the class, with the exception in its code, and the instance goes on after the scope', () => {
  const group = new TestGroup(
    define((o) => [
      o.scope(
        'scope',
        [rejects(o), ...publish(o, 'never')],
        [
          o.handler('other', 'TypeError', publish(o, 'wrong')),
          o.handler('rejected', 'OrderRejected', [
            o.expression(
              'note',
              ({ variables, exception }) => void (variables.text = `${String(exception?.type)}: ${String(exception?.message)}`),
            ),
          ]),
        ],
      ),
      ...publish(o, 'after'),
      o.delay('wait', 1),
    ]),
  );
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.published(), ['after']);
  assert.equal(group.variables()['text'], 'OrderRejected: too late');
});

test('a Throw, a rethrow and * search outward', () => {
  const group = new TestGroup(
    define((o) => [
      o.scope(
        'outer',
        [
          o.scope(
            'inner',
            [o.throw('throw', () => ({ type: 'Stock', message: 'none' }))],
            [o.handler('again', 'Stock', [o.rethrow('rethrow')])],
          ),
        ],
        [o.handler('all', '*', [o.expression('note', ({ variables, exception }) => void (variables.text = exception?.type ?? ''))])],
      ),
      ...publish(o, 'after'),
      o.delay('wait', 1),
    ]),
  );
  assert.equal(group.finish('restore'), 'completed');
  assert.equal(group.variables()['text'], 'Stock');
});

test('an exception in a handler is not handled by its own scope', () => {
  const group = new TestGroup(
    define((o) => [o.scope('scope', [rejects(o)], [o.handler('all', '*', [o.throw('second', () => ({ type: 'Second', message: '' }))])])]),
  );
  assert.equal(group.finish(), 'error');
  assert.match(group.commits[0]?.error?.message ?? '', /Second.*"second"/);
});

test('a throw stops the other threads of the scope, not those outside', () => {
  const group = new TestGroup(
    define((o) => [
      o.parallel('outer', [
        o.branch('outside', [o.delay('long', 30), ...publish(o, 'outside sent')]),
        o.branch('inside', [
          o.scope(
            'scope',
            [
              o.parallel('both', [
                o.branch('a', [o.delay('short', 20), ...publish(o, 'never')]),
                o.branch('b', [o.delay('first', 10), rejects(o)]),
              ]),
            ],
            [o.handler('all', '*', publish(o, 'handled'))],
          ),
        ]),
      ]),
    ]),
  );
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.published(), ['handled', 'outside sent']);
});

test('the exception is still there when another host instance goes on inside the handler', () => {
  const group = new TestGroup(
    define((o) => [
      o.scope(
        'scope',
        [rejects(o)],
        [
          o.handler('all', '*', [
            ...publish(o, 'one'),
            o.expression('note', ({ variables, exception }) => void (variables.text = exception?.message ?? '')),
          ]),
        ],
      ),
      o.suspend('stop', ''),
    ]),
  );
  assert.equal(group.finish('restore'), 'completed');
  assert.equal(group.variables()['text'], 'too late');
});

test('uncaught: suspended with the reason, nothing since the last point becomes true, and a resume runs it again', () => {
  const group = new TestGroup(
    define((o) => [...publish(o, 'one'), o.expression('count', ({ variables }) => void variables.n++), rejects(o)]),
  );
  assert.equal(group.finish(), 'error');
  const [saved, failed] = group.commits;
  assert.ok(saved?.state);
  assert.equal(failed?.outcome, 'suspended');
  assert.equal(failed.error?.code, 'orchestration.uncaught');
  assert.equal(failed.error.shape, 'reject');
  assert.deepEqual(
    [failed.state, failed.consumed, failed.published, failed.points, failed.holds],
    [undefined, [], [], ['suspension'], saved.holds],
  );
  assert.deepEqual(group.traced().slice(-2), ['count', 'reject']);
  group.crash();
  assert.equal(group.commit().error?.shape, 'reject', 'it fails again');
  assert.equal(group.variables()['n'], 0);
});

test('uncaught before the first point: the activating message stays unconsumed', () => {
  const group = new TestGroup(define((o) => [rejects(o)]));
  assert.equal(group.finish(), 'error');
  assert.deepEqual([group.commits[0]?.consumed, group.state], [[], undefined]);
  assert.equal(group.crash().kind, 'persist');
});

test('code that throws something else than an error, and a Construct whose body is malformed, are exceptions too', () => {
  const group = new TestGroup(
    define((o) => [
      o.scope(
        'one',
        [
          o.expression('text', () => {
            // Nothing stops a user from doing this.
            // eslint-disable-next-line @typescript-eslint/only-throw-error
            throw 'oops';
          }),
        ],
        [o.handler('a', 'Error', publish(o, 'first'))],
      ),
      o.scope('two', [o.construct('bad', 'Out', () => ({ body: '{' }))], [o.handler('b', 'SyntaxError', publish(o, 'second'))]),
      o.scope(
        'three',
        [o.expression('later', () => Promise.resolve() as unknown as undefined)],
        [o.handler('c', 'AsyncCode', publish(o, 'third'))],
      ),
      o.scope('four', [o.delay('never', Number.NaN)], [o.handler('d', 'RangeError', publish(o, 'fourth'))]),
    ]),
  );
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.published(), ['first', 'second', 'third', 'fourth']);
});

for (const [found, value] of [
  ['Date', new Date(0)],
  ['function', () => 1],
  ['NaN', Number.NaN],
  ['Map', { inside: [new Map()] }],
  ['undefined', undefined],
] as const) {
  test(`a variable that holds a ${found} suspends the instance with the variable and the shape`, () => {
    const group = new TestGroup(
      define((o) => [
        o.scope(
          'scope',
          [o.expression('spoil', ({ variables }) => void (variables.anything = value as never))],
          [o.handler('all', '*', [])],
        ),
        o.expression('other', ({ variables }) => void variables.n++),
        o.suspend('save', ''),
      ]),
    );
    assert.equal(group.finish(), 'error');
    const error = group.commits[0]?.error;
    assert.equal(error?.code, 'orchestration.notJson');
    assert.equal(error.shape, 'spoil');
    assert.match(error.message, new RegExp(`"anything" holds a ${found} at anything`));
  });
}

test('a variable that contains itself is not JSON either', () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const group = new TestGroup(
    define((o) => [o.expression('spoil', ({ variables }) => void (variables.anything = circular as never)), o.suspend('save', '')]),
  );
  assert.equal(group.finish(), 'error');
  assert.equal(group.commits[0]?.error?.code, 'orchestration.notJson');
});

test('messages are read-only for code', () => {
  const group = new TestGroup(
    define((o) => [o.expression('change', ({ messages }) => void ((messages.In.content as { amount: number }).amount = 2))]),
  );
  assert.equal(group.finish(), 'error');
  assert.match(group.commits[0]?.error?.message ?? '', /TypeError/);
});

test('what cannot be saved may be in a variable while nothing is saved, and is found wherever it would be copied', () => {
  const spoil = (o: TestShapes): Shape => o.expression('spoil', ({ variables }) => void (variables.anything = new Map() as never));
  const gone = new TestGroup(
    define((o) => [
      spoil(o),
      o.expression('mend', ({ variables }) => void (variables.anything = null)),
      ...publish(o, 'send'),
      o.suspend('save', ''),
    ]),
  );
  assert.equal(gone.finish('restore'), 'completed');
  const callee = orchestration(
    'Callee',
    { messages: {}, variables: { anything: 0 }, ports: {}, parameters: { anything: 'ref' } },
    () => [],
  );
  const copied: Record<string, (o: TestShapes) => Shape[]> = {
    'by an atomic scope': (o) => [spoil(o), o.scope('atomic', { atomic: true }, [])],
    'by a Call': (o) => [spoil(o), o.call('call', callee, { ref: { anything: 'anything' } })],
    'by a transaction that can be compensated': (o) => [o.scope('trip', { longRunning: true, compensate: [] }, [spoil(o)])],
    'by a Start': (o) => [
      spoil(o),
      o.start(
        'start',
        orchestration('Child', { messages: {}, ports: {}, parameters: {} }, () => []),
      ),
    ],
  };
  for (const [what, shapes] of Object.entries(copied)) {
    const group = new TestGroup(define(shapes));
    assert.equal(group.finish(), 'error', what);
    const { code, shape } = group.commits.at(-1)?.error ?? {};
    assert.deepEqual([code, shape], ['orchestration.notJson', 'spoil'], what);
  }
});
