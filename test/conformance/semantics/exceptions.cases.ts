/** Cases: exceptions (docs/behaviour.md, section 9.2). */
import { orchestration, sendPort } from '../../../emulator/authoring/index.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { booking, declarations, define, fail, send, type Shapes } from '../../unit/engine/trip.ts';
import type { Case } from './case.ts';

const note = (o: Shapes, text: string): Shape => o.expression(`note ${text}`, ({ variables }) => void variables.list.push(text));
const look = (o: Shapes): Shape => o.suspend('look', '');
const LOOK = ['suspension', 'end'];

class Base extends Error {}
class Derived extends Base {}
const derived = (o: Shapes, name: string): Shape =>
  o.expression(name, () => {
    throw new Derived('as planned');
  });
const { In: message } = declarations.messages;

export const cases: readonly Case[] = [
  {
    name: 'handlers are tried in their order; the first one for the type, or one of its base types, handles it, and it goes on behind the scope',
    sources: ['how-exceptions-are-handled', 'how-to-configure-the-throw-exception-shape'],
    definition: define((o) => [
      o.scope(
        'exact',
        [derived(o, 'throw exact'), note(o, 'never')],
        [
          o.handler('other', 'Other', [note(o, 'wrong')]),
          o.handler('base first', Base, [note(o, 'base')]),
          o.handler('exact second', Derived, [note(o, 'too late')]),
        ],
      ),
      note(o, 'after'),
      o.scope('any', [fail(o, 'throw any')], [o.handler('every one', 'System.Exception', [note(o, 'System.Exception')])]),
      o.scope('general', [fail(o, 'throw general')], [o.handler('everything', '*', [note(o, 'all')])]),
      look(o),
    ]),
    expected: { commits: LOOK, variables: { list: ['base', 'after', 'System.Exception', 'all'] } },
  },
  {
    name: 'the search goes outward through the scopes; a handler may throw again, and what it throws is not for its own scope',
    sources: ['how-exceptions-are-handled'],
    definition: define((o) => [
      o.scope(
        'outer',
        [
          o.scope(
            'middle',
            [o.scope('inner', [fail(o, 'fail', 'First')], [o.handler('not it', 'Second', [note(o, 'wrong')])]), note(o, 'never')],
            [
              o.handler('again', 'First', [note(o, 'middle'), o.rethrow('throw again')]),
              o.handler('sibling', '*', [note(o, 'never its own')]),
            ],
          ),
          note(o, 'never either'),
        ],
        [o.handler('outside', '*', [o.expression('who', ({ variables, exception }) => void variables.list.push(exception?.type ?? ''))])],
      ),
      look(o),
    ]),
    expected: { commits: LOOK, variables: { list: ['middle', 'First'] } },
  },
  {
    name: 'the search goes on in the caller of a called orchestration',
    sources: ['how-exceptions-are-handled', 'how-to-configure-the-call-orchestration-shape'],
    definition: define((o) => [
      o.scope(
        'scope',
        [
          o.call(
            'call',
            orchestration('Failing', { messages: {}, variables: { n: 0 }, ports: {}, parameters: { n: 'ref' } }, (callee) => [
              callee.expression('change', ({ variables }) => void variables.n++),
              callee.scope(
                'its own',
                [callee.throw('fail', () => ({ type: 'Planned', message: '' }))],
                [callee.handler('not it', 'Other', [])],
              ),
            ]),
            { ref: { n: 'n' } },
          ),
          note(o, 'never'),
        ],
        [o.handler('caught', 'Planned', [note(o, 'handled')])],
      ),
      look(o),
    ]),
    expected: { commits: LOOK, variables: { n: 1, list: ['handled'] } },
  },
  {
    name: 'without a handler the default one compensates what is nested and has committed, the last one first, and throws again',
    sources: ['how-exceptions-are-handled'],
    definition: define((o) => [
      o.scope('outer', { longRunning: true, handlers: [o.handler('caught', 'Planned', [send(o, 'told')])] }, [
        o.scope('trip', { longRunning: true }, [booking(o, 'Flight'), booking(o, 'Hotel'), fail(o, 'fail')]),
      ]),
    ]),
    expected: {
      commits: ['send+scope-end: do Flight', 'send+scope-end: do Hotel', 'send: undo Hotel', 'send: undo Flight', 'send+end: told'],
    },
  },
  {
    name: 'variables of a scope have no value in its handlers until they are given one',
    sources: ['variable-scope-in-orchestrations'],
    definition: define((o) => [
      o.scope(
        'own',
        {
          variables: { mine: 'first' },
          handlers: (inside) => [
            inside.handler('failed', 'Planned', [
              inside.scope(
                'read',
                [inside.expression('use it', ({ variables }) => void variables.list.push(variables.mine))],
                [inside.handler('no value', '*', [note(o, 'no value')])],
              ),
              inside.expression('give it one', ({ variables }) => {
                variables.mine = 'new';
                variables.list.push(variables.mine);
              }),
            ]),
          ],
        },
        (inside) => [
          inside.expression('change', ({ variables }) => void variables.list.push((variables.mine = 'changed'))),
          fail(o, 'fail'),
        ],
      ),
      look(o),
    ]),
    expected: { commits: LOOK, variables: { list: ['changed', 'no value', 'new'] } },
  },
  {
    name: 'a throw stops the other branches of the scope: they get a ForcedTerminationException, and then the handler runs',
    sources: ['how-exceptions-are-handled', 'causes-of-exceptions'],
    definition: define((o) => [
      o.scope('both', { longRunning: true, handlers: [o.handler('one failed', 'Planned', [note(o, 'handled')])] }, [
        o.parallel('branches', [
          o.branch('A', [
            o.scope(
              'told',
              [o.delay('long', 1_000_000), note(o, 'never')],
              [o.handler('forced', 'ForcedTerminationException', [note(o, 'stopped')])],
            ),
            note(o, 'not behind it either'),
          ]),
          o.branch('B', [o.delay('longer', 2_000_000), note(o, 'never B')]),
          o.branch('C', [o.delay('a moment', 10), fail(o, 'fail')]),
        ]),
      ]),
      look(o),
    ]),
    expected: { commits: LOOK, variables: { list: ['stopped', 'handled'] }, took: 10 },
  },
  {
    name: 'a handler of ForcedTerminationException must not throw: nobody handles that, and the instance is suspended',
    sources: ['causes-of-exceptions'],
    definition: define((o) => [
      send(o, 'one'),
      o.scope('both', { longRunning: true, handlers: [o.handler('one failed', '*', [note(o, 'never')])] }, [
        o.parallel('branches', [
          o.branch('A', [
            o.scope(
              'told',
              [o.delay('long', 1_000_000)],
              [o.handler('forced', 'ForcedTerminationException', [fail(o, 'must not', 'Second')])],
            ),
          ]),
          o.branch('B', [o.delay('a moment', 10), fail(o, 'fail')]),
        ]),
      ]),
    ]),
    expected: {
      ...{ outcome: 'error', commits: ['send: one', 'suspension'], variables: { list: [] } },
      error: 'orchestration.uncaught in must not',
    },
  },
  {
    name: 'code of a shape, a time-out, a Throw and a body that is malformed are sources of exceptions',
    sources: ['causes-of-exceptions'],
    definition: define((o) => {
      const tried = (name: string, type: string, body: Shape): Shape =>
        o.scope(name, { longRunning: true, handlers: [o.handler(`caught ${name}`, type, [note(o, `handled ${name}`)])] }, [body]);
      return [
        tried(
          'code',
          'RangeError',
          o.expression('user code', () => {
            throw new RangeError('out of it');
          }),
        ),
        tried('throw', 'Planned', fail(o, 'fail')),
        tried(
          'construct',
          'System.Exception',
          o.construct('malformed', 'Out', () => ({ body: '{' })),
        ),
        tried('time-out', 'TimeoutException', o.scope('limited', { longRunning: true, timeout: 10 }, [o.delay('long', 1000)])),
        look(o),
      ];
    }),
    expected: { commits: LOOK, variables: { list: ['handled code', 'handled throw', 'handled construct', 'handled time-out'] } },
  },
  {
    name: 'nobody handles it: the instance is suspended at its last persistence point, with the shape',
    sources: ['orchestration-failures', 'KB 918443'],
    definition: define((o) => [send(o, 'one'), note(o, 'lost'), derived(o, 'fail')]),
    expected: { outcome: 'error', commits: ['send: one', 'suspension'], error: 'orchestration.uncaught in fail', variables: { list: [] } },
  },
  {
    name: 'nobody handles it, also in the caller: what committed is compensated first',
    sources: ['how-exceptions-are-handled', 'orchestration-failures'],
    definition: define((o) => [
      booking(o, 'Flight'),
      o.call(
        'call',
        orchestration(
          'Failing',
          { longRunning: true, messages: { Text: message }, ports: { Out: sendPort() }, parameters: { Text: 'in' } },
          (callee) => [
            callee.scope('Room', { longRunning: true, compensate: [callee.send('undo Room', { port: 'Out', message: 'Text' })] }, []),
            callee.throw('fail', () => ({ type: 'Planned', message: '' })),
          ],
        ),
        { in: { Text: 'Out' } },
      ),
    ]),
    expected: {
      ...{ outcome: 'error', error: 'orchestration.uncaught in fail' },
      commits: ['send+scope-end: do Flight', 'scope-end', 'send: undo Room', 'send: undo Flight', 'suspension'],
    },
  },
];
