/** Correlation, convoys, and messages that are left (docs/behaviour.md, section 11). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageType, orchestration, receivePort, sendPort } from '../../../emulator/authoring/index.ts';
import { operate } from '../../../emulator/messagebox/core/operations.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { atOnce } from '../../../emulator/slices.ts';
import { declarations, define, type Shapes } from '../../unit/engine/trip.ts';
import { SmallHost } from '../../unit/messagebox/smallHost.ts';
import { conform, refuses } from './case.ts';
import { cases, more, parallel, sequential, turns } from './correlation.cases.ts';

const wide = messageType({ name: 'Wide', format: 'json', promoted: { a: '/a', b: '/b', c: '/c', d: '/d' } });
conform(cases);

/** States of all orchestration instances, in the order in which they began, and how many messages wait for each. */
const instances = ({ store }: SmallHost): unknown[] =>
  [...store.state.instances.values()]
    .filter(({ kind }) => kind === 'orchestration')
    .map((instance) => [store.stateOf(instance), instance.queue.length]);
const ended = ({ core }: SmallHost): number =>
  core.records.filter(({ record }) => record.kind === 'commit' && record.outcome === 'completed').length;

function hostOf(...parameters: ConstructorParameters<typeof SmallHost>): SmallHost {
  const host = new SmallHost(...parameters);
  host.enlist('Out');
  return host;
}

test('a message with another value, or without one, does not match', () => {
  // Source: correlation-sets.
  const host = hostOf(define((o) => [more(o, 'more')]));
  host.submit('In', 'k');
  host.work();
  host.submit('More', 'other');
  host.submit('More', '');
  assert.deepEqual(instances(host), [['Dehydrated', 0]]);
  const kept = [...host.store.state.instances.values()].filter(({ error }) => error?.code === 'message.routingFailure');
  assert.equal(kept.length, 2);
  host.submit('More', 'k');
  host.work();
  assert.deepEqual([instances(host), ended(host)], [[], 1]);
});

test('a sequential convoy: what comes before anything ran joins the instance of its values, others begin their own', () => {
  // Sources: sequential-convoys, working-with-convoy-scenarios.
  const host = hostOf(sequential);
  for (const key of ['a', 'b', 'a', 'a', 'b', 'a']) host.submit('In', key);
  assert.deepEqual(instances(host), [
    ['Active', 4],
    ['Active', 2],
  ]);
  host.work();
  assert.deepEqual([instances(host), ended(host)], [[['Dehydrated', 0]], 1]);
  host.submit('In', 'b');
  host.submit('In', 'a');
  host.submit('In', 'b');
  host.work();
  assert.deepEqual([instances(host), ended(host)], [[['Dehydrated', 0]], 2], 'the values of what has ended begin a new one');
});

test('a parallel convoy: whichever comes first activates, the other joins, also when nothing ran in between and after a restart', () => {
  // Sources: parallel-convoys, working-with-convoy-scenarios.
  for (const order of [
    ['In', 'More'],
    ['More', 'In'],
  ] as const) {
    for (const between of ['nothing', 'work', 'restart'] as const) {
      const host = hostOf(parallel);
      host.submit(order[0], 'a');
      host.submit(order[0], 'b');
      if (between !== 'nothing') host.work();
      if (between === 'restart') {
        host.restart();
        host.enlist('Out');
      }
      host.submit(order[1], 'a');
      assert.equal(instances(host).length, 2);
      host.work();
      assert.deepEqual([instances(host), ended(host)], [[['Dehydrated', 0]], 1], `${order.join(', ')}, ${between}`);
    }
  }
});

test('the convoy of a suspended instance still takes its messages, which wait for it', () => {
  // Source: COM BizTalk wiki, suspend and convoy.
  const host = hostOf(sequential);
  host.submit('In', 'a');
  host.work();
  const { id } = host.instance;
  atOnce(operate(host.core.messageBox, 'suspend', { ids: [id] }));
  for (let times = 0; times < 3; times++) host.submit('In', 'a');
  assert.deepEqual(instances(host), [['Suspended (resumable)', 3]]);
  atOnce(operate(host.core.messageBox, 'resume', { ids: [id] }));
  host.core.messageBox.settle();
  host.work();
  assert.deepEqual([instances(host), ended(host)], [[], 1]);
});

test('a message too many: the instance ends Suspended (not resumable) and keeps it', () => {
  // Sources: zombies-in-biztalk-server, working-with-convoy-scenarios.
  const host = hostOf(sequential);
  for (let times = 0; times < 5; times++) host.submit('In', 'a');
  host.work();
  assert.deepEqual(instances(host), [['Suspended (not resumable)', 1]]);
  assert.match(host.instance.error?.message ?? '', /0xC0C01B4C/);
});

test('what came for a scope and was not received is left at the end; after the scope nothing more comes for it', () => {
  // Sources: scopes, zombies-in-biztalk-server.
  const host = hostOf(turns);
  host.submit('In', 'a');
  host.work();
  for (let times = 0; times < 2; times++) host.submit('More', 'k');
  host.work();
  assert.deepEqual(instances(host), [['Dehydrated', 1]], 'the second turn waits for its own');
  host.submit('More', 'k');
  host.work();
  assert.equal(host.instance.subscriptions.length, 0);
  host.submit('More', 'k');
  assert.equal(host.instance.queue.length, 1);
  atOnce(operate(host.core.messageBox, 'resume', { ids: [host.instance.id] }));
  host.core.messageBox.settle();
  host.work();
  assert.deepEqual(instances(host), [['Suspended (not resumable)', 1]]);
});

const compiled = (sets: object, body: (o: Shapes) => readonly Shape[]) => (): unknown =>
  compile(orchestration('Bad', { ...declarations, correlationSets: sets } as typeof declarations, (o) => body(o)));
const starts = (o: Shapes): Shape => o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] });
// Sources: correlation-sets, correlation-types, working-with-convoy-scenarios, parallel-convoys.
refuses(
  'refused: a set that is initialized twice',
  /may be initialized already/,
  compiled({ Key: ['key'] }, (o) => [starts(o), o.send('again', { port: 'Out', message: 'In', initializes: ['Key'] })]),
);
refuses(
  'refused: following a set that has no value',
  /is not initialized on every path/,
  compiled({ Key: ['key'], Other: ['key'] }, (o) => [
    starts(o),
    o.receive('more', { port: 'More', message: 'More', follows: ['Other' as 'Key'] }),
  ]),
);
refuses(
  'refused: a set with a property that a message does not promote',
  /does not promote "other"/,
  compiled({ Key: ['other'] }, (o) => [starts(o)]),
);
refuses('refused: more than 3 properties in a convoy', /has more than 3 properties/, () =>
  compile(
    orchestration(
      'Bad',
      { messages: { One: wide, Two: wide }, correlationSets: { Key: ['a', 'b', 'c', 'd'] }, ports: { In: receivePort(), Out: sendPort() } },
      (o) => [
        o.receive('Start', { port: 'In', message: 'One', activate: true, initializes: ['Key'] }),
        o.receive('next', { port: 'In', message: 'Two', follows: ['Key'] }),
      ],
    ),
  ),
);
refuses(
  'refused: a parallel convoy whose Receives initialize different sets',
  /have to initialize the same correlation sets/,
  compiled({ Key: ['key'], Other: ['key'] }, (o) => [
    o.parallel('both', [
      o.branch('one', [starts(o)]),
      o.branch('two', [o.receive('two', { port: 'More', message: 'More', activate: true, initializes: ['Other' as 'Key'] })]),
    ]),
  ]),
);
