/** Cases: scopes and transactions (docs/behaviour.md, section 9.1). */
import { orchestration, RetryTransactionException } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { booking, declarations, define, fail, send, type Shapes } from '../../unit/engine/trip.ts';
import type { Case } from './case.ts';
import { nothing } from './persistence.cases.ts';

const note = (o: Shapes, text: string): Shape => o.expression(`note ${text}`, ({ variables }) => void variables.list.push(text));
export const look = (o: Shapes): Shape => o.suspend('look', '');
export const caught = (o: Shapes, type = '*') => [o.handler('caught', type, [note(o, 'handled')])];

/** Long enough for a real group that is killed before its first commits. */
const limited = (body: (o: Shapes) => readonly Shape[]) =>
  compile(
    orchestration('Limited', { ...declarations, timeout: 5000 }, (o) => [
      o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
      o.construct('make', 'Out', () => ({ body: { key: 'k' } })),
      ...body(o as unknown as Shapes),
    ]),
  );
const slow = orchestration('Slow', { messages: {}, ports: {}, parameters: {}, longRunning: true, timeout: 1000 }, (o) => [
  o.delay('long', 60_000),
]);

export const cases: readonly Case[] = [
  {
    name: 'no transaction: no save at its end; after a failure what it did stays, its handler runs, and it goes on behind the scope',
    sources: ['scopes', 'how-to-configure-the-scope-shape'],
    definition: define((o) => [
      o.scope('plain', [note(o, 'done')]),
      o.scope('failing', [note(o, 'before'), fail(o, 'fail'), note(o, 'never')], caught(o)),
      note(o, 'after'),
      look(o),
    ]),
    expected: { commits: ['suspension', 'end'], variables: { list: ['done', 'before', 'handled', 'after'] } },
  },
  {
    name: 'long-running: saved at its end; a failure takes nothing back and its handler runs, not the rest of it',
    sources: ['long-running-transactions', 'persistence-and-the-orchestration-engine'],
    definition: define((o) => [
      o.scope('fine', { longRunning: true }, [note(o, 'done')]),
      o.scope('failing', { longRunning: true, handlers: caught(o) }, [
        note(o, 'before'),
        send(o, 'sent'),
        fail(o, 'fail'),
        note(o, 'never'),
      ]),
      note(o, 'after'),
      look(o),
    ]),
    expected: { commits: ['scope-end', 'send: sent', 'suspension', 'end'], variables: { list: ['done', 'before', 'handled', 'after'] } },
  },
  {
    name: 'atomic: after a failure variables and messages are as at its entry, and nothing was published, received or started',
    sources: ['atomic-transactions', 'scenarios-using-atomic-transactions'],
    definition: define((o) => [
      note(o, 'before'),
      o.scope('guard', { longRunning: true, handlers: caught(o) }, [
        o.scope('all', { atomic: true }, [
          note(o, 'inside'),
          o.receive('more', { port: 'More', message: 'In', follows: ['Key'] }),
          o.construct('other', 'Out', () => ({ body: { key: 'other' } })),
          send(o, 'never'),
          o.start('never started', nothing),
          fail(o, 'fail'),
        ]),
      ]),
      o.receive('again', { port: 'More', message: 'More', follows: ['Key'] }),
      o.expression('compare', ({ messages, variables }) => void variables.list.push(messages.In.id, messages.Out.body)),
      look(o),
    ]),
    messages: ['Start', 'more'],
    expected: {
      commits: ['suspension', 'end'],
      variables: { list: ['before', 'handled', 'message-q0', '{"key":"k"}'] },
    },
  },
  {
    name: 'atomic: Send, Receive and Start take effect together, with its commit',
    sources: ['atomic-transactions', 'persistence-and-the-orchestration-engine'],
    definition: define((o) => [
      send(o, 'before'),
      o.scope('all', { atomic: true }, [
        send(o, 'one'),
        o.receive('more', { port: 'More', message: 'More', follows: ['Key'] }),
        o.start('start', nothing),
        send(o, 'two'),
      ]),
      note(o, 'after'),
    ]),
    messages: ['Start', 'more'],
    expected: { commits: ['send: before', 'scope-end: one, start, two', 'end'] },
  },
  {
    name: 'atomic: what it received is received again when it runs again',
    sources: ['atomic-transactions'],
    definition: define((o) => [
      o.expression('begin', ({ variables, now }) => void (variables.n = now)),
      o.scope('all', { atomic: true }, [
        o.receive('more', { port: 'More', message: 'More', follows: ['Key'] }),
        o.expression('try', ({ messages, variables, now }) => {
          variables.list.push(messages.More.id);
          if (now < variables.n + 3000) throw new RetryTransactionException();
        }),
      ]),
      look(o),
    ]),
    messages: ['Start', 'more'],
    expected: { commits: ['scope-end', 'suspension', 'end'], variables: { list: ['message-q1'] }, took: 4000 },
  },
  {
    name: 'atomic: a scope without a transaction inside it may handle the exception',
    sources: ['how-to-add-a-catch-exception-block3', 'atomic-transactions'],
    definition: define((o) => [
      o.scope('all', { atomic: true }, [send(o, 'one'), o.scope('try', [fail(o, 'fail')], caught(o)), send(o, 'two')]),
      look(o),
    ]),
    expected: { commits: ['scope-end: one, two', 'suspension', 'end'], variables: { list: ['handled'] } },
  },
  {
    name: 'atomic: RetryTransactionException lets it run again 21 times, 2 s apart; then the instance is suspended at its start',
    sources: ['atomic-transactions'],
    definition: define((o) => [
      send(o, 'before'),
      o.scope('all', { atomic: true }, [
        note(o, 'inside'),
        send(o, 'never'),
        o.expression('try', () => {
          throw new RetryTransactionException();
        }),
      ]),
    ]),
    expected: {
      ...{ outcome: 'error', commits: ['send: before', 'suspension'], took: 42_000, variables: { list: [] } },
      error: 'orchestration.retriesExhausted in all',
    },
  },
  {
    name: 'atomic: the exception may say when to try again; every other exception, and a scope that says so, does not try again',
    sources: ['atomic-transactions'],
    definition: define((o) => {
      const guarded = (name: string, retry: boolean, thrown: Shape): Shape =>
        o.scope(`around ${name}`, { longRunning: true, handlers: [o.handler(`caught ${name}`, '*', [note(o, `no ${name}`)])] }, [
          o.scope(name, { atomic: true, ...(retry ? {} : { retry: false }) }, [thrown]),
        ]);
      return [
        o.expression('begin', ({ variables, now }) => void (variables.n = now)),
        guarded(
          'patience',
          true,
          o.expression('soon', ({ variables, now }) => {
            if (now < variables.n + 100) throw new RetryTransactionException('soon', 50);
          }),
        ),
        guarded('other', true, fail(o, 'fail')),
        guarded(
          'once',
          false,
          o.expression('no', () => {
            throw new RetryTransactionException();
          }),
        ),
        look(o),
      ];
    }),
    expected: { commits: ['scope-end+scope-end', 'suspension', 'end'], took: 100, variables: { list: ['no other', 'no once'] } },
  },
  {
    name: 'a long-running scope whose time is over gets a TimeoutException, whatever it waits in; one in time does not',
    sources: ['long-running-transactions', 'how-to-configure-the-scope-shape'],
    definition: define((o) => {
      const limited = (name: string, timeout: number, body: readonly Shape[]): Shape =>
        o.scope(
          name,
          { longRunning: true, timeout, handlers: [o.handler(`${name} late`, 'TimeoutException', [note(o, `${name} is late`)])] },
          body,
        );
      return [
        limited('fast', 60_000, [o.delay('short', 10)]),
        limited('receiving', 1000, [o.receive('never', { port: 'More', message: 'More', follows: ['Key'] })]),
        limited('atomic', 1000, [o.scope('all', { atomic: true }, [note(o, 'taken back'), o.delay('long', 5000)])]),
        look(o),
      ];
    }),
    expected: {
      commits: ['scope-end', 'suspension', 'end'],
      variables: { list: ['receiving is late', 'atomic is late'] },
      took: 2010,
    },
  },
  {
    name: 'a time-out of 0 is none',
    sources: ['how-to-configure-the-scope-shape'],
    definition: define((o) => [
      o.scope('limited', { longRunning: true, timeout: 0, handlers: [o.handler('late', 'TimeoutException', [note(o, 'late')])] }, [
        note(o, 'begins'),
        o.delay('wait', 1),
        note(o, 'ends'),
      ]),
      look(o),
    ]),
    expected: { commits: ['scope-end', 'suspension', 'end'], variables: { list: ['begins', 'ends'] }, took: 1 },
  },
  {
    name: 'the time-out of an orchestration: no handler in it gets the exception; it is compensated, and suspended',
    sources: ['long-running-transactions', 'how-exceptions-are-handled'],
    definition: limited((o) => [
      booking(o, 'Flight'),
      o.scope('waits', { longRunning: true, handlers: caught(o, 'TimeoutException') }, [
        send(o, 'asks'),
        o.delay('wait', 60_000),
        send(o, 'never'),
      ]),
    ]),
    expected: {
      ...{ outcome: 'error', error: 'orchestration.uncaught in Limited', took: 5000 },
      commits: ['send+scope-end: do Flight', 'send: asks', 'send: undo Flight', 'suspension'],
    },
  },
  {
    name: 'the time-out of a called orchestration comes to the handlers of its caller',
    sources: ['long-running-transactions', 'how-exceptions-are-handled'],
    definition: define((o) => [
      o.scope('calls', { longRunning: true, handlers: caught(o, 'TimeoutException') }, [o.call('call', slow)]),
      look(o),
    ]),
    expected: { commits: ['suspension', 'end'], variables: { list: ['handled'] }, took: 1000 },
  },
  {
    name: 'synchronized scopes of one instance run one after the other, and an atomic one is synchronized',
    sources: ['scopes', 'how-to-configure-the-parallel-actions-shape'],
    definition: define((o) => {
      const guarded = (name: string, kind: 'synchronized' | 'atomic'): Shape =>
        o.scope(name, { [kind]: true }, [note(o, `in ${name}`), o.delay(`stay ${name}`, 10), note(o, `out ${name}`)]);
      return [
        o.parallel('all', [
          o.branch('A', [guarded('a', 'synchronized')]),
          o.branch('B', [guarded('b', 'synchronized')]),
          o.branch('C', [guarded('c', 'atomic')]),
        ]),
        look(o),
      ];
    }),
    expected: {
      commits: ['scope-end', 'suspension', 'end'],
      variables: { list: ['in a', 'out a', 'in b', 'out b', 'in c', 'out c'] },
      took: 30,
    },
  },
  {
    name: 'succeeded tells whether a nested transaction has committed',
    sources: ['using-operators-in-expressions'],
    definition: define((o) => [
      o.scope(
        'trip',
        {
          longRunning: true,
          handlers: [
            o.handler('failed', '*', [
              o.expression(
                'ask',
                ({ variables, succeeded }) => void variables.list.push(...['Done', 'Failed', 'Later'].filter((name) => succeeded(name))),
              ),
            ]),
          ],
        },
        [
          o.scope('Done', { atomic: true }, []),
          o.scope('Failed', { longRunning: true }, [fail(o, 'fail')]),
          o.scope('Later', { longRunning: true }, []),
        ],
      ),
      look(o),
    ]),
    expected: { commits: ['scope-end', 'suspension', 'end'], variables: { list: ['Done'] } },
  },
  {
    name: 'scopes nest 21 levels deep',
    sources: ['scopes'],
    definition: define((o) => {
      let body: Shape[] = [send(o, 'innermost')];
      for (let level = 1; level <= 21; level++) body = [o.scope(`level ${String(level)}`, { longRunning: true }, body)];
      return body;
    }),
    expected: { commits: [['send', ...Array<string>(21).fill('scope-end'), 'end'].join('+') + ': innermost'] },
  },
];
