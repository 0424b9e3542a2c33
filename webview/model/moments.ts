/** Moments of a recorded run: which one a key or a button goes to, and what each mark means in words. */
import type { RunMark, RunOverview } from '../../emulator/control/run.ts';
import { t } from '../strings.ts';

/** Parts of the run that an arrow key goes over, and of a large step. */
const STEPS = 200;
const LARGE = 10;
/** A step is never shorter (ms): nothing can be told apart within less. */
const LEAST = 5;

/** The moment after one step; `way` -1 or 1. */
export function stepped({ from, to }: RunOverview, at: number, way: number, large: boolean): number {
  const step = Math.max(LEAST, (to - from) / STEPS) * (large ? LARGE : 1);
  return Math.min(to, Math.max(from, at + way * step));
}

/** The next mark before (-1) or after (1) a moment, else the end of the run on that side. */
export function neighbour({ from, to, marks }: RunOverview, at: number, way: -1 | 1): number {
  const found = way < 0 ? marks.findLast((mark) => mark.at < at) : marks.find((mark) => mark.at > at);
  return found?.at ?? (way < 0 ? from : to);
}

export function describeMark({ kind, subject }: RunMark): string {
  switch (kind) {
    case 'kill':
      return t('{name} was killed', { name: subject });
    case 'freeze':
      return t('{name} was frozen', { name: subject });
    case 'computer':
      return t('{name} went with its computer', { name: subject });
    case 'ownerLost':
      return t('{hostInstance} lost', { hostInstance: subject });
    case 'suspended':
      return t('{id} was suspended', { id: subject });
    case 'messageBoxStarted':
      return t('The MessageBox started again');
  }
}

/** Marks that are so close to the moment that they belong to it. */
export function marksAt({ from, to, marks }: RunOverview, at: number): readonly RunMark[] {
  const near = Math.max(LEAST, (to - from) / (2 * STEPS));
  return marks.filter((mark) => Math.abs(mark.at - at) <= near).slice(0, 3);
}
