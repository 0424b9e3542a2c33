/** Cases: the shapes (docs/behaviour.md, section 10). */
import { messageType, orchestration, receivePort, sendPort } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { declarations, define, send, type Shapes } from '../../unit/engine/trip.ts';
import type { Case } from './case.ts';

export const note = (o: Shapes, text: string): Shape => o.expression(`note ${text}`, ({ variables }) => void variables.list.push(text));
const more = (o: Shapes, name: string): Shape => o.receive(name, { port: 'More', message: 'More', follows: ['Key'] });
const look = (o: Shapes): Shape => o.suspend('look', '');
const LOOK = ['suspension', 'end'];
const { In: message } = declarations.messages;
const lines = messageType({ name: 'Lines', format: 'json', promoted: {} });

/** Publishes before and behind a shape. */
const inner = (kind: 'suspend' | 'terminate') =>
  orchestration('Inner', { messages: { Text: message }, ports: { Out: sendPort() }, parameters: { Text: 'in' } }, (o) => [
    o.send('inner send', { port: 'Out', message: 'Text' }),
    o[kind]('stop', ''),
    o.send('behind it', { port: 'Out', message: 'Text' }),
  ]);

export const cases: readonly Case[] = [
  {
    name: 'Receive: the activating one gives the first message; a later one waits for its own',
    sources: ['how-to-configure-the-receive-shape'],
    definition: define((o) => [
      more(o, 'first'),
      o.expression('see first', ({ messages, variables }) => void variables.list.push(messages.In.id, messages.More.id)),
      o.receive('second', { port: 'In', message: 'More', follows: ['Key'] }),
      o.expression('see second', ({ messages, variables }) => void variables.list.push(messages.More.id)),
      look(o),
    ]),
    messages: ['Start', 'second', 'first'],
    expected: { commits: LOOK, variables: { list: ['message-q0', 'message-q2', 'message-q1'] } },
  },
  {
    name: 'Construct Message: a changed message is a new one; the one it was made of stays as it was',
    sources: ['how-to-configure-the-construct-message-shape', 'how-to-configure-the-message-assignment-shape'],
    definition: define((o) => [
      o.construct('copy', 'More', ({ messages }) => ({ body: { ...(messages.Out.content as object), added: 1 } })),
      o.construct('again', 'Out', () => ({ body: { key: 'new' } })),
      o.expression('compare', ({ messages, variables }) => void variables.list.push(messages.More.body, messages.Out.body)),
      look(o),
    ]),
    expected: { commits: LOOK, variables: { list: ['{"key":"k","added":1}', '{"key":"new"}'] } },
  },
  {
    name: 'Transform: a map is a function, of one message or of several',
    sources: ['how-to-configure-the-transform-shape'],
    definition: compile(
      orchestration('Map', { ...declarations, messages: { In: message, More: message, All: lines } }, (o) => [
        o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
        o.receive('more', { port: 'More', message: 'More', follows: ['Key'] }),
        o.construct('map', 'All', ({ messages }) => ({ body: { lines: [messages.In, messages.More].map(({ id }) => id) } })),
        o.expression('compare', ({ messages, variables }) => void variables.list.push(messages.All.body)),
        o.suspend('look', ''),
      ]),
    ),
    messages: ['Start', 'more'],
    expected: { commits: LOOK, variables: { list: ['{"lines":["message-q0","message-q1"]}'] } },
  },
  {
    name: 'Expression and Decide: the first rule that holds, or else',
    sources: ['how-to-use-expression-shape', 'how-to-configure-the-decide-shape'],
    definition: define((o) => {
      const choose = (name: string): Shape =>
        o.decide(
          name,
          [
            o.rule(`${name} two`, ({ variables }) => variables.n >= 2, [note(o, `${name}: two`)]),
            o.rule(`${name} one`, ({ variables }) => variables.n >= 1, [note(o, `${name}: one`)]),
          ],
          [note(o, `${name}: else`)],
        );
      const count = (name: string): Shape => o.expression(name, ({ variables }) => void variables.n++);
      return [choose('A'), count('one'), choose('B'), count('two'), choose('C'), look(o)];
    }),
    expected: { commits: LOOK, variables: { list: ['A: else', 'B: one', 'C: two'] } },
  },
  {
    name: 'Loop: while its condition holds, which is asked before each turn',
    sources: ['tr:loop-shape'],
    definition: define((o) => [
      o.loop('never', () => false, [send(o, 'not once')]),
      o.loop('thrice', ({ variables }) => variables.n < 3, [
        o.expression('count', ({ variables }) => void variables.n++),
        o.decide('even', [o.rule('yes', ({ variables }) => variables.n % 2 === 0, [send(o, 'send')])]),
      ]),
    ]),
    expected: { commits: ['send: send', 'end'] },
  },
  {
    name: 'Parallel Actions: the branches are independent, and it goes on when all have ended',
    sources: ['how-to-configure-the-parallel-actions-shape'],
    definition: define((o) => [
      o.parallel('all', [
        o.branch('slow', [o.delay('long', 10_000), send(o, 'slow one')]),
        o.branch('fast', [send(o, 'fast one'), send(o, 'fast two')]),
        o.branch('empty', []),
      ]),
      send(o, 'joined'),
    ]),
    expected: { commits: ['send: fast one', 'send: fast two', 'send: slow one', 'send+end: joined'], took: 10_000 },
  },
  {
    name: 'Terminate in a branch ends the instance, the other branches too, with what it says',
    sources: ['how-to-configure-the-parallel-actions-shape', 'how-to-configure-the-terminate-shape'],
    definition: define((o) => [
      o.parallel('both', [
        o.branch('a', [o.delay('long', 1_000_000), send(o, 'never')]),
        o.branch('b', [send(o, 'once'), o.terminate('stop', 'enough')]),
      ]),
    ]),
    expected: { outcome: 'terminated', commits: ['send: once', 'end'], error: 'terminated in stop' },
  },
  {
    name: 'Listen: the first branch that can go on runs, the others never do',
    sources: ['how-to-configure-the-listen-shape'],
    definition: define((o) => {
      const listen = (name: string): Shape =>
        o.listen(name, [
          o.branch(`${name} late`, [o.delay(`${name} wait`, 5000), note(o, `${name} late`)]),
          o.branch(`${name} answer`, [more(o, `${name} more`), note(o, `${name} answered`)]),
        ]);
      return [listen('A'), listen('B'), look(o)];
    }),
    messages: ['Start', 'A more'],
    expected: { commits: LOOK, variables: { list: ['A answered', 'B late'] }, took: 5000 },
  },
  {
    name: 'Delay: a length of time, or a moment in UTC; one that has passed is over',
    sources: ['how-to-configure-the-delay-shape'],
    definition: define((o) => [
      o.delay('length', 100),
      o.delay('moment', ({ now }) => ({ at: now + 150 })),
      o.delay('past', () => ({ at: 5 })),
      o.suspend('look', ''),
    ]),
    expected: { commits: LOOK, took: 250 },
  },
  {
    name: 'Suspend: saved and suspended with its text; resumed it goes on behind the shape',
    sources: ['how-to-configure-the-suspend-shape', 'the-messagebox-database'],
    definition: define((o) => [note(o, 'before'), o.suspend('stop', 'look at it'), send(o, 'after')]),
    expected: { commits: ['suspension', 'send+end: after'], error: 'suspended in stop', variables: { list: ['before'] } },
  },
  {
    name: 'Suspend in a called orchestration suspends the caller with it',
    sources: ['how-to-configure-the-suspend-shape', 'how-to-configure-the-call-orchestration-shape'],
    definition: define((o) => [o.call('call', inner('suspend'), { in: { Text: 'Out' } }), send(o, 'outer send')]),
    expected: { commits: ['send: inner send', 'suspension', 'send: behind it', 'send+end: outer send'], error: 'suspended in stop' },
  },
  {
    name: 'Terminate in a called orchestration ends the caller with it',
    sources: ['how-to-configure-the-terminate-shape', 'how-to-configure-the-call-orchestration-shape'],
    definition: define((o) => [o.call('call', inner('terminate'), { in: { Text: 'Out' } }), send(o, 'outer send')]),
    expected: { outcome: 'terminated', commits: ['send: inner send', 'end'], error: 'terminated in stop' },
  },
  {
    name: 'Call Orchestration: in this instance, with in, out and ref parameters; everything else is its own, each time anew',
    sources: ['how-to-configure-the-call-orchestration-shape'],
    definition: define((o) => {
      const callee = orchestration(
        'Adding',
        {
          ...{
            messages: { Text: message, Answer: message },
            variables: { n: 0, own: 0, list: [] as string[] },
            ports: { Out: sendPort() },
          },
          parameters: { Text: 'in', n: 'ref', Answer: 'out' },
        },
        (inside) => [
          inside.expression('add', ({ variables }) => void (variables.n += ++variables.own)),
          inside.send('publish', { port: 'Out', message: 'Text' }),
          inside.construct('answer', 'Answer', ({ variables }) => ({ body: { key: String(variables.n) } })),
        ],
      );
      return [
        o.loop('twice', ({ variables }) => variables.n < 2, [
          o.call('call', callee, { in: { Text: 'Out' }, ref: { n: 'n' }, out: { Answer: 'More' } }),
          o.expression('see', ({ messages, variables }) => void variables.list.push(messages.More.body)),
        ]),
        look(o),
      ];
    }),
    expected: { commits: ['send: publish', 'send: publish', ...LOOK], variables: { n: 2, list: ['{"key":"1"}', '{"key":"2"}'] } },
  },
  {
    name: 'Call Orchestration: each call waits for its own message, by a correlation set that it is given',
    sources: ['how-to-configure-the-call-orchestration-shape', 'correlation-sets'],
    definition: define((o) => {
      const asking = orchestration(
        'Asking',
        {
          ...{ messages: { Answer: message }, correlationSets: { Key: ['key'] }, ports: { More: receivePort() } },
          parameters: { Key: 'in', Answer: 'out' },
        },
        (inside) => [inside.receive('ask', { port: 'More', message: 'Answer', follows: ['Key'] })],
      );
      const ask = (name: string): Shape => o.call(name, asking, { in: { Key: 'Key' }, out: { Answer: 'More' } });
      return [o.loop('twice', ({ variables }) => variables.n++ < 2, [ask('call'), o.send('tell', { port: 'Out', message: 'More' })])];
    }),
    messages: ['Start', 'ask.1', 'ask.2'],
    expected: { commits: ['send: tell', 'send: tell', 'end'] },
  },
  {
    name: 'Start Orchestration: a message to the MessageBox, and the starter goes on',
    sources: ['how-to-configure-the-start-orchestration-shape', 'persistence-in-orchestrations'],
    definition: define((o) => [
      o.start(
        'start',
        orchestration('Started', { messages: { Text: message }, ports: {}, parameters: { Text: 'in' } }, () => []),
        {
          in: { Text: 'Out' },
        },
      ),
      send(o, 'after'),
    ]),
    expected: { commits: ['start-orchestration: start', 'send+end: after'] },
  },
  {
    name: 'Group: only drawn',
    sources: ['how-to-use-the-group-shape'],
    definition: define((o) => [o.group('drawn', [send(o, 'one'), o.group('again', [send(o, 'two')])])]),
    expected: { commits: ['send: one', 'send+end: two'] },
  },
];
