/** Effects outside: each line in a file beside the module has happened, however often. */
import { appendFileSync } from 'node:fs';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { define, send, type Shapes } from '../../unit/engine/trip.ts';
import type { Case } from '../semantics/case.ts';

export const EFFECTS_FILE = 'effects.txt';

const outside = (o: Shapes, name: string): Shape =>
  o.expression(name, () => {
    appendFileSync(new URL(EFFECTS_FILE, import.meta.url), name);
  });

export const effects: Case = {
  name: 'effects outside',
  sources: ['atomic-transactions'],
  definition: define((o) => [
    outside(o, 'a'),
    send(o, 'one'),
    outside(o, 'b'),
    o.scope('all', { atomic: true }, [outside(o, 'c'), send(o, 'two')]),
    outside(o, 'd'),
  ]),
  expected: { commits: ['send: one', 'scope-end: two', 'end'] },
};
