/** Exceptions (docs/behaviour.md, section 9.2). */
import { conform } from './case.ts';
import { cases } from './exceptions.cases.ts';

conform(cases);
