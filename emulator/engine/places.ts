/** Where logical threads are. */
import type { Instance } from './instance.ts';
import { END, type Instruction, type Scope } from './instruction.ts';

export function instructionAt(instance: Instance, place: number): Instruction {
  const instruction = instance.program.instructions[place];
  if (instruction === undefined) throw new Error(`there is no instruction at place ${String(place)}`);
  return instruction;
}

/**
 * Other threads stand where one stood. By hand, as `removeThread` does: an array that is often spliced costs more the longer it lives
 * (docs/benchmark.md, shapes).
 *
 * @param by at least one
 */
export function replaceThread(threads: number[], index: number, by: readonly number[]): void {
  const more = by.length - 1;
  for (let added = 0; added < more; added++) threads.push(END);
  for (let at = threads.length - 1; at > index + more; at--) threads[at] = threads[at - more] ?? END;
  for (const [at, place] of by.entries()) threads[index + at] = place;
}

/** A thread has ended. */
export function removeThread(threads: number[], index: number): void {
  for (let at = index + 1; at < threads.length; at++) threads[at - 1] = threads[at] ?? END;
  threads.pop();
}

/** True when another thread than the one at `index` is in a scope. */
export function isOtherInside(instance: Instance, index: number, { number, last }: Pick<Scope, 'number' | 'last'>): boolean {
  const { threads } = instance.state;
  // Of one form, whatever the scope is made of: each thread is compared with it.
  const scope = { number, last };
  for (let other = 0; other < threads.length; other++) if (other !== index && isInside(instance, threads[other] ?? END, scope)) return true;
  return false;
}

/** True in the body, the handlers and the compensation block of a scope, and where the scope itself waits for something. */
export function isInside(instance: Instance, place: number, { number, last }: Pick<Scope, 'number' | 'last'>): boolean {
  // In the outline what is inside has the numbers inside; behind it the shape that a place belongs to says it.
  const of = place < instance.program.defaultHandler ? place : instructionAt(instance, place).number;
  return of >= number && of <= last;
}
