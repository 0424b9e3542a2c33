/** Compensation (docs/behaviour.md, section 9.3). */
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { booking, define, type Shapes } from '../../unit/engine/trip.ts';
import { conform, refuses } from './case.ts';
import { cases, trip } from './compensation.cases.ts';

conform(cases);

// Source: how-to-configure-the-compensate-shape.
const broken = (body: (o: Shapes) => readonly Shape[]) => (): unknown => define(body);
refuses(
  'refused: a Compensate outside of handlers and compensations',
  /is in no handler and no compensation/,
  broken((o) => [o.compensate('c')]),
);
refuses(
  'refused: a Compensate of a transaction that is not directly inside',
  /no transaction directly inside the current one/,
  broken((o) => [trip(o, [o.compensate('c', 'B')], [o.scope('A', { longRunning: true }, [booking(o, 'B')])])]),
);
