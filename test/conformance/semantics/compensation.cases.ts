/** Cases: compensation (docs/behaviour.md, section 9.3). */
import { orchestration, sendPort } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { booking, declarations, define, fail, send, type Shapes } from '../../unit/engine/trip.ts';
import type { Case } from './case.ts';

const note = (o: Shapes, text: string): Shape => o.expression(`note ${text}`, ({ variables }) => void variables.list.push(text));
const { In: message } = declarations.messages;
const booked = (...names: readonly string[]): string[] => names.map((name) => `send+scope-end: do ${name}`);
const undone = (...names: readonly string[]): string[] => names.map((name) => `send: undo ${name}`);
/** A trip whose handler compensates. */
export const trip = (o: Shapes, handler: readonly Shape[], body: readonly Shape[]): Shape =>
  o.scope('trip', { longRunning: true, handlers: [o.handler('failed', 'Planned', handler)] }, [...body, fail(o, 'fail')]);

/** Books a room in a transaction of its own. */
const house = (undo: boolean) =>
  orchestration(
    'House',
    { longRunning: true, messages: { Text: message }, ports: { Out: sendPort() }, parameters: { Text: 'in' } },
    (o) => [
      o.scope('Room', { longRunning: true, compensate: [o.send('undo Room', { port: 'Out', message: 'Text' })] }, [
        o.send('do Room', { port: 'Out', message: 'Text' }),
      ]),
    ],
    undo ? (o) => [o.send('undo House', { port: 'Out', message: 'Text' })] : undefined,
  );

export const cases: readonly Case[] = [
  {
    name: 'by default every nested transaction that has committed is compensated, the last one first',
    sources: ['how-to-add-a-compensation-block', 'compensation'],
    definition: define((o) => [
      o.scope('trip', { longRunning: true }, [
        booking(o, 'Flight'),
        booking(o, 'Hotel', 'atomic'),
        o.scope('never committed', { longRunning: true, compensate: [send(o, 'undo nothing')] }, [booking(o, 'Car'), fail(o, 'fail')]),
      ]),
    ]),
    expected: {
      ...{ outcome: 'error', error: 'orchestration.uncaught in fail' },
      commits: [...booked('Flight'), 'scope-end: do Hotel', ...booked('Car'), ...undone('Car', 'Hotel', 'Flight'), 'suspension'],
    },
  },
  {
    name: 'each iteration of a loop is compensated, the last one first, with its own variables as they were then',
    sources: ['how-to-add-a-compensation-block'],
    definition: define((o) => [
      trip(
        o,
        [o.compensate('undo all')],
        [
          o.loop('nights', ({ variables }) => variables.n < 3, [
            o.scope(
              'Night',
              {
                longRunning: true,
                variables: { night: 0 },
                compensate: (inside) => [
                  inside.expression(
                    'undo night',
                    ({ variables }) => void variables.list.push(`${String(variables.night)} of ${String(variables.n)}`),
                  ),
                ],
              },
              (inside) => [inside.expression('count', ({ variables }) => void (variables.night = ++variables.n))],
            ),
          ]),
        ],
      ),
      o.suspend('look', ''),
    ]),
    expected: {
      commits: ['scope-end', 'scope-end', 'scope-end', 'suspension', 'end'],
      variables: { list: ['3 of 3', '2 of 3', '1 of 3'] },
    },
  },
  {
    name: 'an order of its own: a Compensate names a transaction directly inside, or takes all that are left; each is compensated once',
    sources: ['how-to-configure-the-compensate-shape', 'compensation'],
    definition: define((o) => [
      trip(
        o,
        [o.compensate('first', 'Hotel'), o.compensate('in vain', 'Hotel'), note(o, 'between'), o.compensate('the rest'), send(o, 'told')],
        [booking(o, 'Flight'), booking(o, 'Hotel'), booking(o, 'Car')],
      ),
      send(o, 'after'),
    ]),
    expected: {
      commits: [...booked('Flight', 'Hotel', 'Car'), ...undone('Hotel', 'Car', 'Flight'), 'send: told', 'send+end: after'],
    },
  },
  {
    name: 'a handler without a Compensate compensates nothing',
    sources: ['compensation'],
    definition: define((o) => [trip(o, [send(o, 'told')], [booking(o, 'Flight')])]),
    expected: { commits: [...booked('Flight'), 'send+end: told'] },
  },
  {
    name: 'without compensation of its own a transaction passes it on to those nested in it; with one, only what that names is compensated',
    sources: ['how-to-add-a-compensation-block'],
    definition: define((o) => [
      trip(
        o,
        [o.compensate('undo all')],
        [
          o.scope('silent', { longRunning: true }, [booking(o, 'A'), booking(o, 'B')]),
          o.scope('own', { longRunning: true, compensate: [send(o, 'undo own'), o.compensate('only C', 'C')] }, [
            booking(o, 'C'),
            booking(o, 'D'),
          ]),
        ],
      ),
    ]),
    expected: {
      commits: [
        ...booked('A'),
        'send+scope-end+scope-end: do B',
        ...booked('C'),
        'send+scope-end+scope-end: do D',
        ...undone('own', 'C', 'B', 'A'),
        'end',
      ],
    },
  },
  {
    name: 'an exception in a compensation goes on where that was called',
    sources: ['compensation'],
    definition: define((o) => [
      o.scope('outer', { longRunning: true, handlers: [o.handler('both failed', 'Second', [send(o, 'handled')])] }, [
        o.scope('trip', { longRunning: true }, [
          booking(o, 'Flight'),
          o.scope('Hotel', { longRunning: true, compensate: [fail(o, 'fails too', 'Second')] }, [send(o, 'do Hotel')]),
          fail(o, 'fail'),
        ]),
      ]),
    ]),
    expected: { commits: [...booked('Flight', 'Hotel'), 'send+end: handled'] },
  },
  {
    name: 'what a called orchestration committed is compensated by its own compensation',
    sources: ['transacted-orchestrations', 'how-to-add-a-compensation-block'],
    definition: define((o) => [
      trip(o, [o.compensate('undo all')], [o.call('House', house(true), { in: { Text: 'Out' } }), booking(o, 'Flight')]),
    ]),
    expected: {
      commits: ['send+scope-end+scope-end: do Room', ...booked('Flight'), ...undone('Flight', 'House'), 'end'],
    },
  },
  {
    name: 'a called orchestration without one passes it on to what is nested in it; a Compensate may name the Call',
    sources: ['transacted-orchestrations', 'how-to-configure-the-compensate-shape'],
    definition: define((o) => [
      trip(
        o,
        [o.compensate('the house', 'House'), o.compensate('undo all')],
        [o.call('House', house(false), { in: { Text: 'Out' } }), booking(o, 'Flight')],
      ),
    ]),
    expected: {
      commits: ['send+scope-end+scope-end: do Room', ...booked('Flight'), ...undone('Room', 'Flight'), 'end'],
    },
  },
  {
    name: 'compensation of an orchestration that nobody called is ignored; what committed in it is compensated by default',
    sources: ['transacted-orchestrations'],
    definition: compile(
      orchestration(
        'Top',
        declarations,
        (o) => [
          o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
          o.construct('make', 'Out', () => ({ body: { key: 'k' } })),
          booking(o, 'Flight'),
          fail(o, 'fail'),
        ],
        (o) => [send(o, 'never')],
      ),
    ),
    expected: {
      ...{ outcome: 'error', error: 'orchestration.uncaught in fail' },
      commits: [...booked('Flight'), ...undone('Flight'), 'suspension'],
    },
  },
];
