/** Cases: correlation, convoys, and messages that are left (docs/behaviour.md, section 11). */
import { orchestration } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { declarations, define, send, type Shapes } from '../../unit/engine/trip.ts';
import type { Case } from './case.ts';

export const more = (o: Shapes, name: string): Shape => o.receive(name, { port: 'More', message: 'More', follows: ['Key'] });
const two = {
  ...declarations,
  correlationSets: { Key: ['key'], Second: ['key'] },
} as const;

/** Three messages of one port make an order; a fourth one ends it. */
export const sequential = define((o) => [
  o.loop('three', ({ variables }) => variables.n < 3, [
    o.receive('next', { port: 'In', message: 'More', follows: ['Key'] }),
    o.expression('count', ({ variables }) => void variables.n++),
  ]),
  send(o, 'done'),
]);
/** Messages of two ports make an order; either may come first. */
export const parallel = compile(
  orchestration('Both', declarations, (o) => [
    o.parallel('both', [
      o.branch('a', [o.receive('one', { port: 'In', message: 'In', activate: true, initializes: ['Key'] })]),
      o.branch('b', [o.receive('two', { port: 'More', message: 'More', activate: true, initializes: ['Key'] })]),
    ]),
    o.send('done', { port: 'Out', message: 'In' }),
  ]),
);

/** Each turn asks with a message and a set of its own, and takes one answer. */
export const turns = define((o) => [
  o.loop('twice', ({ variables }) => variables.n < 2, [
    o.scope('turn', { messages: { Answer: declarations.messages.More }, correlationSets: { Asked: ['key'] } }, (inside) => [
      inside.expression('count', ({ variables }) => void variables.n++),
      inside.send('ask', { port: 'Out', message: 'Out', initializes: ['Asked'] }),
      inside.receive('answer', { port: 'More', message: 'Answer', follows: ['Asked'] }),
      inside.expression('note', ({ messages, variables }) => void variables.list.push(messages.Answer.id)),
    ]),
  ]),
  o.suspend('look', ''),
]);

export const cases: readonly Case[] = [
  {
    name: 'a set and a message of a scope: new in each turn of a loop, whose messages come to that turn only',
    sources: ['scopes', 'correlation-sets'],
    definition: turns,
    messages: ['Start', 'answer.2', 'answer.1'],
    expected: { commits: ['send: ask', 'send: ask', 'suspension', 'end'], variables: { n: 2, list: ['message-q2', 'message-q1'] } },
  },
  {
    name: 'a set that the activating Receive initializes is followed by later ones, in the order in which messages came',
    sources: ['correlation-sets'],
    definition: define((o) => [
      more(o, 'more'),
      o.expression('first', ({ messages, variables }) => void variables.list.push(messages.More.id)),
      more(o, 'next'),
      o.expression('second', ({ messages, variables }) => void variables.list.push(messages.More.id)),
      send(o, 'done'),
      o.suspend('look', ''),
    ]),
    messages: ['Start', 'more', 'more'],
    expected: { commits: ['send: done', 'suspension', 'end'], variables: { list: ['message-q1', 'message-q2'] } },
  },
  {
    name: 'a set that a Send initializes is followed by a Receive, whose subscription comes with the Send',
    sources: ['correlation-sets', 'how-to-configure-the-send-shape'],
    definition: compile(
      orchestration('Asking', two, (o) => [
        o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
        o.construct('make', 'Out', () => ({ body: { key: 'z' } })),
        o.send('ask', { port: 'Out', message: 'Out', initializes: ['Second'] }),
        o.receive('answer', { port: 'More', message: 'More', follows: ['Second'] }),
        o.send('done', { port: 'Out', message: 'More' }),
      ]),
    ),
    messages: ['Start', { receive: 'answer', key: 'z' }],
    expected: { commits: ['send: ask', 'send+end: done'] },
  },
  {
    name: 'a sequential convoy takes one message a turn',
    sources: ['sequential-convoys'],
    definition: sequential,
    messages: ['Start', 'next', 'next', 'next'],
    expected: { commits: ['send+end: done'] },
  },
  {
    name: 'a parallel convoy needs all its messages, in any order',
    sources: ['parallel-convoys'],
    definition: parallel,
    messages: ['two', 'one'],
    expected: { commits: ['send+end: done'] },
  },
];
