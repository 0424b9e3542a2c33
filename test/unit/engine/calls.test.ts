/**
 * Called orchestrations: what they get and give back, that two calls never meet, exceptions and compensation across them, also by whoever
 * goes on from a saved state (docs/behaviour.md, section 10, Call).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageType, orchestration, receivePort, requestResponsePort, sendPort } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { entry, numberOf, TestGroup } from './group.ts';
import { booking, both, declarations, define, fail, send, type Shapes } from './trip.ts';

const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' } });

/** Adds one to what it is given by reference, gives twice the sum back, and publishes in between. */
const adding = orchestration(
  'Adding',
  {
    messages: { Text: note, Answer: note },
    variables: { add: 0, total: 0, twice: 0, own: 0 },
    ports: { Out: sendPort() },
    parameters: { Text: 'in', add: 'in', total: 'ref', twice: 'out', Answer: 'out' },
  },
  (o) => [
    o.expression('add', ({ variables }) => {
      variables.own++;
      variables.total += variables.add;
    }),
    o.send('publish', { port: 'Out', message: 'Text' }),
    o.construct('answer', 'Answer', ({ messages, variables }) => ({
      body: { key: `${String(messages.Text.field('key'))}${String(variables.own)}` },
    })),
    o.expression('twice', ({ variables }) => void (variables.twice = 2 * variables.total)),
  ],
);

const caller = (body: (o: CallerShapes) => readonly Shape[]): CompiledOrchestration =>
  compile(
    orchestration('Caller', callerDeclarations, (o) => [
      o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
      ...body(o),
    ]),
  );
const callerDeclarations = {
  longRunning: true,
  messages: { In: note, Out: note, More: note },
  variables: { n: 3, sum: 10, result: 0, turns: 0, seen: [] as string[] },
  correlationSets: { Key: ['key'], Other: ['key'] },
  ports: { In: receivePort(), More: receivePort(), Ask: requestResponsePort(), Out: sendPort() },
} as const;
type CallerShapes = Parameters<Parameters<typeof orchestration<typeof callerDeclarations>>[2]>[0];

const call = (o: CallerShapes, name: string): Shape =>
  o.call(name, adding, { in: { Text: 'In', add: 'n' }, ref: { total: 'sum' }, out: { twice: 'result', Answer: 'Out' } });

test('a call gets what is in and ref, gives back what is out and ref, and has everything else for itself, each time anew', () => {
  const compiled = caller((o) => [
    o.loop('twice', ({ variables }) => variables.turns++ < 2, [
      call(o, 'call'),
      o.expression('look', ({ messages, variables }) => void variables.seen.push(String(messages.Out.field('key')))),
    ]),
    call(o, 'again'),
    o.send('end', { port: 'Out', message: 'Out' }),
    o.suspend('stop', 'to look at it'),
  ]);
  both(compiled, (group, outcome) => {
    assert.equal(outcome, 'completed');
    assert.deepEqual(group.variables(), { n: 3, sum: 19, result: 38, turns: 3, seen: ['k1', 'k1'] });
    assert.deepEqual(group.published(), ['publish', 'publish', 'publish', 'end']);
    assert.doesNotMatch(group.state ?? '', /"s"/, 'nothing of a call is left');
  });
});

test('branches call the same orchestration, and do not meet', () => {
  const compiled = caller((o) => [
    o.parallel('both', [
      o.branch('one', [
        o.call('one call', adding, { in: { Text: 'In', add: 'n' }, ref: { total: 'sum' }, out: { twice: 'result', Answer: 'Out' } }),
      ]),
      o.branch('other', [
        o.call('other call', adding, { in: { Text: 'In', add: 'n' }, ref: { total: 'turns' }, out: { twice: 'n', Answer: 'More' } }),
      ]),
    ]),
    o.send('end', { port: 'Out', message: 'More' }),
    o.suspend('stop', ''),
  ]);
  both(compiled, (group) => {
    assert.deepEqual(group.variables(), { n: 6, sum: 13, result: 26, turns: 3, seen: [] });
  });
});

test('an exception comes to the handler of the caller; a reference shows what was done, an out parameter is not given', () => {
  const failing = orchestration(
    'Failing',
    { messages: {}, variables: { total: 0, result: 0 }, ports: {}, parameters: { total: 'ref', result: 'out' } },
    (o) => [
      o.expression('change', ({ variables }) => {
        variables.total++;
        variables.result = 99;
      }),
      o.scope('inner', [o.throw('fail', () => ({ type: 'Planned', message: '' }))], [o.handler('wrong', 'Other', [])]),
    ],
  );
  const compiled = caller((o) => [
    o.scope(
      'scope',
      [o.call('call', failing, { ref: { total: 'sum' }, out: { result: 'result' } })],
      [
        o.handler('handler', 'Planned', [
          o.expression('handle', ({ variables, exception }) => void variables.seen.push(exception?.from ?? '')),
        ]),
      ],
    ),
    o.suspend('stop', ''),
  ]);
  both(compiled, (group) => {
    assert.deepEqual(group.variables(), { n: 3, sum: 11, result: 0, turns: 0, seen: ['fail'] });
    assert.doesNotMatch(group.state ?? '', /"s"/);
  });
});

