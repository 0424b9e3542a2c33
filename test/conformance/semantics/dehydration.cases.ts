/** Cases: dehydration and what wakes an instance (docs/behaviour.md, section 8). */
import { RetryTransactionException } from '../../../emulator/authoring/index.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { define, send, type Shapes } from '../../unit/engine/trip.ts';
import type { Case } from './case.ts';

export const more = (o: Shapes, name: string): Shape => o.receive(name, { port: 'More', message: 'More', follows: ['Key'] });
const count = (o: Shapes, name: string): Shape => o.expression(name, ({ variables }) => void variables.n++);
/** Waits for an answer, but not for ever. */
export const offer = (o: Shapes): Shape =>
  o.scope('offer', { longRunning: true, timeout: 5000, handlers: [o.handler('late', 'TimeoutException', [send(o, 'too late')])] }, [
    more(o, 'answer'),
    send(o, 'in time'),
  ]);

export const cases: readonly Case[] = [
  {
    name: 'blocked on a Delay it can leave memory, and keeps its time',
    sources: ['orchestration-dehydration-and-rehydration'],
    definition: define((o) => [count(o, 'before'), o.delay('wait', 5000), send(o, 'one'), o.suspend('look', '')]),
    expected: { commits: ['send: one', 'suspension', 'end'], took: 5000, variables: { n: 1 }, leaves: 1 },
  },
  {
    name: 'blocked on a Listen it can leave memory; the Delay that is over first wins',
    sources: ['orchestration-dehydration-and-rehydration'],
    definition: define((o) => [
      o.listen('listen', [
        o.branch('answer', [more(o, 'more'), send(o, 'never')]),
        o.branch('late', [o.delay('wait', 50), send(o, 'gave up')]),
      ]),
    ]),
    expected: { commits: ['send+end: gave up'], took: 50, leaves: 1 },
  },
  {
    name: 'blocked on a Receive it can leave memory',
    sources: ['orchestration-dehydration-and-rehydration'],
    definition: define((o) => [send(o, 'one'), more(o, 'more'), send(o, 'never')]),
    expected: { outcome: 'waiting', commits: ['send: one'], leaves: 1 },
  },
  {
    name: 'the time-out of a scope is kept while it is out of memory',
    sources: ['orchestration-dehydration-and-rehydration', 'long-running-transactions'],
    definition: define((o) => [offer(o)]),
    expected: { commits: ['send+end: too late'], took: 5000, leaves: 1 },
  },
  {
    name: 'between two attempts of an atomic scope it can leave memory',
    sources: ['atomic-transactions'],
    definition: define((o) => [
      o.expression('begin', ({ variables, now }) => void (variables.n = now)),
      o.scope('all', { atomic: true }, [
        send(o, 'one'),
        o.expression('try', ({ variables, now }) => {
          if (now < variables.n + 3000) throw new RetryTransactionException();
        }),
      ]),
    ]),
    expected: { commits: ['scope-end+end: one'], took: 4000, leaves: 2 },
  },
  {
    name: 'in an atomic scope it cannot leave memory',
    sources: ['orchestration-engine-performance-counters'],
    definition: define((o) => [o.scope('all', { atomic: true }, [send(o, 'one'), o.delay('wait', 5000), send(o, 'two')])]),
    expected: { commits: ['scope-end+end: one, two'], took: 5000, leaves: 0 },
  },
];
