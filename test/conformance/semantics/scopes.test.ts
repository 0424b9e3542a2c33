/** Scopes and transactions (docs/behaviour.md, section 9.1). */
import { orchestration, sendPort } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { declarations, type Shapes } from '../../unit/engine/trip.ts';
import { conform, refuses } from './case.ts';
import { cases, caught, look } from './scopes.cases.ts';

conform(cases);

/** An orchestration that breaks a rule. */
const broken =
  (body: (o: Shapes) => readonly Shape[], longRunning = true) =>
  (): unknown =>
    compile(
      orchestration('Bad', { ...declarations, longRunning: longRunning as true }, (o) => [
        o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
        o.construct('make', 'Out', () => ({ body: { key: 'k' } })),
        ...body(o),
      ]),
    );
const nested = (outer: object, inner: object) => broken((o) => [o.scope('outer', outer, [o.scope('inner', inner, [])])]);
const deep = (levels: number) =>
  broken((o) => {
    let body: Shape[] = [];
    for (let level = 1; level <= levels; level++) body = [o.scope(`level ${String(level)}`, { longRunning: true }, body)];
    return body;
  });

const NEEDS_TRANSACTION = /not directly inside a long-running scope, or an orchestration that is declared longRunning/;
// Sources: scopes, long-running-transactions.
refuses(
  'refused: a transactional scope in an orchestration that is none',
  NEEDS_TRANSACTION,
  broken((o) => [o.scope('a', { atomic: true }, [])], false),
);
refuses('refused: a transactional scope inside one without a transaction', NEEDS_TRANSACTION, nested({}, { longRunning: true }));
refuses(
  'refused: a long-running scope inside an atomic one',
  /contains no other transaction/,
  nested({ atomic: true }, { longRunning: true }),
);
refuses('refused: an atomic scope inside an atomic one', /contains no other transaction/, nested({ atomic: true }, { atomic: true }));
refuses(
  'refused: a transaction inside a synchronized scope',
  /inside a synchronized one, which contains no transaction/,
  nested({ longRunning: true, synchronized: true }, { longRunning: true }),
);
refuses(
  'refused: a synchronized scope inside a synchronized one',
  /is inside a synchronized one/,
  nested({ synchronized: true }, { synchronized: true }),
);
refuses('refused: scopes nested more than 21 levels deep', /nested more than 21 levels deep/, deep(22));
// Sources: atomic-transactions, how-to-add-a-catch-exception-block3, how-to-configure-the-scope-shape, how-to-add-a-compensation-block.
refuses(
  'refused: exception handlers of an atomic scope',
  /has exception handlers/,
  broken((o) => [o.scope('a', { atomic: true, handlers: caught(o) }, [])]),
);
refuses(
  'refused: compensation of a scope that is no transaction',
  /it is no transaction/,
  broken((o) => [o.scope('a', { compensate: [] }, [])]),
);
refuses(
  'refused: a time-out of a scope that is not long-running',
  /has a time-out, which only a long-running one may have/,
  broken((o) => [o.scope('a', { atomic: true, timeout: 5 }, [])]),
);
refuses('refused: a time-out of an orchestration that is not long-running', /has a time-out, but it is no transaction/, () =>
  compile(
    orchestration('Bad', { ...declarations, longRunning: false, timeout: 5 }, (o) => [
      o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
    ]),
  ),
);
refuses(
  'refused: Suspend inside an atomic scope',
  /suspends inside an atomic scope/,
  broken((o) => [o.scope('a', { atomic: true }, [look(o)])]),
);
refuses(
  'refused: a request and its response in one atomic scope',
  /waits in "response" for the answer to what it sends, which is published when the scope ends/,
  () =>
    compile(
      orchestration(
        'Bad',
        { ...declarations, correlationSets: { Key: ['key'], Asked: ['key'] }, ports: { ...declarations.ports, Out: sendPort() } },
        (o) => [
          o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
          o.scope('a', { atomic: true }, [
            o.send('request', { port: 'Out', message: 'In', initializes: ['Asked'] }),
            o.receive('response', { port: 'More', message: 'More', follows: ['Asked'] }),
          ]),
        ],
      ),
    ),
);