test('a receive of a call has a subscription of its own, which ends with it: the next call gets nothing of it', () => {
  const asking = orchestration(
    'Asking',
    {
      messages: { Answer: note },
      correlationSets: { Key: ['key'] },
      ports: { More: receivePort() },
      parameters: { Key: 'in', Answer: 'out' },
    },
    (o) => [o.receive('ask', { port: 'More', message: 'Answer', follows: ['Key'] })],
  );
  const compiled = caller((o) => [
    o.loop('twice', ({ variables }) => variables.turns++ < 2, [
      o.call('call', asking, { in: { Key: 'Key' }, out: { Answer: 'More' } }),
      o.send('answer', { port: 'Out', message: 'More' }),
    ]),
  ]);
  const ask = String(numberOf(compiled, 'ask'));
  const group = new TestGroup(compiled);
  const waits = (result: ReturnType<TestGroup['start']>): string[] =>
    result.kind === 'blocked' ? result.waits.map((wait) => (wait.kind === 'receive' ? wait.subscription : '')) : [];
  assert.deepEqual(waits(group.start()), [`${ask}.1`]);
  group.commit('dehydration');
  assert.deepEqual([...group.subscriptions], [`${ask}.1`]);
  group.crash();
  assert.equal(group.arrive(entry('a', `${ask}.1`)).kind, 'persist');
  group.commit();
  assert.deepEqual([...group.subscriptions], []);
  assert.deepEqual(waits(group.run({ kind: 'continue' })), [`${ask}.2`]);
  group.commit('dehydration');
  assert.deepEqual([...group.subscriptions], [`${ask}.2`]);
  assert.equal(group.arrive(entry('late', `${ask}.1`)).kind, 'blocked', 'a message for the first call does not reach the second');
  assert.equal(group.arrive(entry('b', `${ask}.2`)).kind, 'persist');
  assert.equal(group.commit().outcome, 'running');
});

test('a correlation set that a call initializes is the set of the caller from then on, with its subscriptions', () => {
  const opening = orchestration(
    'Opening',
    { messages: { Text: note }, correlationSets: { Key: ['key'] }, ports: { Out: sendPort() }, parameters: { Text: 'in', Key: 'out' } },
    (o) => [o.send('open', { port: 'Out', message: 'Text', initializes: ['Key'] })],
  );
  const compiled = caller((o) => [
    o.call('call', opening, { in: { Text: 'In' }, out: { Key: 'Other' } }),
    o.receive('follow', { port: 'More', message: 'More', follows: ['Other'] }),
  ]);
  const group = new TestGroup(compiled, [entry('q0', 0), entry('q1', numberOf(compiled, 'follow'))]);
  assert.equal(group.finish('restore'), 'completed');
  assert.deepEqual(
    group.commits.flatMap(({ subscribe }) => subscribe.map(({ id }) => id)),
    [String(numberOf(compiled, 'follow'))],
  );
});

test('a port that is given is the port of the caller, its response included; an own one is bound by the name of the called one', () => {
  const answering = orchestration(
    'Answering',
    { messages: { Text: note }, ports: { Reply: requestResponsePort(), Own: sendPort() }, parameters: { Text: 'in', Reply: 'in' } },
    (o) => [o.send('own', { port: 'Own', message: 'Text' }), o.send('reply', { port: 'Reply', message: 'Text' })],
  );
  const compiled = compile(
    orchestration('Caller', callerDeclarations, (o) => [
      o.receive('Start', { port: 'Ask', message: 'In', activate: true }),
      o.call('call', answering, { in: { Text: 'In', Reply: 'Ask' } }),
    ]),
  );
  const group = new TestGroup(compiled, [entry('q0', 0, { key: 'k', 'BTS.CorrelationToken': 'token' })]);
  assert.equal(group.finish('restore'), 'completed');
  const [own, reply] = group.commits.flatMap(({ published }) => published.map(({ properties }) => properties));
  assert.deepEqual([own?.['BTS.SPName'], own?.['BTS.CorrelationToken']], ['Own', undefined]);
  // A response goes to who asked, by the token alone.
  assert.deepEqual([reply?.['BTS.SPName'], reply?.['BTS.CorrelationToken']], [undefined, 'token']);
});

