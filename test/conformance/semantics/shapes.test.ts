/** The shapes (docs/behaviour.md, section 10). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orchestration } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { declarations, define, type Shapes } from '../../unit/engine/trip.ts';
import { SmallHost } from '../../unit/messagebox/smallHost.ts';
import { conform, refuses } from './case.ts';
import { cases, note } from './shapes.cases.ts';

conform(cases);

test('Receive: an activating one with a filter begins an instance only for what that lets through', () => {
  // Source: how-to-configure-the-receive-shape.
  const host = new SmallHost(
    compile(
      orchestration('Filtered', { ...declarations, longRunning: false }, (o) => [
        o.receive('Start', { port: 'In', message: 'In', activate: true, filter: [[{ property: 'key', operator: '==', value: 'yes' }]] }),
        o.delay('wait', 1000),
      ]),
    ),
  );
  host.submit('In', 'no');
  host.submit('More', 'yes');
  const kinds = (): string[] => [...host.store.state.instances.values()].map(({ kind }) => kind);
  assert.deepEqual(kinds(), ['receiveLocation', 'receiveLocation']);
  host.submit('In', 'yes');
  assert.deepEqual(kinds(), ['receiveLocation', 'receiveLocation', 'orchestration']);
});

const begins = (first: (o: Shapes) => Shape) => (): unknown => compile(orchestration('Bad', declarations, (o) => [first(o)]));
const activating = (o: Shapes, name: string, port: 'In' | 'More'): Shape =>
  o.receive(name, { port, message: port, activate: true, initializes: ['Key'] });
// Sources: how-to-configure-the-receive-shape, how-to-configure-the-listen-shape, how-to-configure-the-throw-exception-shape.
refuses(
  'refused: an orchestration that no message activates',
  /activat/,
  begins((o) => note(o, 'first')),
);
refuses('refused: a Listen branch that begins with neither a Receive nor a Delay', /Receive or a Delay|Receive or Delay/i, () =>
  define((o) => [o.listen('listen', [o.branch('a', [note(o, 'x')]), o.branch('b', [o.delay('wait', 5)])])]),
);
refuses(
  'refused: a Listen with an activating Receive and a time-out',
  /activat/,
  begins((o) => o.listen('listen', [o.branch('a', [activating(o, 'one', 'In')]), o.branch('b', [o.delay('wait', 5)])])),
);
refuses('refused: a rethrow outside of a handler', /is not inside an exception handler/, () => define((o) => [o.rethrow('again')]));
// Sources: how-to-configure-the-call-orchestration-shape, how-to-configure-the-start-orchestration-shape.
refuses('refused: a started orchestration that gives something back', /who is started has nobody to give it to/, () =>
  define((o) => [
    o.start(
      'start',
      orchestration('Gives', { messages: {}, variables: { n: 0 }, ports: {}, parameters: { n: 'out' } }, () => []),
      {
        out: { n: 'n' },
      },
    ),
  ]),
);
refuses('refused: a called orchestration that a message activates', /has parameters, so it is called or started and not activated/, () =>
  define((o) => [
    o.call(
      'call',
      orchestration('Active', { ...declarations, parameters: {} }, (inside) => [
        inside.receive('first', { port: 'In', message: 'In', activate: true }),
      ]),
    ),
  ]),
);
