/** Cases: persistence points and recovery (docs/behaviour.md, section 7). */
import { orchestration } from '../../../emulator/authoring/index.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { define, fail, send, type Shapes } from '../../unit/engine/trip.ts';
import type { Case } from './case.ts';

export const note = (o: Shapes, text: string): Shape => o.expression(`note ${text}`, ({ variables }) => void variables.list.push(text));
export const nothing = orchestration('Nothing', { messages: {}, ports: {}, parameters: {} }, () => []);
const counting = orchestration('Counting', { messages: {}, variables: { n: 0 }, ports: {}, parameters: { n: 'ref' } }, (o) => [
  o.expression('count', ({ variables }) => void variables.n++),
]);

export const cases: readonly Case[] = [
  {
    name: 'point 1: a transactional scope of either kind ends',
    sources: ['persistence-and-the-orchestration-engine'],
    definition: define((o) => [
      o.scope('long', { longRunning: true }, [note(o, 'in it')]),
      o.scope('all', { atomic: true }, [note(o, 'in all')]),
      note(o, 'after'),
    ]),
    expected: { commits: ['scope-end', 'scope-end', 'end'] },
  },
  {
    name: 'point 2: Send, except inside an atomic scope',
    sources: ['persistence-in-orchestrations', 'persistence-and-the-orchestration-engine'],
    definition: define((o) => [
      send(o, 'plain'),
      o.scope('no transaction', [send(o, 'inside'), note(o, 'more')]),
      o.scope('all', { atomic: true }, [send(o, 'first'), send(o, 'second'), note(o, 'third')]),
      note(o, 'after'),
    ]),
    expected: { commits: ['send: plain', 'send: inside', 'scope-end: first, second', 'end'] },
  },
  {
    name: 'point 3: Start Orchestration',
    sources: ['persistence-in-orchestrations'],
    definition: define((o) => [o.start('start', nothing), note(o, 'after')]),
    expected: { commits: ['start-orchestration: start', 'end'] },
  },
  {
    name: 'point 5: the Suspend shape suspends the instance',
    sources: ['persistence-and-the-orchestration-engine'],
    definition: define((o) => [note(o, 'before'), o.suspend('stop', 'look at it'), note(o, 'after')]),
    expected: { commits: ['suspension', 'end'], error: 'suspended in stop', variables: { list: ['before'] } },
  },
  {
    name: 'point 5: an exception that nobody handles suspends the instance',
    sources: ['persistence-and-the-orchestration-engine', 'orchestration-failures'],
    definition: define((o) => [send(o, 'one'), note(o, 'lost'), fail(o, 'fail')]),
    expected: { outcome: 'error', commits: ['send: one', 'suspension'], error: 'orchestration.uncaught in fail', variables: { list: [] } },
  },
  {
    name: 'point 8: the orchestration ends',
    sources: ['persistence-in-orchestrations', 'engine-persistence-and-durability'],
    definition: define(() => []),
    expected: { commits: ['end'] },
  },
  {
    name: 'merged: Sends in one atomic scope, followed by the end, are one save',
    sources: ['persistence-in-orchestrations'],
    definition: define((o) => [o.scope('all', { atomic: true }, [send(o, 'one'), send(o, 'two')])]),
    expected: { commits: ['scope-end+end: one, two'] },
  },
  {
    name: 'merged: two plain Sends, the second one last, are two saves',
    sources: ['persistence-in-orchestrations'],
    definition: define((o) => [send(o, 'one'), send(o, 'two')]),
    expected: { commits: ['send: one', 'send+end: two'] },
  },
  {
    name: 'merged: a Send at the end of a long-running scope',
    sources: ['persistence-in-orchestrations'],
    definition: define((o) => [o.scope('long', { longRunning: true }, [send(o, 'one')]), note(o, 'after')]),
    expected: { commits: ['send+scope-end: one', 'end'] },
  },
  {
    name: 'no points: every other shape',
    sources: ['persistence-in-orchestrations', 'persistence-and-the-orchestration-engine'],
    definition: define((o) => [
      o.receive('more', { port: 'More', message: 'More', follows: ['Key'] }),
      o.construct('make again', 'Out', () => ({ body: { key: 'k' } })),
      o.decide('choose', [o.rule('yes', () => true, [note(o, 'chosen')])]),
      o.loop('loop', ({ variables }) => variables.n < 3, [o.call('call', counting, { ref: { n: 'n' } })]),
      o.listen('listen', [o.branch('soon', [o.delay('short', 1)]), o.branch('later', [o.delay('long', 50)])]),
      o.parallel('both', [o.branch('a', [note(o, 'at once')]), o.branch('b', [o.delay('wait', 5)])]),
      o.scope('plain', [o.group('drawn as one', [note(o, 'inside')])]),
      o.scope('handled', [fail(o, 'fail')], [o.handler('handler', 'Planned', [note(o, 'handle')])]),
      o.delay('last', 10),
    ]),
    messages: ['Start', 'more'],
    expected: { commits: ['end'] },
  },
  {
    name: 'no point at the start of a transaction',
    sources: ['persistence-in-orchestrations'],
    definition: define((o) => [o.scope('long', { longRunning: true }, [note(o, 'in it'), o.suspend('look', '')])]),
    expected: { commits: ['suspension', 'scope-end+end'], variables: { list: ['in it'] } },
  },
  {
    name: 'saved: variables, messages, correlation sets, running Delays, and the exception that is handled',
    sources: ['persistence-and-the-orchestration-engine'],
    definition: define((o) => [
      o.parallel('both', [
        o.branch('early', [note(o, 'zero'), send(o, 'first'), o.delay('short', 10), note(o, 'one'), send(o, 'second')]),
        o.branch('late', [o.delay('long', 5000), send(o, 'third')]),
      ]),
      o.scope(
        'scope',
        [fail(o, 'fail')],
        [
          o.handler('handler', 'Planned', [
            send(o, 'fourth'),
            o.construct('copy', 'More', ({ messages, exception }) => ({
              body: { key: `${messages.In.id} ${exception?.message ?? ''}` },
            })),
          ]),
        ],
      ),
      o.receive('follow', { port: 'More', message: 'In', follows: ['Key'] }),
      o.send('fifth', { port: 'Out', message: 'More' }),
      o.suspend('look', ''),
    ]),
    messages: ['Start', 'follow'],
    expected: {
      commits: ['send: first', 'send: second', 'send: third', 'send: fourth', 'send: fifth', 'suspension', 'end'],
      variables: { list: ['zero', 'one'] },
      took: 5000,
    },
  },
];