/** Books in a transaction of its own. */
const bookingHouse = (undo: boolean) =>
  orchestration(
    'House',
    {
      longRunning: true,
      messages: { Text: note },
      variables: { room: 0, n: 0 },
      ports: { Out: sendPort() },
      parameters: { Text: 'in', n: 'ref' },
    },
    (o) => [
      o.expression('choose', ({ variables }) => void (variables.room = 7 + variables.n++)),
      o.scope(
        'Room',
        {
          longRunning: true,
          compensate: [
            o.expression('room?', ({ variables }) => void variables.room++),
            o.send('undo room', { port: 'Out', message: 'Text' }),
          ],
        },
        [o.send('do room', { port: 'Out', message: 'Text' })],
      ),
    ],
    undo
      ? (o) => [
          o.decide('room', [
            o.rule('known', ({ variables }) => variables.room >= 7, [o.send('undo house', { port: 'Out', message: 'Text' })]),
          ]),
        ]
      : undefined,
  );

for (const undo of [true, false]) {
  test(`a called transaction is compensated with what it knew, once for each call: ${undo ? 'by its own compensation' : 'by default'}`, () => {
    const compiled = define((o) => [
      o.scope('trip', { longRunning: true, handlers: [o.handler('failed', 'Planned', [o.compensate('undo all'), send(o, 'told')])] }, [
        o.loop('houses', ({ variables }) => variables.n < 2, [
          o.call('House', bookingHouse(undo), { in: { Text: 'Out' }, ref: { n: 'n' } }),
        ]),
        o.decide('booked', [o.rule('yes', ({ succeeded }) => succeeded('House'), [booking(o, 'Flight'), fail(o, 'fail')])]),
      ]),
    ]);
    both(compiled, (group, outcome) => {
      assert.equal(outcome, 'completed');
      const undone = undo ? 'undo house' : 'undo room';
      assert.deepEqual(group.published(), ['do room', 'do room', 'do Flight', 'undo Flight', undone, undone, 'told']);
      assert.deepEqual(group.points().slice(0, 2), ['send+scope-end+scope-end', 'send+scope-end+scope-end']);
    });
  });
}

test('a called transaction that fails compensates what it has done, and the exception goes on', () => {
  const house = orchestration(
    'House',
    { longRunning: true, messages: { Text: note }, variables: { room: 'unknown' }, ports: { Out: sendPort() }, parameters: { Text: 'in' } },
    (o) => [
      o.expression('choose', ({ variables }) => void (variables.room = 'seven')),
      o.scope(
        'Room',
        {
          longRunning: true,
          compensate: [
            o.decide('known', [
              o.rule('yes', ({ variables }) => variables.room === 'seven', [o.send('undo room', { port: 'Out', message: 'Text' })]),
            ]),
          ],
        },
        [o.send('do room', { port: 'Out', message: 'Text' })],
      ),
      o.throw('full', () => ({ type: 'Full', message: '' })),
    ],
  );
  const compiled = define((o) => [
    o.scope('trip', { longRunning: true, handlers: [o.handler('failed', 'Full', [send(o, 'told')])] }, [
      o.call('House', house, { in: { Text: 'Out' } }),
    ]),
  ]);
  both(compiled, (group, outcome) => {
    assert.equal(outcome, 'completed');
    assert.deepEqual(group.published(), ['do room', 'undo room', 'told']);
  });
});

test('inside an atomic scope a call is given back with it', () => {
  const counting = orchestration('Counting', { messages: {}, variables: { n: 0 }, ports: {}, parameters: { n: 'ref' } }, (o) => [
    o.expression('count', ({ variables }) => void variables.n++),
  ]);
  const compiled = define((o: Shapes) => [
    o.scope(
      'guard',
      { longRunning: true, handlers: [o.handler('failed', 'Planned', [o.call('count again', counting, { ref: { n: 'n' } })])] },
      [
        o.scope('all or nothing', { atomic: true }, [
          o.call('count once', counting, { ref: { n: 'n' } }),
          send(o, 'never'),
          fail(o, 'fail'),
        ]),
      ],
    ),
    o.suspend('stop', ''),
  ]);
  both(compiled, (group) => {
    assert.deepEqual(group.published(), []);
    assert.equal(group.variables()['n'], 1);
  });
});

test('a hundred calls inside each other', () => {
  let inner = orchestration('Level 0', { messages: {}, variables: { n: 0 }, ports: {}, parameters: { n: 'ref' } }, (o) => [
    o.expression('count', ({ variables }) => void variables.n++),
  ]);
  for (let level = 1; level < 100; level++) {
    const callee = inner;
    inner = orchestration(`Level ${String(level)}`, { messages: {}, variables: { n: 0 }, ports: {}, parameters: { n: 'ref' } }, (o) => [
      o.call('call', callee, { ref: { n: 'n' } }),
    ]);
  }
  const compiled = compile(
    orchestration('Top', declarations, (o) => [
      o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
      o.call('call', inner, { ref: { n: 'n' } }),
      o.suspend('stop', ''),
    ]),
  );
  both(compiled, (group) => assert.equal(group.variables()['n'], 1));
});
